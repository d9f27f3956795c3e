//! Runs of sorted changes.

use alloy_primitives::B256;
use alloy_trie::Nibbles;

use super::super::{
    Change, keys_under,
    path::{KEY_NIBBLES, nibble_at},
};

/// The runs of changes whose keys have the same nibble at the depth.
pub(super) fn by_nibble(changes: &[Change], depth: usize) -> impl Iterator<Item = &[Change]> {
    changes.chunk_by(move |a, b| nibble_at(&a.0, depth) == nibble_at(&b.0, depth))
}

/// The keys that get a value, with the value.
pub(super) fn written(changes: &[Change]) -> impl Iterator<Item = (B256, &[u8])> {
    changes
        .iter()
        .filter_map(|(key, value)| Some((*key, value.as_deref()?)))
}

/// The changes of keys that begin with the prefix.
pub(super) fn under<'c>(changes: &'c [Change], prefix: &Nibbles) -> &'c [Change] {
    let (first, last) = keys_under(prefix).into_inner();
    let start = changes.partition_point(|change| change.0 < first);
    let length = changes[start..].partition_point(|change| change.0 <= last);
    &changes[start..start + length]
}

/// The depth at which the first of the written keys leaves the path, or that of the path's end and
/// more when none does. A removed key that leaves it was not there, and forks nothing.
pub(super) fn fork_depth(changes: &[Change], path: &Nibbles) -> usize {
    written(changes)
        .map(|(key, _)| common_prefix_length(&key, path))
        .min()
        .unwrap_or(KEY_NIBBLES)
}

pub(super) fn common_prefix_length(key: &B256, path: &Nibbles) -> usize {
    Nibbles::unpack_array(&key.0).common_prefix_length(path)
}
