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

use alloy_primitives::map::{AddressMap, B256Map};
use alloy_primitives::{Address, B256, U256};

use self::account::{Account, Entry, Removed};
pub use self::best::Best;
use self::eviction::{EvictionOrder, Worth};
pub use self::limits::Limits;
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

/// What taking a transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    pub place: Place,
    /// The transaction of the same nonce that gave way.
    pub replaced: Option<B256>,
    /// Queued ones that are pending now, because this one filled the gap before them.
    pub promoted: Vec<B256>,
    /// What was worth less and gave way because the pool is full.
    pub evicted: Vec<B256>,
}

/// Where a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Pending,
    Queued,
}

/// What a new head did to the pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub dropped: Vec<Dropped>,
    /// Queued before and pending now.
    pub promoted: Vec<B256>,
}

/// A transaction that left the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dropped {
    pub hash: B256,
    pub reason: DropReason,
}

/// Why a transaction left the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum DropReason {
    #[error("its nonce is used: it was mined, or another was")]
    NonceUsed,
    #[error("its sender can no longer pay for it")]
    Unaffordable,
    #[error("it waited too long")]
    Expired,
    #[error("too many of its sender wait behind a gap")]
    QueueLimit,
    #[error("its sender has too many transactions in the pool")]
    AccountLimit,
    #[error("the pool is full of transactions that are worth more")]
    PoolFull,
    #[error("the EVM refused it")]
    Invalid,
}

/// How much the pool holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    pub pending: usize,
    pub queued: usize,
    /// Of the encoded transactions.
    pub bytes: usize,
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

    /// Makes room for a newcomer that passed all other checks, by the tails of other senders that
    /// are worth less. If there are not enough of them, all stay.
    fn make_room(&mut self, newcomer: &Transaction, place: Place) -> Result<Vec<B256>, Refusal> {
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

    fn is_over(&self, more: usize, more_bytes: usize) -> bool {
        self.by_hash.len() + more > self.limits.transactions_max
            || self.bytes + more_bytes > self.limits.bytes_max
    }

    fn eviction_order(&mut self) -> &EvictionOrder {
        self.eviction
            .get_or_insert_with(|| EvictionOrder::new(&self.accounts, self.base_fee_wei))
    }

    fn take_tail(&mut self, sender: Address) -> Option<Entry> {
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
