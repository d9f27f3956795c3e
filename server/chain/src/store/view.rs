//! What the database holds after one commit.

use std::ops::RangeInclusive;

use alloy_consensus::Header;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, U256};
use alloy_rlp::Decodable;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};

use crate::error::StoreError;
use crate::receipt::StoredReceipt;
use crate::store::changed_keys::ChangedKeys;
use crate::store::tables::{
    ACCOUNT_HISTORY, ACCOUNT_STEMS, ACCOUNTS, AccountAtKey, AccountKey, CANONICAL, CHANGED_KEYS,
    CODES, FACT_OLDEST_STATE, FACTS, HEADERS, LOG_INDEX, LogKey, PLACES, PlaceKey, RECEIPTS,
    SIDE_BLOCKS, SLOT_HISTORY, SLOT_STEMS, SLOTS, SNAPSHOTS, SlotAtKey, SlotKey, TRANSACTIONS,
    account_at, from_place, log_key, place, slot_at,
};
use crate::transaction::{self, Transaction};
use crate::trie::{Nibbles, Stem, path_key};

/// A consistent view of all tables. It keeps old pages of the file in use for as long as it lives.
pub struct View {
    accounts: ReadOnlyTable<AccountKey, &'static [u8]>,
    slots: ReadOnlyTable<SlotKey, &'static [u8]>,
    codes: ReadOnlyTable<[u8; 32], &'static [u8]>,
    account_stems: ReadOnlyTable<&'static [u8], &'static [u8]>,
    slot_stems: ReadOnlyTable<&'static [u8], &'static [u8]>,
    account_history: ReadOnlyTable<AccountAtKey, &'static [u8]>,
    slot_history: ReadOnlyTable<SlotAtKey, &'static [u8]>,
    changed_keys: ReadOnlyTable<u64, &'static [u8]>,
    headers: ReadOnlyTable<[u8; 32], &'static [u8]>,
    canonical: ReadOnlyTable<u64, [u8; 32]>,
    side_blocks: ReadOnlyTable<[u8; 32], &'static [u8]>,
    transactions: ReadOnlyTable<PlaceKey, &'static [u8]>,
    receipts: ReadOnlyTable<PlaceKey, &'static [u8]>,
    places: ReadOnlyTable<[u8; 32], PlaceKey>,
    log_index: ReadOnlyTable<LogKey, ()>,
    snapshots: ReadOnlyTable<[u8; 32], &'static [u8]>,
    facts: ReadOnlyTable<&'static str, &'static [u8]>,
}

impl std::fmt::Debug for View {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("View").finish_non_exhaustive()
    }
}

