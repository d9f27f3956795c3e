//! Executes what nobody signed: the common ground of `eth_call`, `eth_estimateGas`,
//! `eth_createAccessList` and `debug_traceCall`.

mod fees;
mod outcome;

use alloy_consensus::Header;
use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, TxKind, U256, keccak256};
use alloy_rpc_types_eth::state::{AccountOverride, StateOverride};
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest};
use revm::bytecode::Bytecode;
use revm::context::TxEnv;
use revm::context::either::Either;
use revm::context::result::{EVMError, ExecutionResult, InvalidTransaction, ResultAndState};
use revm::handler::MainnetContext;
use revm::inspector::NoOpInspector;
use revm::{Context, Database, InspectEvm, Inspector, MainBuilder, MainContext};

use super::Node;
use super::error::RpcError;
use super::params::Params;
use super::position::{author_of, pending_header, resolve, state_after};
use crate::execution::Environment;
use crate::overlay::{Overlay, Wipe};
use crate::service::unix_time_ms;
use crate::tip::{StateView, Tip};
use crate::watch::{Bounds, Met, Watch};

pub(super) use fees::Fees;
use outcome::refusal;
pub(super) use outcome::{halt_text, output_of};

/// Gas that one simulation may use.
pub(super) const SIMULATION_GAS_MAX: u64 = 50_000_000;

/// The parameters that the methods share.
#[derive(Debug, Clone)]
pub(super) struct CallRequest {
    pub request: TransactionRequest,
    pub block: BlockId,
    pub state: Option<StateOverride>,
    pub environment: Option<Box<BlockOverrides>>,
}

impl CallRequest {
    /// Transaction, block, overrides of the state and of the block.
    pub fn read(mut params: Params) -> Result<Self, RpcError> {
        let request = Self {
            request: params.required()?,
            block: params.optional()?.unwrap_or_default(),
            state: params.optional()?,
            environment: params.optional()?.map(Box::new),
        };
        params.end()?;
        Ok(request)
    }
}

/// A transaction that is ready to be executed on a state.
#[derive(Debug)]
pub(super) struct Simulation {
    pub environment: Environment,
    pub state: Overlay<StateView>,
    pub transaction: TxEnv,
}

/// Where and on what a simulation runs, before the transaction is known.
pub(super) struct Scene {
    pub environment: Environment,
    pub state: Overlay<StateView>,
}

impl Scene {
    /// After the block that a request names, in that block's environment; `pending` is after the
    /// newest block, in the environment of the next.
    pub fn after(node: &Node, tip: &Tip, block: BlockId) -> Result<Self, RpcError> {
        if block.is_pending() {
            let header = pending_header(node, tip, unix_time_ms() / 1_000);
            let signer = node.options.signer.unwrap_or_default();
            return Ok(Self::new(node, &header, signer, tip.state()));
        }
        let block = resolve(node, tip, block)?;
        let state = state_after(tip, block.header.number)?;
        let author = author_of(node, &block);
        Ok(Self::new(node, &block.header, author, state))
    }

    fn new(node: &Node, header: &Header, author: Address, state: StateView) -> Self {
        Self {
            environment: Environment::new(node.chain.spec(), header, author),
            state: Overlay::new(state),
        }
    }

    /// Changes what the overrides name.
    pub fn change(
        &mut self,
        state: Option<StateOverride>,
        environment: Option<&BlockOverrides>,
    ) -> Result<(), RpcError> {
        for (address, account) in state.into_iter().flatten() {
            change_account(&mut self.state, address, account)?;
        }
        let Some(overrides) = environment else {
            return Ok(());
        };
        if overrides.beacon_root.is_some() {
            return Err(RpcError::invalid_params(
                "block override \"beaconRoot\" is not supported: this chain has no beacon",
            ));
        }
        let block = &mut self.environment.block;
        block.number = overrides.number.unwrap_or(block.number);
        block.difficulty = overrides.difficulty.unwrap_or(block.difficulty);
        block.timestamp = overrides.time.map_or(block.timestamp, U256::from);
        block.gas_limit = overrides.gas_limit.unwrap_or(block.gas_limit);
        block.beneficiary = overrides.coinbase.unwrap_or(block.beneficiary);
        // Before the merge, PREVRANDAO is DIFFICULTY.
        let randomness = overrides.random.or(overrides.difficulty.map(B256::from));
        block.prevrandao = randomness.or(block.prevrandao);
        if let Some(base_fee) = overrides.base_fee {
            block.basefee = u64::try_from(base_fee)
                .map_err(|_| RpcError::invalid_params("the base fee does not fit in 64 bits"))?;
        }
        for (number, hash) in overrides.block_hash.iter().flatten() {
            self.state.change_block_hash(*number, *hash);
        }
        Ok(())
    }

