//! A trie in memory.

use std::{collections::BTreeMap, ops::RangeInclusive};

use alloy_primitives::{B256, map::HashMap};
use alloy_trie::Nibbles;

use super::{Change, MissingNode, Stem, TrieSource, TrieUpdate};

/// A trie in memory: for a genesis state, and for tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryTrie {
    /// The values by key.
    pub values: BTreeMap<B256, Vec<u8>>,
    /// The stems by path.
    pub stems: HashMap<Nibbles, Stem>,
}

impl MemoryTrie {
    /// Takes over an update that was made of this trie and these changes.
    pub fn apply(&mut self, update: TrieUpdate, changes: impl IntoIterator<Item = Change>) {
        for (path, stem) in update.stems {
            match stem {
                Some(stem) => self.stems.insert(path, *stem),
                None => self.stems.remove(&path),
            };
        }
        for (key, value) in changes {
            match value {
                Some(value) => self.values.insert(key, value),
                None => self.values.remove(&key),
            };
        }
    }
}

impl TrieSource for MemoryTrie {
    type Error = MissingNode;

    fn stem(&self, path: &Nibbles) -> Result<Option<Stem>, MissingNode> {
        Ok(self.stems.get(path).cloned())
    }

    fn first_value(
        &self,
        keys: RangeInclusive<B256>,
    ) -> Result<Option<(B256, Vec<u8>)>, MissingNode> {
        Ok(self
            .values
            .range(keys)
            .next()
            .map(|(key, value)| (*key, value.clone())))
    }
}
