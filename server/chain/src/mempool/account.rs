//! The transactions of one sender.

use std::collections::{BTreeMap, VecDeque};

use alloy_primitives::U256;

use super::{AccountState, DropReason, Limits, Place};
use crate::transaction::{Refusal, Transaction};

/// The pending transactions are the longest run from the account's nonce without a gap whose cost
/// the balance covers; all others are queued.
#[derive(Debug)]
pub(super) struct Account {
    state: AccountState,
    /// The first has the account's nonce.
    pending: VecDeque<Entry>,
    /// At most the balance.
    pending_cost_wei: U256,
    queued: BTreeMap<u64, Entry>,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub transaction: Transaction,
    pub received_ms: u64,
    /// Position in the order of arrival at the pool.
    pub sequence: u64,
}

pub(super) type Removed = Vec<(Entry, DropReason)>;

impl Account {
    pub fn new(state: AccountState) -> Self {
        Self {
            state,
            pending: VecDeque::new(),
            pending_cost_wei: U256::ZERO,
            queued: BTreeMap::new(),
        }
    }

    pub fn state(&self) -> AccountState {
        self.state
    }

    pub fn pending(&self) -> impl ExactSizeIterator<Item = &Transaction> {
        self.pending.iter().map(|entry| &entry.transaction)
    }

    /// The pending ones from an index on, which is at most their number.
    pub fn pending_from(&self, index: usize) -> impl Iterator<Item = &Transaction> {
        self.pending.range(index..).map(|entry| &entry.transaction)
    }

    pub fn queued(&self) -> impl ExactSizeIterator<Item = &Transaction> {
        self.queued.values().map(|entry| &entry.transaction)
    }

    pub fn pending_entry(&self, index: usize) -> Option<&Entry> {
        self.pending.get(index)
    }

