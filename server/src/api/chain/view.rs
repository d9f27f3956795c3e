//! Blocks and transactions under AITBC's names.

use alloy_consensus::{Header, Transaction as _, Typed2718 as _};
use alloy_primitives::{Address, B256, U256, hex};
use chain::block::Block;
use chain::clique;
use chain::receipt::StoredReceipt;
use chain::transaction::Transaction;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

/// AITBC's naive UTC time.
const TIME: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
/// Who is named as the maker of the first block.
const GENESIS_PROPOSER: &str = "genesis";

/// Unix time in seconds as `YYYY-MM-DDTHH:MM:SS`, UTC.
pub fn time_text(unix_s: u64) -> String {
    i64::try_from(unix_s)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|time| time.format(TIME).ok())
        .unwrap_or_default()
}

/// Who sealed a block.
pub fn proposer(header: &Header) -> String {
    if header.number == 0 {
        return GENESIS_PROPOSER.to_owned();
    }
    clique::recover_signer(header).map_or_else(|_| String::new(), |signer| signer.to_string())
}

/// A block without what is in it.
pub fn block_head(header: &Header, hash: B256, tx_count: u64, chain_id: u64) -> Value {
    json!({
        "height": header.number,
        "hash": hash,
        "parent_hash": header.parent_hash,
        "timestamp": time_text(header.timestamp),
        "tx_count": tx_count,
        "state_root": header.state_root,
        "proposer": proposer(header),
        "chain_id": chain_id,
        "difficulty": header.difficulty.to_string(),
        "gas_used": header.gas_used,
        "gas_limit": header.gas_limit,
        "base_fee_per_gas": header.base_fee_per_gas.map(|fee| fee.to_string()),
    })
}

/// A block with its transactions, their receipts, and its RLP, which another node can import.
pub fn whole_block(block: &Block, receipts: &[StoredReceipt], chain_id: u64) -> Value {
    let count = block.transactions.len() as u64;
    let mut view = block_head(&block.header, block.hash, count, chain_id);
    let all = block.transactions.iter().zip(receipts);
    view["transactions"] = all
        .clone()
        .map(|(transaction, receipt)| mined_transaction(transaction, receipt, &block.header))
        .collect();
    view["receipts"] = all
        .map(|(transaction, receipt)| {
            json!({
                "receipt_id": transaction.hash(),
                "status": status(receipt),
                "gas_used": receipt.gas_used,
                "cumulative_gas_used": receipt.cumulative_gas_used,
                "logs": receipt.logs.len(),
            })
        })
        .collect();
    view["raw"] = json!(hex::encode_prefixed(block.encode()));
    view
}

/// A transaction of a block.
pub fn mined_transaction(
    transaction: &Transaction,
    receipt: &StoredReceipt,
    header: &Header,
) -> Value {
    let price = transaction
        .envelope()
        .effective_gas_price(header.base_fee_per_gas);
    let fee = U256::from(price) * U256::from(receipt.gas_used);
    let mut view = transaction_view(transaction);
    view["block_height"] = json!(header.number);
    view["created_at"] = json!(time_text(header.timestamp));
    view["fee"] = json!(fee.to_string());
    view["gas_used"] = json!(receipt.gas_used);
    view["status"] = json!(status(receipt));
    view
}

/// A transaction that waits; `fee` is the most that it may cost.
pub fn waiting_transaction(transaction: &Transaction) -> Value {
    let mut view = transaction_view(transaction);
    let fee = transaction.cost_max_wei() - transaction.envelope().value();
    view["block_height"] = Value::Null;
    view["fee"] = json!(fee.to_string());
    view["size_bytes"] = json!(transaction.encoded_length());
    view["status"] = json!("pending");
    view
}

/// What both have in common.
fn transaction_view(transaction: &Transaction) -> Value {
    let envelope = transaction.envelope();
    let recipient = recipient(transaction);
    let amount = envelope.value().to_string();
    json!({
        "tx_hash": transaction.hash(),
        "hash": transaction.hash(),
        "sender": transaction.sender(),
        "from": transaction.sender(),
        "recipient": recipient.map_or_else(String::new, |to| to.to_string()),
        "to": recipient,
        "amount": amount,
        "nonce": transaction.nonce(),
        "type": "TRANSFER",
        "payload": {
            "recipient": recipient,
            "amount": amount,
            "data": hex::encode_prefixed(envelope.input()),
            "gas_limit": transaction.gas_limit(),
            "max_fee_per_gas": transaction.max_fee_per_gas_wei().to_string(),
            "max_priority_fee_per_gas": transaction.max_priority_fee_per_gas_wei().to_string(),
            "transaction_type": envelope.ty(),
        },
    })
}

/// Whom it goes to; none when it creates a contract.
pub fn recipient(transaction: &Transaction) -> Option<Address> {
    transaction.envelope().to()
}

fn status(receipt: &StoredReceipt) -> &'static str {
    if receipt.succeeded {
        "confirmed"
    } else {
        "failed"
    }
}
