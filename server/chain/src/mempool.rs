//! The pool of transactions that wait for a block. Pure: the caller passes time and the state of
//! accounts, keeps what must survive a restart, and holds the lock.
//!
//! Words are those of `txpool_*`: *pending* transactions follow the account's nonce without a gap
//! and their sender can pay for all of them together; *queued* ones wait for a nonce or for money.
//!
//! Invariants:
//! - the pending transactions of a sender are the longest such run of those that it holds;
//! - the numbers and bytes of [`Limits`] are never exceeded;
//! - a transaction that was taken leaves only with a report: [`Added`] or [`Dropped`].

mod account;
mod best;
mod eviction;
mod limits;
mod outcome;
mod room;
mod views;

use alloy_primitives::map::{AddressMap, B256Map};
use alloy_primitives::{Address, B256, U256};

use self::account::{Account, Entry, Removed};
pub use self::best::Best;
use self::eviction::EvictionOrder;
pub use self::limits::Limits;
pub use self::outcome::{Added, DropReason, Dropped, Place, Report, Status};
use crate::transaction::{Refusal, Transaction};

/// The pool.
#[derive(Debug)]
pub struct Mempool {
    limits: Limits,
    /// Of the next block.
    base_fee_wei: u64,
    accounts: AddressMap<Account>,
    by_hash: B256Map<Transaction>,
    pending_count: usize,
    bytes: usize,
    /// Number of the next transaction in the order of arrival.
    next_sequence: u64,
    /// Made when the pool is full for the first time at a base fee.
    eviction: Option<EvictionOrder>,
}

/// An account as the head block left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountState {
    /// Of the next transaction.
    pub nonce: u64,
    pub balance_wei: U256,
}

impl Mempool {
    #[must_use]
    pub fn new(limits: Limits, base_fee_wei: u64) -> Self {
        Self {
            limits,
            base_fee_wei,
            accounts: AddressMap::default(),
            by_hash: B256Map::default(),
            pending_count: 0,
            bytes: 0,
            next_sequence: 0,
            eviction: None,
        }
    }

    /// Takes a transaction that passed [`crate::transaction::check_stateless`].
    ///
    /// `state` is that of the sender at the head for which [`Mempool::on_block`] was called last.
    /// It counts only for a sender that the pool does not know: see [`Mempool::account`].
    ///
    /// # Errors
    /// Known, nonce used, too little money, replacement not worth a tenth more, or a limit. The
    /// pool is then as it was.
    pub fn add(
        &mut self,
        transaction: Transaction,
        state: AccountState,
        now_ms: u64,
    ) -> Result<Added, Refusal> {
        if self.by_hash.contains_key(&transaction.hash()) {
            return Err(Refusal::AlreadyKnown);
        }
        let newcomer = Account::new(state);
        let account = self
            .accounts
            .get(&transaction.sender())
            .unwrap_or(&newcomer);
        // Kept, because making room may take the last transaction of this very sender.
        let state = account.state();
        let place = account.check(&transaction, &self.limits)?;
        let evicted = self.make_room(&transaction, place)?;
        Ok(self.insert(transaction, state, now_ms, evicted))
    }

    fn insert(
        &mut self,
        transaction: Transaction,
        state: AccountState,
        now_ms: u64,
        evicted: Vec<B256>,
    ) -> Added {
        let sender = transaction.sender();
        let nonce = transaction.nonce();
        let entry = self.enter(transaction, now_ms);
        self.accounts
            .entry(sender)
            .or_insert_with(|| Account::new(state));
        let ((place, replaced, promoted), _) = self.change(sender, |account, _| {
            let pending_before = account.pending().len();
            let replaced = account.insert(entry);
            let place = account.place(nonce);
            // The newcomer itself is the first of those that are pending now.
            let promoted = account
                .pending_from(pending_before)
                .filter(|promoted| promoted.nonce() != nonce)
                .map(Transaction::hash)
                .collect();
            (place, replaced, promoted)
        });
        Added {
            place,
            replaced: replaced.map(|entry| self.forget(&entry)),
            promoted,
            evicted,
        }
    }

    /// Drops what a block mined or made impossible, and moves what it made possible.
    ///
    /// `changed` holds every account whose nonce or balance the block changed; `base_fee_wei` is
    /// that of the block after it.
    pub fn on_block(
        &mut self,
        base_fee_wei: u64,
        changed: impl IntoIterator<Item = (Address, AccountState)>,
    ) -> Report {
        self.set_base_fee(base_fee_wei);
        let mut report = Report::default();
        for (sender, state) in changed {
            self.settle(sender, state, &mut report);
        }
        report
    }

