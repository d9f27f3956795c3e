//! The explorer's first page.

use serde::{Deserialize, Serialize};

use super::{Amount, BlockSummary, Chart, IndexStatus, Part, TransactionSummary};

/// All that the first page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    pub status: IndexStatus,
    pub totals: ChainTotals,
    /// Newest first.
    pub blocks: Vec<BlockSummary>,
    /// Newest first.
    pub transactions: Vec<TransactionSummary>,
    /// By the day.
    pub chart: Chart,
    pub gas: Part<GasPrices>,
    /// Over the newest blocks; none with fewer than two.
    pub block_time_ms: Option<u64>,
    /// Transactions in a thousand seconds over the newest blocks.
    pub transactions_per_1000_s: Option<u64>,
}

/// Numbers of the whole chain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChainTotals {
    pub blocks: u64,
    pub transactions: u64,
    pub addresses: u64,
    pub contracts: u64,
    pub tokens: u64,
    pub token_transfers: u64,
}

/// What to offer for a unit of gas, in wei, from the tips that recent blocks took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GasPrices {
    /// Of the next block.
    pub base_fee_per_gas: Amount,
    pub slow_tip: Amount,
    pub usual_tip: Amount,
    pub fast_tip: Amount,
    /// How full recent blocks are, in percent.
    pub used_percent: u8,
}