    /// Adds the transaction, whose gas limit is `gas_default` if it does not say, and
    /// [`SIMULATION_GAS_MAX`] at most.
    pub fn with_transaction(
        mut self,
        request: TransactionRequest,
        gas_default: u64,
    ) -> Result<Simulation, RpcError> {
        let fees = Fees::of(&request, self.environment.block.basefee)?;
        let config = &mut self.environment.config;
        config.disable_nonce_check = true;
        config.disable_eip3607 = true;
        config.disable_block_gas_limit = true;
        config.tx_gas_limit_cap = Some(u64::MAX);
        if fees.max_wei == 0 {
            // As in geth, who pays nothing is not asked for a base fee, and sees none.
            config.disable_base_fee = true;
            self.environment.block.basefee = 0;
        }
        let caller = request.from.unwrap_or_default();
        let value = request.value.unwrap_or_default();
        let gas = request.gas.unwrap_or(gas_default).min(SIMULATION_GAS_MAX);
        let gas_limit = match request.gas {
            None if fees.max_wei > 0 => gas.min(self.allowance(caller, value, fees.max_wei)?),
            _ => gas,
        };
        let nonce = match request.nonce {
            Some(nonce) => nonce,
            None => self.state.basic(caller)?.map_or(0, |info| info.nonce),
        };
        if request.blob_versioned_hashes.is_some() || request.sidecar.is_some() {
            return Err(RpcError::invalid_params(
                "this chain carries no blobs (EIP-4844)",
            ));
        }
        let authorizations = request.authorization_list.unwrap_or_default();
        let tx_type = match (&fees.priority_wei, &request.access_list) {
            _ if !authorizations.is_empty() => 4,
            (Some(_), _) => 2,
            (None, Some(_)) => 1,
            (None, None) => 0,
        };
        let input = request.input.try_into_unique_input();
        let input = input.map_err(|error| RpcError::invalid_params(error.to_string()))?;
        let transaction = TxEnv {
            tx_type,
            caller,
            gas_limit,
            gas_price: fees.max_wei,
            kind: request.to.unwrap_or(TxKind::Create),
            value,
            data: input.unwrap_or_default(),
            nonce,
            chain_id: Some(request.chain_id.unwrap_or(self.environment.config.chain_id)),
            access_list: request.access_list.unwrap_or_default(),
            gas_priority_fee: fees.priority_wei.or((tx_type == 4).then_some(0)),
            blob_hashes: Vec::new(),
            max_fee_per_blob_gas: 0,
            authorization_list: authorizations.into_iter().map(Either::Left).collect(),
        };
        Ok(Simulation {
            environment: self.environment,
            state: self.state,
            transaction,
        })
    }

    /// Gas that an account can pay for besides the value that it sends.
    pub fn allowance(
        &mut self,
        caller: Address,
        value: U256,
        fee_max_wei: u128,
    ) -> Result<u64, RpcError> {
        let balance = self
            .state
            .basic(caller)?
            .map_or(U256::ZERO, |info| info.balance);
        let left = balance
            .checked_sub(value)
            .ok_or_else(|| RpcError::server("insufficient funds for transfer"))?;
        Ok((left / U256::from(fee_max_wei)).saturating_to())
    }
}

