//! `eth_call`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Node;
use super::json::{Answer, answer};
use super::methods::heavy;
use super::params::Params;
use super::simulation::{CallRequest, SIMULATION_GAS_MAX, SimulationError, output_of, prepare};
use crate::watch::Bounds;

/// How long one call may compute.
const CALL_TIME: Duration = Duration::from_secs(5);
/// Steps that a call may take where it was asked, before it is begun anew on another thread.
const SHORT_STEPS_MAX: u64 = 20_000;
/// Gas that a frame of such a call may use: a single step can be expensive.
const SHORT_FRAME_GAS_MAX: u64 = 3_000_000;

/// Most calls read a few slots: they are done before another thread would have woken up. A call
/// that turns out to be long is begun anew elsewhere, with the same gas, so that it does the same.
pub(super) async fn call(node: &Arc<Node>, params: Params) -> Answer {
    let call = CallRequest::read(params)?;
    let bounds = Bounds {
        steps_max: SHORT_STEPS_MAX,
        frame_gas_max: SHORT_FRAME_GAS_MAX,
        ..Bounds::until(Instant::now() + CALL_TIME)
    };
    match execute(node, call.clone(), bounds) {
        Err(SimulationError::TooLarge) => {}
        short => return short?,
    }
    heavy(node, move |node| {
        execute(node, call, Bounds::until(Instant::now() + CALL_TIME))?
    })
    .await
}

fn execute(node: &Node, call: CallRequest, bounds: Bounds) -> Result<Answer, SimulationError> {
    let simulation = prepare(node, &node.chain.tip(), call, SIMULATION_GAS_MAX);
    let result = simulation.map_err(SimulationError::Rpc)?.run(bounds)?;
    Ok(output_of(result).and_then(|output| answer(&output)))
}
