//! Room for a newcomer when the pool is full.

use alloy_primitives::{Address, B256};

use super::account::{Account, Entry};
use super::eviction::{EvictionOrder, Worth};
use super::{AccountState, Mempool, Place};
use crate::transaction::{Refusal, Transaction};

impl Mempool {
    /// Makes room for a newcomer that passed all other checks, by the tails of other senders that
    /// are worth less. If there are not enough of them, all stay.
    pub(super) fn make_room(
        &mut self,
        newcomer: &Transaction,
        place: Place,
    ) -> Result<Vec<B256>, Refusal> {
        let replaced_bytes = self
            .accounts
            .get(&newcomer.sender())
            .and_then(|account| account.get(newcomer.nonce()))
            .map(Transaction::encoded_length);
        let more = usize::from(replaced_bytes.is_none());
        let more_bytes = newcomer
            .encoded_length()
            .saturating_sub(replaced_bytes.unwrap_or(0));
        if !self.is_over(more, more_bytes) {
            return Ok(Vec::new());
        }
        let worth = Worth::of(newcomer, place, self.base_fee_wei);
        let mut victims: Vec<(AccountState, Entry)> = Vec::new();
        while self.is_over(more, more_bytes) {
            let victim = self.eviction_order().victim(newcomer, &worth);
            let state = victim.and_then(|victim| self.account(&victim));
            let taken = victim.and_then(|victim| self.take_tail(victim));
            if let Some(victim) = state.zip(taken) {
                victims.push(victim);
                continue;
            }
            for (state, entry) in victims.into_iter().rev() {
                self.put_back(state, entry);
            }
            return Err(Refusal::PoolFull {
                held: self.by_hash.len(),
            });
        }
        Ok(victims
            .iter()
            .map(|(_, entry)| entry.transaction.hash())
            .collect())
    }

    pub(super) fn is_over(&self, more: usize, more_bytes: usize) -> bool {
        self.by_hash.len() + more > self.limits.transactions_max
            || self.bytes + more_bytes > self.limits.bytes_max
    }

    pub(super) fn eviction_order(&mut self) -> &EvictionOrder {
        self.eviction
            .get_or_insert_with(|| EvictionOrder::new(&self.accounts, self.base_fee_wei))
    }

    pub(super) fn take_tail(&mut self, sender: Address) -> Option<Entry> {
        if !self.accounts.contains_key(&sender) {
            return None;
        }
        let (entry, _) = self.change(sender, |account, _| account.take_tail());
        self.forget(entry.as_ref()?);
        entry
    }

    fn put_back(&mut self, state: AccountState, entry: Entry) {
        let sender = entry.transaction.sender();
        self.bytes += entry.transaction.encoded_length();
        self.by_hash
            .insert(entry.transaction.hash(), entry.transaction.clone());
        self.accounts
            .entry(sender)
            .or_insert_with(|| Account::new(state));
        self.change(sender, |account, _| account.insert(entry));
    }
}
