//! Whether a block is valid on top of its parent, and what it does.

use alloy_consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy_consensus::{Header, Transaction as _, TxEnvelope};
use alloy_primitives::map::AddressMap;
use alloy_primitives::{Address, B256, U256, keccak256};
use rayon::prelude::*;
use revm::DatabaseRef;
use revm::state::AccountInfo;

use crate::block::Block;
use crate::chain_spec::ChainSpec;
use crate::clique;
use crate::clique::{CliqueError, Snapshot};
use crate::draft::{AppliedBlock, Draft};
use crate::error::StoreError;
use crate::execution::{Environment, ExecutionError, Executor};
use crate::header_rules::InvalidHeader;
use crate::overlay::Overlay;
use crate::receipt::StoredReceipt;
use crate::transaction::Transaction;

/// Largest block that is accepted, in bytes of RLP.
pub const BLOCK_BYTES_MAX: usize = 32 << 20;

/// Which rule a block breaks.
#[derive(Debug, thiserror::Error)]
pub enum InvalidBlock {
    #[error("{0}")]
    Header(#[from] CliqueError),
    #[error("transactions root {found}, the header says {expected}")]
    TransactionsRoot { expected: B256, found: B256 },
    #[error("transaction {index}: {reason}")]
    Transaction { index: usize, reason: String },
    #[error("{found} gas used, the header says {expected}")]
    GasUsed { expected: u64, found: u64 },
    #[error("the logs' bloom filter differs from the header's")]
    LogsBloom,
    #[error("receipts root {found}, the header says {expected}")]
    ReceiptsRoot { expected: B256, found: B256 },
    #[error("state root {found}, the header says {expected}")]
    StateRoot { expected: B256, found: B256 },
}

impl InvalidBlock {
    /// Whether no block with this hash can ever be valid. The hash covers the header only: another
    /// body may be the right one, and what is from the future will not be for ever.
    #[must_use]
    pub const fn is_lasting(&self) -> bool {
        !matches!(
            self,
            Self::TransactionsRoot { .. }
                | Self::Header(CliqueError::Header(InvalidHeader::TimestampInFuture { .. }))
        )
    }
}

/// Why a block could not be checked or is not valid.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Invalid(#[from] InvalidBlock),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks all that can be known of a block without executing it. Returns who sealed it.
///
/// # Errors
/// The first rule that is broken.
pub fn check_before_execution(
    parent: &Header,
    snapshot: &Snapshot,
    block: &Block,
    now_s: u64,
) -> Result<Address, InvalidBlock> {
    let signer = clique::verify(&block.header, parent, snapshot, now_s)?;
    let found = transactions_root(&block.transactions);
    let expected = block.header.transactions_root;
    if found != expected {
        return Err(InvalidBlock::TransactionsRoot { expected, found });
    }
    Ok(signer)
}

/// Executes a block on the draft's state and puts it on top of the branch in force.
///
/// # Errors
/// The block is not valid or the state cannot be read; the draft must then be dropped.
pub fn apply(
    spec: &ChainSpec,
    draft: &mut Draft,
    block: Block,
    signer: Address,
    total_difficulty: U256,
) -> Result<(), CheckError> {
    let header = &block.header;
    let read = read_ahead(draft, &block.transactions)?;
    let state = Overlay::with_read(&*draft, read);
    let mut executor = Executor::on(Environment::new(spec, header, signer), state);
    for (index, transaction) in block.transactions.iter().enumerate() {
        executor
            .execute(transaction)
            .map_err(|error| refusal(index, error))?;
    }
    let executed = executor.finish();
    check_equal(header.gas_used, executed.gas_used, |expected, found| {
        InvalidBlock::GasUsed { expected, found }
    })?;
    if header.logs_bloom != executed.logs_bloom {
        return Err(InvalidBlock::LogsBloom.into());
    }
    let (receipts, changes) = (&executed.receipts, executed.changes);
    let (found_receipts_root, state_root) = rayon::join(
        || receipts_root(&block.transactions, receipts),
        || draft.change_state(header.number, changes),
    );
    check_equal(
        header.receipts_root,
        found_receipts_root,
        |expected, found| InvalidBlock::ReceiptsRoot { expected, found },
    )?;
    check_equal(header.state_root, state_root?, |expected, found| {
        InvalidBlock::StateRoot { expected, found }
    })?;
    draft.add_block(AppliedBlock {
        block,
        receipts: executed.receipts,
        total_difficulty,
    });
    Ok(())
}

/// Fewer accounts than this are read sooner than they are shared out.
const READ_AHEAD_MIN: usize = 512;

/// The accounts that transactions name, read on all processors: where there are many accounts,
/// reading them one by one takes longer than all else. None for few transactions.
fn read_ahead(
    draft: &Draft,
    transactions: &[Transaction],
) -> Result<AddressMap<Option<AccountInfo>>, StoreError> {
    let mut accounts: Vec<(B256, Address)> = transactions
        .iter()
        .flat_map(|transaction| [Some(transaction.sender()), transaction.envelope().to()])
        .flatten()
        .map(|address| (keccak256(address), address))
        .collect();
    if accounts.len() < READ_AHEAD_MIN {
        return Ok(AddressMap::default());
    }
    // Neighbours are stored side by side.
    accounts.sort_unstable();
    accounts.dedup();
    accounts
        .par_iter()
        .with_min_len(READ_AHEAD_MIN / 2)
        .map(|(_, address)| Ok((*address, draft.basic_ref(*address)?)))
        .collect()
}

fn refusal(index: usize, error: ExecutionError<StoreError>) -> CheckError {
    match error {
        ExecutionError::State(error) => CheckError::Store(error),
        other => CheckError::Invalid(InvalidBlock::Transaction {
            index,
            reason: other.to_string(),
        }),
    }
}

fn check_equal<T: PartialEq>(
    expected: T,
    found: T,
    broken: impl FnOnce(T, T) -> InvalidBlock,
) -> Result<(), InvalidBlock> {
    if expected == found {
        return Ok(());
    }
    Err(broken(expected, found))
}

/// Root of the trie of a block's transactions.
#[must_use]
pub fn transactions_root(transactions: &[Transaction]) -> B256 {
    let envelopes: Vec<&TxEnvelope> = transactions.iter().map(Transaction::envelope).collect();
    calculate_transaction_root(&envelopes)
}

/// Root of the trie of a block's receipts.
#[must_use]
pub fn receipts_root(transactions: &[Transaction], receipts: &[StoredReceipt]) -> B256 {
    let receipts: Vec<_> = transactions
        .iter()
        .zip(receipts)
        .map(|(transaction, receipt)| receipt.to_consensus(transaction.envelope().tx_type()))
        .collect();
    calculate_receipt_root(&receipts)
}
