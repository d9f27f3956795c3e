//! What the node says of itself.

use alloy_primitives::{Address, Bytes, U64, keccak256};
use serde_json::{Value, json};

use super::Node;
use super::error::RpcError;
use super::json::{Answer, answer};
use super::params::Params;

pub(super) fn chain_id(node: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&U64::from(node.chain.spec().chain_id()))
}

pub(super) fn block_number(node: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&U64::from(node.chain.tip().header.number))
}

/// `false`, or how far the node is behind what its peers have told of.
pub(super) fn syncing(node: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&sync_status(node))
}

/// As `eth_syncing` says it.
pub(super) fn sync_status(node: &Node) -> Value {
    let current = node.chain.tip().header.number;
    let highest = node
        .options
        .sync
        .as_ref()
        .and_then(|sync| sync.highest_block());
    match highest.filter(|highest| *highest > current) {
        None => Value::Bool(false),
        Some(highest) => json!({
            "startingBlock": "0x0",
            "currentBlock": U64::from(current),
            "highestBlock": U64::from(highest),
        }),
    }
}

/// Keys are with their users.
pub(super) fn accounts(_: &Node, params: Params) -> Answer {
    params.end()?;
    answer::<[Address]>(&[])
}

pub(super) fn coinbase(node: &Node, params: Params) -> Answer {
    params.end()?;
    match node.options.signer {
        Some(signer) => answer(&signer),
        None => Err(RpcError::server("etherbase must be explicitly specified")),
    }
}

pub(super) fn mining(node: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&node.options.signer.is_some())
}

pub(super) fn hashrate(_: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&U64::ZERO)
}

/// Of the `eth` protocol: 68.
pub(super) fn protocol_version(_: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&U64::from(68))
}

pub(super) fn no_keys(_: &Node, _: Params) -> Answer {
    Err(RpcError::server(
        "unknown account: this node holds no keys; sign in your wallet and use \
         eth_sendRawTransaction",
    ))
}

pub(super) fn network_id(node: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&node.chain.spec().chain_id().to_string())
}

pub(super) fn listening(_: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&true)
}

pub(super) fn peer_count(node: &Node, params: Params) -> Answer {
    params.end()?;
    let peers = node.options.sync.as_ref().map_or(0, |sync| sync.peers());
    answer(&U64::from(peers))
}

pub(super) fn client_version(_: &Node, params: Params) -> Answer {
    params.end()?;
    answer(concat!(
        "LedgerCloud/v",
        env!("CARGO_PKG_VERSION"),
        "/revm-clique/rust"
    ))
}

pub(super) fn sha3(_: &Node, mut params: Params) -> Answer {
    let bytes: Bytes = params.required()?;
    params.end()?;
    answer(&keccak256(bytes))
}
