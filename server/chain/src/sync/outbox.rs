//! What waits to be sent to one peer. A slow one loses transactions first, then the bodies of
//! blocks; it never holds anything up, and what it lost it finds by the heads.

use std::collections::VecDeque;

use alloy_primitives::{B256, Bytes};

use super::protocol::Head;

/// Blocks that wait for a peer; of older ones only the head is announced.
pub const BLOCKS_WAITING_MAX: usize = 16;
/// Transactions that wait for a peer. They are kept by hash, and looked up when their turn comes.
pub const TRANSACTIONS_WAITING_MAX: usize = 65_536;
/// Answers to pings that wait; a peer that pings faster than it reads gets no more.
const PONGS_WAITING_MAX: usize = 8;

/// The queue of one peer.
#[derive(Debug, Default)]
pub struct Outbox {
    pongs: VecDeque<u64>,
    blocks: VecDeque<(B256, Bytes)>,
    /// Only the newest matters.
    head: Option<Head>,
    transactions: VecDeque<B256>,
    lost: u64,
}

/// What is to be sent next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Pong(u64),
    /// Hash and RLP.
    Block(B256, Bytes),
    Head(Head),
    /// Hashes of transactions that waited when they were put here.
    Transactions(Vec<B256>),
}

impl Outbox {
    pub fn pong(&mut self, number: u64) {
        if self.pongs.len() < PONGS_WAITING_MAX {
            self.pongs.push_back(number);
        }
    }

    /// Queues a block, with the head that its branch leads to.
    pub fn block(&mut self, hash: B256, rlp: Bytes, head: Head) {
        if self.blocks.len() >= BLOCKS_WAITING_MAX {
            // Who is that far behind fetches them.
            self.blocks.clear();
            self.head = Some(head);
            return;
        }
        self.blocks.push_back((hash, rlp));
    }

    pub fn head(&mut self, head: Head) {
        self.head = Some(head);
    }

    /// Queues transactions by their hashes.
    pub fn transactions(&mut self, hashes: impl IntoIterator<Item = B256>) {
        for hash in hashes {
            if self.transactions.len() >= TRANSACTIONS_WAITING_MAX {
                self.lost += 1;
                continue;
            }
            self.transactions.push_back(hash);
        }
    }

    /// Takes what is most urgent; of transactions at most so many.
    pub fn next(&mut self, transactions_max: usize) -> Option<Next> {
        if let Some(number) = self.pongs.pop_front() {
            return Some(Next::Pong(number));
        }
        if let Some((hash, rlp)) = self.blocks.pop_front() {
            return Some(Next::Block(hash, rlp));
        }
        if let Some(head) = self.head.take() {
            return Some(Next::Head(head));
        }
        if self.transactions.is_empty() {
            return None;
        }
        let count = self.transactions.len().min(transactions_max);
        Some(Next::Transactions(
            self.transactions.drain(..count).collect(),
        ))
    }

    /// Whether something waits that should not wait for a batch to fill.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        !self.pongs.is_empty() || !self.blocks.is_empty() || self.head.is_some()
    }

    /// Transactions that found no room since this was asked last.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;

    fn head(number: u64) -> Head {
        Head {
            number,
            hash: B256::with_last_byte(number as u8),
            total_difficulty: U256::from(number),
        }
    }

    #[test]
    fn blocks_go_before_heads_and_heads_before_transactions() {
        let mut outbox = Outbox::default();
        outbox.transactions([B256::ZERO, B256::with_last_byte(1)]);
        assert!(!outbox.is_urgent());
        outbox.head(head(1));
        outbox.head(head(2));
        outbox.block(B256::ZERO, Bytes::new(), head(3));
        outbox.pong(7);
        assert!(outbox.is_urgent());
        assert_eq!(outbox.next(1), Some(Next::Pong(7)));
        assert_eq!(outbox.next(1), Some(Next::Block(B256::ZERO, Bytes::new())));
        assert_eq!(outbox.next(1), Some(Next::Head(head(2))));
        assert_eq!(outbox.next(1), Some(Next::Transactions(vec![B256::ZERO])));
        let second = vec![B256::with_last_byte(1)];
        assert_eq!(outbox.next(9), Some(Next::Transactions(second)));
        assert_eq!(outbox.next(9), None);
    }

    #[test]
    fn a_slow_peer_is_told_the_head_instead_of_blocks() {
        let mut outbox = Outbox::default();
        for number in 0..=BLOCKS_WAITING_MAX as u64 {
            outbox.block(B256::ZERO, Bytes::new(), head(number));
        }
        let newest = head(BLOCKS_WAITING_MAX as u64);
        assert_eq!(outbox.next(1), Some(Next::Head(newest)));
        assert_eq!(outbox.next(1), None);
    }

    #[test]
    fn no_queue_grows_without_end() {
        let mut outbox = Outbox::default();
        outbox.transactions(std::iter::repeat_n(
            B256::ZERO,
            TRANSACTIONS_WAITING_MAX + 3,
        ));
        assert_eq!((outbox.take_lost(), outbox.take_lost()), (3, 0));
        for number in 0..1_000 {
            outbox.pong(number);
        }
        assert_eq!(outbox.pongs.len(), PONGS_WAITING_MAX);
    }
}