    pub fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.queued.is_empty()
    }

    fn len(&self) -> usize {
        self.pending.len() + self.queued.len()
    }

    /// The first nonce that no pending transaction has.
    pub fn next_nonce(&self) -> u64 {
        self.state.nonce + self.pending.len() as u64
    }

    pub fn get(&self, nonce: u64) -> Option<&Transaction> {
        let entry = match self.pending_index(nonce) {
            Some(index) => self.pending.get(index),
            None => self.queued.get(&nonce),
        };
        entry.map(|entry| &entry.transaction)
    }

    pub fn holds(&self, nonce: u64) -> bool {
        self.get(nonce).is_some()
    }

    pub fn place(&self, nonce: u64) -> Place {
        match self.pending_index(nonce) {
            Some(_) => Place::Pending,
            None => Place::Queued,
        }
    }

    fn pending_index(&self, nonce: u64) -> Option<usize> {
        let index = usize::try_from(nonce.checked_sub(self.state.nonce)?).ok()?;
        (index < self.pending.len()).then_some(index)
    }

    /// Whether a transaction may come in, and where it would be.
    pub fn check(&self, transaction: &Transaction, limits: &Limits) -> Result<Place, Refusal> {
        let nonce = transaction.nonce();
        if nonce < self.state.nonce {
            return Err(Refusal::NonceTooLow {
                next: self.state.nonce,
                got: nonce,
            });
        }
        let held = self.get(nonce);
        if let Some(held) = held {
            check_replacement(held, transaction)?;
        }
        let committed_wei = if self.pending_index(nonce).is_some() {
            self.pending_cost_wei - held.map_or(U256::ZERO, Transaction::cost_max_wei)
        } else if nonce == self.next_nonce() {
            self.pending_cost_wei
        } else {
            U256::ZERO
        };
        if transaction.cost_max_wei() > self.state.balance_wei - committed_wei {
            return Err(Refusal::InsufficientFunds {
                balance_wei: self.state.balance_wei,
                committed_wei,
                cost_wei: transaction.cost_max_wei(),
            });
        }
        let place = if nonce <= self.next_nonce() {
            Place::Pending
        } else {
            Place::Queued
        };
        if held.is_some() {
            return Ok(place);
        }
        if self.len() >= limits.per_sender_max {
            return Err(Refusal::AccountLimit { held: self.len() });
        }
        if place == Place::Queued && self.queued.len() >= limits.queued_per_sender_max {
            return Err(Refusal::QueueLimit {
                held: self.queued.len(),
                missing_nonce: self.next_nonce(),
            });
        }
        Ok(place)
    }

    /// Puts a transaction where it belongs; the one of the same nonce comes out.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        let nonce = entry.transaction.nonce();
        let cost_wei = entry.transaction.cost_max_wei();
        let replaced = if let Some(index) = self.pending_index(nonce) {
            let replaced = std::mem::replace(&mut self.pending[index], entry);
            self.pending_cost_wei -= replaced.transaction.cost_max_wei();
            self.pending_cost_wei += cost_wei;
            Some(replaced)
        } else if nonce == self.next_nonce() && self.covers(cost_wei) {
            self.pending_cost_wei += cost_wei;
            self.pending.push_back(entry);
            // One may have waited here for money, which this one does not need.
            self.queued.remove(&nonce)
        } else {
            self.queued.insert(nonce, entry)
        };
        self.promote();
        replaced
    }

    /// Puts a transaction back that a reorganisation freed; [`Account::settle`] must follow.
    pub fn requeue(&mut self, entry: Entry) {
        self.queued.insert(entry.transaction.nonce(), entry);
    }

    /// The transaction of the highest nonce: without it, no other loses its place.
    pub fn tail(&self) -> Option<(Place, &Entry)> {
        match self.queued.last_key_value() {
            Some((_, entry)) => Some((Place::Queued, entry)),
            None => self.pending.back().map(|entry| (Place::Pending, entry)),
        }
    }

    pub fn take_tail(&mut self) -> Option<Entry> {
        if let Some((_, entry)) = self.queued.pop_last() {
            return Some(entry);
        }
        let entry = self.pending.pop_back()?;
        self.pending_cost_wei -= entry.transaction.cost_max_wei();
        Some(entry)
    }

    /// Follows the account to a new head. Returns the index of the first pending transaction that
    /// was queued before.
    pub fn settle(&mut self, state: AccountState, limits: &Limits, removed: &mut Removed) -> usize {
        let went_back = state.nonce < self.state.nonce;
        if went_back {
            self.demote_from(0);
        }
        while let Some(used) = self
            .pending
            .pop_front_if(|entry| entry.transaction.nonce() < state.nonce)
        {
            self.pending_cost_wei -= used.transaction.cost_max_wei();
            removed.push((used, DropReason::NonceUsed));
        }
        self.state = state;
        if self.pending_cost_wei > state.balance_wei {
            self.demote_from(self.affordable_count());
        }
        let used = self.queued.extract_if(..state.nonce, |_, _| true);
        removed.extend(used.map(|(_, entry)| (entry, DropReason::NonceUsed)));
        let unaffordable = self.queued.extract_if(.., |_, entry| {
            entry.transaction.cost_max_wei() > state.balance_wei
        });
        removed.extend(unaffordable.map(|(_, entry)| (entry, DropReason::Unaffordable)));
        let pending_before = self.pending.len();
        self.promote();
        self.keep_limits(limits, removed);
        if went_back {
            self.pending.len()
        } else {
            pending_before.min(self.pending.len())
        }
    }

    /// Drops one; those after it are queued.
    pub fn remove(&mut self, nonce: u64, limits: &Limits, removed: &mut Removed) {
        if let Some(index) = self.pending_index(nonce) {
            self.demote_from(index);
        }
        let entry = self.queued.remove(&nonce);
        removed.extend(entry.map(|entry| (entry, DropReason::Invalid)));
        self.keep_limits(limits, removed);
    }

    pub fn has_expired(&self, now_ms: u64, limits: &Limits) -> bool {
        self.first_expired(now_ms, limits).is_some()
            || self
                .queued
                .values()
                .any(|entry| entry.waited_ms(now_ms) >= limits.queued_lifetime_ms)
    }

    /// Drops what waited too long; what came after a pending one is queued, and counts as such.
    pub fn expire(&mut self, now_ms: u64, limits: &Limits, removed: &mut Removed) {
        if let Some(index) = self.first_expired(now_ms, limits) {
            let nonce = self.state.nonce + index as u64;
            self.demote_from(index);
            let entry = self.queued.remove(&nonce);
            removed.extend(entry.map(|entry| (entry, DropReason::Expired)));
        }
        let expired = self.queued.extract_if(.., |_, entry| {
            entry.waited_ms(now_ms) >= limits.queued_lifetime_ms
        });
        removed.extend(expired.map(|(_, entry)| (entry, DropReason::Expired)));
        self.keep_limits(limits, removed);
    }

    fn first_expired(&self, now_ms: u64, limits: &Limits) -> Option<usize> {
        self.pending
            .iter()
            .position(|entry| entry.waited_ms(now_ms) >= limits.pending_lifetime_ms)
    }

    fn covers(&self, cost_wei: U256) -> bool {
        cost_wei <= self.state.balance_wei - self.pending_cost_wei
    }

    /// How many of the pending transactions the balance covers.
    fn affordable_count(&self) -> usize {
        let mut rest_wei = self.state.balance_wei;
        self.pending()
            .take_while(|transaction| {
                let rest = rest_wei.checked_sub(transaction.cost_max_wei());
                rest_wei = rest.unwrap_or(U256::ZERO);
                rest.is_some()
            })
            .count()
    }

    fn demote_from(&mut self, index: usize) {
        for entry in self.pending.drain(index..) {
            self.pending_cost_wei -= entry.transaction.cost_max_wei();
            self.queued.insert(entry.transaction.nonce(), entry);
        }
    }

    /// Moves queued transactions that follow the pending ones and are paid for.
    fn promote(&mut self) {
        while let Some(next) = self.queued.first_entry() {
            let cost_wei = next.get().transaction.cost_max_wei();
            let next_nonce = self.state.nonce + self.pending.len() as u64;
            if *next.key() != next_nonce
                || cost_wei > self.state.balance_wei - self.pending_cost_wei
            {
                return;
            }
            self.pending_cost_wei += cost_wei;
            self.pending.push_back(next.remove());
        }
    }

    fn keep_limits(&mut self, limits: &Limits, removed: &mut Removed) {
        while self.queued.len() > limits.queued_per_sender_max {
            let last = self.queued.pop_last();
            removed.extend(last.map(|(_, entry)| (entry, DropReason::QueueLimit)));
        }
        while self.len() > limits.per_sender_max {
            let tail = self.take_tail();
            removed.extend(tail.map(|entry| (entry, DropReason::AccountLimit)));
        }
    }
}

impl Entry {
    fn waited_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.received_ms)
    }
}

/// A replacement offers a tenth more, rounded up and at least one wei, in both fees.
fn check_replacement(held: &Transaction, newcomer: &Transaction) -> Result<(), Refusal> {
    let needed = |held_wei: u128| held_wei.checked_add(held_wei.div_ceil(10).max(1));
    let fee_needed_wei = needed(held.max_fee_per_gas_wei());
    let tip_needed_wei = needed(held.max_priority_fee_per_gas_wei());
    // Nothing replaces what offers almost all that the field can say.
    let offers = |offered_wei: u128, needed_wei: Option<u128>| {
        needed_wei.is_some_and(|needed_wei| offered_wei >= needed_wei)
    };
    if offers(newcomer.max_fee_per_gas_wei(), fee_needed_wei)
        && offers(newcomer.max_priority_fee_per_gas_wei(), tip_needed_wei)
    {
        return Ok(());
    }
    Err(Refusal::ReplacementUnderpriced {
        fee_needed_wei: fee_needed_wei.unwrap_or(u128::MAX),
        tip_needed_wei: tip_needed_wei.unwrap_or(u128::MAX),
    })
}
