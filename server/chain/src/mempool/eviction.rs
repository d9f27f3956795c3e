//! Which transactions give way when the pool is full.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use alloy_primitives::Address;
use alloy_primitives::map::AddressMap;

use super::Place;
use super::account::Account;
use crate::transaction::Transaction;

/// What a transaction is worth to the chain, for one base fee. Queued ones are worth less than
/// pending ones, and those that do not pay the base fee less than those that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    is_pending: bool,
    tip_wei: Option<u128>,
    max_fee_wei: u128,
}

impl Worth {
    pub fn of(transaction: &Transaction, place: Place, base_fee_wei: u64) -> Self {
        Self {
            is_pending: place == Place::Pending,
            tip_wei: transaction.effective_tip_wei(base_fee_wei),
            max_fee_wei: transaction.max_fee_per_gas_wei(),
        }
    }
}

/// The tails of all senders, the least worthy first. Only tails give way, because all that follow
/// another of the same sender are useless without it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EvictionOrder {
    base_fee_wei: u64,
    tails: BTreeSet<Tail>,
}

/// Of two that are worth the same, the later one gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tail {
    worth: Worth,
    sequence: Reverse<u64>,
    nonce: u64,
    sender: Address,
}

impl EvictionOrder {
    pub fn new(accounts: &AddressMap<Account>, base_fee_wei: u64) -> Self {
        let tails = accounts
            .values()
            .filter_map(|account| Tail::of(account, base_fee_wei));
        Self {
            base_fee_wei,
            tails: tails.collect(),
        }
    }

    pub fn insert(&mut self, account: &Account) {
        self.tails.extend(Tail::of(account, self.base_fee_wei));
    }

    pub fn remove(&mut self, account: &Account) {
        if let Some(tail) = Tail::of(account, self.base_fee_wei) {
            self.tails.remove(&tail);
        }
    }

    /// The sender whose tail goes first.
    pub fn worst(&self) -> Option<Address> {
        self.tails.first().map(|tail| tail.sender)
    }

    /// The sender whose tail gives way to a newcomer: worth less, and not what it builds upon.
    pub fn victim(&self, newcomer: &Transaction, worth: &Worth) -> Option<Address> {
        self.tails
            .iter()
            .take_while(|tail| tail.worth < *worth)
            .find(|tail| tail.sender != newcomer.sender() || tail.nonce > newcomer.nonce())
            .map(|tail| tail.sender)
    }
}

impl Tail {
    fn of(account: &Account, base_fee_wei: u64) -> Option<Self> {
        let (place, entry) = account.tail()?;
        Some(Self {
            worth: Worth::of(&entry.transaction, place, base_fee_wei),
            sequence: Reverse(entry.sequence),
            nonce: entry.transaction.nonce(),
            sender: entry.transaction.sender(),
        })
    }
}
