//! The order in which a block takes transactions.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::account::Account;
use crate::transaction::Transaction;

/// Pending transactions: the highest effective tip first, the first received among equals, and the
/// nonce order within a sender. A sender whose next transaction does not pay the base fee is left
/// out from there on.
///
/// Making it costs a step per sender, and each transaction a step of logarithmic cost.
#[derive(Debug)]
pub struct Best<'a> {
    base_fee_wei: u64,
    /// The next transaction of each sender. After the first call of `next`, the top is the one that
    /// was given out last.
    heads: BinaryHeap<Head<'a>>,
    top: Top,
}

#[derive(Debug)]
enum Top {
    Fresh,
    GivenOut,
}

#[derive(Debug)]
struct Head<'a> {
    tip_wei: u128,
    sequence: Reverse<u64>,
    account: &'a Account,
    index: usize,
    transaction: &'a Transaction,
}

impl<'a> Best<'a> {
    pub(super) fn new(accounts: impl Iterator<Item = &'a Account>, base_fee_wei: u64) -> Self {
        let heads = accounts.filter_map(|account| Head::of(account, 0, base_fee_wei));
        Self {
            base_fee_wei,
            heads: heads.collect(),
            top: Top::Fresh,
        }
    }

    /// Leaves out the rest of the sender whose transaction was given out last, because it did not
    /// fit or was refused.
    pub fn skip_sender(&mut self) {
        if matches!(self.top, Top::GivenOut) {
            self.heads.pop();
            self.top = Top::Fresh;
        }
    }

    fn advance(&mut self) {
        let Some(mut top) = self.heads.peek_mut() else {
            return;
        };
        match Head::of(top.account, top.index + 1, self.base_fee_wei) {
            Some(next) => *top = next,
            None => {
                PeekMut::pop(top);
            }
        }
    }
}

impl<'a> Iterator for Best<'a> {
    type Item = &'a Transaction;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.top, Top::GivenOut) {
            self.advance();
        }
        let Some(head) = self.heads.peek() else {
            self.top = Top::Fresh;
            return None;
        };
        self.top = Top::GivenOut;
        Some(head.transaction)
    }
}

impl<'a> Head<'a> {
    fn of(account: &'a Account, index: usize, base_fee_wei: u64) -> Option<Self> {
        let entry = account.pending_entry(index)?;
        Some(Self {
            tip_wei: entry.transaction.effective_tip_wei(base_fee_wei)?,
            sequence: Reverse(entry.sequence),
            account,
            index,
            transaction: &entry.transaction,
        })
    }
}

impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.tip_wei, self.sequence).cmp(&(other.tip_wei, other.sequence))
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head<'_> {}
