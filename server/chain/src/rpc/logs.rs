//! `eth_getLogs`.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use alloy_eips::BlockNumberOrTag;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};

use super::Node;
use super::error::RpcError;
use super::json::{Answer, answer};
use super::log_search::{LogLimits, LogSearchError, search_logs};
use super::params::Params;
use super::position::{self, number_of};
use crate::tip::Tip;

/// Logs that one request is answered with.
const LOGS_MAX: usize = 20_000;
/// Blocks that are read when neither an address nor a topic narrows the search.
const UNINDEXED_BLOCKS_MAX: u64 = 10_000;
/// Addresses and topics in one filter.
pub(super) const CRITERIA_MAX: usize = 1_000;
/// How long one search may take.
const SEARCH_TIME: Duration = Duration::from_secs(10);

pub(super) fn get(node: &Node, mut params: Params) -> Answer {
    let filter: Filter = params.required()?;
    params.end()?;
    let tip = node.chain.tip();
    answer(&find(node, &tip, &filter)?)
}

/// The logs on the branch in force that a filter asks for.
pub(super) fn find(node: &Node, tip: &Tip, filter: &Filter) -> Result<Vec<Log>, RpcError> {
    check_criteria(filter)?;
    let Some(blocks) = range_of(node, tip, filter)? else {
        return Ok(Vec::new());
    };
    let limits = LogLimits {
        logs_max: LOGS_MAX,
        unindexed_blocks_max: UNINDEXED_BLOCKS_MAX,
        deadline: Instant::now() + SEARCH_TIME,
    };
    search_logs(&tip.view, filter, blocks, limits).map_err(|error| match error {
        LogSearchError::Store(error) => error.into(),
        other => RpcError::limit(other.to_string()),
    })
}

/// That a filter is not larger than it may be.
pub(super) fn check_criteria(filter: &Filter) -> Result<(), RpcError> {
    let topics: usize = filter.topics.iter().map(|topics| topics.len()).sum();
    let criteria = filter.address.len() + topics;
    if criteria > CRITERIA_MAX {
        return Err(RpcError::invalid_params(format!(
            "{criteria} addresses and topics, at most {CRITERIA_MAX} are searched for"
        )));
    }
    Ok(())
}

/// The blocks that a filter names; none when all lie ahead.
fn range_of(
    node: &Node,
    tip: &Tip,
    filter: &Filter,
) -> Result<Option<RangeInclusive<u64>>, RpcError> {
    match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let known = position::by_hash(tip, hash)?;
            known.ok_or_else(|| RpcError::server("unknown block"))?;
            let number = tip.number_of(&hash)?;
            let number = number
                .ok_or_else(|| RpcError::server("the block is not on the branch in force"))?;
            Ok(Some(number..=number))
        }
        FilterBlockOption::Range {
            from_block,
            to_block,
        } => {
            let newest = tip.header.number;
            let bound = |tag: Option<BlockNumberOrTag>| match tag.unwrap_or_default() {
                BlockNumberOrTag::Number(number) => number,
                tag => number_of(node, tip, tag).unwrap_or(newest),
            };
            let (from, to) = (bound(from_block), bound(to_block));
            if from > to {
                return Err(RpcError::invalid_params("invalid block range params"));
            }
            Ok((from <= newest).then_some(from..=to.min(newest)))
        }
    }
}
