//! geth's `clique_*`: signers, votes, activity.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_consensus::Header;
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::Decodable;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Node;
use super::error::RpcError;
use super::json::{Answer, answer};
use super::params::Params;
use super::position::{self, header_not_found, number_of};
use crate::clique::{Proposal, Snapshot, recover_signer};
use crate::service::ImportError;
use crate::tip::Tip;

/// Blocks that `clique_status` looks at.
const STATUS_BLOCKS: u64 = 64;
/// Proposals that are kept.
const PROPOSALS_MAX: usize = 1_000;

pub(super) fn snapshot(node: &Node, params: Params) -> Answer {
    answer(&*snapshot_of(node, params)?)
}

pub(super) fn snapshot_at_hash(node: &Node, params: Params) -> Answer {
    answer(&*snapshot_of_hash(node, params)?)
}

pub(super) fn signers(node: &Node, params: Params) -> Answer {
    answer(&snapshot_of(node, params)?.signers)
}

pub(super) fn signers_at_hash(node: &Node, params: Params) -> Answer {
    answer(&snapshot_of_hash(node, params)?.signers)
}

/// The signer of a block by number, tag or hash, or of a header in RLP.
pub(super) fn signer(node: &Node, mut params: Params) -> Answer {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Subject {
        Hash(B256),
        Tag(BlockNumberOrTag),
        Header(Bytes),
    }
    let subject: Subject = params.required()?;
    params.end()?;
    let tip = node.chain.tip();
    let header = match subject {
        Subject::Hash(hash) => position::by_hash(&tip, hash)?.map(|block| block.header),
        Subject::Tag(tag) => header_of(node, &tip, tag)?,
        Subject::Header(rlp) => {
            let header = Header::decode(&mut rlp.as_ref());
            Some(header.map_err(|error| RpcError::invalid_params(error.to_string()))?)
        }
    };
    let header = header.ok_or_else(header_not_found)?;
    let signer = recover_signer(&header).map_err(|error| RpcError::server(error.to_string()))?;
    answer(&signer)
}

/// Who sealed how many of the last blocks, and how many of them in turn.
pub(super) fn status(node: &Node, params: Params) -> Answer {
    params.end()?;
    let tip = node.chain.tip();
    let newest = tip.header.number;
    let signers = node.chain.signers_after(tip.hash).map_err(unavailable)?;
    let mut activity: BTreeMap<Address, u64> =
        signers.signers.iter().map(|signer| (*signer, 0)).collect();
    let (mut blocks, mut in_turn) = (0_u64, 0_u64);
    for number in newest.saturating_sub(STATUS_BLOCKS - 1).max(1)..=newest {
        let block = position::by_number(&tip, number)?.ok_or_else(header_not_found)?;
        let signer = recover_signer(&block.header);
        let signer = signer.map_err(|error| RpcError::server(error.to_string()))?;
        *activity.entry(signer).or_default() += 1;
        blocks += 1;
        in_turn += u64::from(block.header.difficulty == crate::clique::DIFF_INTURN);
    }
    let in_turn_percent = if blocks == 0 {
        0.0
    } else {
        (100 * in_turn) as f64 / blocks as f64
    };
    answer(&json!({
        "inturnPercent": in_turn_percent,
        "sealerActivity": activity,
        "numBlocks": blocks,
    }))
}

pub(super) fn proposals(node: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&node.chain.proposals())
}

/// Makes our next blocks vote about an address: whether it is to be a signer.
pub(super) fn propose(node: &Node, mut params: Params) -> Answer {
    let (address, proposal): (Address, Proposal) = (params.required()?, params.required()?);
    params.end()?;
    let proposals = node.chain.proposals();
    if proposals.len() >= PROPOSALS_MAX && !proposals.contains_key(&address) {
        return Err(RpcError::limit(format!(
            "{PROPOSALS_MAX} proposals are open: discard some"
        )));
    }
    tracing::info!(%address, ?proposal, "our blocks vote");
    node.chain.propose(address, proposal);
    answer(&Value::Null)
}

pub(super) fn discard(node: &Node, mut params: Params) -> Answer {
    let address: Address = params.required()?;
    params.end()?;
    node.chain.discard(address);
    answer(&Value::Null)
}

fn snapshot_of(node: &Node, mut params: Params) -> Result<Arc<Snapshot>, RpcError> {
    let tag: Option<BlockNumberOrTag> = params.optional()?;
    params.end()?;
    let tip = node.chain.tip();
    let number = number_of(node, &tip, tag.unwrap_or_default()).ok_or_else(unknown_block)?;
    let hash = tip.view.canonical(number)?.ok_or_else(unknown_block)?;
    node.chain.signers_after(hash).map_err(unavailable)
}

fn snapshot_of_hash(node: &Node, mut params: Params) -> Result<Arc<Snapshot>, RpcError> {
    let hash: B256 = params.required()?;
    params.end()?;
    node.chain.signers_after(hash).map_err(unavailable)
}

fn header_of(node: &Node, tip: &Tip, tag: BlockNumberOrTag) -> Result<Option<Header>, RpcError> {
    let Some(number) = number_of(node, tip, tag) else {
        return Ok(None);
    };
    Ok(position::by_number(tip, number)?.map(|block| block.header))
}

fn unknown_block() -> RpcError {
    RpcError::server("unknown block")
}

fn unavailable(error: ImportError) -> RpcError {
    match error {
        ImportError::Store(error) => error.into(),
        ImportError::UnknownParent { .. } => unknown_block(),
        other => RpcError::server(other.to_string()),
    }
}
