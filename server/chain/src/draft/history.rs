//! Undoing blocks, and forgetting how to.

use std::collections::BTreeMap;

use alloy_primitives::B256;

use crate::draft::Draft;
use crate::error::StoreError;
use crate::store::tables::{account_at, slot_at};

impl Draft {
    /// Takes the effects of a stored block off the state, newest block first.
    pub(super) fn unwind_state(&mut self, number: u64) -> Result<B256, StoreError> {
        let not_kept = || StoreError::Damaged(format!("the history of block {number} is not kept"));
        let keys = self.view.changed_keys(number)?.ok_or_else(not_kept)?;
        let mut accounts = BTreeMap::new();
        let mut slots = BTreeMap::new();
        for key in keys.accounts {
            let before = self.view.account_before(&key, number)?;
            accounts.insert(key, before.ok_or_else(not_kept)?);
            self.account_history.insert(account_at(&key, number), None);
        }
        for key in keys.slots {
            let before = self.view.slot_before(&key, number)?;
            slots.insert(key, before.ok_or_else(not_kept)?);
            self.slot_history.insert(slot_at(&key, number), None);
        }
        self.changed_keys.insert(number, None);
        self.restore(accounts, slots)
    }

    /// Forgets what blocks before `number` have changed: their states can no longer be read.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn forget_states_before(&mut self, number: u64) -> Result<(), StoreError> {
        let oldest = self
            .oldest_state
            .map_or_else(|| self.view.oldest_state(), Ok)?;
        // The state after block n needs the history of n+1 and later.
        for block in oldest + 1..=number {
            let keys = match self.changed_keys.get(&block) {
                Some(keys) => keys.clone(),
                None => self.view.changed_keys(block)?,
            };
            let Some(keys) = keys else { continue };
            for key in keys.accounts {
                self.account_history.insert(account_at(&key, block), None);
            }
            for key in keys.slots {
                self.slot_history.insert(slot_at(&key, block), None);
            }
            self.changed_keys.insert(block, None);
        }
        if number > oldest {
            self.oldest_state = Some(number);
        }
        Ok(())
    }
}
