//! The newest block, and the states that can be read.

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_trie::TrieAccount;
use revm::DatabaseRef;
use revm::bytecode::Bytecode;
use revm::primitives::{StorageKey, StorageValue};
use revm::state::AccountInfo;

use crate::draft::state::{account_info, decode_account, decode_word, read_code};
use crate::error::StoreError;
use crate::store::tables::slot_key;
use crate::store::view::View;

/// The newest block of the branch in force, and everything that is stored with it.
#[derive(Debug, Clone)]
pub struct Tip {
    pub header: Header,
    pub hash: B256,
    pub total_difficulty: U256,
    pub view: Arc<View>,
}

impl Tip {
    /// The state after the newest block.
    #[must_use]
    pub fn state(&self) -> StateView {
        StateView {
            view: self.view.clone(),
            number: self.header.number,
            tip: self.header.number,
        }
    }

    /// The state after block `number`; none when it lies ahead or is no longer kept.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn state_after(&self, number: u64) -> Result<Option<StateView>, StoreError> {
        let is_kept = number <= self.header.number && number >= self.view.oldest_state()?;
        Ok(is_kept.then(|| StateView {
            view: self.view.clone(),
            number,
            tip: self.header.number,
        }))
    }
}

/// The state after one block of the branch in force.
#[derive(Debug, Clone)]
pub struct StateView {
    view: Arc<View>,
    number: u64,
    tip: u64,
}

impl StateView {
    /// Number of the block.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// An account; none when it does not exist.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn account(&self, address: Address) -> Result<Option<TrieAccount>, StoreError> {
        let key = keccak256(address).0;
        let row = if self.number == self.tip {
            self.view.account(&key)?
        } else {
            self.view.account_after(&key, self.number)?
        };
        row.map(|row| decode_account(&row)).transpose()
    }

    /// Value of a storage slot.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn slot(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        let key = slot_key(&keccak256(address).0, &keccak256(B256::from(slot)).0);
        let row = if self.number == self.tip {
            self.view.slot(&key)?
        } else {
            self.view.slot_after(&key, self.number)?
        };
        row.map_or(Ok(U256::ZERO), |row| decode_word(&row))
    }

    /// Code by its hash.
    ///
    /// # Errors
    /// The database cannot be read or the code is missing.
    pub fn code(&self, hash: B256) -> Result<Bytecode, StoreError> {
        read_code(self.view.code(&hash)?, hash)
    }
}

impl DatabaseRef for StateView {
    type Error = StoreError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, StoreError> {
        Ok(self.account(address)?.map(account_info))
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, StoreError> {
        self.code(code_hash)
    }

    fn storage_ref(&self, address: Address, index: StorageKey) -> Result<StorageValue, StoreError> {
        self.slot(address, index)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StoreError> {
        if number > self.number {
            return Ok(B256::ZERO);
        }
        Ok(self.view.canonical(number)?.unwrap_or_default())
    }
}
