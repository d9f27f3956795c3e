//! Paths in the trie: as database keys, and as ranges of the keys below them.

use std::ops::RangeInclusive;

use alloy_primitives::B256;
use alloy_trie::Nibbles;

/// Nibbles of a key, and so the longest path: that of a leaf under a branch at the last nibble.
pub(super) const KEY_NIBBLES: usize = 64;

/// The longest [`PathKey`]: its length byte and 32 bytes of nibbles.
pub const MAX_PATH_KEY_BYTES: usize = 1 + KEY_NIBBLES / 2;

/// A path as a database key: the count of its nibbles in one byte, then the nibbles, two to a
/// byte and the last byte padded with zero. Different paths have different keys, and keys sort by
/// depth and then by path, which keeps the few records near the root, read by every block, on few
/// pages.
pub fn path_key(path: &Nibbles) -> PathKey {
    let mut bytes = [0; MAX_PATH_KEY_BYTES];
    bytes[0] = path.len() as u8;
    path.pack_to(&mut bytes[1..]);
    PathKey(bytes)
}

/// The path of a database key, or `None` when [`path_key`] makes no such key.
#[cfg(test)]
fn path_from_key(key: &[u8]) -> Option<Nibbles> {
    match split_path(key)? {
        (path, []) => Some(path),
        _ => None,
    }
}

/// A path as bytes, made by [`path_key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathKey([u8; MAX_PATH_KEY_BYTES]);

impl AsRef<[u8]> for PathKey {
    fn as_ref(&self) -> &[u8] {
        &self.0[..1 + usize::from(self.0[0]).div_ceil(2)]
    }
}

/// All keys that begin with the path.
pub fn keys_under(path: &Nibbles) -> RangeInclusive<B256> {
    let mut first = B256::ZERO;
    path.pack_to(first.as_mut_slice());
    let mut last = first;
    if path.len() % 2 == 1 {
        last[path.len() / 2] |= 0x0f;
    }
    last[path.byte_len()..].fill(0xff);
    first..=last
}

/// Takes a path in the form of [`path_key`] off the front of the bytes.
pub(super) fn split_path(bytes: &[u8]) -> Option<(Nibbles, &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    let length = usize::from(length);
    if length > KEY_NIBBLES {
        return None;
    }
    let (packed, rest) = rest.split_at_checked(length.div_ceil(2))?;
    if length % 2 == 1 && packed.last().is_some_and(|last| last & 0x0f != 0) {
        return None;
    }
    let mut path = Nibbles::unpack(packed);
    path.truncate(length);
    Some((path, rest))
}

/// The nibble of a key at a depth below [`KEY_NIBBLES`].
pub(super) fn nibble_at(key: &B256, depth: usize) -> u8 {
    let byte = key[depth / 2];
    if depth.is_multiple_of(2) {
        byte >> 4
    } else {
        byte & 0x0f
    }
}

/// Where the child of a branch hangs.
pub(super) fn child_path(branch: &Nibbles, nibble: u8) -> Nibbles {
    let mut path = *branch;
    path.push_unchecked(nibble);
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_path() -> impl Strategy<Value = Nibbles> {
        prop::collection::vec(0..16_u8, 0..=KEY_NIBBLES).prop_map(Nibbles::from_nibbles)
    }

    proptest! {
        #[test]
        fn paths_survive_as_keys(path in any_path()) {
            prop_assert_eq!(path_from_key(path_key(&path).as_ref()), Some(path));
        }

        #[test]
        fn only_keys_of_paths_are_read(bytes in prop::collection::vec(any::<u8>(), 0..6)) {
            if let Some(path) = path_from_key(&bytes) {
                let key = path_key(&path);
                prop_assert_eq!(key.as_ref(), bytes);
            }
        }

        #[test]
        fn keys_sort_by_depth_and_then_by_path(one in any_path(), other in any_path()) {
            prop_assert_eq!(
                path_key(&one).as_ref().cmp(path_key(&other).as_ref()),
                (one.len(), one).cmp(&(other.len(), other))
            );
        }

        #[test]
        fn the_keys_under_a_path_begin_with_it(path in any_path(), key in any::<[u8; 32]>()) {
            let key = B256::from(key);
            let range = keys_under(&path);
            prop_assert!(Nibbles::unpack(range.start()).starts_with(&path));
            prop_assert!(Nibbles::unpack(range.end()).starts_with(&path));
            prop_assert_eq!(range.contains(&key), Nibbles::unpack(key).starts_with(&path));
            let prefix = Nibbles::unpack(key).slice(..path.len());
            prop_assert!(keys_under(&prefix).contains(&key));
        }
    }

    #[test]
    fn nibbles_are_the_halves_of_bytes_high_half_first() {
        let key = B256::repeat_byte(0xa5);
        assert_eq!(
            [nibble_at(&key, 0), nibble_at(&key, 1), nibble_at(&key, 63)],
            [0xa, 5, 5]
        );
        assert_eq!(
            child_path(&Nibbles::from_nibbles([1]), 2),
            Nibbles::from_nibbles([1, 2])
        );
    }
}
