//! The trie as the yellow paper defines it, built from scratch with `alloy_trie`'s nodes.

use std::collections::BTreeMap;

use alloy_primitives::{B256, map::HashMap};
use alloy_rlp::Encodable;
use alloy_trie::{
    HashBuilder, Nibbles, TrieMask,
    nodes::{BranchNodeRef, ExtensionNodeRef, LeafNodeRef},
};

use crate::trie::{Change, Child, MemoryTrie, NodeReference, Stem, update};

/// Updates a trie and answers its new root.
pub fn write(trie: &mut MemoryTrie, mut changes: Vec<Change>) -> B256 {
    changes.sort_unstable();
    let update = update(trie, &changes).unwrap();
    let root = update.root;
    trie.apply(update, changes);
    root
}

/// The root hash of the values.
pub fn root_of(values: &BTreeMap<B256, Vec<u8>>) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in values {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}

/// All stems of the trie of the values.
pub fn stems_of(values: &BTreeMap<B256, Vec<u8>>) -> HashMap<Nibbles, Stem> {
    let leaves: Vec<_> = values
        .iter()
        .map(|(key, value)| (Nibbles::unpack(key), value))
        .collect();
    let mut stems = HashMap::default();
    collect_stems(Nibbles::new(), &leaves, &mut stems);
    stems
}

fn collect_stems(
    path: Nibbles,
    leaves: &[(Nibbles, &Vec<u8>)],
    stems: &mut HashMap<Nibbles, Stem>,
) -> Child {
    match leaves {
        [] => return Child::Empty,
        [(key, value)] => {
            return Child::Leaf(reference(LeafNodeRef::new(&key.slice(path.len()..), value)));
        }
        _ => {}
    }
    let mut branch = leaves[0].0;
    while !leaves.iter().all(|(key, _)| key.starts_with(&branch)) {
        branch.pop();
    }
    let children: [Child; 16] = std::array::from_fn(|nibble| {
        let mut path = branch;
        path.push(nibble as u8);
        let below: Vec<_> = leaves
            .iter()
            .filter(|(key, _)| key.starts_with(&path))
            .copied()
            .collect();
        collect_stems(path, &below, stems)
    });
    let mut mask = TrieMask::default();
    let mut stack = Vec::new();
    for (nibble, child) in children.iter().enumerate() {
        if let Some(reference) = child.reference() {
            mask.set_bit(nibble as u8);
            stack.push(alloy_trie::nodes::RlpNode::from_raw(reference.as_rlp()).unwrap());
        }
    }
    let mut top = reference(BranchNodeRef::new(&stack, mask));
    let extension = branch.slice(path.len()..);
    if !extension.is_empty() {
        top = reference(ExtensionNodeRef::new(&extension, top.as_rlp()));
    }
    stems.insert(
        path,
        Stem {
            extension,
            children,
        },
    );
    Child::Stem(top)
}

fn reference(node: impl Encodable) -> NodeReference {
    NodeReference::to_node(&alloy_rlp::encode(node))
}
