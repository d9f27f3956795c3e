//! What transactions have changed on top of a state, while a block is executed.

use std::collections::BTreeMap;

use alloy_genesis::GenesisAccount;
use alloy_primitives::map::{AddressMap, B256Map};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, keccak256};
use revm::bytecode::Bytecode;
use revm::primitives::{StorageKey, StorageKeyMap, StorageValue};
use revm::state::{Account, AccountInfo};
use revm::{Database, DatabaseCommit, DatabaseRef};

/// An account that was changed.
#[derive(Debug, Clone, Default)]
pub struct ChangedAccount {
    /// None when it no longer exists.
    pub info: Option<AccountInfo>,
    /// The slots that it had before are gone: it was destroyed, or made anew.
    pub is_storage_wiped: bool,
    /// New values of slots; zero removes.
    pub slots: StorageKeyMap<StorageValue>,
}

/// A state with changes on top. Reads that revm repeats are answered from memory.
#[derive(Debug)]
pub struct Overlay<S> {
    base: S,
    changed: AddressMap<ChangedAccount>,
    read: AddressMap<Option<AccountInfo>>,
    codes: B256Map<Bytecode>,
    block_hashes: BTreeMap<u64, B256>,
}

/// Accounts that were changed, and code that was deployed.
#[derive(Debug, Default)]
pub struct StateChanges {
    pub accounts: AddressMap<ChangedAccount>,
    pub codes: Vec<(B256, Bytecode)>,
}

impl StateChanges {
    /// The accounts with which a chain begins, as changes of a state without accounts.
    #[must_use]
    pub fn of_genesis(accounts: &BTreeMap<Address, GenesisAccount>) -> Self {
        let mut changes = Self::default();
        for (address, account) in accounts {
            let code = account.code.clone().unwrap_or_default();
            let code_hash = keccak256(&code);
            let info = AccountInfo {
                balance: account.balance,
                nonce: account.nonce.unwrap_or_default(),
                code_hash,
                ..AccountInfo::default()
            };
            if code_hash != KECCAK256_EMPTY {
                changes.codes.push((code_hash, Bytecode::new_raw(code)));
            }
            let slots = account.storage.iter().flatten();
            let changed = ChangedAccount {
                info: Some(info),
                is_storage_wiped: false,
                slots: slots
                    .map(|(slot, value)| ((*slot).into(), (*value).into()))
                    .collect(),
            };
            changes.accounts.insert(*address, changed);
        }
        changes
    }
}

impl<S> Overlay<S> {
    /// No changes yet.
    pub fn new(base: S) -> Self {
        Self {
            base,
            changed: AddressMap::default(),
            read: AddressMap::default(),
            codes: B256Map::default(),
            block_hashes: BTreeMap::new(),
        }
    }

    /// The same, with accounts of the state below that were read already.
    pub fn with_read(base: S, read: AddressMap<Option<AccountInfo>>) -> Self {
        Self {
            read,
            ..Self::new(base)
        }
    }

    /// Makes `BLOCKHASH` answer this for a block, as a block override of `eth_call` does.
    pub fn change_block_hash(&mut self, number: u64, hash: B256) {
        self.block_hashes.insert(number, hash);
    }

    /// What has changed.
    pub fn into_changes(self) -> StateChanges {
        StateChanges {
            accounts: self.changed,
            codes: self.codes.into_iter().collect(),
        }
    }

    /// The state below.
    pub const fn base(&self) -> &S {
        &self.base
    }

    fn changed_mut(&mut self, address: Address, info: Option<AccountInfo>) -> &mut ChangedAccount {
        let account = self.changed.entry(address).or_default();
        account.info = info;
        account
    }
}

impl<S: DatabaseRef> Overlay<S> {
    /// Changes an account by hand, as a state override of `eth_call` does.
    ///
    /// # Errors
    /// The state below cannot be read.
    pub fn change(
        &mut self,
        address: Address,
        change: impl FnOnce(&mut AccountInfo),
    ) -> Result<(), S::Error> {
        let mut info = self.basic(address)?.unwrap_or_default();
        change(&mut info);
        if let Some(code) = &info.code
            && info.code_hash != KECCAK256_EMPTY
        {
            self.codes.insert(info.code_hash, code.clone());
        }
        self.changed_mut(address, Some(info));
        Ok(())
    }

