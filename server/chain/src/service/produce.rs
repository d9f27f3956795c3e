//! Makes blocks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_primitives::map::AddressSet;
use alloy_primitives::{Address, B256};
use secp256k1::SecretKey;

use super::{Chain, ImportError};
use crate::block::Block;
use crate::clique::{self, CliqueError, SigningRefusal};
use crate::draft::AppliedBlock;
use crate::error::StoreError;
use crate::execution::{Environment, ExecutionError, Executor};
use crate::transaction::Transaction;
use crate::validation::{receipts_root, transactions_root};

/// Who seals our blocks.
#[derive(Clone)]
pub struct Sealer {
    key: SecretKey,
    address: Address,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Sealer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Sealer {
    /// The signer with this key.
    #[must_use]
    pub fn new(key: SecretKey) -> Self {
        Self {
            address: clique::signer_address(&key),
            key,
        }
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }
}

/// Why no block was made. Nothing has changed, and no transaction is lost.
#[derive(Debug, thiserror::Error)]
pub enum ProduceError {
    /// It is not (yet) for this signer to make it.
    #[error(transparent)]
    NotNow(#[from] SigningRefusal),
    /// Another block came in between.
    #[error("the head is no longer {0}")]
    HeadMoved(B256),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the seal: {0}")]
    Seal(#[from] CliqueError),
}

/// What a new block is to be like.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// The block that it follows.
    pub parent: B256,
    /// Unix time in seconds; later if the period asks for it.
    pub timestamp_s: u64,
    /// Transactions are no longer added after this long.
    pub time_limit: Duration,
    /// Chooses among votes.
    pub random: u64,
}

impl Chain {
    /// Makes a block out of transactions that wait, seals it and takes it in. They leave the
    /// mempool with the commit of the block and not before. It computes and writes for as long as
    /// it takes: call it where blocking is allowed.
    ///
    /// # Errors
    /// Why there is no block.
    pub fn produce(
        &self,
        sealer: &Sealer,
        order: Order,
    ) -> Result<Arc<AppliedBlock>, ProduceError> {
        let began = Instant::now();
        let mut writer = self.inner.writer.lock();
        let tip = self.tip();
        if tip.hash != order.parent {
            return Err(ProduceError::HeadMoved(order.parent));
        }
        let mut draft = self.draft();
        let snapshot = self.snapshot_after(&mut writer, &draft, tip.hash)?;
        let vote = clique::next_vote(&writer.proposals, &snapshot, sealer.address, order.random);
        let mut header = clique::prepare(
            &tip.header,
            &snapshot,
            &clique::Draft {
                signer: sealer.address,
                vote,
                vanity: B256::ZERO,
                timestamp: order.timestamp_s,
                gas_limit_target: self.inner.settings.gas_limit_target,
            },
        )?;
        let environment = Environment::new(self.spec(), &header, sealer.address);
        let mut executor = Executor::new(environment, &draft);
        let candidates = self.candidates(
            header.base_fee_per_gas.unwrap_or_default(),
            header.gas_limit,
        );
        let (transactions, refused) = fill(&mut executor, candidates, || {
            began.elapsed() < order.time_limit
        })?;
        let executed = executor.finish();
        header.transactions_root = transactions_root(&transactions);
        header.receipts_root = receipts_root(&transactions, &executed.receipts);
        header.logs_bloom = executed.logs_bloom;
        header.gas_used = executed.gas_used;
        header.state_root = draft.change_state(header.number, executed.changes)?;
        clique::seal(&mut header, &sealer.key)?;
        let after = snapshot.apply(&header)?;
        let total_difficulty = tip.total_difficulty + header.difficulty;
        draft.add_block(AppliedBlock {
            block: Block::new(header, transactions),
            receipts: executed.receipts,
            total_difficulty,
        });
        self.keep_snapshot(&mut writer, &mut draft, after);
        let made = draft.added()[0].clone();
        self.publish(draft)?;
        for hash in refused {
            self.drop_invalid(hash);
        }
        report(&made, began.elapsed());
        Ok(made)
    }
}

/// Transactions in a block besides what gas allows: the cheapest costs 21,000.
const TRANSACTIONS_MAX: usize = 50_000;

/// Executes candidates until the block is full. Returns what is in, and what can never be.
fn fill(
    executor: &mut Executor<&crate::draft::Draft>,
    candidates: Vec<Transaction>,
    has_time: impl Fn() -> bool,
) -> Result<(Vec<Transaction>, Vec<B256>), StoreError> {
    let mut taken = Vec::new();
    let mut refused = Vec::new();
    // What follows in the order of nonces cannot be in when one is not.
    let mut left_out = AddressSet::default();
    for transaction in candidates {
        if taken.len() >= TRANSACTIONS_MAX
            || executor.gas_left() < GAS_OF_THE_CHEAPEST
            || !has_time()
        {
            break;
        }
        if left_out.contains(&transaction.sender()) {
            continue;
        }
        match executor.execute(&transaction) {
            Ok(_) => taken.push(transaction),
            Err(ExecutionError::BlockIsFull { .. }) => {
                left_out.insert(transaction.sender());
            }
            Err(ExecutionError::State(error)) => return Err(error),
            Err(error) => {
                tracing::debug!(hash = %transaction.hash(), %error, "a transaction is dropped");
                left_out.insert(transaction.sender());
                refused.push(transaction.hash());
            }
        }
    }
    Ok((taken, refused))
}

/// Gas of a plain transfer.
const GAS_OF_THE_CHEAPEST: u64 = 21_000;

fn report(made: &AppliedBlock, took: Duration) {
    let header = &made.block.header;
    let base_fee = u128::from(header.base_fee_per_gas.unwrap_or_default());
    let fees: u128 = base_fee * u128::from(header.gas_used);
    let count = made.block.transactions.len();
    metrics::counter!("blocks_proposed_total").increment(1);
    metrics::counter!("mempool_tx_drained_total").increment(count as u64);
    metrics::gauge!("last_block_tx_count").set(count as f64);
    metrics::gauge!("last_block_total_fees").set(fees as f64);
    metrics::histogram!("block_build_duration_seconds").record(took.as_secs_f64());
    tracing::info!(
        height = header.number,
        hash = %made.block.hash,
        parent_hash = %header.parent_hash,
        timestamp = header.timestamp,
        tx_count = count,
        total_fees = %fees,
        build_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "Proposed block"
    );
}
