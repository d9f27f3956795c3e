//! A trie that differs from another by a few records.

use std::{collections::BTreeMap, ops::RangeInclusive};

use alloy_primitives::{B256, U256, map::HashMap};
use alloy_trie::Nibbles;

use super::{Change, Stem, TrieSource, TrieUpdate};

/// A trie that is another but for some records: a state in the past over the present one, or a
/// block's state over its parent's. What is here wins; `None` hides what is below.
#[derive(Clone, Debug)]
pub struct OverlayTrie<S> {
    /// The trie below.
    pub base: S,
    /// The values that differ, by key.
    pub values: BTreeMap<B256, Option<Vec<u8>>>,
    /// The stems that differ, by path.
    pub stems: HashMap<Nibbles, Option<Stem>>,
}

impl<S> OverlayTrie<S> {
    /// A trie that does not differ from its base yet.
    pub fn new(base: S) -> Self {
        Self {
            base,
            values: BTreeMap::new(),
            stems: HashMap::default(),
        }
    }

    /// Takes over an update that was made of this trie and these changes.
    pub fn apply(&mut self, update: TrieUpdate, changes: impl IntoIterator<Item = Change>) {
        let stems = update.stems.into_iter();
        self.stems
            .extend(stems.map(|(path, stem)| (path, stem.map(|stem| *stem))));
        self.values.extend(changes);
    }
}

impl<S: TrieSource> TrieSource for OverlayTrie<S> {
    type Error = S::Error;

    fn stem(&self, path: &Nibbles) -> Result<Option<Stem>, S::Error> {
        match self.stems.get(path) {
            Some(stem) => Ok(stem.clone()),
            None => self.base.stem(path),
        }
    }

    fn first_value(&self, keys: RangeInclusive<B256>) -> Result<Option<(B256, Vec<u8>)>, S::Error> {
        let over = self
            .values
            .range(keys.clone())
            .find_map(|(key, value)| Some((*key, value.as_ref()?.clone())));
        let last = over.as_ref().map_or(*keys.end(), |(key, _)| *key);
        let below = self.first_base_value(*keys.start()..=last)?;
        Ok(below.or(over))
    }
}

impl<S: TrieSource> OverlayTrie<S> {
    /// The base's first value that nothing here replaces or hides. Each turn of the loop passes
    /// one of the values here, so their count bounds it.
    fn first_base_value(
        &self,
        keys: RangeInclusive<B256>,
    ) -> Result<Option<(B256, Vec<u8>)>, S::Error> {
        let (mut first, last) = keys.into_inner();
        loop {
            match self.base.first_value(first..=last)? {
                Some((key, _)) if key < last && self.values.contains_key(&key) => {
                    first = following_key(key);
                }
                found => return Ok(found.filter(|(key, _)| !self.values.contains_key(key))),
            }
        }
    }
}

/// The next key in order, of a key that is not the last.
fn following_key(key: B256) -> B256 {
    B256::from(U256::from_be_bytes(key.0).wrapping_add(U256::ONE))
}