impl View {
    pub(super) fn open(transaction: &ReadTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            accounts: transaction.open_table(ACCOUNTS)?,
            slots: transaction.open_table(SLOTS)?,
            codes: transaction.open_table(CODES)?,
            account_stems: transaction.open_table(ACCOUNT_STEMS)?,
            slot_stems: transaction.open_table(SLOT_STEMS)?,
            account_history: transaction.open_table(ACCOUNT_HISTORY)?,
            slot_history: transaction.open_table(SLOT_HISTORY)?,
            changed_keys: transaction.open_table(CHANGED_KEYS)?,
            headers: transaction.open_table(HEADERS)?,
            canonical: transaction.open_table(CANONICAL)?,
            side_blocks: transaction.open_table(SIDE_BLOCKS)?,
            transactions: transaction.open_table(TRANSACTIONS)?,
            receipts: transaction.open_table(RECEIPTS)?,
            places: transaction.open_table(PLACES)?,
            log_index: transaction.open_table(LOG_INDEX)?,
            snapshots: transaction.open_table(SNAPSHOTS)?,
            facts: transaction.open_table(FACTS)?,
        })
    }

    // --- state ------------------------------------------------------------------------------

    /// RLP of an account after the newest block.
    pub fn account(&self, key: &AccountKey) -> Result<Option<Vec<u8>>, StoreError> {
        bytes_of(&self.accounts, key)
    }

    /// RLP of a slot after the newest block.
    pub fn slot(&self, key: &SlotKey) -> Result<Option<Vec<u8>>, StoreError> {
        bytes_of(&self.slots, key)
    }

    /// RLP of an account after `block`, which must not be older than [`View::oldest_state`].
    pub fn account_after(
        &self,
        key: &AccountKey,
        block: u64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let (from, to) = (
            account_at(key, block.saturating_add(1)),
            account_at(key, u64::MAX),
        );
        match self.account_history.range(from..=to)?.next() {
            Some(entry) => Ok(existing(entry?.1.value())),
            None => self.account(key),
        }
    }

    /// RLP of a slot after `block`, which must not be older than [`View::oldest_state`].
    pub fn slot_after(&self, key: &SlotKey, block: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let (from, to) = (
            slot_at(key, block.saturating_add(1)),
            slot_at(key, u64::MAX),
        );
        match self.slot_history.range(from..=to)?.next() {
            Some(entry) => Ok(existing(entry?.1.value())),
            None => self.slot(key),
        }
    }

    /// What an account was before `block` changed it; none when the block did not.
    pub fn account_before(
        &self,
        key: &AccountKey,
        block: u64,
    ) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        Ok(self
            .account_history
            .get(&account_at(key, block))?
            .map(|value| existing(value.value())))
    }

    /// What a slot was before `block` changed it; none when the block did not.
    pub fn slot_before(
        &self,
        key: &SlotKey,
        block: u64,
    ) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        Ok(self
            .slot_history
            .get(&slot_at(key, block))?
            .map(|value| existing(value.value())))
    }

    /// The accounts from one key to another, in order of their keys.
    pub fn accounts_within(
        &self,
        first: &AccountKey,
        last: &AccountKey,
    ) -> Result<impl Iterator<Item = Result<(AccountKey, Vec<u8>), StoreError>> + use<>, StoreError>
    {
        Ok(self.accounts.range(*first..=*last)?.map(|entry| {
            let (key, value) = entry?;
            Ok((key.value(), value.value().to_vec()))
        }))
    }

    /// The slots from one key to another, in order of their keys.
    pub fn slots_within(
        &self,
        first: &SlotKey,
        last: &SlotKey,
    ) -> Result<impl Iterator<Item = Result<(SlotKey, Vec<u8>), StoreError>> + use<>, StoreError>
    {
        Ok(self.slots.range(*first..=*last)?.map(|entry| {
            let (key, value) = entry?;
            Ok((key.value(), value.value().to_vec()))
        }))
    }

    /// Code by its hash.
    pub fn code(&self, hash: &B256) -> Result<Option<Vec<u8>>, StoreError> {
        bytes_of(&self.codes, &hash.0)
    }

    /// Branch of the account trie.
    pub fn account_stem(&self, path: &Nibbles) -> Result<Option<Stem>, StoreError> {
        let key = path_key(path);
        decode_stem(self.account_stems.get(key.as_ref())?)
    }

    /// Branch of an account's storage trie.
    pub fn slot_stem(
        &self,
        account: &AccountKey,
        path: &Nibbles,
    ) -> Result<Option<Stem>, StoreError> {
        let key = slot_stem_key(account, path);
        decode_stem(self.slot_stems.get(key.as_slice())?)
    }

    /// The keys that a block changed; none when its history is no longer kept.
    pub fn changed_keys(&self, block: u64) -> Result<Option<ChangedKeys>, StoreError> {
        self.changed_keys
            .get(block)?
            .map(|value| ChangedKeys::decode(value.value()))
            .transpose()
    }

    /// Number of the oldest block whose state can be read.
    pub fn oldest_state(&self) -> Result<u64, StoreError> {
        let Some(value) = self.facts.get(FACT_OLDEST_STATE)? else {
            return Ok(0);
        };
        let bytes: [u8; 8] = value
            .value()
            .try_into()
            .map_err(|error| StoreError::damaged(FACT_OLDEST_STATE, error))?;
        Ok(u64::from_be_bytes(bytes))
    }

    // --- blocks -----------------------------------------------------------------------------

    /// A header of any branch, and the total difficulty up to and with it.
    pub fn header(&self, hash: &B256) -> Result<Option<(Header, U256)>, StoreError> {
        let Some(value) = self.headers.get(&hash.0)? else {
            return Ok(None);
        };
        let (difficulty, mut rlp) = value
            .value()
            .split_first_chunk::<32>()
            .ok_or_else(|| StoreError::Damaged(format!("header {hash}")))?;
        let header = Header::decode(&mut rlp)
            .map_err(|error| StoreError::damaged(&format!("header {hash}"), error))?;
        Ok(Some((header, U256::from_be_bytes(*difficulty))))
    }

    /// Hash of the block with this number on the branch in force.
    pub fn canonical(&self, number: u64) -> Result<Option<B256>, StoreError> {
        Ok(self
            .canonical
            .get(number)?
            .map(|hash| B256::new(hash.value())))
    }

    /// The newest block of the branch in force.
    pub fn tip(&self) -> Result<Option<(u64, B256)>, StoreError> {
        Ok(self
            .canonical
            .last()?
            .map(|(number, hash)| (number.value(), B256::new(hash.value()))))
    }

    /// RLP of a block that is not on the branch in force.
    pub fn side_block(&self, hash: &B256) -> Result<Option<Vec<u8>>, StoreError> {
        bytes_of(&self.side_blocks, &hash.0)
    }

    /// The transaction at a place of the branch in force.
    pub fn transaction(&self, number: u64, index: u32) -> Result<Option<Transaction>, StoreError> {
        self.transactions
            .get(&place(number, index))?
            .map(|value| decode_transaction(value.value()))
            .transpose()
    }

    /// All transactions of a block of the branch in force.
    pub fn transactions(&self, number: u64) -> Result<Vec<Transaction>, StoreError> {
        self.transactions
            .range(place(number, 0)..=place(number, u32::MAX))?
            .map(|entry| decode_transaction(entry?.1.value()))
            .collect()
    }

    /// How many transactions a block of the branch in force has.
    pub fn transactions_count(&self, number: u64) -> Result<u32, StoreError> {
        let (from, to) = (place(number, 0), place(number, u32::MAX));
        let last = self.transactions.range(from..=to)?.next_back();
        last.map_or(Ok(0), |entry| Ok(from_place(&entry?.0.value()).1 + 1))
    }

    /// The receipt at a place of the branch in force.
    pub fn receipt(&self, number: u64, index: u32) -> Result<Option<StoredReceipt>, StoreError> {
        self.receipts
            .get(&place(number, index))?
            .map(|value| decode_receipt(value.value()))
            .transpose()
    }

    /// All receipts of a block of the branch in force.
    pub fn receipts(&self, number: u64) -> Result<Vec<StoredReceipt>, StoreError> {
        self.receipts
            .range(place(number, 0)..=place(number, u32::MAX))?
            .map(|entry| decode_receipt(entry?.1.value()))
            .collect()
    }

    /// Where a transaction is on the branch in force: block number and index.
    pub fn place_of(&self, transaction: &B256) -> Result<Option<(u64, u32)>, StoreError> {
        Ok(self
            .places
            .get(&transaction.0)?
            .map(|value| from_place(&value.value())))
    }

    /// Places (block number, index in the block) of logs under a tag, oldest first.
    pub fn logs_under(
        &self,
        tag: u64,
        blocks: RangeInclusive<u64>,
    ) -> Result<impl Iterator<Item = Result<(u64, u32), StoreError>> + use<>, StoreError> {
        self.logs_under_from(tag, (*blocks.start(), 0), *blocks.end())
    }

    /// Places of logs under a tag, beginning with the one at or after `from`, oldest first.
    pub fn logs_under_from(
        &self,
        tag: u64,
        from: (u64, u32),
        last_block: u64,
    ) -> Result<impl Iterator<Item = Result<(u64, u32), StoreError>> + use<>, StoreError> {
        let (first, last) = (
            log_key(tag, from.0, from.1),
            log_key(tag, last_block, u32::MAX),
        );
        // A range that ends before it begins is empty, and not an error.
        let (first, last) = (first.min(last), last);
        let is_empty = from.0 > last_block;
        let places = self.log_index.range(first..=last)?.map(|entry| {
            let (key, _) = entry?;
            let mut tail = [0; 12];
            tail.copy_from_slice(&key.value()[8..]);
            Ok(from_place(&tail))
        });
        Ok(places.take(if is_empty { 0 } else { usize::MAX }))
    }

    /// The newest stored Clique snapshot of a block, as JSON.
    pub fn snapshot(&self, hash: &B256) -> Result<Option<Vec<u8>>, StoreError> {
        bytes_of(&self.snapshots, &hash.0)
    }
}

