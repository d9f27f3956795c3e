//! Blocks and headers.

use alloy_consensus::{Header, Sealed};
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{B256, U64, U256};
use alloy_rlp::{Encodable, length_of_length};
use alloy_rpc_types_eth::{Block, BlockTransactions, Header as HeaderObject, Index};
use serde_json::{Value, json};

use super::Node;
use super::error::RpcError;
use super::json::{Answer, answer};
use super::params::Params;
use super::position::{self, Position, number_of, pending_header};
use super::transactions::{Inclusion, transaction_object};
use crate::service::unix_time_ms;
use crate::tip::Tip;
use crate::transaction::Transaction;

/// How a block's transactions are answered: geth's boolean parameter.
#[derive(Clone, Copy)]
enum Shape {
    Hashes,
    Full,
}

impl From<bool> for Shape {
    fn from(full: bool) -> Self {
        if full { Self::Full } else { Self::Hashes }
    }
}

/// `eth_getBlockByNumber`. The pending block is the next one with the transactions that it would
/// take, as far as that is known before it is executed: it has no hash, roots or gas used.
pub(super) fn by_number(node: &Node, mut params: Params) -> Answer {
    let (tag, full): (BlockNumberOrTag, Option<bool>) = (params.required()?, params.optional()?);
    params.end()?;
    let tip = node.chain.tip();
    if tag.is_pending() {
        return answer(&pending_block(node, &tip, full.unwrap_or_default().into()));
    }
    match find(node, &tip, tag)? {
        Some(block) => block_answer(node, &tip, block, full.unwrap_or_default().into()),
        None => answer(&Value::Null),
    }
}

/// `eth_getBlockByHash`, of any branch.
pub(super) fn by_hash(node: &Node, mut params: Params) -> Answer {
    let (hash, full): (B256, Option<bool>) = (params.required()?, params.optional()?);
    params.end()?;
    let tip = node.chain.tip();
    match position::by_hash(&tip, hash)? {
        Some(block) => block_answer(node, &tip, block, full.unwrap_or_default().into()),
        None => answer(&Value::Null),
    }
}

pub(super) fn header_by_number(node: &Node, mut params: Params) -> Answer {
    let tag: BlockNumberOrTag = params.required()?;
    params.end()?;
    let tip = node.chain.tip();
    if tag.is_pending() {
        return answer(&pending_header_object(node, &tip));
    }
    answer(&find(node, &tip, tag)?.map(header_object))
}

pub(super) fn header_by_hash(node: &Node, mut params: Params) -> Answer {
    let hash: B256 = params.required()?;
    params.end()?;
    answer(&position::by_hash(&node.chain.tip(), hash)?.map(header_object))
}

pub(super) fn transaction_count_by_number(node: &Node, mut params: Params) -> Answer {
    let tag: BlockNumberOrTag = params.required()?;
    params.end()?;
    let tip = node.chain.tip();
    if tag.is_pending() {
        let header = pending_header(node, &tip, tip.header.timestamp);
        return answer(&U64::from(pending_transactions(node, &header).len()));
    }
    match number_of(node, &tip, tag) {
        Some(number) => answer(&U64::from(tip.view.transactions_count(number)?)),
        None => answer(&Value::Null),
    }
}

pub(super) fn transaction_count_by_hash(node: &Node, mut params: Params) -> Answer {
    let hash: B256 = params.required()?;
    params.end()?;
    let tip = node.chain.tip();
    if let Some(number) = tip.number_of(&hash)? {
        return answer(&U64::from(tip.view.transactions_count(number)?));
    }
    let aside = node.chain.block_by_hash(&hash)?;
    answer(&aside.map(|block| U64::from(block.transactions.len())))
}

/// There are no uncles (EIP-225).
pub(super) fn uncle_count_by_number(node: &Node, mut params: Params) -> Answer {
    let tag: BlockNumberOrTag = params.required()?;
    params.end()?;
    answer(&number_of(node, &node.chain.tip(), tag).map(|_| U64::ZERO))
}

pub(super) fn uncle_count_by_hash(node: &Node, mut params: Params) -> Answer {
    let hash: B256 = params.required()?;
    params.end()?;
    answer(&position::by_hash(&node.chain.tip(), hash)?.map(|_| U64::ZERO))
}

pub(super) fn uncle_by_number(_: &Node, mut params: Params) -> Answer {
    let _: (BlockNumberOrTag, Index) = (params.required()?, params.required()?);
    params.end()?;
    answer(&Value::Null)
}

