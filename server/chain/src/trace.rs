//! Traces: a block's transactions are executed again on the state before it, and watched.

use std::time::Instant;

use alloy_primitives::B256;
use alloy_rpc_types_trace::geth::{GethDebugTracingOptions, GethTrace};
use revm::context::result::EVMError;
use revm::{Context, DatabaseCommit, ExecuteCommitEvm, InspectEvm, MainBuilder, MainContext};
use revm_inspectors::tracing::{
    DebugInspector, TraceLimitBehavior, TraceLimits, TransactionContext,
};

use crate::chain_spec::ChainSpec;
use crate::clique;
use crate::error::StoreError;
use crate::execution::{Environment, transaction_environment};
use crate::overlay::Overlay;
use crate::tip::{StateView, Tip};
use crate::transaction::Transaction;
use crate::watch::{Bounds, Met, Watch};

/// Steps that a step by step trace records.
const STEPS_MAX: u64 = 500_000;
/// Words of stacks that it records, 32 bytes each.
const STACK_WORDS_MAX: u64 = 4_000_000;
/// Calls that a trace records.
const FRAMES_MAX: u64 = 100_000;
/// Inputs, memory and the like that a trace records, in bytes.
const RECORDED_BYTES_MAX: usize = 128 << 20;

/// Why there is no trace.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("block {0} is not known")]
    UnknownBlock(u64),
    #[error(
        "historical state not available: this node keeps the states since block {oldest:#x}, and \
         a trace of block {number:#x} needs the one before it"
    )]
    StateNotKept { number: u64, oldest: u64 },
    /// The request can be mended.
    #[error("{0}")]
    Options(String),
    #[error(
        "the trace is too large: set limit, disableStack or disableStorage, or use callTracer \
         with onlyTopCall"
    )]
    TooLarge,
    #[error("execution timeout: the trace took too long")]
    OutOfTime,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A transaction that is in a block cannot be executed again.
    #[error("tracing failed: {0}")]
    Execution(String),
}

/// Traces one transaction of a block of the branch in force.
///
/// # Errors
/// See [`TraceError`].
pub fn transaction(
    spec: &ChainSpec,
    tip: &Tip,
    number: u64,
    index: u32,
    options: &GethDebugTracingOptions,
    deadline: Instant,
) -> Result<GethTrace, TraceError> {
    let mut block = Block::begin(spec, tip, number, options, deadline)?;
    block.skip(index)?;
    match block.next_trace() {
        Some(traced) => traced.map(|(_, traced)| traced),
        None => Err(TraceError::UnknownBlock(number)),
    }
}

/// The state after the first `count` transactions of a block of the branch in force.
pub(crate) fn state_before(
    spec: &ChainSpec,
    tip: &Tip,
    number: u64,
    count: u32,
    deadline: Instant,
) -> Result<Overlay<StateView>, TraceError> {
    let options = GethDebugTracingOptions::default();
    let mut block = Block::begin(spec, tip, number, &options, deadline)?;
    block.skip(count)?;
    Ok(block.state)
}

/// A tracer as the options want it, with bounds on what it records.
pub(crate) fn tracer(options: &GethDebugTracingOptions) -> Result<DebugInspector, TraceError> {
    use DebugInspector::{CallTracer, Default, Erc7562Tracer, FlatCallTracer, PreStateTracer};
    let limits = TraceLimits::default()
        .set_max_recorded_bytes(Some(RECORDED_BYTES_MAX))
        .set_behavior(TraceLimitBehavior::Halt);
    let tracer = DebugInspector::new(options.clone())
        .map_err(|error| TraceError::Options(error.to_string()))?;
    Ok(match tracer {
        CallTracer(inspector, config) => CallTracer(inspector.with_limits(limits), config),
        PreStateTracer(inspector, config) => PreStateTracer(inspector.with_limits(limits), config),
        FlatCallTracer(inspector) => FlatCallTracer(inspector.with_limits(limits)),
        Erc7562Tracer(inspector, config) => Erc7562Tracer(inspector.with_limits(limits), config),
        Default(inspector, config) => Default(inspector.with_limits(limits), config),
        other => other,
    })
}

/// The bounds of a trace with these options.
pub(crate) fn trace_bounds(options: &GethDebugTracingOptions, deadline: Instant) -> Bounds {
    let records_steps = options
        .tracer
        .as_ref()
        .is_none_or(|tracer| tracer.as_str().is_empty());
    let is_limited = options
        .config
        .limit
        .is_some_and(|limit| (1..=STEPS_MAX).contains(&limit));
    let bounds = Bounds {
        frames_max: FRAMES_MAX,
        ..Bounds::until(deadline)
    };
    if !records_steps || is_limited {
        return bounds;
    }
    Bounds {
        steps_max: STEPS_MAX,
        stack_words_max: if options.config.is_stack_enabled() {
            STACK_WORDS_MAX
        } else {
            u64::MAX
        },
        ..bounds
    }
}

