//! One pass over sorted changes, from the root down to where they belong and back up.

use std::{borrow::Cow, num::NonZeroUsize, thread};

use alloy_primitives::{B256, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};

use super::{
    Change, Child, NodeReference, Stem, TrieSource, TrieUpdate, keys_under, named_leaf, named_stem,
    node::leaf_rlp,
    path::{KEY_NIBBLES, child_path, nibble_at},
};

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

/// What is in a slot after the changes. A leaf or stem stays in hand until the branch above knows
/// that it stays a branch; if it does not, they move up.
enum Slot<'c> {
    /// What was in it before, or nothing if nothing was.
    Unchanged,
    Empty,
    Leaf {
        key: B256,
        value: Cow<'c, [u8]>,
    },
    Stem(Box<Stem>),
}

type Slots<'c> = [Slot<'c>; 16];

/// One walk over the trie: what it reads, what it has found different, and a buffer for the RLP
/// of nodes.
struct Pass<'s, S> {
    source: &'s S,
    stems: Vec<(Nibbles, Option<Stem>)>,
    rlp: Vec<u8>,
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
            .all(|change| change.1.as_ref().is_none_or(|it| !it.is_empty()))
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
            pass.stems.push((path, Some(*stem)));
            root
        }
        (Slot::Empty, _, _) | (Slot::Unchanged, None, None) => EMPTY_ROOT_HASH,
    };
    Ok(TrieUpdate {
        root,
        stems: pass.stems,
    })
}

impl<'s, S: TrieSource> Pass<'s, S> {
    fn new(source: &'s S, expected_stems: usize) -> Self {
        Self {
            source,
            stems: Vec::with_capacity(expected_stems),
            rlp: Vec::new(),
        }
    }

