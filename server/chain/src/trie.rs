//! The Merkle-Patricia trie of Ethereum's state (yellow paper, appendix D), kept incrementally.
//!
//! The tries are *secure* ones: keys are keccak hashes, so all are 32 bytes and no key is the
//! prefix of another. That makes a branch's value slot always empty, and lets one record, the
//! [`Stem`], stand for a branch and the extension above it. A leaf has no record: its key and
//! value are in the flat table of values, and its parent holds its [`NodeReference`].
//!
//! [`update`] turns the trie before a block and the block's changes into the new root and the
//! stems that differ. It reads the stems on the touched paths and nothing else, so a block costs
//! what it touches and not what the state holds. [`prove`] lists the nodes on the path to a key.
//! Storage is behind [`TrieSource`]; nothing here does I/O, and nothing is written by an update
//! until its caller applies it.

mod memory;
mod node;
mod overlay;
mod path;
mod prove;
mod stem;
#[cfg(test)]
mod tests;
mod update;

use std::ops::RangeInclusive;

use alloy_primitives::B256;
pub use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};

pub use self::{
    memory::MemoryTrie,
    node::NodeReference,
    overlay::OverlayTrie,
    path::{MAX_PATH_KEY_BYTES, PathKey, keys_under, path_key},
    prove::prove,
    stem::{Child, CorruptStem, Stem},
    update::{update, update_on_threads},
};

/// A key and the value that it gets; `None` removes the key. A value is RLP and so never empty.
pub type Change = (B256, Option<Vec<u8>>);

/// A trie as it stands: the records that [`update`] and [`prove`] read.
pub trait TrieSource {
    /// Why a record could not be read.
    type Error: From<MissingNode>;

    /// The stem whose parent's child slot hangs at `path`; the root's path is empty.
    fn stem(&self, path: &Nibbles) -> Result<Option<Stem>, Self::Error>;

    /// The first key in the range that has a value, with the value.
    fn first_value(
        &self,
        keys: RangeInclusive<B256>,
    ) -> Result<Option<(B256, Vec<u8>)>, Self::Error>;
}

impl<S: TrieSource + ?Sized> TrieSource for &S {
    type Error = S::Error;

    fn stem(&self, path: &Nibbles) -> Result<Option<Stem>, Self::Error> {
        (**self).stem(path)
    }

    fn first_value(
        &self,
        keys: RangeInclusive<B256>,
    ) -> Result<Option<(B256, Vec<u8>)>, Self::Error> {
        (**self).first_value(keys)
    }
}

/// What a batch of changes does to a trie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrieUpdate {
    /// The root hash after the changes; [`EMPTY_ROOT_HASH`] when nothing is left.
    pub root: B256,
    /// The stems that are new or different, each path once, in no particular order; `None` where
    /// a stem was and is no more.
    pub stems: Vec<(Nibbles, Option<Box<Stem>>)>,
}

/// A parent names a node that the source does not have. The stems are damaged and the values may
/// still be whole: rebuild the stems by an [`update`] of an empty trie with all values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trie has no node at {path:?}, which its parent names; rebuild it from its values")]
pub struct MissingNode {
    /// Where the node should hang.
    pub path: Nibbles,
}

/// The stem at a path where its parent says that there is one.
fn named_stem<S: TrieSource>(source: &S, path: &Nibbles) -> Result<Stem, S::Error> {
    source
        .stem(path)?
        .filter(|stem| path.len() + stem.extension.len() < path::KEY_NIBBLES)
        .ok_or_else(|| MissingNode { path: *path }.into())
}

/// The key and value of the leaf at a path where its parent says that there is one.
fn named_leaf<S: TrieSource>(source: &S, path: &Nibbles) -> Result<(B256, Vec<u8>), S::Error> {
    source
        .first_value(keys_under(path))?
        .ok_or_else(|| MissingNode { path: *path }.into())
}
