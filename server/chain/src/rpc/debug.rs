//! geth's `debug_*`: traces, and what is stored as it is.

use std::time::{Duration, Instant};

use alloy_eips::eip2718::Encodable2718;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_rpc_types_trace::common::TraceResult;
use alloy_rpc_types_trace::geth::{
    GethDebugTracingCallOptions, GethDebugTracingOptions, GethTrace,
};

use super::Node;
use super::error::{INTERNAL_ERROR, RpcError};
use super::json::{Answer, answer, array};
use super::params::Params;
use super::position::{Position, header_not_found, resolve};
use super::simulation::{SIMULATION_GAS_MAX, Scene};
use crate::tip::Tip;
use crate::trace::{self, TraceError, trace_bounds};

/// How long a trace may compute when the request does not say less.
const TRACE_TIME: Duration = Duration::from_secs(10);

pub(super) fn trace_transaction(node: &Node, mut params: Params) -> Answer {
    let hash: B256 = params.required()?;
    let options: GethDebugTracingOptions = params.optional()?.unwrap_or_default();
    params.end()?;
    let deadline = deadline(&options)?;
    let tip = node.chain.tip();
    let (number, index) = tip
        .view
        .place_of(&hash)?
        .ok_or_else(|| RpcError::server("transaction not found"))?;
    let traced = trace::transaction(node.chain.spec(), &tip, number, index, &options, deadline)?;
    answer(&traced)
}

pub(super) fn trace_block_by_number(node: &Node, mut params: Params) -> Answer {
    let tag: BlockNumberOrTag = params.required()?;
    trace_block(node, tag.into(), params)
}

pub(super) fn trace_block_by_hash(node: &Node, mut params: Params) -> Answer {
    let hash: B256 = params.required()?;
    trace_block(node, hash.into(), params)
}

/// A call that nobody signed, after a block; with `txIndex`, after so many of its transactions.
pub(super) fn trace_call(node: &Node, mut params: Params) -> Answer {
    let request: TransactionRequest = params.required()?;
    let block: BlockId = params.optional()?.unwrap_or_default();
    let options: GethDebugTracingCallOptions = params.optional()?.unwrap_or_default();
    params.end()?;
    let deadline = deadline(&options.tracing_options)?;
    let tip = node.chain.tip();
    let mut scene = Scene::after(node, &tip, block)?;
    if let Some(index) = options.tx_index {
        let number = resolve(node, &tip, block)?.header.number;
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        scene.state = trace::state_before(node.chain.spec(), &tip, number, index, deadline)?;
    }
    scene.change(options.state_overrides, options.block_overrides.as_ref())?;
    let mut simulation = scene.with_transaction(request, SIMULATION_GAS_MAX)?;
    let tracer = trace::tracer(&options.tracing_options)?;
    let bounds = trace_bounds(&options.tracing_options, deadline);
    let (outcome, mut tracer) = simulation.run_with(bounds, tracer)?;
    let traced = tracer
        .get_result(
            None,
            &simulation.transaction,
            &simulation.environment.block,
            &outcome,
            &mut simulation.state,
        )
        .map_err(|error| RpcError::server(error.to_string()))?;
    answer(&traced)
}

pub(super) fn raw_header(node: &Node, params: Params) -> Answer {
    let (_, block) = subject(node, params)?;
    answer(&Bytes::from(alloy_rlp::encode(&block.header)))
}

pub(super) fn raw_block(node: &Node, params: Params) -> Answer {
    let (tip, block) = subject(node, params)?;
    let block = tip
        .block(block.header.number)?
        .ok_or_else(header_not_found)?;
    answer(&Bytes::from(block.encode()))
}

pub(super) fn raw_receipts(node: &Node, params: Params) -> Answer {
    let (tip, block) = subject(node, params)?;
    let transactions = tip.view.transactions(block.header.number)?;
    let receipts = tip.view.receipts(block.header.number)?;
    let encoded = transactions
        .iter()
        .zip(&receipts)
        .map(|(transaction, receipt)| {
            let receipt = receipt.to_consensus(transaction.envelope().tx_type());
            answer(&Bytes::from(receipt.encoded_2718()))
        });
    array(encoded)
}

fn trace_block(node: &Node, block: BlockId, mut params: Params) -> Answer {
    let options: GethDebugTracingOptions = params.optional()?.unwrap_or_default();
    params.end()?;
    let deadline = deadline(&options)?;
    let tip = node.chain.tip();
    let number = resolve(node, &tip, block)?.header.number;
    if number == 0 {
        return Err(RpcError::server("genesis is not traceable"));
    }
    let mut traces = trace::Block::begin(node.chain.spec(), &tip, number, &options, deadline)?;
    array(std::iter::from_fn(|| {
        let (hash, traced) = match traces.next_trace()? {
            Ok(traced) => traced,
            Err(error) => return Some(Err(error.into())),
        };
        Some(answer(&TraceResult::<GethTrace, String>::Success {
            result: traced,
            tx_hash: Some(hash),
        }))
    }))
}

fn subject(node: &Node, mut params: Params) -> Result<(std::sync::Arc<Tip>, Position), RpcError> {
    let id: BlockId = params.required()?;
    params.end()?;
    let tip = node.chain.tip();
    let block = resolve(node, &tip, id)?;
    Ok((tip, block))
}

/// Now plus the `timeout` of the request (a Go duration, such as `500ms` or `5s`), or what is
/// allowed at most.
fn deadline(options: &GethDebugTracingOptions) -> Result<Instant, RpcError> {
    let time = match &options.timeout {
        None => TRACE_TIME,
        Some(text) => parse_duration(text)
            .ok_or_else(|| RpcError::invalid_params(format!("invalid timeout {text:?}")))?
            .min(TRACE_TIME),
    };
    Ok(Instant::now() + time)
}

fn parse_duration(text: &str) -> Option<Duration> {
    let units = [("ms", 1.0), ("s", 1e3), ("m", 6e4), ("h", 3.6e6)];
    let (number, unit_ms) = units
        .iter()
        .find_map(|(unit, unit_ms)| Some((text.strip_suffix(unit)?, unit_ms)))?;
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * unit_ms / 1e3).ok()
}

impl From<TraceError> for RpcError {
    fn from(error: TraceError) -> Self {
        match error {
            TraceError::Store(error) => error.into(),
            TraceError::Options(message) => Self::invalid_params(message),
            TraceError::TooLarge | TraceError::OutOfTime => Self::limit(error.to_string()),
            TraceError::StateNotKept { .. } | TraceError::UnknownBlock(_) => {
                Self::server(error.to_string())
            }
            TraceError::Execution(_) => {
                tracing::error!(%error, "a trace failed");
                Self::new(INTERNAL_ERROR, error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, time: Option<Duration>) {
        assert_eq!(parse_duration(text), time, "{text}");
    }

    #[test]
    fn durations() {
        check("500ms", Some(Duration::from_millis(500)));
        check("5s", Some(Duration::from_secs(5)));
        check("1.5s", Some(Duration::from_millis(1_500)));
        check("2m", Some(Duration::from_secs(120)));
        check("1h", Some(Duration::from_secs(3_600)));
        check("5", None);
        check("-1s", None);
        check("NaNs", None);
        check("", None);
    }
}
