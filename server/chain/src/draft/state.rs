//! Reads and changes the draft's state.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use revm::bytecode::Bytecode;
use revm::primitives::{StorageKey, StorageValue};
use revm::state::AccountInfo;
use revm::DatabaseRef;

use crate::draft::Draft;
use crate::draft::tries::{AccountTrie, SlotTrie};
use crate::error::StoreError;
use crate::overlay::{ChangedAccount, StateChanges};
use crate::store::changed_keys::ChangedKeys;
use crate::store::tables::{AccountKey, SlotKey, account_at, slot_at, slot_key};
use crate::trie;

type AccountRows = BTreeMap<AccountKey, Option<Vec<u8>>>;
type SlotRows = BTreeMap<SlotKey, Option<Vec<u8>>>;

impl Draft {
    /// Changes the state as the transactions of block `number` did, and remembers what was
    /// before. Returns the new state root.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn change_state(
        &mut self,
        number: u64,
        changes: StateChanges,
    ) -> Result<B256, StoreError> {
        for (hash, code) in changes.codes {
            self.codes.insert(hash, code.original_byte_slice().to_vec());
        }
        let mut accounts = AccountRows::new();
        let mut slots = SlotRows::new();
        for (address, changed) in changes.accounts {
            let key = keccak256(address).0;
            let before = self.account_row(&key)?;
            let row = self.change_account(&key, before.as_deref(), changed, &mut slots)?;
            if row != before {
                accounts.insert(key, row);
            }
        }
        // Nothing was before the genesis block.
        if number > 0 {
            self.remember(number, &accounts, &slots)?;
        }
        self.replace(accounts, slots)
    }

    /// Brings the state of block `number` back, on top of which `number + 1` was built.
    /// Returns its root.
    ///
    /// # Errors
    /// The database cannot be read, or the history of a block since is no longer kept.
    pub fn rewind_state(&mut self, number: u64, tip: u64) -> Result<B256, StoreError> {
        let mut accounts = AccountRows::new();
        let mut slots = SlotRows::new();
        for block in number + 1..=tip {
            let keys = self.view.changed_keys(block)?.ok_or_else(|| {
                StoreError::Damaged(format!("the history of block {block} is not kept"))
            })?;
            for key in keys.accounts {
                if let Entry::Vacant(row) = accounts.entry(key) {
                    row.insert(self.view.account_after(&key, number)?);
                }
            }
            for key in keys.slots {
                if let Entry::Vacant(row) = slots.entry(key) {
                    row.insert(self.view.slot_after(&key, number)?);
                }
            }
        }
        self.restore(accounts, slots)
    }

    /// Puts older rows in place of newer ones. Returns the state root, which the rows bring along.
    pub(super) fn restore(
        &mut self,
        accounts: AccountRows,
        slots: SlotRows,
    ) -> Result<B256, StoreError> {
        self.update_slot_tries(&slots)?;
        self.replace(accounts, slots)
    }

    /// Root of the state trie.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn state_root(&self) -> Result<B256, StoreError> {
        Ok(trie::update(&AccountTrie(self), &[])?.root)
    }

    /// An account, as the state trie holds it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn trie_account(&self, address: Address) -> Result<Option<TrieAccount>, StoreError> {
        self.account_row(&keccak256(address).0)?
            .map(|row| decode_account(&row))
            .transpose()
    }

    /// Value of a slot.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn slot(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        let key = slot_key(
            &keccak256(address).0,
            &keccak256(B256::from(slot)).0,
        );
        self.slot_row(&key)?
            .map_or(Ok(U256::ZERO), |row| decode_word(&row))
    }

    /// The nodes from the state's root to an account (EIP-1186).
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn account_proof(&self, address: Address) -> Result<Vec<Bytes>, StoreError> {
        trie::prove(&AccountTrie(self), &keccak256(address))
    }

    /// The nodes from an account's storage root to a slot (EIP-1186).
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn slot_proof(&self, address: Address, slot: U256) -> Result<Vec<Bytes>, StoreError> {
        let trie = SlotTrie {
            draft: self,
            account: keccak256(address).0,
        };
        trie::prove(&trie, &keccak256(B256::from(slot)))
    }

    fn account_row(&self, key: &AccountKey) -> Result<Option<Vec<u8>>, StoreError> {
        match self.accounts.get(key) {
            Some(row) => Ok(row.clone()),
            None => self.view.account(key),
        }
    }

    fn slot_row(&self, key: &SlotKey) -> Result<Option<Vec<u8>>, StoreError> {
        match self.slots.get(key) {
            Some(row) => Ok(row.clone()),
            None => self.view.slot(key),
        }
    }

    /// The new row of an account; its changed slots go to `slots`.
    fn change_account(
        &mut self,
        key: &AccountKey,
        before: Option<&[u8]>,
        changed: ChangedAccount,
        slots: &mut SlotRows,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let root_before = before
            .map(decode_account)
            .transpose()?
            .map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
        let mut rows = SlotRows::new();
        if changed.is_storage_wiped && root_before != EMPTY_ROOT_HASH {
            rows = self.rows_removed(key)?;
        }
        for (slot, value) in changed.slots {
            let key = slot_key(key, &keccak256(B256::from(slot)).0);
            rows.insert(key, (!value.is_zero()).then(|| alloy_rlp::encode(value)));
        }
        let mut changes = Vec::with_capacity(rows.len());
        for (slot, value) in rows {
            if self.slot_row(&slot)? != value {
                changes.push((B256::from_slice(&slot[32..]), value.clone()));
                slots.insert(slot, value);
            }
        }
        let storage_root = if changes.is_empty() {
            root_before
        } else {
            self.update_slot_trie(*key, &changes)?
        };
        Ok(changed.info.map(|info| {
            alloy_rlp::encode(TrieAccount {
                nonce: info.nonce,
                balance: info.balance,
                storage_root,
                code_hash: info.code_hash,
            })
        }))
    }

    /// Every slot of an account, each to be removed.
    fn rows_removed(&self, key: &AccountKey) -> Result<SlotRows, StoreError> {
        let (first, last) = (slot_key(key, &[0; 32]), slot_key(key, &[0xff; 32]));
        let mut rows = SlotRows::new();
        for stored in self.view.slots_within(&first, &last)? {
            rows.insert(stored?.0, None);
        }
        let drafted = self.slots.range(first..=last);
        rows.extend(drafted.map(|(slot, _)| (*slot, None)));
        Ok(rows)
    }

    /// Writes down what the rows are now, before block `number` replaces them.
    fn remember(
        &mut self,
        number: u64,
        accounts: &AccountRows,
        slots: &SlotRows,
    ) -> Result<(), StoreError> {
        for key in accounts.keys() {
            let before = self.account_row(key)?.unwrap_or_default();
            self.account_history
                .insert(account_at(key, number), Some(before));
        }
        for key in slots.keys() {
            let before = self.slot_row(key)?.unwrap_or_default();
            self.slot_history.insert(slot_at(key, number), Some(before));
        }
        let keys = ChangedKeys {
            accounts: accounts.keys().copied().collect(),
            slots: slots.keys().copied().collect(),
        };
        self.changed_keys.insert(number, Some(keys));
        Ok(())
    }

    /// Puts new rows in place; the tries of the slots know them already.
    fn replace(&mut self, accounts: AccountRows, slots: SlotRows) -> Result<B256, StoreError> {
        let changes: Vec<_> = accounts
            .iter()
            .map(|(key, row)| (B256::new(*key), row.clone()))
            .collect();
        let update = trie::update(&AccountTrie(self), &changes)?;
        self.account_stems.extend(update.stems);
        self.accounts.extend(accounts);
        self.slots.extend(slots);
        Ok(update.root)
    }

    fn update_slot_tries(&mut self, slots: &SlotRows) -> Result<(), StoreError> {
        let mut rows = slots.iter().peekable();
        while let Some((first, _)) = rows.peek() {
            let mut account = [0; 32];
            account.copy_from_slice(&first[..32]);
            let mut changes = Vec::new();
            while let Some((slot, row)) =
                rows.next_if(|(slot, _)| slot.starts_with(&account))
            {
                changes.push((B256::from_slice(&slot[32..]), row.clone()));
            }
            self.update_slot_trie(account, &changes)?;
        }
        Ok(())
    }

    fn update_slot_trie(
        &mut self,
        account: AccountKey,
        changes: &[(B256, Option<Vec<u8>>)],
    ) -> Result<B256, StoreError> {
        let trie = SlotTrie {
            draft: self,
            account,
        };
        let update = trie::update(&trie, changes)?;
        self.slot_stems.extend(
            update
                .stems
                .into_iter()
                .map(|(path, stem)| ((account, path), stem)),
        );
        Ok(update.root)
    }
}

