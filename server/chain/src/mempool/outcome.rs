//! What the pool answers: nothing that it took leaves it without one of these.

use alloy_primitives::B256;

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
