//! Numbers that are maintained with each block: counters of addresses and tokens, holders,
//! periods of charts, totals.
//!
//! A batch of blocks loads the rows that it touches, changes them in memory block by block, and
//! writes them once. Before a block changes a row, the row's earlier state is noted: with these
//! images the block is undone exactly, whatever its effects were.

mod apply;
mod image;
#[cfg(test)]
mod tests;

pub(crate) use apply::{apply_block, keys_of};
pub(crate) use image::Images;

use std::hash::Hash;

use alloy_primitives::map::{HashMap, HashSet};
use alloy_primitives::{Address, U256};
use alloy_rlp::{RlpDecodable, RlpEncodable};

/// Counters of an address.
#[derive(Debug, Clone, PartialEq, Eq, Default, RlpEncodable, RlpDecodable)]
pub(crate) struct Account {
    pub transactions: u64,
    pub sent: u64,
    pub token_transfers: u64,
    pub signed_blocks: u64,
    pub first_block: u64,
    pub first_at_ms: u64,
    pub last_block: u64,
    pub last_at_ms: u64,
}

/// Counters of a token.
#[derive(Debug, Clone, PartialEq, Eq, Default, RlpEncodable, RlpDecodable)]
pub(crate) struct Token {
    /// The number of the ERC.
    pub kind: u64,
    pub holders: u64,
    pub transfers: u64,
    /// The sum of all holdings.
    pub supply: U256,
}

/// An owner's part of a token: the sum, or one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, RlpEncodable, RlpDecodable)]
pub(crate) struct HoldingKey {
    pub token: Address,
    pub owner: Address,
    /// 0: the sum; 1: the instance `token_id`.
    pub is_instance: u8,
    pub token_id: U256,
}

/// How much it is. Nothing is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, RlpEncodable, RlpDecodable)]
pub(crate) struct Holding {
    pub amount: U256,
}

/// One step of the charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, RlpEncodable, RlpDecodable)]
pub(crate) struct PeriodKey {
    pub length_ms: u64,
    pub start_ms: u64,
}

/// What happened in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, RlpEncodable, RlpDecodable)]
pub(crate) struct Period {
    pub blocks: u64,
    pub transactions: u64,
    pub gas_used: u64,
    pub fees: U256,
    pub token_transfers: u64,
    pub new_addresses: u64,
    pub active_addresses: u64,
}

/// Numbers of the whole chain.
#[derive(Debug, Clone, PartialEq, Eq, Default, RlpEncodable, RlpDecodable)]
pub(crate) struct Totals {
    pub transactions: u64,
    pub addresses: u64,
    pub contracts: u64,
    pub tokens: u64,
    pub token_transfers: u64,
}

/// The rows that some blocks touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Keys {
    pub accounts: HashSet<Address>,
    pub tokens: HashSet<Address>,
    pub holdings: HashSet<HoldingKey>,
    pub periods: HashSet<PeriodKey>,
}

/// The state of those rows while blocks are applied.
#[derive(Debug, Default)]
pub(crate) struct Aggregates {
    pub accounts: Tracked<Address, Account>,
    pub tokens: Tracked<Address, Token>,
    pub holdings: Tracked<HoldingKey, Holding>,
    pub periods: Tracked<PeriodKey, Period>,
    pub totals: Tracked<u8, Totals>,
}

impl Aggregates {
    /// What the rows changed since the last call were before.
    pub(crate) fn take_images(&mut self) -> Images {
        Images {
            accounts: self.accounts.take_images(),
            tokens: self.tokens.take_images(),
            holdings: self.holdings.take_images(),
            periods: self.periods.take_images(),
            totals: self.totals.take_images(),
        }
    }
}

/// Rows by key that remember what they were.
#[derive(Debug)]
pub(crate) struct Tracked<K, V> {
    rows: HashMap<K, V>,
    before: HashMap<K, Option<V>>,
    changed: HashSet<K>,
}

impl<K, V> Default for Tracked<K, V> {
    fn default() -> Self {
        Self {
            rows: HashMap::default(),
            before: HashMap::default(),
            changed: HashSet::default(),
        }
    }
}

impl<K: Copy + Eq + Hash + Ord, V: Clone + Default> Tracked<K, V> {
    /// A row as it is in the database.
    pub(crate) fn load(&mut self, key: K, row: V) {
        self.rows.insert(key, row);
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    /// The row to be changed; a new one when there is none.
    pub(crate) fn change(&mut self, key: K) -> &mut V {
        self.note(key);
        self.rows.entry(key).or_default()
    }

    /// The row is not kept any more.
    pub(crate) fn remove(&mut self, key: K) {
        self.note(key);
        self.rows.remove(&key);
    }

    fn note(&mut self, key: K) {
        self.before
            .entry(key)
            .or_insert_with(|| self.rows.get(&key).cloned());
        self.changed.insert(key);
    }

    fn take_images(&mut self) -> Vec<(K, Option<V>)> {
        let mut images: Vec<_> = self.before.drain().collect();
        images.sort_unstable_by_key(|(key, _)| *key);
        images
    }

    /// Rows to be written, and keys of rows to be deleted, in the order of their keys.
    pub(crate) fn into_changes(self) -> (Vec<(K, V)>, Vec<K>) {
        let Self {
            mut rows, changed, ..
        } = self;
        let mut keys: Vec<K> = changed.into_iter().collect();
        keys.sort_unstable();
        let mut written = Vec::new();
        let mut deleted = Vec::new();
        for key in keys {
            match rows.remove(&key) {
                Some(row) => written.push((key, row)),
                None => deleted.push(key),
            }
        }
        (written, deleted)
    }
}
