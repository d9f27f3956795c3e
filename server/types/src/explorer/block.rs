//! Blocks.

use serde::{Deserialize, Serialize};

use super::{Amount, BlockHash, HexBytes, Party, Word};
use crate::Timestamp;

/// Which block is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockId {
    Number(u64),
    Hash(BlockHash),
}

/// A block as a row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockSummary {
    pub number: u64,
    pub hash: BlockHash,
    pub timestamp: Timestamp,
    /// The signer on a Clique chain (EIP-225), else the header's fee recipient.
    pub signer: Party,
    pub transactions: u64,
    pub gas_used: u64,
    pub gas_limit: u64,
    /// EIP-1559; none before London. In wei.
    pub base_fee_per_gas: Option<Amount>,
    /// What all transactions paid, in wei.
    pub fees: Amount,
    /// The part of it that was burnt, in wei.
    pub burnt: Amount,
}

/// What was found for a number or hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum BlockLookup {
    Block(Box<BlockView>),
    /// Not there yet.
    Future {
        number: u64,
        /// Blocks still to be made before it.
        blocks_left: u64,
        /// By the present time between blocks; none when that is not known.
        expected_at: Option<Timestamp>,
    },
    /// The node has it, and the index will soon.
    NotIndexed {
        number: u64,
    },
    Unknown,
}

/// The page of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockView {
    pub summary: BlockSummary,
    /// Blocks on top of this one in the index.
    pub confirmations: u64,
    pub previous: Option<u64>,
    pub next: Option<u64>,
    pub details: BlockDetails,
}

/// The rest of a block's header, as the chain has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockDetails {
    pub parent_hash: BlockHash,
    pub state_root: Word,
    pub transactions_root: Word,
    pub receipts_root: Word,
    pub difficulty: Amount,
    pub size_bytes: u64,
    pub nonce: HexBytes,
    pub mix_hash: Option<Word>,
    pub extra_data: HexBytes,
    pub token_transfers: u64,
}
