//! Blocks with their receipts, from the node.

use alloy_primitives::{Address, B256};
use serde_json::{Value, json};

use crate::answer::{BlockAnswer, ReceiptAnswer, read};
use crate::clique;
use crate::node::{EthereumNode, NodeError};

/// A block and the receipts of its transactions, checked to belong together.
#[derive(Debug, Clone)]
pub(crate) struct FetchedBlock {
    pub block: BlockAnswer,
    /// EIP-225: from the seal; on other chains the fee recipient.
    pub signer: Address,
    pub receipts: Vec<ReceiptAnswer>,
}

/// The block of that number; none when the node has none (yet, or any more).
///
/// # Errors
/// The node did not answer, or its receipts are of another block: it reorganised in between.
pub(crate) async fn block(
    node: &dyn EthereumNode,
    number: u64,
) -> Result<Option<FetchedBlock>, NodeError> {
    let tag = json!(format!("{number:#x}"));
    let answers = node
        .request_all(vec![
            ("eth_getBlockByNumber", json!([tag, true])),
            ("eth_getBlockReceipts", json!([tag])),
        ])
        .await?;
    let Ok([block, receipts]) = <[_; 2]>::try_from(answers) else {
        return Err(NodeError::malformed(
            "eth_getBlockByNumber",
            "not two answers",
        ));
    };
    let block = block?;
    if block.is_null() {
        return Ok(None);
    }
    let signer = clique::signer(&block);
    let block: BlockAnswer = read("eth_getBlockByNumber", block)?;
    let receipts = match receipts {
        Ok(Value::Null) if block.transactions.is_empty() => Vec::new(),
        Ok(receipts) => read("eth_getBlockReceipts", receipts)?,
        Err(NodeError::NotOffered { .. }) => receipts_one_by_one(node, &block).await?,
        Err(error) => return Err(error),
    };
    belong_together(number, &block, &receipts)?;
    Ok(Some(FetchedBlock {
        signer: signer.unwrap_or(block.miner),
        block,
        receipts,
    }))
}

/// The hash of the block of that number on the node's chain; none when it has none.
///
/// # Errors
/// The node did not answer.
pub(crate) async fn block_hash(
    node: &dyn EthereumNode,
    number: u64,
) -> Result<Option<B256>, NodeError> {
    const METHOD: &str = "eth_getBlockByNumber";
    let answer = node
        .request(METHOD, json!([format!("{number:#x}"), false]))
        .await?;
    if answer.is_null() {
        return Ok(None);
    }
    read(METHOD, answer["hash"].clone()).map(Some)
}

/// For nodes without `eth_getBlockReceipts`.
async fn receipts_one_by_one(
    node: &dyn EthereumNode,
    block: &BlockAnswer,
) -> Result<Vec<ReceiptAnswer>, NodeError> {
    const METHOD: &str = "eth_getTransactionReceipt";
    let questions = block
        .transactions
        .iter()
        .map(|transaction| (METHOD, json!([transaction.hash])))
        .collect();
    let answers = node.request_all(questions).await?;
    answers
        .into_iter()
        .map(|answer| read(METHOD, answer?))
        .collect()
}

fn belong_together(
    number: u64,
    block: &BlockAnswer,
    receipts: &[ReceiptAnswer],
) -> Result<(), NodeError> {
    let problem = if block.number.to::<u64>() != number {
        "another block"
    } else if receipts.len() != block.transactions.len() {
        "as many receipts as transactions are needed"
    } else if receipts
        .iter()
        .any(|receipt| receipt.block_hash != block.hash)
    {
        "receipts of another block"
    } else if receipts
        .iter()
        .zip(&block.transactions)
        .any(|(receipt, transaction)| receipt.transaction_hash != transaction.hash)
    {
        "receipts in another order"
    } else {
        return Ok(());
    };
    Err(NodeError::malformed("eth_getBlockReceipts", problem))
}