    fn update_children<'c>(
        &mut self,
        branch: &Nibbles,
        children: &[Child; 16],
        changes: &'c [Change],
    ) -> Result<Slots<'c>, S::Error> {
        let mut slots = unchanged_slots();
        for group in by_nibble(changes, branch.len()) {
            let path = child_path(branch, nibble_at(&group[0].0, branch.len()));
            slots[slot_of(&path)] = match children[slot_of(&path)] {
                Child::Empty => self.update_leaf(&path, None, group),
                Child::Leaf(_) => {
                    let leaf = named_leaf(self.source, &path)?;
                    self.update_leaf(&path, Some(leaf), group)
                }
                Child::Stem(_) => {
                    let stem = Box::new(named_stem(self.source, &path)?);
                    self.update_stem(&path, stem, group)?
                }
            };
        }
        Ok(slots)
    }

    /// Updates a slot that holds one leaf or none.
    fn update_leaf<'c>(
        &mut self,
        path: &Nibbles,
        old: Option<(B256, Vec<u8>)>,
        changes: &'c [Change],
    ) -> Slot<'c> {
        let survivor = old
            .as_ref()
            .filter(|(key, _)| {
                changes
                    .binary_search_by_key(key, |change| change.0)
                    .is_err()
            })
            .map(|(key, value)| (*key, value.as_slice()));
        let mut first_written = written(changes);
        match (first_written.next(), first_written.next(), survivor) {
            (None, _, Some(_)) => Slot::Unchanged,
            (None, _, None) if old.is_none() => Slot::Unchanged,
            (None, _, None) => Slot::Empty,
            (Some((key, value)), None, None) => match old {
                Some((old_key, old_value)) if old_key == key && old_value == value => {
                    Slot::Unchanged
                }
                _ => Slot::Leaf {
                    key,
                    value: Cow::Borrowed(value),
                },
            },
            _ => {
                let mut leaves: Vec<_> = written(changes).collect();
                if let Some(survivor) = survivor {
                    leaves.insert(leaves.partition_point(|leaf| leaf.0 < survivor.0), survivor);
                }
                Slot::Stem(Box::new(self.build_stem(path, &leaves)))
            }
        }
    }

    /// The stem of two leaves or more, sorted by key, where none were. Nothing can be merged here,
    /// so the stems below it are final.
    fn build_stem(&mut self, path: &Nibbles, leaves: &[(B256, &[u8])]) -> Stem {
        let [first, .., last] = leaves else {
            unreachable!("a stem has two leaves or more")
        };
        let depth = common_prefix_length(&first.0, &Nibbles::unpack_array(&last.0.0));
        let branch = Nibbles::unpack_array(&first.0.0).slice(..depth);
        let mut children = [Child::Empty; 16];
        for group in leaves.chunk_by(|a, b| nibble_at(&a.0, depth) == nibble_at(&b.0, depth)) {
            let nibble = nibble_at(&group[0].0, depth);
            children[usize::from(nibble)] = match group {
                [(key, value)] => Child::Leaf(self.leaf_reference(key, depth + 1, value)),
                _ => {
                    let path = child_path(&branch, nibble);
                    let stem = self.build_stem(&path, group);
                    self.keep_stem(path, stem)
                }
            };
        }
        Stem {
            extension: branch.slice(path.len()..),
            children,
        }
    }

    fn update_stem<'c>(
        &mut self,
        path: &Nibbles,
        stem: Box<Stem>,
        changes: &'c [Change],
    ) -> Result<Slot<'c>, S::Error> {
        let branch = path.join(&stem.extension);
        let fork = fork_depth(changes, &branch);
        if fork < branch.len() {
            return self.split_stem(path, *stem, &branch, fork, changes);
        }
        let slots = self.update_children(&branch, &stem.children, under(changes, &branch))?;
        self.close_branch(path, stem, slots)
    }

    /// Puts a branch into the extension of a stem, at the depth where a written key leaves it.
    fn split_stem<'c>(
        &mut self,
        path: &Nibbles,
        stem: Stem,
        branch: &Nibbles,
        fork: usize,
        changes: &'c [Change],
    ) -> Result<Slot<'c>, S::Error> {
        let upper_branch = branch.slice(..fork);
        let lower_path = branch.slice(..=fork);
        let lower = Stem {
            extension: branch.slice(fork + 1..),
            children: stem.children,
        };
        let upper = Stem {
            extension: branch.slice(path.len()..fork),
            children: [Child::Empty; 16],
        };

        let changes = under(changes, &upper_branch);
        let lower_changes = under(changes, &lower_path);
        let mut slots = unchanged_slots();
        for group in by_nibble(changes, fork) {
            let path = child_path(&upper_branch, nibble_at(&group[0].0, fork));
            if path != lower_path {
                slots[slot_of(&path)] = self.update_leaf(&path, None, group);
            }
        }
        let lower_slot = self.update_stem(&lower_path, Box::new(lower.clone()), lower_changes)?;
        slots[slot_of(&lower_path)] = match lower_slot {
            Slot::Unchanged => Slot::Stem(Box::new(lower)),
            changed => changed,
        };
        self.close_branch(path, Box::new(upper), slots)
    }

    /// Decides what a branch is after its slots are known: a branch still, its only child merged
    /// with what is above, or nothing.
    fn close_branch<'c>(
        &mut self,
        path: &Nibbles,
        mut stem: Box<Stem>,
        mut slots: Slots<'c>,
    ) -> Result<Slot<'c>, S::Error> {
        if slots.iter().all(|slot| matches!(slot, Slot::Unchanged)) {
            return Ok(Slot::Unchanged);
        }
        let branch = path.join(&stem.extension);
        let mut used = (0..16_u8).filter(|nibble| match slots[usize::from(*nibble)] {
            Slot::Unchanged => stem.children[usize::from(*nibble)] != Child::Empty,
            Slot::Empty => false,
            Slot::Leaf { .. } | Slot::Stem(_) => true,
        });
        let moved_up = match (used.next(), used.next()) {
            (None, _) => Some(Slot::Empty),
            (Some(only), None) => {
                let slot = std::mem::replace(&mut slots[usize::from(only)], Slot::Empty);
                Some(self.move_up(&branch, &stem, only, slot)?)
            }
            (Some(_), Some(_)) => None,
        };
        for (nibble, slot) in (0..16_u8).zip(slots) {
            let child = &mut stem.children[usize::from(nibble)];
            let was_stem = matches!(child, Child::Stem(_));
            let child_path = child_path(&branch, nibble);
            *child = match slot {
                Slot::Unchanged => continue,
                Slot::Empty => Child::Empty,
                Slot::Leaf { key, value } => {
                    Child::Leaf(self.leaf_reference(&key, child_path.len(), &value))
                }
                Slot::Stem(stem) => self.keep_stem(child_path, *stem),
            };
            if was_stem && !matches!(child, Child::Stem(_)) {
                self.stems.push((child_path, None));
            }
        }
        Ok(moved_up.unwrap_or(Slot::Stem(stem)))
    }

    /// The only child of a branch as it hangs in the place of the branch's stem.
    fn move_up<'c>(
        &mut self,
        branch: &Nibbles,
        stem: &Stem,
        nibble: u8,
        slot: Slot<'c>,
    ) -> Result<Slot<'c>, S::Error> {
        let path = child_path(branch, nibble);
        let mut child = match (slot, &stem.children[usize::from(nibble)]) {
            (Slot::Unchanged, Child::Stem(_)) => Box::new(named_stem(self.source, &path)?),
            (Slot::Unchanged, _) => {
                let (key, value) = named_leaf(self.source, &path)?;
                return Ok(Slot::Leaf {
                    key,
                    value: Cow::Owned(value),
                });
            }
            (Slot::Stem(child), _) => child,
            (leaf, _) => return Ok(leaf),
        };
        let mut extension = child_path(&stem.extension, nibble);
        extension.extend(&child.extension);
        child.extension = extension;
        Ok(Slot::Stem(child))
    }

    /// Reports a stem at a path where it will stay, and names it to its parent.
    fn keep_stem(&mut self, path: Nibbles, stem: Stem) -> Child {
        let reference = stem.reference(&mut self.rlp);
        self.stems.push((path, Some(stem)));
        Child::Stem(reference)
    }

    fn leaf_reference(&mut self, key: &B256, depth: usize, value: &[u8]) -> NodeReference {
        leaf_rlp(key, depth, value, &mut self.rlp);
        NodeReference::to_node(&self.rlp)
    }

    fn root_of_leaf(&mut self, key: &B256, value: &[u8]) -> B256 {
        leaf_rlp(key, 0, value, &mut self.rlp);
        keccak256(&self.rlp)
    }
}