    /// Replaces slots of an account, all of them when `wipe` says so.
    ///
    /// # Errors
    /// The state below cannot be read.
    pub fn change_slots(
        &mut self,
        address: Address,
        wipe: Wipe,
        slots: impl IntoIterator<Item = (U256, U256)>,
    ) -> Result<(), S::Error> {
        let info = self.basic(address)?.unwrap_or_default();
        let account = self.changed_mut(address, Some(info));
        if wipe == Wipe::All {
            account.is_storage_wiped = true;
            account.slots.clear();
        }
        account.slots.extend(slots);
        Ok(())
    }
}

/// What happens to the slots that are not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wipe {
    /// They stay.
    None,
    /// They become zero.
    All,
}

impl<S: DatabaseRef> Database for Overlay<S> {
    type Error = S::Error;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        if let Some(account) = self.changed.get(&address) {
            return Ok(account.info.clone());
        }
        if let Some(info) = self.read.get(&address) {
            return Ok(info.clone());
        }
        let info = self.base.basic_ref(address)?;
        self.read.insert(address, info.clone());
        Ok(info)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, Self::Error> {
        self.code_by_hash_ref(code_hash)
    }

    fn storage(
        &mut self,
        address: Address,
        index: StorageKey,
    ) -> Result<StorageValue, Self::Error> {
        self.storage_ref(address, index)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Self::Error> {
        self.block_hash_ref(number)
    }
}

/// Reads as [`Database`] does, and remembers nothing: tracers compare with what was before.
impl<S: DatabaseRef> DatabaseRef for Overlay<S> {
    type Error = S::Error;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        if let Some(account) = self.changed.get(&address) {
            return Ok(account.info.clone());
        }
        match self.read.get(&address) {
            Some(info) => Ok(info.clone()),
            None => self.base.basic_ref(address),
        }
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, Self::Error> {
        match self.codes.get(&code_hash) {
            Some(code) => Ok(code.clone()),
            None => self.base.code_by_hash_ref(code_hash),
        }
    }

    fn storage_ref(
        &self,
        address: Address,
        index: StorageKey,
    ) -> Result<StorageValue, Self::Error> {
        if let Some(account) = self.changed.get(&address) {
            if let Some(value) = account.slots.get(&index) {
                return Ok(*value);
            }
            if account.is_storage_wiped {
                return Ok(U256::ZERO);
            }
        }
        self.base.storage_ref(address, index)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Self::Error> {
        match self.block_hashes.get(&number) {
            Some(hash) => Ok(*hash),
            None => self.base.block_hash_ref(number),
        }
    }
}

impl<S> DatabaseCommit for Overlay<S> {
    fn commit(&mut self, changes: AddressMap<Account>) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            if account.is_selfdestructed() {
                let changed = self.changed_mut(address, None);
                changed.is_storage_wiped = true;
                changed.slots.clear();
                continue;
            }
            // EIP-161: what is touched and empty does not exist.
            if account.is_empty() {
                self.changed_mut(address, None);
                continue;
            }
            if account.info.code_hash != KECCAK256_EMPTY
                && let Some(code) = &account.info.code
                && !self.codes.contains_key(&account.info.code_hash)
                && is_new_code(&self.read, address, account.info.code_hash)
            {
                self.codes.insert(account.info.code_hash, code.clone());
            }
            let is_created = account.is_created();
            let changed = self.changed_mut(address, Some(account.info));
            if is_created {
                changed.is_storage_wiped = true;
                changed.slots.clear();
            }
            for (slot, value) in account.storage {
                if value.is_changed() {
                    changed.slots.insert(slot, value.present_value());
                }
            }
        }
    }
}

/// Whether the code was not the account's before: most accounts that are touched keep theirs.
fn is_new_code(read: &AddressMap<Option<AccountInfo>>, address: Address, code_hash: B256) -> bool {
    read.get(&address)
        .and_then(Option::as_ref)
        .is_none_or(|before| before.code_hash != code_hash)
}
