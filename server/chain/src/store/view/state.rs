//! Reads the state and its history.

use alloy_primitives::B256;

use crate::error::StoreError;
use crate::store::changed_keys::ChangedKeys;
use crate::store::tables::{AccountKey, FACT_OLDEST_STATE, SlotKey, Table, account_at, slot_at};
use crate::store::view::{View, exactly};
use crate::trie::{Nibbles, Stem, path_key};

impl View {
    /// RLP of an account after the newest block.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn account(&self, key: &AccountKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.caches.accounts.row(
            key,
            self.commit,
            || Ok(self.get(Table::Accounts, key)?.map(|row| (*row).into())),
            |row| Ok(row.map(<[u8]>::to_vec)),
        )
    }

    /// RLP of a slot after the newest block.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn slot(&self, key: &SlotKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.get(Table::Slots, key)?.map(|row| row.to_vec()))
    }

    /// RLP of an account after `block`, which must not be older than [`View::oldest_state`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn account_after(
        &self,
        key: &AccountKey,
        block: u64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let first = account_at(key, block.saturating_add(1));
        let last = account_at(key, u64::MAX);
        match self.rows(Table::AccountHistory, &first, &last).next() {
            Some(change) => Ok(existing(&change?.1)),
            None => self.account(key),
        }
    }

    /// RLP of a slot after `block`, which must not be older than [`View::oldest_state`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn slot_after(&self, key: &SlotKey, block: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let first = slot_at(key, block.saturating_add(1));
        let last = slot_at(key, u64::MAX);
        match self.rows(Table::SlotHistory, &first, &last).next() {
            Some(change) => Ok(existing(&change?.1)),
            None => self.slot(key),
        }
    }

    /// What an account was before `block` changed it; none when the block did not.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn account_before(
        &self,
        key: &AccountKey,
        block: u64,
    ) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        let row = self.get(Table::AccountHistory, &account_at(key, block))?;
        Ok(row.map(|row| existing(&row)))
    }

    /// What a slot was before `block` changed it; none when the block did not.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn slot_before(
        &self,
        key: &SlotKey,
        block: u64,
    ) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        let row = self.get(Table::SlotHistory, &slot_at(key, block))?;
        Ok(row.map(|row| existing(&row)))
    }

    /// The accounts from one key to another, in order of their keys.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn accounts_within(
        &self,
        first: &AccountKey,
        last: &AccountKey,
    ) -> Result<impl Iterator<Item = Result<(AccountKey, Vec<u8>), StoreError>> + use<>, StoreError>
    {
        Ok(self.rows(Table::Accounts, first, last).map(|entry| {
            let (key, row) = entry?;
            Ok((exactly(&key, "the key of an account")?, row.to_vec()))
        }))
    }

    /// The slots from one key to another, in order of their keys.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn slots_within(
        &self,
        first: &SlotKey,
        last: &SlotKey,
    ) -> Result<impl Iterator<Item = Result<(SlotKey, Vec<u8>), StoreError>> + use<>, StoreError>
    {
        Ok(self.rows(Table::Slots, first, last).map(|entry| {
            let (key, row) = entry?;
            Ok((exactly(&key, "the key of a slot")?, row.to_vec()))
        }))
    }

    /// Code by its hash.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn code(&self, hash: &B256) -> Result<Option<Vec<u8>>, StoreError> {
        let code = self.get(Table::Codes, hash.as_slice())?;
        Ok(code.map(|code| code.to_vec()))
    }

    /// Branch of the account trie.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn account_stem(&self, path: &Nibbles) -> Result<Option<Stem>, StoreError> {
        let read = || {
            let row = self.get(Table::AccountStems, path_key(path).as_ref())?;
            Ok(row.map(|row| (*row).into()))
        };
        let stems = &self.caches.account_stems;
        stems.row(path, self.commit, read, decode_stem)
    }

    /// Branch of an account's storage trie.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn slot_stem(
        &self,
        account: &AccountKey,
        path: &Nibbles,
    ) -> Result<Option<Stem>, StoreError> {
        let read = || {
            let row = self.get(Table::SlotStems, &slot_stem_key(account, path))?;
            Ok(row.map(|row| (*row).into()))
        };
        let stems = &self.caches.slot_stems;
        stems.row(&(*account, *path), self.commit, read, decode_stem)
    }

    /// The keys that a block changed; none when its history is no longer kept.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn changed_keys(&self, block: u64) -> Result<Option<ChangedKeys>, StoreError> {
        self.get(Table::ChangedKeys, &block.to_be_bytes())?
            .map(|row| ChangedKeys::decode(&row))
            .transpose()
    }

    /// Number of the oldest block whose state can be read.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn oldest_state(&self) -> Result<u64, StoreError> {
        self.get(Table::Facts, FACT_OLDEST_STATE.as_bytes())?
            .map_or(Ok(0), |row| {
                Ok(u64::from_be_bytes(exactly(&row, FACT_OLDEST_STATE)?))
            })
    }
}

/// Key of a branch of an account's storage trie.
pub(in crate::store) fn slot_stem_key(account: &AccountKey, path: &Nibbles) -> Vec<u8> {
    let path = path_key(path);
    let mut key = Vec::with_capacity(32 + path.as_ref().len());
    key.extend_from_slice(account);
    key.extend_from_slice(path.as_ref());
    key
}

fn decode_stem(row: Option<&[u8]>) -> Result<Option<Stem>, StoreError> {
    row.map(|row| {
        Stem::decode(row).map_err(|error| StoreError::damaged("a branch of a trie", error))
    })
    .transpose()
}

/// History writes "it did not exist" as nothing.
fn existing(row: &[u8]) -> Option<Vec<u8>> {
    (!row.is_empty()).then(|| row.to_vec())
}
