//! Transactions.

use serde::{Deserialize, Serialize};

use super::{
    Amount, BlockHash, DecodedCall, DecodedEvent, HexBytes, MethodName, Moment, Part, Party,
    TokenTransfer, TransactionHash, Word,
};
use crate::{Timestamp, WalletAddress};

/// Whether a mined transaction took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionStatus {
    Succeeded,
    Failed,
}

/// A mined transaction as a row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionSummary {
    pub hash: TransactionHash,
    pub moment: Moment,
    /// Its place in the block, from 0.
    pub index: u64,
    pub status: TransactionStatus,
    pub from: Party,
    /// None when it creates a contract.
    pub to: Option<Party>,
    /// The contract that it created.
    pub created: Option<Party>,
    pub nonce: u64,
    /// In wei.
    pub value: Amount,
    /// In wei.
    pub fee: Amount,
    pub gas_used: u64,
    /// None for a plain transfer.
    pub method: Option<MethodName>,
}

/// What was found for a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum TransactionLookup {
    Mined(Box<TransactionView>),
    /// Waiting to be mined, as the node knows it.
    Pending(Box<PendingTransaction>),
    /// Mined, and the index will have its block soon.
    NotIndexed {
        block: u64,
    },
    Unknown,
}

/// The page of a mined transaction. Logs, calls, state changes and raw bytes are asked for by
/// their own methods, because they come from the node and may be long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionView {
    pub summary: TransactionSummary,
    pub block_hash: BlockHash,
    /// Blocks on top of its block in the index, and that one.
    pub confirmations: u64,
    /// EIP-2718: 0 legacy, 1 access list, 2 dynamic fee, 3 blobs, 4 set code.
    pub transaction_type: u8,
    pub gas_limit: u64,
    pub fee: FeeSplit,
    pub input: Part<HexBytes>,
    pub decoded_input: Option<DecodedCall>,
    pub access_list: Vec<AccessListEntry>,
    /// Why it failed, when it did.
    pub failure: Option<Part<TransactionFailure>>,
    /// In the order of their logs.
    pub token_transfers: Vec<TokenTransfer>,
    /// Logs that it wrote.
    pub logs: u64,
    pub neighbours: TransactionNeighbours,
}

/// Who got what of the fee, in wei (EIP-1559). `burnt + tip = paid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeSplit {
    pub paid: Amount,
    pub burnt: Amount,
    /// To the block's signer.
    pub tip: Amount,
    /// What the sender had allowed and was not taken; none for a legacy gas price.
    pub saved: Option<Amount>,
    pub effective_gas_price: Amount,
    pub base_fee_per_gas: Option<Amount>,
    pub max_fee_per_gas: Option<Amount>,
    pub max_priority_fee_per_gas: Option<Amount>,
}

/// Addresses and slots that the sender announced (EIP-2930).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessListEntry {
    pub address: WalletAddress,
    pub slots: Vec<Word>,
}

/// Why a transaction failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionFailure {
    /// `execution reverted: insufficient balance`, `out of gas`.
    pub message: String,
    /// A custom error of the contract's interface.
    pub decoded: Option<DecodedCall>,
    pub data: HexBytes,
}

/// The sender's transactions before and after one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TransactionNeighbours {
    pub previous: Option<TransactionHash>,
    pub next: Option<TransactionHash>,
}

/// One log with its event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogView {
    /// Its place in the block, from 0.
    pub index: u64,
    pub address: Party,
    pub topics: Vec<Word>,
    pub data: HexBytes,
    pub decoded: Option<DecodedEvent>,
}

/// A transaction that the node holds and no block has yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTransaction {
    pub hash: TransactionHash,
    pub from: Party,
    pub to: Option<Party>,
    pub nonce: u64,
    /// In wei.
    pub value: Amount,
    pub gas_limit: u64,
    /// The most that it pays for a unit of gas, in wei.
    pub max_fee_per_gas: Amount,
    pub method: Option<MethodName>,
    pub input: HexBytes,
    /// Held back until the sender's transactions before it arrive.
    pub is_queued: bool,
    /// When this list was read from the node.
    pub seen_at: Timestamp,
}
