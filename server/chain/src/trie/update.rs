//! One pass over sorted changes, from the root down to where they belong and back up.

mod changes;
mod pass;

use std::{num::NonZeroUsize, thread};

use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};

use self::{
    changes::by_nibble,
    pass::{Pass, Slot, Slots, unchanged_slots},
};
use super::{Change, Child, TrieSource, TrieUpdate, keys_under};

/// Fewer changes than this are done sooner than a thread is started for them.
const MIN_CHANGES_PER_THREAD: usize = 256;

/// What the changes make of a trie: its new root, and the stems that differ. The source is the
/// trie before them, and is only read.
///
/// The changes are sorted by key, each key once, and no value is empty. To remove a key that has
/// no value, or to write the value that a key has, changes nothing.
pub fn update<S: TrieSource>(source: &S, changes: &[Change]) -> Result<TrieUpdate, S::Error> {
    update_root(source, changes, |pass, branch, children| {
        pass.update_children(branch, children, changes)
    })
}

/// The same as [`update`], with the subtrees of a branch at the root shared out among threads: up
/// to `threads`, the caller's included, and fewer for few changes.
pub fn update_on_threads<S>(
    source: &S,
    changes: &[Change],
    threads: NonZeroUsize,
) -> Result<TrieUpdate, S::Error>
where
    S: TrieSource + Sync,
    S::Error: Send,
{
    let threads = threads.get().min(changes.len() / MIN_CHANGES_PER_THREAD);
    if threads < 2 {
        return update(source, changes);
    }
    update_root(source, changes, |pass, branch, children| {
        // Keys are hashes, so equal shares of the sorted keys are equal shares of the work.
        let shares = shares_by_nibble(changes, branch.len(), threads);
        let Some((own_share, shares)) = shares.split_first() else {
            return Ok(unchanged_slots());
        };
        thread::scope(|scope| {
            let workers: Vec<_> = shares
                .iter()
                .map(|share| {
                    scope.spawn(move || {
                        let mut pass = Pass::new(source, share.len());
                        let slots = pass.update_children(branch, children, share);
                        slots.map(|slots| (slots, pass.stems))
                    })
                })
                .collect();
            let mut slots = pass.update_children(branch, children, own_share)?;
            for worker in workers {
                let result = worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                let (worker_slots, worker_stems) = result?;
                pass.stems.extend(worker_stems);
                for (slot, worker_slot) in slots.iter_mut().zip(worker_slots) {
                    if !matches!(worker_slot, Slot::Unchanged) {
                        *slot = worker_slot;
                    }
                }
            }
            Ok(slots)
        })
    })
}

/// Updates the trie's root; `update_children` does the children of a branch that is there.
fn update_root<'c, S: TrieSource>(
    source: &S,
    changes: &'c [Change],
    update_children: impl FnOnce(
        &mut Pass<'_, S>,
        &Nibbles,
        &[Child; 16],
    ) -> Result<Slots<'c>, S::Error>,
) -> Result<TrieUpdate, S::Error> {
    debug_assert!(
        changes.is_sorted_by(|one, other| one.0 < other.0),
        "sorted, each key once"
    );
    debug_assert!(
        changes
            .iter()
            .all(|change| change.1.as_ref().is_none_or(|it| !it.is_empty())),
        "no value is empty"
    );
    let path = Nibbles::new();
    let mut pass = Pass::new(source, changes.len());
    let old_stem = source.stem(&path)?;
    let old_leaf = match old_stem {
        Some(_) => None,
        None => source.first_value(keys_under(&path))?,
    };
    let slot = match &old_stem {
        Some(stem) if stem.extension.is_empty() => {
            let slots = update_children(&mut pass, &path, &stem.children)?;
            pass.close_branch(&path, Box::new(stem.clone()), slots)?
        }
        Some(stem) => pass.update_stem(&path, Box::new(stem.clone()), changes)?,
        None => pass.update_leaf(&path, old_leaf.clone(), changes),
    };
    if old_stem.is_some() && matches!(slot, Slot::Empty | Slot::Leaf { .. }) {
        pass.stems.push((path, None));
    }
    let root = match (slot, old_stem, old_leaf) {
        (Slot::Unchanged, Some(stem), _) => stem.root(),
        (Slot::Unchanged, None, Some((key, value))) => pass.root_of_leaf(&key, &value),
        (Slot::Leaf { key, value }, _, _) => pass.root_of_leaf(&key, &value),
        (Slot::Stem(stem), _, _) => {
            let root = stem.root();
            pass.stems.push((path, Some(stem)));
            root
        }
        (Slot::Empty, _, _) | (Slot::Unchanged, None, None) => EMPTY_ROOT_HASH,
    };
    Ok(TrieUpdate {
        root,
        stems: pass.stems,
    })
}

/// Cuts the changes between nibbles into at most `count` shares of about the same size.
fn shares_by_nibble(changes: &[Change], depth: usize, count: usize) -> Vec<&[Change]> {
    let target = changes.len() / count;
    let mut shares = Vec::with_capacity(count);
    let mut rest = changes;
    let mut length = 0;
    for group in by_nibble(changes, depth) {
        if shares.len() + 1 < count && length > 0 && length + group.len() / 2 >= target {
            let (share, after) = rest.split_at(length);
            shares.push(share);
            rest = after;
            length = 0;
        }
        length += group.len();
    }
    shares.push(rest);
    shares
}