fn unchanged_slots<'c>() -> Slots<'c> {
    std::array::from_fn(|_| Slot::Unchanged)
}

/// The runs of changes whose keys have the same nibble at the depth.
fn by_nibble(changes: &[Change], depth: usize) -> impl Iterator<Item = &[Change]> {
    changes.chunk_by(move |a, b| nibble_at(&a.0, depth) == nibble_at(&b.0, depth))
}

/// The slot of its branch in which a child hangs.
fn slot_of(child_path: &Nibbles) -> usize {
    child_path.last().map_or(0, usize::from)
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

/// The keys that get a value, with the value.
fn written(changes: &[Change]) -> impl Iterator<Item = (B256, &[u8])> {
    changes
        .iter()
        .filter_map(|(key, value)| Some((*key, value.as_deref()?)))
}

/// The changes of keys that begin with the prefix.
fn under<'c>(changes: &'c [Change], prefix: &Nibbles) -> &'c [Change] {
    let (first, last) = keys_under(prefix).into_inner();
    let start = changes.partition_point(|change| change.0 < first);
    let length = changes[start..].partition_point(|change| change.0 <= last);
    &changes[start..start + length]
}

/// The depth at which the first of the written keys leaves the path, or that of the path's end and
/// more when none does. A removed key that leaves it was not there, and forks nothing.
fn fork_depth(changes: &[Change], path: &Nibbles) -> usize {
    written(changes)
        .map(|(key, _)| common_prefix_length(&key, path))
        .min()
        .unwrap_or(KEY_NIBBLES)
}

fn common_prefix_length(key: &B256, path: &Nibbles) -> usize {
    Nibbles::unpack_array(&key.0).common_prefix_length(path)
}
