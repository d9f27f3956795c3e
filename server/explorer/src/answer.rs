//! What a node answers, read leniently: only the fields that the index needs, so that blocks and
//! transactions of kinds that we do not know are indexed too.

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::NodeError;

/// Reads the answer to `method`.
///
/// # Errors
/// It is not of the wanted shape.
pub(crate) fn read<T: DeserializeOwned>(method: &str, answer: Value) -> Result<T, NodeError> {
    serde_json::from_value(answer).map_err(|error| NodeError::malformed(method, error))
}

/// A block with its transactions (`eth_getBlockByNumber`, full).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockAnswer {
    pub number: U64,
    pub hash: B256,
    pub parent_hash: B256,
    /// Seconds since the Unix epoch.
    pub timestamp: U64,
    #[serde(alias = "author")]
    pub miner: Address,
    pub gas_limit: U64,
    pub gas_used: U64,
    pub base_fee_per_gas: Option<U256>,
    pub difficulty: Option<U256>,
    pub extra_data: Bytes,
    pub state_root: B256,
    pub transactions_root: B256,
    pub receipts_root: B256,
    pub size: Option<U64>,
    pub nonce: Option<Bytes>,
    pub mix_hash: Option<B256>,
    pub transactions: Vec<TransactionAnswer>,
}

/// A transaction (`eth_getTransactionByHash`, or in a block).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransactionAnswer {
    pub hash: B256,
    pub block_number: Option<U64>,
    pub from: Address,
    pub to: Option<Address>,
    pub nonce: U64,
    pub value: U256,
    pub gas: U64,
    pub gas_price: Option<U256>,
    pub max_fee_per_gas: Option<U256>,
    pub max_priority_fee_per_gas: Option<U256>,
    pub input: Bytes,
    #[serde(rename = "type")]
    pub kind: Option<U64>,
    #[serde(default)]
    pub access_list: Option<Vec<AccessListAnswer>>,
}

/// EIP-2930.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessListAnswer {
    pub address: Address,
    pub storage_keys: Vec<B256>,
}

/// A receipt (`eth_getBlockReceipts`).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReceiptAnswer {
    pub transaction_hash: B256,
    pub block_hash: B256,
    pub gas_used: U64,
    pub effective_gas_price: Option<U256>,
    pub blob_gas_used: Option<U64>,
    pub blob_gas_price: Option<U256>,
    pub contract_address: Option<Address>,
    /// None before Byzantium, when receipts did not tell.
    pub status: Option<U64>,
    pub logs: Vec<LogAnswer>,
}

/// One log of a receipt.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogAnswer {
    pub address: Address,
    pub topics: Vec<B256>,
    pub data: Bytes,
    pub log_index: U64,
}

/// One call of geth's `callTracer`. The calls that it made are read by [`crate::trace`].
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallAnswer {
    #[serde(rename = "type")]
    pub kind: String,
    pub from: Address,
    pub to: Option<Address>,
    pub value: Option<U256>,
    pub gas: Option<U64>,
    pub gas_used: Option<U64>,
    #[serde(default)]
    pub input: Bytes,
    #[serde(default)]
    pub output: Bytes,
    pub error: Option<String>,
    pub revert_reason: Option<String>,
}
