//! What the index keeps of a block: rows that stay as they are until the block is undone.

use alloy_primitives::{Address, B256, FixedBytes, U256};
use types::Timestamp;
use types::explorer::{BlockDetails, BlockHash, HexBytes, Word};

use crate::answer::{BlockAnswer, ReceiptAnswer, TransactionAnswer};
use crate::fetch::FetchedBlock;
use crate::token_event::{self, Movement};

/// Everything that a block adds to the index.
#[derive(Debug, Clone)]
pub(crate) struct BlockRows {
    pub block: BlockRow,
    pub transactions: Vec<TransactionRow>,
    pub transfers: Vec<TransferRow>,
}

#[derive(Debug, Clone)]
pub(crate) struct BlockRow {
    pub number: u64,
    pub hash: B256,
    pub timestamp: Timestamp,
    pub signer: Address,
    pub gas_limit: u64,
    pub gas_used: u64,
    pub base_fee: Option<U256>,
    pub fees: U256,
    pub burnt: U256,
    pub details: BlockDetails,
}

#[derive(Debug, Clone)]
pub(crate) struct TransactionRow {
    pub block_number: u64,
    /// Its index in the block.
    pub place: u64,
    pub hash: B256,
    pub sender: Address,
    pub recipient: Option<Address>,
    pub created: Option<Address>,
    pub nonce: u64,
    pub value: U256,
    pub gas_limit: u64,
    pub gas_used: u64,
    pub fee: U256,
    pub gas_price: U256,
    pub max_fee: Option<U256>,
    pub max_tip: Option<U256>,
    pub kind: u64,
    pub succeeded: bool,
    pub selector: Option<FixedBytes<4>>,
    pub logs: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct TransferRow {
    pub block_number: u64,
    pub log_index: u64,
    /// Which movement of the log.
    pub part: u64,
    /// The transaction's index in the block.
    pub place: u64,
    pub movement: Movement,
}

impl TransactionRow {
    /// The addresses whose list the transaction is in, each once.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Address> {
        let recipient = self.recipient.filter(|recipient| *recipient != self.sender);
        [Some(self.sender), recipient, self.created]
            .into_iter()
            .flatten()
    }
}

impl TransferRow {
    /// The addresses whose list the movement is in, each once: nothing is listed for the zero
    /// address, from which every token comes.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Address> {
        let Movement { from, to, .. } = self.movement;
        [Some(from), Some(to).filter(|to| *to != from)]
            .into_iter()
            .flatten()
            .filter(|address| !address.is_zero())
    }
}

/// The rows of a block.
pub(crate) fn of_block(fetched: &FetchedBlock) -> BlockRows {
    let FetchedBlock {
        block,
        signer,
        receipts,
    } = fetched;
    let number = block.number.to();
    let pairs = || (0_u64..).zip(block.transactions.iter().zip(receipts));
    let transactions: Vec<_> = pairs()
        .map(|(place, (transaction, receipt))| transaction_row(number, place, transaction, receipt))
        .collect();
    let transfers: Vec<_> = pairs()
        .flat_map(|(place, (_, receipt))| transfer_rows(number, place, receipt))
        .collect();
    let fees = transactions.iter().fold(U256::ZERO, |sum, transaction| {
        sum.saturating_add(transaction.fee)
    });
    let burnt = burnt(block, receipts);
    BlockRows {
        block: BlockRow {
            number,
            hash: block.hash,
            timestamp: timestamp(block.timestamp.to()),
            signer: *signer,
            gas_limit: block.gas_limit.to(),
            gas_used: block.gas_used.to(),
            base_fee: block.base_fee_per_gas,
            fees,
            burnt,
            details: details(block, transfers.len()),
        },
        transactions,
        transfers,
    }
}

fn transaction_row(
    block_number: u64,
    place: u64,
    transaction: &TransactionAnswer,
    receipt: &ReceiptAnswer,
) -> TransactionRow {
    let gas_price = receipt
        .effective_gas_price
        .or(transaction.gas_price)
        .unwrap_or_default();
    TransactionRow {
        block_number,
        place,
        hash: transaction.hash,
        sender: transaction.from,
        recipient: transaction.to,
        created: receipt
            .contract_address
            .filter(|_| transaction.to.is_none()),
        nonce: transaction.nonce.to(),
        value: transaction.value,
        gas_limit: transaction.gas.to(),
        gas_used: receipt.gas_used.to(),
        fee: U256::from(receipt.gas_used)
            .saturating_mul(gas_price)
            .saturating_add(blob_fee(receipt)),
        gas_price,
        max_fee: transaction.max_fee_per_gas,
        max_tip: transaction.max_priority_fee_per_gas,
        kind: transaction.kind.map_or(0, |kind| kind.to()),
        succeeded: receipt.status.is_none_or(|status| !status.is_zero()),
        selector: transaction
            .to
            .and(transaction.input.get(..4))
            .map(FixedBytes::from_slice),
        logs: receipt.logs.len() as u64,
    }
}

fn transfer_rows(
    block_number: u64,
    place: u64,
    receipt: &ReceiptAnswer,
) -> impl Iterator<Item = TransferRow> {
    receipt.logs.iter().flat_map(move |log| {
        let movements = token_event::movements(log.address, &log.topics, &log.data);
        (0_u64..)
            .zip(movements)
            .map(move |(part, movement)| TransferRow {
                block_number,
                log_index: log.log_index.to(),
                part,
                place,
                movement,
            })
    })
}

/// EIP-1559 burns the base fee, EIP-4844 the blob fee.
fn burnt(block: &BlockAnswer, receipts: &[ReceiptAnswer]) -> U256 {
    let base_fee = block.base_fee_per_gas.unwrap_or_default();
    receipts.iter().fold(U256::ZERO, |sum, receipt| {
        sum.saturating_add(base_fee.saturating_mul(U256::from(receipt.gas_used)))
            .saturating_add(blob_fee(receipt))
    })
}

fn blob_fee(receipt: &ReceiptAnswer) -> U256 {
    match (receipt.blob_gas_used, receipt.blob_gas_price) {
        (Some(gas), Some(price)) => U256::from(gas).saturating_mul(price),
        _ => U256::ZERO,
    }
}

fn timestamp(seconds: u64) -> Timestamp {
    Timestamp(
        i64::try_from(seconds)
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000),
    )
}

fn details(block: &BlockAnswer, token_transfers: usize) -> BlockDetails {
    BlockDetails {
        parent_hash: BlockHash(block.parent_hash.0),
        state_root: Word(block.state_root.0),
        transactions_root: Word(block.transactions_root.0),
        receipts_root: Word(block.receipts_root.0),
        difficulty: crate::convert::amount(block.difficulty.unwrap_or_default()),
        size_bytes: block.size.unwrap_or_default().to(),
        nonce: HexBytes(block.nonce.clone().unwrap_or_default().to_vec()),
        mix_hash: block.mix_hash.map(|hash| Word(hash.0)),
        extra_data: HexBytes(block.extra_data.to_vec()),
        token_transfers: token_transfers as u64,
    }
}
