//! The chain.
pub mod trie;
