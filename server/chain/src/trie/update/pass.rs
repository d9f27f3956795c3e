//! The walk down the trie and back up.

use std::borrow::Cow;

use alloy_primitives::{B256, keccak256};
use alloy_trie::Nibbles;

use super::{
    super::{
        Change, Child, NodeReference, Stem, TrieSource, named_leaf, named_stem,
        node::leaf_rlp,
        path::{child_path, nibble_at},
    },
    changes::{by_nibble, common_prefix_length, fork_depth, under, written},
};

/// What is in a slot after the changes. A leaf or stem stays in hand until the branch above knows
/// that it stays a branch; if it does not, they move up.
pub(super) enum Slot<'c> {
    /// What was in it before, or nothing if nothing was.
    Unchanged,
    Empty,
    Leaf {
        key: B256,
        value: Cow<'c, [u8]>,
    },
    Stem(Box<Stem>),
}

pub(super) type Slots<'c> = [Slot<'c>; 16];

/// One walk over the trie: what it reads, what it has found different, and a buffer for the RLP
/// of nodes.
pub(super) struct Pass<'s, S> {
    source: &'s S,
    pub(super) stems: Vec<(Nibbles, Option<Box<Stem>>)>,
    rlp: Vec<u8>,
}

impl<'s, S: TrieSource> Pass<'s, S> {
    pub(super) fn new(source: &'s S, expected_stems: usize) -> Self {
        Self {
            source,
            stems: Vec::with_capacity(expected_stems),
            rlp: Vec::new(),
        }
    }

    pub(super) fn update_children<'c>(
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
    pub(super) fn update_leaf<'c>(
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
                Slot::Stem(self.build_stem(path, &leaves))
            }
        }
    }

    /// The stem of two leaves or more, sorted by key, where none were. Nothing can be merged here,
    /// so the stems below it are final.
    fn build_stem(&mut self, path: &Nibbles, leaves: &[(B256, &[u8])]) -> Box<Stem> {
        let (first, last) = (leaves[0].0, leaves[leaves.len() - 1].0);
        let depth = common_prefix_length(&last, &Nibbles::unpack_array(&first.0));
        let branch = Nibbles::unpack_array(&first.0).slice(..depth);
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
        Box::new(Stem {
            extension: branch.slice(path.len()..),
            children,
        })
    }

    pub(super) fn update_stem<'c>(
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
    pub(super) fn close_branch<'c>(
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
                Slot::Stem(stem) => self.keep_stem(child_path, stem),
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
    fn keep_stem(&mut self, path: Nibbles, stem: Box<Stem>) -> Child {
        let reference = stem.reference(&mut self.rlp);
        self.stems.push((path, Some(stem)));
        Child::Stem(reference)
    }

    fn leaf_reference(&mut self, key: &B256, depth: usize, value: &[u8]) -> NodeReference {
        leaf_rlp(key, depth, value, &mut self.rlp);
        NodeReference::to_node(&self.rlp)
    }

    pub(super) fn root_of_leaf(&mut self, key: &B256, value: &[u8]) -> B256 {
        leaf_rlp(key, 0, value, &mut self.rlp);
        keccak256(&self.rlp)
    }
}

pub(super) fn unchanged_slots<'c>() -> Slots<'c> {
    std::array::from_fn(|_| Slot::Unchanged)
}

/// The slot of its branch in which a child hangs.
fn slot_of(child_path: &Nibbles) -> usize {
    child_path.last().map_or(0, usize::from)
}