/// The transactions of a block, traced one after the other.
#[derive(Debug)]
pub struct Block {
    environment: Environment,
    hash: B256,
    state: Overlay<StateView>,
    transactions: std::iter::Enumerate<std::vec::IntoIter<Transaction>>,
    options: GethDebugTracingOptions,
    deadline: Instant,
}

impl Block {
    /// Begins with a block of the branch in force.
    ///
    /// # Errors
    /// It is not known, or the state before it is not kept.
    pub fn begin(
        spec: &ChainSpec,
        tip: &Tip,
        number: u64,
        options: &GethDebugTracingOptions,
        deadline: Instant,
    ) -> Result<Self, TraceError> {
        let block = tip.block(number)?.ok_or(TraceError::UnknownBlock(number))?;
        let before = number
            .checked_sub(1)
            .ok_or(TraceError::UnknownBlock(number))?;
        let Some(state) = tip.state_after(before)? else {
            let oldest = tip.view.oldest_state()?;
            return Err(TraceError::StateNotKept { number, oldest });
        };
        let author = clique::recover_signer(&block.header)
            .map_err(|error| StoreError::damaged("the seal of a stored block", error))?;
        Ok(Self {
            environment: Environment::new(spec, &block.header, author),
            hash: block.hash,
            state: Overlay::new(state),
            transactions: block.transactions.into_iter().enumerate(),
            options: options.clone(),
            deadline,
        })
    }

    /// Executes the next transactions without looking.
    ///
    /// # Errors
    /// See [`TraceError`].
    pub fn skip(&mut self, count: u32) -> Result<(), TraceError> {
        let mut machine = Context::mainnet()
            .with_db(&mut self.state)
            .with_cfg(self.environment.config.clone())
            .with_block(self.environment.block.clone())
            .build_mainnet();
        for (_, transaction) in self.transactions.by_ref().take(count as usize) {
            if Instant::now() >= self.deadline {
                return Err(TraceError::OutOfTime);
            }
            machine
                .transact_commit(transaction_environment(&transaction))
                .map_err(failure)?;
        }
        Ok(())
    }

    /// Traces the next transaction; none after the last.
    pub fn next_trace(&mut self) -> Option<Result<(B256, GethTrace), TraceError>> {
        let (index, transaction) = self.transactions.next()?;
        Some(
            self.trace(index, &transaction)
                .map(|traced| (transaction.hash(), traced)),
        )
    }

    fn trace(&mut self, index: usize, transaction: &Transaction) -> Result<GethTrace, TraceError> {
        if Instant::now() >= self.deadline {
            return Err(TraceError::OutOfTime);
        }
        let bounds = trace_bounds(&self.options, self.deadline);
        let mut inspectors = (Watch::new(bounds), tracer(&self.options)?);
        let wanted = transaction_environment(transaction);
        let mut machine = Context::mainnet()
            .with_db(&mut self.state)
            .with_cfg(self.environment.config.clone())
            .with_block(self.environment.block.clone())
            .build_mainnet_with_inspector(&mut inspectors);
        let outcome = machine.inspect_tx(wanted.clone());
        drop(machine);
        let (watch, mut tracer) = inspectors;
        match watch.met() {
            Some(Met::Time) => return Err(TraceError::OutOfTime),
            Some(Met::Size) => return Err(TraceError::TooLarge),
            None => {}
        }
        let outcome = outcome.map_err(failure)?;
        let context = TransactionContext {
            block_hash: Some(self.hash),
            tx_index: Some(index),
            tx_hash: Some(transaction.hash()),
        };
        let block = &self.environment.block;
        let traced = tracer
            .get_result(Some(context), &wanted, block, &outcome, &mut self.state)
            .map_err(|error| TraceError::Execution(error.to_string()))?;
        self.state.commit(outcome.state);
        Ok(traced)
    }
}

fn failure(error: EVMError<StoreError>) -> TraceError {
    match error {
        EVMError::Database(error) => TraceError::Store(error),
        // The tracer's own bound.
        EVMError::Custom(text) if text.contains("limit exceeded") => TraceError::TooLarge,
        other => TraceError::Execution(other.to_string()),
    }
}