    /// Follows a reorganisation: as [`Mempool::on_block`], and the transactions of the blocks that
    /// were left, in their order, wait again unless the new branch has them too.
    ///
    /// `changed` holds every account that differs between the old head and the new one.
    pub fn on_reorganisation(
        &mut self,
        base_fee_wei: u64,
        changed: impl IntoIterator<Item = (Address, AccountState)>,
        orphaned: impl IntoIterator<Item = Transaction>,
        now_ms: u64,
    ) -> Report {
        self.set_base_fee(base_fee_wei);
        self.eviction = None;
        let mut report = Report::default();
        let mut changed: AddressMap<AccountState> = changed.into_iter().collect();
        // They go into their senders' queues first, and settling finds their places: in between,
        // the nonces before them would be missing and the limits would cut off what follows.
        for transaction in orphaned {
            let sender = transaction.sender();
            let held = self.accounts.get(&sender);
            let state = held
                .map(Account::state)
                .or_else(|| changed.get(&sender).copied());
            let Some(state) =
                state.filter(|_| !held.is_some_and(|held| held.holds(transaction.nonce())))
            else {
                self.report_unless_known(&transaction, &mut report);
                continue;
            };
            changed.entry(sender).or_insert(state);
            let entry = self.enter(transaction, now_ms);
            self.accounts
                .entry(sender)
                .or_insert_with(|| Account::new(state))
                .requeue(entry);
        }
        for (sender, state) in changed {
            self.settle(sender, state, &mut report);
        }
        while self.is_over(0, 0) {
            let Some(worst) = self.eviction_order().worst() else {
                break;
            };
            let hash = self.take_tail(worst).map(|entry| self.forget(&entry));
            report.dropped.extend(hash.map(|hash| Dropped {
                hash,
                reason: DropReason::PoolFull,
            }));
        }
        report
    }

    /// An orphan that does not wait again, though nothing that was taken may vanish silently.
    fn report_unless_known(&self, orphan: &Transaction, report: &mut Report) {
        if !self.by_hash.contains_key(&orphan.hash()) {
            report.dropped.push(Dropped {
                hash: orphan.hash(),
                reason: DropReason::NonceUsed,
            });
        }
    }

    /// Drops a transaction that the EVM refuses; those after it wait for another of its nonce.
    pub fn remove_invalid(&mut self, hash: B256) -> Vec<Dropped> {
        let Some(transaction) = self.by_hash.get(&hash) else {
            return Vec::new();
        };
        let (sender, nonce) = (transaction.sender(), transaction.nonce());
        let limits = self.limits;
        let ((), dropped) = self.change(sender, |account, removed| {
            account.remove(nonce, &limits, removed);
        });
        dropped
    }

    /// Drops what waits longer than [`Limits`] allow.
    pub fn expire(&mut self, now_ms: u64) -> Vec<Dropped> {
        let limits = self.limits;
        let senders: Vec<Address> = self
            .accounts
            .iter()
            .filter(|(_, account)| account.has_expired(now_ms, &limits))
            .map(|(sender, _)| *sender)
            .collect();
        let mut all = Vec::new();
        for sender in senders {
            let ((), dropped) = self.change(sender, |account, removed| {
                account.expire(now_ms, &limits, removed);
            });
            all.extend(dropped);
        }
        all
    }

    fn set_base_fee(&mut self, base_fee_wei: u64) {
        if self.base_fee_wei != base_fee_wei {
            self.base_fee_wei = base_fee_wei;
            self.eviction = None;
        }
    }

    fn settle(&mut self, sender: Address, state: AccountState, report: &mut Report) {
        if !self.accounts.contains_key(&sender) {
            return;
        }
        let limits = self.limits;
        let (promoted, dropped) = self.change(sender, |account, removed| {
            let promoted_from = account.settle(state, &limits, removed);
            let promoted = account.pending_from(promoted_from);
            promoted.map(Transaction::hash).collect::<Vec<_>>()
        });
        report.promoted.extend(promoted);
        report.dropped.extend(dropped);
    }

    /// Counts a transaction in and gives it its place in the order of arrival.
    fn enter(&mut self, transaction: Transaction, now_ms: u64) -> Entry {
        self.bytes += transaction.encoded_length();
        self.by_hash.insert(transaction.hash(), transaction.clone());
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        Entry {
            transaction,
            received_ms: now_ms,
            sequence,
        }
    }

    fn forget(&mut self, entry: &Entry) -> B256 {
        let hash = entry.transaction.hash();
        if self.by_hash.remove(&hash).is_some() {
            self.bytes -= entry.transaction.encoded_length();
        }
        hash
    }

    /// Changes an account, which is made if it is not there, and keeps in step what depends on it.
    fn change<R>(
        &mut self,
        sender: Address,
        change: impl FnOnce(&mut Account, &mut Removed) -> R,
    ) -> (R, Vec<Dropped>) {
        let empty = AccountState {
            nonce: 0,
            balance_wei: U256::ZERO,
        };
        let account = self
            .accounts
            .entry(sender)
            .or_insert_with(|| Account::new(empty));
        if let Some(order) = &mut self.eviction {
            order.remove(account);
        }
        let pending_before = account.pending().len();
        let mut removed = Removed::new();
        let result = change(account, &mut removed);
        self.pending_count = self.pending_count - pending_before + account.pending().len();
        if let Some(order) = &mut self.eviction {
            order.insert(account);
        }
        if account.is_empty() {
            self.accounts.remove(&sender);
        }
        let dropped = removed
            .into_iter()
            .map(|(entry, reason)| Dropped {
                hash: self.forget(&entry),
                reason,
            })
            .collect();
        (result, dropped)
    }
}

#[cfg(test)]
mod tests;
