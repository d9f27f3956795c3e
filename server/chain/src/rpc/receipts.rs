//! Receipts.

use alloy_consensus::{
    Eip658Value, Receipt, ReceiptEnvelope, ReceiptWithBloom, Transaction as _, TxType,
};
use alloy_eips::BlockId;
use alloy_primitives::{B256, logs_bloom};
use alloy_rpc_types_eth::{Log, TransactionReceipt};
use serde_json::Value;

use super::Node;
use super::error::SERVER_ERROR;
use super::json::{Answer, answer};
use super::params::Params;
use super::position::{self, resolve};
use super::transactions::Inclusion;
use crate::draft::AppliedBlock;
use crate::receipt::StoredReceipt;
use crate::transaction::Transaction;

pub(super) fn by_transaction(node: &Node, mut params: Params) -> Answer {
    let hash: B256 = params.required()?;
    params.end()?;
    let tip = node.chain.tip();
    let Some((number, index)) = tip.view.place_of(&hash)? else {
        return answer(&Value::Null);
    };
    let transaction = tip.view.transaction(number, index)?;
    let receipt = tip.view.receipt(number, index)?;
    let (Some(transaction), Some(receipt), Some(block)) =
        (transaction, receipt, position::by_number(&tip, number)?)
    else {
        return answer(&Value::Null);
    };
    let inclusion = Inclusion {
        header: &block.header,
        hash: block.hash,
        index: index.into(),
    };
    answer(&receipt_object(&transaction, &receipt, &inclusion))
}

/// `eth_getBlockReceipts`; null for a block that is not known.
pub(super) fn by_block(node: &Node, mut params: Params) -> Answer {
    let id: BlockId = params.required()?;
    params.end()?;
    let tip = node.chain.tip();
    let block = match resolve(node, &tip, id) {
        Ok(block) => block,
        Err(error) if error.code == SERVER_ERROR => return answer(&Value::Null),
        Err(error) => return Err(error),
    };
    let transactions = tip.view.transactions(block.header.number)?;
    let receipts = tip.view.receipts(block.header.number)?;
    let objects: Vec<_> = (0..)
        .zip(transactions.iter().zip(&receipts))
        .map(|(index, (transaction, receipt))| {
            let inclusion = Inclusion {
                header: &block.header,
                hash: block.hash,
                index,
            };
            receipt_object(transaction, receipt, &inclusion)
        })
        .collect();
    answer(&objects)
}

fn receipt_object(
    transaction: &Transaction,
    stored: &StoredReceipt,
    inclusion: &Inclusion<'_>,
) -> TransactionReceipt {
    let envelope = transaction.envelope();
    let receipt = ReceiptWithBloom {
        logs_bloom: logs_bloom(&stored.logs),
        receipt: Receipt {
            status: Eip658Value::Eip658(stored.succeeded),
            cumulative_gas_used: stored.cumulative_gas_used,
            logs: log_objects(transaction.hash(), stored, inclusion),
        },
    };
    let created = envelope
        .is_create()
        .then(|| transaction.sender().create(transaction.nonce()));
    TransactionReceipt {
        inner: match envelope.tx_type() {
            TxType::Eip2930 => ReceiptEnvelope::Eip2930(receipt),
            TxType::Eip1559 => ReceiptEnvelope::Eip1559(receipt),
            TxType::Eip7702 => ReceiptEnvelope::Eip7702(receipt),
            // This chain carries no blobs.
            TxType::Legacy | TxType::Eip4844 => ReceiptEnvelope::Legacy(receipt),
        },
        transaction_hash: transaction.hash(),
        transaction_index: Some(inclusion.index),
        block_hash: Some(inclusion.hash),
        block_number: Some(inclusion.header.number),
        gas_used: stored.gas_used,
        effective_gas_price: envelope.effective_gas_price(inclusion.header.base_fee_per_gas),
        blob_gas_used: None,
        blob_gas_price: None,
        from: transaction.sender(),
        to: envelope.to(),
        contract_address: created,
    }
}

/// The logs of one transaction.
pub(super) fn log_objects(
    transaction: B256,
    receipt: &StoredReceipt,
    inclusion: &Inclusion<'_>,
) -> Vec<Log> {
    (receipt.first_log_index..)
        .zip(&receipt.logs)
        .map(|(index, log)| log_object(log, index, transaction, inclusion))
        .collect()
}

/// One log; `index` is that in its block.
pub(super) fn log_object(
    log: &alloy_primitives::Log,
    index: u64,
    transaction: B256,
    inclusion: &Inclusion<'_>,
) -> Log {
    Log {
        inner: log.clone(),
        block_hash: Some(inclusion.hash),
        block_number: Some(inclusion.header.number),
        block_timestamp: Some(inclusion.header.timestamp),
        transaction_hash: Some(transaction),
        transaction_index: Some(inclusion.index),
        log_index: Some(index),
        removed: false,
    }
}

/// All logs of a block that was put on the branch in force or taken off it.
pub(super) fn logs_of(applied: &AppliedBlock) -> impl Iterator<Item = Log> + '_ {
    (0..)
        .zip(applied.block.transactions.iter().zip(&applied.receipts))
        .flat_map(|(index, (transaction, receipt))| {
            let inclusion = Inclusion {
                header: &applied.block.header,
                hash: applied.block.hash,
                index,
            };
            log_objects(transaction.hash(), receipt, &inclusion)
        })
}