pub(super) fn uncle_by_hash(_: &Node, mut params: Params) -> Answer {
    let _: (B256, Index) = (params.required()?, params.required()?);
    params.end()?;
    answer(&Value::Null)
}

/// A header as `newHeads` and `eth_getHeaderBy…` tell it.
pub(super) fn header_object(block: Position) -> HeaderObject {
    HeaderObject::from_sealed(Sealed::new_unchecked(block.header, block.hash))
}

fn find(node: &Node, tip: &Tip, tag: BlockNumberOrTag) -> Result<Option<Position>, RpcError> {
    match number_of(node, tip, tag) {
        Some(number) => Ok(position::by_number(tip, number)?),
        None => Ok(None),
    }
}

fn block_answer(node: &Node, tip: &Tip, block: Position, shape: Shape) -> Answer {
    let number = block.header.number;
    let transactions = if tip.view.canonical(number)? == Some(block.hash) {
        tip.view.transactions(number)?
    } else {
        let aside = node.chain.block_by_hash(&block.hash)?;
        aside.map(|block| block.transactions).unwrap_or_default()
    };
    let size = block_size(&block.header, &transactions);
    let transactions = match shape {
        Shape::Hashes => {
            BlockTransactions::Hashes(transactions.iter().map(Transaction::hash).collect())
        }
        Shape::Full => BlockTransactions::Full(
            (0..)
                .zip(&transactions)
                .map(|(index, transaction)| {
                    let inclusion = Inclusion {
                        header: &block.header,
                        hash: block.hash,
                        index,
                    };
                    transaction_object(transaction, Some(&inclusion))
                })
                .collect(),
        ),
    };
    answer(&Block {
        header: HeaderObject::from_consensus(
            Sealed::new_unchecked(block.header, block.hash),
            Some(block.total_difficulty),
            Some(U256::from(size)),
        ),
        uncles: Vec::new(),
        transactions,
        withdrawals: None,
    })
}

/// Bytes of a block's RLP, without encoding it.
fn block_size(header: &Header, transactions: &[Transaction]) -> usize {
    let list: usize = transactions
        .iter()
        .map(|transaction| {
            let length = transaction.encoded_length();
            // Typed transactions are byte strings inside a block (EIP-2718).
            let is_typed = !transaction.envelope().is_legacy();
            if is_typed {
                length + length_of_length(length)
            } else {
                length
            }
        })
        .sum();
    const NO_OMMERS: usize = 1;
    let content = header.length() + list + length_of_length(list) + NO_OMMERS;
    content + length_of_length(content)
}

fn pending_block(node: &Node, tip: &Tip, shape: Shape) -> Value {
    let mut object = pending_header_object(node, tip);
    let header = pending_header(node, tip, tip.header.timestamp);
    let transactions = pending_transactions(node, &header);
    object["size"] = json!(U64::from(block_size(&header, &transactions)));
    object["transactions"] = match shape {
        Shape::Hashes => transactions
            .iter()
            .map(|waiting| json!(waiting.hash()))
            .collect(),
        Shape::Full => transactions
            .iter()
            .map(|waiting| json!(transaction_object(waiting, None)))
            .collect(),
    };
    object["uncles"] = json!([]);
    object
}

fn pending_header_object(node: &Node, tip: &Tip) -> Value {
    let header = pending_header(node, tip, unix_time_ms() / 1_000);
    let mut object = json!(HeaderObject::from_sealed(Sealed::new_unchecked(
        header,
        B256::ZERO
    )));
    for unknown in ["hash", "nonce", "miner", "logsBloom"] {
        object[unknown] = Value::Null;
    }
    object
}

/// What the next block would take, as far as gas limits tell.
fn pending_transactions(node: &Node, header: &Header) -> Vec<Transaction> {
    let base_fee_wei = header.base_fee_per_gas.unwrap_or_default();
    let mut gas_left = header.gas_limit;
    node.chain.with_mempool(|mempool| {
        mempool
            .best(base_fee_wei)
            .map_while(|waiting| {
                gas_left = gas_left.checked_sub(waiting.gas_limit())?;
                Some(waiting.clone())
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Block;

    #[test]
    fn size_is_that_of_the_encoding() {
        let header = Header::default();
        let block = Block::new(header.clone(), Vec::new());
        assert_eq!(block_size(&header, &[]), block.encode().len());
    }
}
