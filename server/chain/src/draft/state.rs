//! Reads and changes the draft's state.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::num::NonZeroUsize;
use std::ops::Bound;
use std::thread::available_parallelism;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use revm::DatabaseRef;
use revm::bytecode::Bytecode;
use revm::primitives::{StorageKey, StorageValue};
use revm::state::AccountInfo;

use crate::draft::Draft;
use crate::draft::tries::{AccountTrie, SlotTrie};
use crate::error::StoreError;
use crate::overlay::{ChangedAccount, StateChanges};
use crate::store::changed_keys::ChangedKeys;
use crate::store::tables::{AccountKey, SlotKey, account_at, slot_at, slot_key};
use crate::trie;

/// What becomes of a row.
#[derive(Debug, Default)]
pub(super) struct RowChange {
    pub(super) before: Option<Vec<u8>>,
    pub(super) after: Option<Vec<u8>>,
}

pub(super) type AccountChanges = BTreeMap<AccountKey, RowChange>;
pub(super) type SlotChanges = BTreeMap<SlotKey, RowChange>;

impl Draft {
    /// Changes the state as the transactions of block `number` did, and remembers what was
    /// before. Returns the new state root.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn change_state(&mut self, number: u64, changes: StateChanges) -> Result<B256, StoreError> {
        for (hash, code) in changes.codes {
            self.codes.insert(hash, code.original_byte_slice().to_vec());
        }
        let mut changed: Vec<_> = changes
            .accounts
            .into_iter()
            .map(|(address, changed)| (keccak256(address).0, changed))
            .collect();
        // Neighbours are stored side by side.
        changed.sort_unstable_by_key(|(key, _)| *key);
        let mut accounts = AccountChanges::new();
        let mut slots = SlotChanges::new();
        for (key, changed) in changed {
            let before = self.account_row(&key)?;
            let after = self.change_account(&key, before.as_deref(), changed, &mut slots)?;
            if after != before {
                accounts.insert(key, RowChange { before, after });
            }
        }
        let root = self.replace(&mut accounts, &mut slots)?;
        // There is no state before the genesis block that anyone could go back to.
        if number > 0 {
            self.remember(number, accounts, slots);
        }
        Ok(root)
    }

    /// Brings the state of block `number` back, on top of which `number + 1` was built.
    /// Returns its root.
    ///
    /// # Errors
    /// The database cannot be read, or the history of a block since is no longer kept.
    pub fn rewind_state(&mut self, number: u64, tip: u64) -> Result<B256, StoreError> {
        let mut accounts = BTreeMap::new();
        let mut slots = BTreeMap::new();
        for block in number + 1..=tip {
            let keys = self.view.changed_keys(block)?.ok_or_else(|| {
                StoreError::Damaged(format!("the history of block {block} is not kept"))
            })?;
            for key in keys.accounts {
                if let Entry::Vacant(entry) = accounts.entry(key) {
                    entry.insert(self.view.account_after(&key, number)?);
                }
            }
            for key in keys.slots {
                if let Entry::Vacant(entry) = slots.entry(key) {
                    entry.insert(self.view.slot_after(&key, number)?);
                }
            }
        }
        self.restore(accounts, slots)
    }

    /// Puts older rows in place of newer ones. Returns the state root, which the rows bring along.
    pub(super) fn restore(
        &mut self,
        accounts: BTreeMap<AccountKey, Option<Vec<u8>>>,
        slots: BTreeMap<SlotKey, Option<Vec<u8>>>,
    ) -> Result<B256, StoreError> {
        let mut account_changes = AccountChanges::new();
        for (key, after) in accounts {
            let before = self.account_row(&key)?;
            account_changes.insert(key, RowChange { before, after });
        }
        let mut slot_changes = SlotChanges::new();
        for (key, after) in slots {
            let before = self.slot_row(&key)?;
            slot_changes.insert(key, RowChange { before, after });
        }
        self.update_slot_tries(&slot_changes)?;
        self.replace(&mut account_changes, &mut slot_changes)
    }

    /// Root of the state trie.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn state_root(&self) -> Result<B256, StoreError> {
        let changes = AccountChanges::new();
        let trie = AccountTrie {
            draft: self,
            changes: &changes,
        };
        Ok(trie::update(&trie, &[])?.root)
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
        let key = slot_key(&keccak256(address).0, &keccak256(B256::from(slot)).0);
        self.slot_row(&key)?
            .map_or(Ok(U256::ZERO), |row| decode_word(&row))
    }

    /// The nodes from the state's root to an account (EIP-1186).
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn account_proof(&self, address: Address) -> Result<Vec<Bytes>, StoreError> {
        let changes = AccountChanges::new();
        let trie = AccountTrie {
            draft: self,
            changes: &changes,
        };
        trie::prove(&trie, &keccak256(address))
    }

    /// The nodes from an account's storage root to a slot (EIP-1186).
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn slot_proof(&self, address: Address, slot: U256) -> Result<Vec<Bytes>, StoreError> {
        let changes = SlotChanges::new();
        let trie = SlotTrie {
            draft: self,
            account: keccak256(address).0,
            changes: &changes,
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
        slots: &mut SlotChanges,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let root_before = before
            .map(decode_account)
            .transpose()?
            .map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
        let mut rows = BTreeMap::new();
        if changed.is_storage_wiped && root_before != EMPTY_ROOT_HASH {
            rows = self.rows_removed(key)?;
        }
        for (slot, value) in changed.slots {
            let key = slot_key(key, &keccak256(B256::from(slot)).0);
            rows.insert(key, (!value.is_zero()).then(|| alloy_rlp::encode(value)));
        }
        let mut own = SlotChanges::new();
        for (slot, after) in rows {
            let before = self.slot_row(&slot)?;
            if after != before {
                own.insert(slot, RowChange { before, after });
            }
        }
        let storage_root = if own.is_empty() {
            root_before
        } else {
            self.update_slot_trie(*key, &own)?
        };
        slots.append(&mut own);
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
    fn rows_removed(
        &self,
        key: &AccountKey,
    ) -> Result<BTreeMap<SlotKey, Option<Vec<u8>>>, StoreError> {
        let (first, last) = (slot_key(key, &[0; 32]), slot_key(key, &[0xff; 32]));
        let mut rows = BTreeMap::new();
        for stored in self.view.slots_within(&first, &last)? {
            rows.insert(stored?.0, None);
        }
        let drafted = self.slots.range(first..=last);
        rows.extend(drafted.map(|(slot, _)| (*slot, None)));
        Ok(rows)
    }

    /// Writes down what the rows were before block `number`.
    fn remember(&mut self, number: u64, accounts: AccountChanges, slots: SlotChanges) {
        let keys = ChangedKeys {
            accounts: accounts.keys().copied().collect(),
            slots: slots.keys().copied().collect(),
        };
        self.changed_keys.insert(number, Some(keys));
        for (key, change) in accounts {
            let before = change.before.unwrap_or_default();
            self.account_history
                .insert(account_at(&key, number), Some(before));
        }
        for (key, change) in slots {
            let before = change.before.unwrap_or_default();
            self.slot_history
                .insert(slot_at(&key, number), Some(before));
        }
    }

    /// Puts new rows in place, and takes them from the changes; the tries of the slots know them
    /// already. Returns the state root.
    fn replace(
        &mut self,
        accounts: &mut AccountChanges,
        slots: &mut SlotChanges,
    ) -> Result<B256, StoreError> {
        let rows: Vec<_> = accounts
            .iter_mut()
            .map(|(key, change)| (B256::new(*key), change.after.take()))
            .collect();
        let trie = AccountTrie {
            draft: self,
            changes: accounts,
        };
        let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let update = trie::update_on_threads(&trie, &rows, threads)?;
        self.account_stems.extend(update.stems);
        self.accounts
            .extend(rows.into_iter().map(|(key, row)| (key.0, row)));
        let rows = slots
            .iter_mut()
            .map(|(key, change)| (*key, change.after.take()));
        self.slots.extend(rows);
        Ok(update.root)
    }

    fn update_slot_tries(&mut self, slots: &SlotChanges) -> Result<(), StoreError> {
        let mut next = slots.first_key_value();
        while let Some((slot, _)) = next {
            let mut account = [0; 32];
            account.copy_from_slice(&slot[..32]);
            self.update_slot_trie(account, slots)?;
            let last = slot_key(&account, &[0xff; 32]);
            next = slots
                .range((Bound::Excluded(last), Bound::Unbounded))
                .next();
        }
        Ok(())
    }

    /// Updates the trie of one account's slots by those of the changes that are in it. Returns
    /// its root.
    fn update_slot_trie(
        &mut self,
        account: AccountKey,
        changes: &SlotChanges,
    ) -> Result<B256, StoreError> {
        let (first, last) = (
            slot_key(&account, &[0; 32]),
            slot_key(&account, &[0xff; 32]),
        );
        let rows: Vec<_> = changes
            .range(first..=last)
            .map(|(slot, change)| (B256::from_slice(&slot[32..]), change.after.clone()))
            .collect();
        let trie = SlotTrie {
            draft: self,
            account,
            changes,
        };
        let update = trie::update(&trie, &rows)?;
        let stems = update.stems.into_iter();
        self.slot_stems
            .extend(stems.map(|(path, stem)| ((account, path), stem)));
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

    fn storage_ref(&self, address: Address, index: StorageKey) -> Result<StorageValue, StoreError> {
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