/// Execution reads the draft as it reads any state.
impl DatabaseRef for &Draft {
    type Error = StoreError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, StoreError> {
        Ok(self.trie_account(address)?.map(account_info))
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, StoreError> {
        if let Some(code) = self.codes.get(&code_hash) {
            return decode_code(code.clone());
        }
        read_code(self.view.code(&code_hash)?, code_hash)
    }

    fn storage_ref(
        &self,
        address: Address,
        index: StorageKey,
    ) -> Result<StorageValue, StoreError> {
        self.slot(address, index)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StoreError> {
        Ok(self.canonical(number)?.unwrap_or_default())
    }
}

/// An account as the EVM takes it; its code is read when it is wanted.
pub(crate) fn account_info(account: TrieAccount) -> AccountInfo {
    AccountInfo {
        balance: account.balance,
        nonce: account.nonce,
        code_hash: account.code_hash,
        code: (account.code_hash == KECCAK256_EMPTY).then(Bytecode::default),
        account_id: None,
    }
}

/// Code that was found under its hash.
pub(crate) fn read_code(found: Option<Vec<u8>>, hash: B256) -> Result<Bytecode, StoreError> {
    if hash == KECCAK256_EMPTY || hash.is_zero() {
        return Ok(Bytecode::default());
    }
    decode_code(found.ok_or_else(|| StoreError::Damaged(format!("code {hash} is missing")))?)
}

fn decode_code(code: Vec<u8>) -> Result<Bytecode, StoreError> {
    Bytecode::new_raw_checked(code.into()).map_err(|error| StoreError::damaged("code", error))
}

/// An account of the state trie from its RLP.
pub(crate) fn decode_account(mut row: &[u8]) -> Result<TrieAccount, StoreError> {
    TrieAccount::decode(&mut row).map_err(|error| StoreError::damaged("an account", error))
}

/// A word of a storage trie from its RLP.
pub(crate) fn decode_word(mut row: &[u8]) -> Result<U256, StoreError> {
    U256::decode(&mut row).map_err(|error| StoreError::damaged("a storage slot", error))
}
