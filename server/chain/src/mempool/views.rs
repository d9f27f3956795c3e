//! What can be asked of the pool.

use alloy_primitives::{Address, B256};

use super::account::Account;
use super::{AccountState, Best, Mempool, Place, Status};
use crate::transaction::Transaction;

impl Mempool {
    /// The pending transactions in the order in which a block takes them. Nothing is removed: what
    /// a block took leaves by [`Mempool::on_block`].
    #[must_use]
    pub fn best(&self, base_fee_wei: u64) -> Best<'_> {
        Best::new(self.accounts.values(), base_fee_wei)
    }

    #[must_use]
    pub fn get(&self, hash: &B256) -> Option<&Transaction> {
        self.by_hash.get(hash)
    }

    /// What the pool knows of a sender; none if it holds nothing of it. Who asks first saves the
    /// reading of the state.
    #[must_use]
    pub fn account(&self, sender: &Address) -> Option<AccountState> {
        self.accounts.get(sender).map(Account::state)
    }

    /// The nonce of the sender's next transaction; `account_nonce` is that of the head.
    #[must_use]
    pub fn next_nonce(&self, sender: &Address, account_nonce: u64) -> u64 {
        self.accounts
            .get(sender)
            .map_or(account_nonce, |account| account.next_nonce())
    }

    /// Everyone of whom the pool holds something.
    pub fn senders(&self) -> impl Iterator<Item = Address> + '_ {
        self.accounts.keys().copied()
    }

    /// All senders with their pending transactions, by nonce.
    pub fn pending(
        &self,
    ) -> impl Iterator<Item = (Address, impl ExactSizeIterator<Item = &Transaction>)> {
        self.accounts
            .iter()
            .map(|(sender, account)| (*sender, account.pending()))
            .filter(|(_, pending)| pending.len() > 0)
    }

    /// All senders with their queued transactions, by nonce.
    pub fn queued(
        &self,
    ) -> impl Iterator<Item = (Address, impl ExactSizeIterator<Item = &Transaction>)> {
        self.accounts
            .iter()
            .map(|(sender, account)| (*sender, account.queued()))
            .filter(|(_, queued)| queued.len() > 0)
    }

    /// The transactions of a sender by nonce: the pending ones, then the queued ones.
    pub fn by_sender(&self, sender: &Address) -> impl Iterator<Item = (Place, &Transaction)> {
        self.accounts.get(sender).into_iter().flat_map(|account| {
            let pending = account.pending().map(|held| (Place::Pending, held));
            pending.chain(account.queued().map(|held| (Place::Queued, held)))
        })
    }

    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            pending: self.pending_count,
            queued: self.by_hash.len() - self.pending_count,
            bytes: self.bytes,
        }
    }
}
