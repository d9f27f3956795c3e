//! `evm_mine`: blocks on demand, for development.

use alloy_primitives::U64;
use serde::Deserialize;
use tokio::sync::oneshot;

use super::Node;
use super::error::RpcError;
use super::json::{Answer, answer};
use super::params::Params;
use crate::tasks::block_maker::MineRequest;

/// Blocks that one request makes.
const BLOCKS_MAX: u64 = 1_000;

/// What anvil takes: nothing, a timestamp, or an object with a timestamp and a number of blocks.
#[derive(Deserialize)]
#[serde(untagged)]
enum Wish {
    Timestamp(Quantity),
    #[serde(rename_all = "camelCase")]
    Options {
        timestamp: Option<Quantity>,
        blocks: Option<Quantity>,
    },
}

#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Quantity {
    Number(u64),
    Text(U64),
}

impl From<Quantity> for u64 {
    fn from(quantity: Quantity) -> Self {
        match quantity {
            Quantity::Number(number) => number,
            Quantity::Text(number) => number.to(),
        }
    }
}

pub(super) async fn mine(node: &Node, mut params: Params) -> Answer {
    let wish: Option<Wish> = params.optional()?;
    params.end()?;
    let (timestamp, blocks) = match wish {
        None => (None, None),
        Some(Wish::Timestamp(timestamp)) => (Some(timestamp), None),
        Some(Wish::Options { timestamp, blocks }) => (timestamp, blocks),
    };
    let blocks = blocks.map_or(1, u64::from);
    if blocks > BLOCKS_MAX {
        return Err(RpcError::limit(format!(
            "{blocks} blocks, at most {BLOCKS_MAX} at once"
        )));
    }
    let Some(requests) = &node.options.mine else {
        return Err(RpcError::method_not_found("evm_mine"));
    };
    let mut timestamp_s = timestamp.map(u64::from);
    for _ in 0..blocks {
        let (done, is_done) = oneshot::channel();
        let request = MineRequest {
            timestamp_s: timestamp_s.take(),
            done,
        };
        requests.send(request).await.map_err(|_| ended())?;
        is_done
            .await
            .map_err(|_| ended())?
            .map_err(RpcError::server)?;
    }
    answer("0x0")
}

fn ended() -> RpcError {
    RpcError::server("no blocks are made here any more")
}
