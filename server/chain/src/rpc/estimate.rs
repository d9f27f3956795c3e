//! `eth_estimateGas`: the least gas limit with which a transaction does what it does with the most
//! (by halving, as geth does it).

use std::time::{Duration, Instant};

use alloy_primitives::{KECCAK256_EMPTY, TxKind, U64};
use revm::Database;
use revm::context::result::{ExecutionResult, HaltReason};
use revm::interpreter::gas::CALL_STIPEND;

use super::Node;
use super::error::RpcError;
use super::json::{Answer, answer};
use super::params::Params;
use super::simulation::{
    CallRequest, Fees, SIMULATION_GAS_MAX, Scene, Simulation, SimulationError, output_of,
};
use crate::watch::Bounds;

/// How long one estimate may compute.
const ESTIMATE_TIME: Duration = Duration::from_secs(10);
/// Gas of a plain transfer.
const TRANSFER_GAS: u64 = 21_000;
/// The answer may be above the least by this part of itself, in thousandths: geth's value.
const ERROR_PER_MILLE: u64 = 15;

pub(super) fn estimate_gas(node: &Node, params: Params) -> Answer {
    let call = CallRequest::read(params)?;
    let tip = node.chain.tip();
    let mut scene = Scene::after(node, &tip, call.block)?;
    scene.change(call.state, call.environment.as_deref())?;
    let mut highest = match call.request.gas {
        Some(gas) if gas >= TRANSFER_GAS => gas,
        _ => scene.environment.block.gas_limit,
    };
    let fees = Fees::of(&call.request, scene.environment.block.basefee)?;
    if fees.max_wei > 0 {
        let caller = call.request.from.unwrap_or_default();
        let value = call.request.value.unwrap_or_default();
        highest = highest.min(scene.allowance(caller, value, fees.max_wei)?);
    }
    highest = highest.min(SIMULATION_GAS_MAX);
    let mut request = call.request;
    request.gas = Some(highest);
    let simulation = scene.with_transaction(request, highest)?;
    let mut trial = Trial {
        simulation,
        bounds: Bounds::until(Instant::now() + ESTIMATE_TIME),
    };
    answer(&U64::from(trial.least(highest)?))
}

struct Trial {
    simulation: Simulation,
    bounds: Bounds,
}

enum Tried {
    Enough { gas_used: u64, gas_refunded: u64 },
    TooLittle(Box<Result<ExecutionResult, RpcError>>),
}

impl Trial {
    fn least(&mut self, highest: u64) -> Result<u64, RpcError> {
        if self.is_plain_transfer()?
            && TRANSFER_GAS <= highest
            && let Tried::Enough { .. } = self.with(TRANSFER_GAS)?
        {
            return Ok(TRANSFER_GAS);
        }
        let (gas_used, gas_refunded) = match self.with(highest)? {
            Tried::Enough {
                gas_used,
                gas_refunded,
            } => (gas_used, gas_refunded),
            Tried::TooLittle(outcome) => return Err(failure(*outcome, highest)),
        };
        let (mut low, mut high) = (gas_used.saturating_sub(1), highest);
        // Enough for most: a call passes on 63 of 64 parts (EIP-150).
        let likely = (gas_used + gas_refunded + CALL_STIPEND).saturating_mul(64) / 63;
        if likely < high {
            self.narrow(likely, &mut low, &mut high)?;
        }
        while low + 1 < high && (high - low).saturating_mul(1_000) >= high * ERROR_PER_MILLE {
            // Most transactions need little more than they use.
            let middle = (low + (high - low) / 2)
                .min(low.saturating_mul(2))
                .max(low + 1);
            self.narrow(middle, &mut low, &mut high)?;
        }
        Ok(high)
    }

    fn narrow(&mut self, gas: u64, low: &mut u64, high: &mut u64) -> Result<(), RpcError> {
        match self.with(gas)? {
            Tried::Enough { .. } => *high = gas,
            Tried::TooLittle(_) => *low = gas,
        }
        Ok(())
    }

    fn with(&mut self, gas: u64) -> Result<Tried, RpcError> {
        self.simulation.transaction.gas_limit = gas;
        let outcome = match self.simulation.run(self.bounds) {
            Ok(result @ ExecutionResult::Success { .. }) => {
                return Ok(Tried::Enough {
                    gas_used: result.tx_gas_used(),
                    gas_refunded: result.gas().final_refunded(),
                });
            }
            Ok(result) => Ok(result),
            Err(error @ SimulationError::Invalid(_)) => Err(error.into()),
            Err(error) => return Err(error.into()),
        };
        Ok(Tried::TooLittle(Box::new(outcome)))
    }

    fn is_plain_transfer(&mut self) -> Result<bool, RpcError> {
        let transaction = &self.simulation.transaction;
        let TxKind::Call(to) = transaction.kind else {
            return Ok(false);
        };
        if !transaction.data.is_empty()
            || !transaction.access_list.is_empty()
            || !transaction.authorization_list.is_empty()
        {
            return Ok(false);
        }
        let account = self.simulation.state.basic(to)?;
        Ok(account.is_none_or(|account| account.code_hash == KECCAK256_EMPTY))
    }
}

fn failure(outcome: Result<ExecutionResult, RpcError>, highest: u64) -> RpcError {
    match outcome {
        Ok(ExecutionResult::Halt {
            reason: HaltReason::OutOfGas(_),
            ..
        }) => RpcError::server(format!("gas required exceeds allowance ({highest})")),
        Ok(result) => match output_of(result) {
            Err(error) => error,
            // It was said to have failed.
            Ok(_) => RpcError::server("execution failed"),
        },
        Err(error) => error,
    }
}
