//! Transactions: on the chain, in the mempool, and on their way in.

use alloy_consensus::Header;
use alloy_consensus::Transaction as _;
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_eth::{Index, Transaction as TransactionObject};
use serde_json::Value;

use super::Node;
use super::error::{INTERNAL_ERROR, RpcError};
use super::json::{Answer, answer};
use super::params::Params;
use super::position::{self, number_of};
use crate::service::SubmitError;
use crate::tip::Tip;
use crate::transaction::Transaction;

/// Where a transaction is on the chain.
pub(super) struct Inclusion<'a> {
    pub header: &'a Header,
    pub hash: B256,
    pub index: u64,
}

/// A transaction as the specification writes it; pending ones are in no block.
pub(super) fn transaction_object(
    transaction: &Transaction,
    inclusion: Option<&Inclusion<'_>>,
) -> TransactionObject {
    let base_fee_wei = inclusion.and_then(|inclusion| inclusion.header.base_fee_per_gas);
    let envelope = transaction.envelope();
    TransactionObject {
        inner: transaction.recovered().clone(),
        block_hash: inclusion.map(|inclusion| inclusion.hash),
        block_number: inclusion.map(|inclusion| inclusion.header.number),
        transaction_index: inclusion.map(|inclusion| inclusion.index),
        // Of what is pending, geth tells the most that it may cost.
        effective_gas_price: Some(match base_fee_wei {
            Some(base_fee_wei) => envelope.effective_gas_price(Some(base_fee_wei)),
            None => envelope.max_fee_per_gas(),
        }),
        block_timestamp: inclusion.map(|inclusion| inclusion.header.timestamp),
    }
}

pub(super) fn by_hash(node: &Node, mut params: Params) -> Answer {
    let hash: B256 = params.required()?;
    params.end()?;
    let tip = node.chain.tip();
    if let Some((number, index)) = tip.view.place_of(&hash)? {
        return at(&tip, number, index);
    }
    let pending = node
        .chain
        .with_mempool(|mempool| mempool.get(&hash).cloned());
    answer(&pending.map(|transaction| transaction_object(&transaction, None)))
}

pub(super) fn by_number_and_index(node: &Node, mut params: Params) -> Answer {
    let (tag, index): (BlockNumberOrTag, Index) = (params.required()?, params.required()?);
    params.end()?;
    let tip = node.chain.tip();
    match number_of(node, &tip, tag) {
        Some(number) => at(&tip, number, index_in_block(index)),
        None => answer(&Value::Null),
    }
}

pub(super) fn by_hash_and_index(node: &Node, mut params: Params) -> Answer {
    let (hash, index): (B256, Index) = (params.required()?, params.required()?);
    params.end()?;
    let tip = node.chain.tip();
    if let Some(number) = tip.number_of(&hash)? {
        return at(&tip, number, index_in_block(index));
    }
    let Some(block) = node.chain.block_by_hash(&hash)? else {
        return answer(&Value::Null);
    };
    let found = block.transactions.get(index.0).map(|transaction| {
        let inclusion = Inclusion {
            header: &block.header,
            hash,
            index: index.0 as u64,
        };
        transaction_object(transaction, Some(&inclusion))
    });
    answer(&found)
}

pub(super) fn raw_by_hash(node: &Node, mut params: Params) -> Answer {
    let hash: B256 = params.required()?;
    params.end()?;
    let tip = node.chain.tip();
    if let Some((number, index)) = tip.view.place_of(&hash)? {
        return raw_at(&tip, number, index);
    }
    let pending = node
        .chain
        .with_mempool(|mempool| mempool.get(&hash).cloned());
    answer(&pending.map(|transaction| transaction.encoded()))
}

pub(super) fn raw_by_number_and_index(node: &Node, mut params: Params) -> Answer {
    let (tag, index): (BlockNumberOrTag, Index) = (params.required()?, params.required()?);
    params.end()?;
    let tip = node.chain.tip();
    match number_of(node, &tip, tag) {
        Some(number) => raw_at(&tip, number, index_in_block(index)),
        None => answer(&Value::Null),
    }
}

pub(super) fn raw_by_hash_and_index(node: &Node, mut params: Params) -> Answer {
    let (hash, index): (B256, Index) = (params.required()?, params.required()?);
    params.end()?;
    let block = node.chain.block_by_hash(&hash)?;
    let transaction = block
        .as_ref()
        .and_then(|block| block.transactions.get(index.0));
    answer(&transaction.map(Transaction::encoded))
}

/// `eth_sendRawTransaction`. When it answers, the transaction is on the disk.
pub(super) async fn send_raw(node: &Node, mut params: Params) -> Answer {
    let raw: Bytes = params.required()?;
    params.end()?;
    match node.chain.submit(&raw).await {
        Ok(hash) => answer(&hash),
        Err(SubmitError::Refused(refusal)) => {
            Err(RpcError::new(refusal.code(), refusal.to_string()))
        }
        Err(SubmitError::Store(error)) => Err(error.into()),
        Err(SubmitError::Journal(error)) => {
            tracing::error!(%error, "a transaction was not taken");
            Err(RpcError::new(
                INTERNAL_ERROR,
                "the transaction could not be written: send it again",
            ))
        }
    }
}

fn at(tip: &Tip, number: u64, index: u32) -> Answer {
    let transaction = tip.view.transaction(number, index)?;
    let block = position::by_number(tip, number)?;
    let found = transaction.zip(block).map(|(transaction, block)| {
        let inclusion = Inclusion {
            header: &block.header,
            hash: block.hash,
            index: index.into(),
        };
        transaction_object(&transaction, Some(&inclusion))
    });
    answer(&found)
}

fn raw_at(tip: &Tip, number: u64, index: u32) -> Answer {
    let transaction = tip.view.transaction(number, index)?;
    answer(&transaction.map(|transaction| transaction.encoded()))
}

/// No block has that many: what does not fit is not found.
fn index_in_block(index: Index) -> u32 {
    u32::try_from(index.0).unwrap_or(u32::MAX)
}
