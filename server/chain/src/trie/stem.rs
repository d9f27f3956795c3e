//! The record of a branch, and its form in a database.

#[cfg(test)]
mod tests;

use alloy_primitives::{B256, keccak256};
use alloy_trie::Nibbles;

use super::{
    node::{NodeReference, branch_rlp, extension_rlp},
    path::{KEY_NIBBLES, path_key, split_path},
};

/// A branch node with the extension above it, kept at the path where its parent's child slot
/// hangs (the root's path is empty). The branch is at path + extension; its child `c` hangs at
/// path + extension + `c`. At least two children are not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stem {
    /// The nibbles between the parent's slot and the branch; empty where there is no extension
    /// node.
    pub extension: Nibbles,
    /// The branch's slots by the next nibble of the key.
    pub children: [Child; 16],
}

/// What hangs in a slot of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// No key begins with this path.
    Empty,
    /// One key does: its leaf, whose key and value are in the table of values.
    Leaf(NodeReference),
    /// Several do: the extension or branch that the stem at this path stands for.
    Stem(NodeReference),
}

impl Child {
    /// The reference by which the branch names the child.
    pub fn reference(&self) -> Option<&NodeReference> {
        match self {
            Self::Empty => None,
            Self::Leaf(reference) | Self::Stem(reference) => Some(reference),
        }
    }
}

/// The bytes are not a stem that [`Stem::encode`] wrote: the record is damaged, and the stems have
/// to be rebuilt from the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorruptStem {
    /// The extension is cut off, too long or badly padded.
    #[error("the extension of a stem is damaged")]
    Extension,
    /// A slot is both leaf and stem, or fewer than two are used.
    #[error("the slots of a stem are damaged")]
    Slots,
    /// A child's reference is cut off or is no reference.
    #[error("the reference to child {nibble:x} of a stem is damaged")]
    Reference {
        /// The slot.
        nibble: u8,
    },
    /// There are bytes after the last child.
    #[error("there are {0} bytes after the end of a stem")]
    Trailing(usize),
}

impl Stem {
    /// The record for a database: the extension as [`path_key`] writes it, a bit map of the leaves
    /// and one of the stems among the children (big-endian, bit `c` for child `c`), and the
    /// children's references, which tell their own length. At most 564 bytes; each stem has one
    /// form.
    pub fn encode(&self) -> Vec<u8> {
        let mut leaves = 0_u16;
        let mut stems = 0_u16;
        for (nibble, child) in self.children.iter().enumerate() {
            match child {
                Child::Empty => {}
                Child::Leaf(_) => leaves |= 1 << nibble,
                Child::Stem(_) => stems |= 1 << nibble,
            }
        }
        let extension = path_key(&self.extension);
        let references = || self.children.iter().filter_map(Child::reference);
        let references_length: usize = references().map(|it| it.as_rlp().len()).sum();
        let mut record = Vec::with_capacity(extension.as_ref().len() + 4 + references_length);
        record.extend_from_slice(extension.as_ref());
        record.extend_from_slice(&leaves.to_be_bytes());
        record.extend_from_slice(&stems.to_be_bytes());
        for reference in references() {
            record.extend_from_slice(reference.as_rlp());
        }
        record
    }

    /// Reads what [`Stem::encode`] wrote, and refuses every other sequence of bytes.
    pub fn decode(record: &[u8]) -> Result<Self, CorruptStem> {
        let (extension, rest) = split_path(record)
            .filter(|(extension, _)| extension.len() < KEY_NIBBLES)
            .ok_or(CorruptStem::Extension)?;
        let (leaves, rest) = rest.split_first_chunk().ok_or(CorruptStem::Slots)?;
        let (stems, mut rest) = rest.split_first_chunk().ok_or(CorruptStem::Slots)?;
        let leaves = u16::from_be_bytes(*leaves);
        let stems = u16::from_be_bytes(*stems);
        if leaves & stems != 0 || (leaves | stems).count_ones() < 2 {
            return Err(CorruptStem::Slots);
        }
        let mut children = [Child::Empty; 16];
        for nibble in 0..16_u8 {
            let bit = 1 << nibble;
            if (leaves | stems) & bit == 0 {
                continue;
            }
            let (reference, after) =
                NodeReference::split_from(rest).ok_or(CorruptStem::Reference { nibble })?;
            rest = after;
            let kind = if leaves & bit != 0 {
                Child::Leaf
            } else {
                Child::Stem
            };
            children[usize::from(nibble)] = kind(reference);
        }
        match rest.len() {
            0 => Ok(Self {
                extension,
                children,
            }),
            trailing => Err(CorruptStem::Trailing(trailing)),
        }
    }

    /// The RLP of the node that hangs at the stem's path: the extension where there is one,
    /// otherwise the branch.
    pub fn node_rlp(&self) -> Vec<u8> {
        let mut rlp = Vec::new();
        self.write_node_rlp(&mut rlp);
        rlp
    }

    /// The RLP of the branch.
    pub fn branch_rlp(&self) -> Vec<u8> {
        let mut rlp = Vec::new();
        branch_rlp(&self.children, &mut rlp);
        rlp
    }

    /// The root hash of the trie whose root this stem is.
    pub fn root(&self) -> B256 {
        keccak256(self.node_rlp())
    }

    /// The reference by which the parent names the stem. The buffer is for the nodes' RLP.
    pub(super) fn reference(&self, buffer: &mut Vec<u8>) -> NodeReference {
        self.write_node_rlp(buffer);
        NodeReference::to_node(buffer)
    }

    fn write_node_rlp(&self, buffer: &mut Vec<u8>) {
        branch_rlp(&self.children, buffer);
        if !self.extension.is_empty() {
            let branch = NodeReference::to_node(buffer);
            extension_rlp(&self.extension, &branch, buffer);
        }
    }
}
