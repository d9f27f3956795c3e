//! The draft's tries, as the trie's update reads them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use alloy_primitives::B256;

use crate::draft::Draft;
use crate::draft::state::{AccountChanges, RowChange, SlotChanges};
use crate::error::StoreError;
use crate::store::tables::{AccountKey, SlotKey, slot_key};
use crate::trie::{Nibbles, Stem, TrieSource};

/// The trie of all accounts.
///
/// Its leaves are looked up where a branch says that there is one key. Where that key is one of
/// those that change, which is the rule, the change knows it, and the database is not searched.
pub(super) struct AccountTrie<'a> {
    pub(super) draft: &'a Draft,
    /// Changes that are not in the draft yet.
    pub(super) changes: &'a AccountChanges,
}

/// The trie of one account's storage.
pub(super) struct SlotTrie<'a> {
    pub(super) draft: &'a Draft,
    pub(super) account: AccountKey,
    /// Changes that are not in the draft yet.
    pub(super) changes: &'a SlotChanges,
}

impl TrieSource for AccountTrie<'_> {
    type Error = StoreError;

    fn stem(&self, path: &Nibbles) -> Result<Option<Stem>, StoreError> {
        match self.draft.account_stems.get(path) {
            Some(stem) => Ok(stem.as_deref().cloned()),
            None => self.draft.view.account_stem(path),
        }
    }

    fn first_value(&self, keys: RangeInclusive<B256>) -> Result<Option<Leaf>, StoreError> {
        let (first, last) = (keys.start().0, keys.end().0);
        if let Some((key, row)) = known(self.changes, first..=last) {
            return Ok(Some((B256::new(*key), row)));
        }
        let drafted = self
            .draft
            .accounts
            .range(first..=last)
            .find_map(|(key, value)| Some((B256::new(*key), value.clone()?)));
        for stored in self.draft.view.accounts_within(&first, &last)? {
            let (key, value) = stored?;
            if !self.draft.accounts.contains_key(&key) {
                return Ok(Some(lower(drafted, (B256::new(key), value))));
            }
        }
        Ok(drafted)
    }
}

impl TrieSource for SlotTrie<'_> {
    type Error = StoreError;

    fn stem(&self, path: &Nibbles) -> Result<Option<Stem>, StoreError> {
        match self.draft.slot_stems.get(&(self.account, *path)) {
            Some(stem) => Ok(stem.as_deref().cloned()),
            None => self.draft.view.slot_stem(&self.account, path),
        }
    }

    fn first_value(&self, keys: RangeInclusive<B256>) -> Result<Option<Leaf>, StoreError> {
        let first = slot_key(&self.account, &keys.start().0);
        let last = slot_key(&self.account, &keys.end().0);
        let slot_of = |key: &SlotKey| B256::from_slice(&key[32..]);
        if let Some((key, row)) = known(self.changes, first..=last) {
            return Ok(Some((slot_of(key), row)));
        }
        let drafted = self
            .draft
            .slots
            .range(first..=last)
            .find_map(|(key, value)| Some((slot_of(key), value.clone()?)));
        for stored in self.draft.view.slots_within(&first, &last)? {
            let (key, value) = stored?;
            if !self.draft.slots.contains_key(&key) {
                return Ok(Some(lower(drafted, (slot_of(&key), value))));
            }
        }
        Ok(drafted)
    }
}

type Leaf = (B256, Vec<u8>);

/// The first of the rows that change and that are there before.
fn known<K: Ord>(
    changes: &BTreeMap<K, RowChange>,
    keys: RangeInclusive<K>,
) -> Option<(&K, Vec<u8>)> {
    changes
        .range(keys)
        .find_map(|(key, change)| Some((key, change.before.clone()?)))
}

fn lower(drafted: Option<Leaf>, stored: Leaf) -> Leaf {
    match drafted {
        Some(drafted) if drafted.0 < stored.0 => drafted,
        _ => stored,
    }
}
