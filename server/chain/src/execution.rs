//! Executes the transactions of a block (EIP-1559 fees, hard fork by the chain's rules).
//!
//! The same executor serves a block that is being made and one that is being checked: the maker
//! may skip a transaction that does not fit, the checker may not.

use alloy_consensus::{Header, Transaction as _, TxEnvelope};
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, B256, Bloom, Log, U256, logs_bloom};
use revm::context::either::Either;
use revm::context::result::{EVMError, ExecutionResult, InvalidTransaction};
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::handler::MainnetContext;
use revm::primitives::hardfork::SpecId;
use revm::{Context, DatabaseRef, ExecuteCommitEvm, MainBuilder, MainContext, MainnetEvm};

use crate::chain_spec::ChainSpec;
use crate::overlay::{Overlay, StateChanges};
use crate::receipt::StoredReceipt;
use crate::transaction::Transaction;

/// Largest memory that one call may use, in bytes: gas alone would allow several gigabytes in a
/// large block.
pub const MEMORY_MAX_BYTES: u64 = 128 << 20;

/// The rules of one block.
#[derive(Debug, Clone)]
pub struct Environment {
    pub config: CfgEnv,
    pub block: BlockEnv,
}

impl Environment {
    /// The environment of the block with this header. `author` is who sealed it: fees go there
    /// (EIP-225 leaves `beneficiary` to votes).
    #[must_use]
    pub fn new(spec: &ChainSpec, header: &Header, author: Address) -> Self {
        let spec_id = spec.spec_id(header.timestamp);
        let mut config = CfgEnv::default().with_chain_id(spec.chain_id());
        config.set_spec_and_mainnet_gas_params(spec_id);
        config.memory_limit = MEMORY_MAX_BYTES;
        let block = BlockEnv {
            number: U256::from(header.number),
            beneficiary: author,
            timestamp: U256::from(header.timestamp),
            gas_limit: header.gas_limit,
            basefee: header.base_fee_per_gas.unwrap_or_default(),
            difficulty: header.difficulty,
            // There is no beacon here: the opcode still says what it said before the merge.
            prevrandao: Some(B256::from(header.difficulty)),
            blob_excess_gas_and_price: spec_id
                .is_enabled_in(SpecId::CANCUN)
                .then(|| BlobExcessGasAndPrice::new(0, BLOB_FEE_UPDATE_FRACTION)),
            ..BlockEnv::default()
        };
        Self { config, block }
    }

    /// The hard fork in force.
    #[must_use]
    pub const fn spec_id(&self) -> SpecId {
        self.config.spec
    }
}

/// Without blobs their fee is the smallest, whatever the fraction.
const BLOB_FEE_UPDATE_FRACTION: u64 =
    revm::primitives::eip4844::BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE;

/// Why a transaction cannot be part of a block.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionError<E: std::error::Error> {
    /// The transaction breaks a rule; the state is as it was.
    #[error("{0}")]
    Invalid(Box<InvalidTransaction>),
    /// The gas left in the block is less than the transaction may use.
    #[error("{wanted} gas wanted, {left} left in the block")]
    BlockIsFull { wanted: u64, left: u64 },
    /// The state could not be read.
    #[error("the state cannot be read: {0}")]
    State(E),
    /// The EVM failed by itself.
    #[error("{0}")]
    Machine(String),
}

/// What a block's transactions have done.
#[derive(Debug)]
pub struct Executed {
    pub receipts: Vec<StoredReceipt>,
    pub gas_used: u64,
    pub logs_bloom: Bloom,
    pub changes: StateChanges,
}

type Machine<S> = MainnetEvm<MainnetContext<Overlay<S>>>;

/// Executes one transaction after the other.
pub struct Executor<S: DatabaseRef> {
    machine: Machine<S>,
    gas_limit: u64,
    gas_used: u64,
    logs_count: u64,
    receipts: Vec<StoredReceipt>,
    bloom: Bloom,
}

impl<S> Executor<S>
where
    S: DatabaseRef,
    S::Error: std::error::Error + Send + Sync + 'static,
{
    /// Begins a block on `state`, which is that after its parent.
    pub fn new(environment: Environment, state: S) -> Self {
        Self::on(environment, Overlay::new(state))
    }

    /// Begins a block on a state of which some was read already.
    pub fn on(environment: Environment, state: Overlay<S>) -> Self {
        let gas_limit = environment.block.gas_limit;
        Self {
            machine: Context::mainnet()
                .with_db(state)
                .with_cfg(environment.config)
                .with_block(environment.block)
                .build_mainnet(),
            gas_limit,
            gas_used: 0,
            logs_count: 0,
            receipts: Vec::new(),
            bloom: Bloom::ZERO,
        }
    }

    /// Gas that transactions may still use.
    pub const fn gas_left(&self) -> u64 {
        self.gas_limit - self.gas_used
    }

    /// Executes the next transaction.
    ///
    /// # Errors
    /// It cannot be part of this block here; nothing has changed.
    pub fn execute(
        &mut self,
        transaction: &Transaction,
    ) -> Result<&StoredReceipt, ExecutionError<S::Error>> {
        let (wanted, left) = (transaction.envelope().gas_limit(), self.gas_left());
        if wanted > left {
            return Err(ExecutionError::BlockIsFull { wanted, left });
        }
        let outcome = self
            .machine
            .transact_commit(transaction_environment(transaction))
            .map_err(|error| match error {
                EVMError::Transaction(invalid) => ExecutionError::Invalid(Box::new(invalid)),
                EVMError::Database(error) => ExecutionError::State(error),
                other => ExecutionError::Machine(other.to_string()),
            })?;
        let gas_used = outcome.tx_gas_used();
        self.gas_used += gas_used;
        let succeeded = outcome.is_success();
        let logs = into_logs(outcome);
        self.bloom |= logs_bloom(&logs);
        let first_log_index = self.logs_count;
        self.logs_count += logs.len() as u64;
        self.receipts.push(StoredReceipt {
            succeeded,
            gas_used,
            cumulative_gas_used: self.gas_used,
            first_log_index,
            logs,
        });
        // It was pushed on the line above.
        Ok(&self.receipts[self.receipts.len() - 1])
    }

    /// Ends the block.
    pub fn finish(self) -> Executed {
        Executed {
            receipts: self.receipts,
            gas_used: self.gas_used,
            logs_bloom: self.bloom,
            changes: self.machine.ctx.journaled_state.database.into_changes(),
        }
    }
}

/// Logs of a transaction that failed are gone with its other effects.
fn into_logs(outcome: ExecutionResult) -> Vec<Log> {
    match outcome {
        ExecutionResult::Success { logs, .. } => logs,
        ExecutionResult::Revert { .. } | ExecutionResult::Halt { .. } => Vec::new(),
    }
}

/// A signed transaction as the EVM takes it.
#[must_use]
pub fn transaction_environment(transaction: &Transaction) -> TxEnv {
    let envelope = transaction.envelope();
    TxEnv {
        tx_type: envelope.tx_type() as u8,
        caller: transaction.sender(),
        gas_limit: envelope.gas_limit(),
        gas_price: envelope.max_fee_per_gas(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        nonce: envelope.nonce(),
        chain_id: envelope.chain_id(),
        access_list: envelope.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: envelope.max_priority_fee_per_gas(),
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: authorizations(envelope)
            .iter()
            .cloned()
            .map(Either::Left)
            .collect(),
    }
}

fn authorizations(envelope: &TxEnvelope) -> &[SignedAuthorization] {
    envelope.authorization_list().unwrap_or_default()
}
