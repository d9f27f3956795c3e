//! `eth_createAccessList` (EIP-2930): what a transaction touches besides its sender, its target
//! and the precompiles.

use std::time::{Duration, Instant};

use alloy_eips::eip2930::AccessListResult;
use alloy_primitives::U256;
use revm::context::result::ExecutionResult;
use revm_inspectors::access_list::AccessListInspector;

use super::Node;
use super::error::RpcError;
use super::json::{Answer, answer};
use super::params::Params;
use super::simulation::{CallRequest, SIMULATION_GAS_MAX, halt_text, prepare};
use crate::watch::Bounds;

/// How long it may compute.
const TIME: Duration = Duration::from_secs(5);
/// A list changes what gas costs, and so what is touched: it is tried again until it stays.
const ROUNDS_MAX: usize = 16;

pub(super) fn create(node: &Node, params: Params) -> Answer {
    let mut call = CallRequest::read(params)?;
    let tip = node.chain.tip();
    let given = call.request.access_list.take().unwrap_or_default();
    call.request.access_list = Some(given.clone());
    let mut simulation = prepare(node, &tip, call, SIMULATION_GAS_MAX)?;
    let bounds = Bounds::until(Instant::now() + TIME);
    for _ in 0..ROUNDS_MAX {
        let inspector = AccessListInspector::new(given.clone());
        let (outcome, inspector) = simulation.run_with(bounds, inspector)?;
        let list = inspector.into_access_list();
        if list != simulation.transaction.access_list {
            simulation.transaction.access_list = list;
            continue;
        }
        let error = match &outcome.result {
            ExecutionResult::Success { .. } => None,
            ExecutionResult::Revert { output, .. } => Some(RpcError::reverted(output).message),
            ExecutionResult::Halt { reason, .. } => Some(halt_text(reason)),
        };
        return answer(&AccessListResult {
            access_list: list,
            gas_used: U256::from(outcome.result.tx_gas_used()),
            error,
        });
    }
    Err(RpcError::server("the access list changes with every round"))
}