/// Key of a branch of an account's storage trie.
#[must_use]
pub(super) fn slot_stem_key(account: &AccountKey, path: &Nibbles) -> Vec<u8> {
    let path = path_key(path);
    let mut key = Vec::with_capacity(32 + path.as_ref().len());
    key.extend_from_slice(account);
    key.extend_from_slice(path.as_ref());
    key
}

/// Sender ‖ EIP-2718 encoding: reading a block back needs no elliptic curve.
pub(super) fn encode_transaction(transaction: &Transaction) -> Vec<u8> {
    let envelope = transaction.envelope();
    let mut bytes = Vec::with_capacity(20 + envelope.encode_2718_len());
    bytes.extend_from_slice(transaction.sender().as_slice());
    envelope.encode_2718(&mut bytes);
    bytes
}

fn decode_transaction(bytes: &[u8]) -> Result<Transaction, StoreError> {
    let (sender, encoded) = bytes
        .split_first_chunk::<20>()
        .ok_or_else(|| StoreError::Damaged("a transaction".to_owned()))?;
    transaction::decode_recovered(encoded, Address::from(*sender))
        .map_err(|error| StoreError::damaged("a transaction", error))
}

fn decode_receipt(mut bytes: &[u8]) -> Result<StoredReceipt, StoreError> {
    StoredReceipt::decode(&mut bytes).map_err(|error| StoreError::damaged("a receipt", error))
}

fn decode_stem(
    value: Option<redb::AccessGuard<'_, &'static [u8]>>,
) -> Result<Option<Stem>, StoreError> {
    value
        .map(|value| {
            Stem::decode(value.value())
                .map_err(|error| StoreError::damaged("a branch of a trie", error))
        })
        .transpose()
}

fn bytes_of<const N: usize>(
    table: &ReadOnlyTable<[u8; N], &'static [u8]>,
    key: &[u8; N],
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(table.get(key)?.map(|value| value.value().to_vec()))
}

/// History writes "it did not exist" as nothing.
fn existing(value: &[u8]) -> Option<Vec<u8>> {
    (!value.is_empty()).then(|| value.to_vec())
}