/// Everything ready, with the overrides in place.
pub(super) fn prepare(
    node: &Node,
    tip: &Tip,
    call: CallRequest,
    gas_default: u64,
) -> Result<Simulation, RpcError> {
    let mut scene = Scene::after(node, tip, call.block)?;
    scene.change(call.state, call.environment.as_deref())?;
    scene.with_transaction(call.request, gas_default)
}

impl Simulation {
    /// Executes it; the state stays as it is.
    pub fn run(&mut self, bounds: Bounds) -> Result<ExecutionResult, SimulationError> {
        let (outcome, _) = self.run_with(bounds, NoOpInspector)?;
        Ok(outcome.result)
    }

    /// Executes it under the eyes of an inspector; the state stays as it is.
    pub fn run_with<I>(
        &mut self,
        bounds: Bounds,
        inspector: I,
    ) -> Result<(ResultAndState, I), SimulationError>
    where
        I: for<'a> Inspector<MainnetContext<&'a mut Overlay<StateView>>>,
    {
        let mut inspectors = (Watch::new(bounds), inspector);
        let mut machine = Context::mainnet()
            .with_db(&mut self.state)
            .with_cfg(self.environment.config.clone())
            .with_block(self.environment.block.clone())
            .build_mainnet_with_inspector(&mut inspectors);
        let outcome = machine.inspect_tx(self.transaction.clone());
        drop(machine);
        let (watch, inspector) = inspectors;
        match (watch.met(), outcome) {
            (Some(Met::Time), _) => Err(SimulationError::OutOfTime),
            (Some(Met::Size), _) => Err(SimulationError::TooLarge),
            (None, Ok(outcome)) => Ok((outcome, inspector)),
            (None, Err(EVMError::Transaction(invalid))) => {
                Err(SimulationError::Invalid(Box::new(invalid)))
            }
            (None, Err(EVMError::Database(error))) => Err(SimulationError::Rpc(error.into())),
            (None, Err(other)) => Err(SimulationError::Rpc(RpcError::server(other.to_string()))),
        }
    }
}

/// Why a simulation has no result.
#[derive(Debug)]
pub(super) enum SimulationError {
    OutOfTime,
    /// A bound other than time was met.
    TooLarge,
    /// No block could hold such a transaction.
    Invalid(Box<InvalidTransaction>),
    Rpc(RpcError),
}

impl From<SimulationError> for RpcError {
    fn from(error: SimulationError) -> Self {
        match error {
            SimulationError::OutOfTime => Self::server("execution aborted: it took too long"),
            SimulationError::TooLarge => Self::limit("the execution is too large to be recorded"),
            SimulationError::Invalid(invalid) => Self::server(refusal(&invalid)),
            SimulationError::Rpc(error) => error,
        }
    }
}

fn change_account(
    state: &mut Overlay<StateView>,
    address: Address,
    account: AccountOverride,
) -> Result<(), RpcError> {
    if account.move_precompile_to.is_some() {
        return Err(RpcError::invalid_params(
            "movePrecompileToAddress is not supported",
        ));
    }
    if account.state.is_some() && account.state_diff.is_some() {
        return Err(RpcError::invalid_params(format!(
            "account {address} has both 'state' and 'stateDiff'"
        )));
    }
    let code = account.code.map(Bytecode::new_raw_checked).transpose();
    let code = code.map_err(|error| RpcError::invalid_params(error.to_string()))?;
    state.change(address, |info| {
        info.balance = account.balance.unwrap_or(info.balance);
        info.nonce = account.nonce.unwrap_or(info.nonce);
        if let Some(code) = code {
            info.code_hash = keccak256(code.original_byte_slice());
            info.code = Some(code);
        }
    })?;
    let (wipe, slots) = match (account.state, account.state_diff) {
        (Some(slots), _) => (Wipe::All, slots),
        (None, Some(slots)) => (Wipe::None, slots),
        (None, None) => return Ok(()),
    };
    let slots = slots
        .into_iter()
        .map(|(slot, value)| (slot.into(), value.into()));
    state.change_slots(address, wipe, slots)?;
    Ok(())
}
