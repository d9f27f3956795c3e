//! Which block a request is about: tags, numbers and hashes (EIP-1898).

use alloy_consensus::Header;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U256};

use super::Node;
use super::error::RpcError;
use crate::clique;
use crate::error::StoreError;
use crate::header_rules::{earliest_timestamp, next_base_fee};
use crate::tip::{StateView, Tip};

/// A block of the branch in force.
#[derive(Debug, Clone)]
pub(super) struct Position {
    pub header: Header,
    pub hash: B256,
    pub total_difficulty: U256,
}

/// Number of the block that a tag or number means; none when it lies ahead.
///
/// A node never follows a reorganisation deeper than its settings say, so what is deeper is
/// `finalized`; `safe` is half as deep.
pub(super) fn number_of(node: &Node, tip: &Tip, tag: BlockNumberOrTag) -> Option<u64> {
    let newest = tip.header.number;
    let depth = node.chain.settings().reorg_depth_max;
    match tag {
        BlockNumberOrTag::Latest | BlockNumberOrTag::Pending => Some(newest),
        BlockNumberOrTag::Earliest => Some(0),
        BlockNumberOrTag::Finalized => Some(newest.saturating_sub(depth)),
        BlockNumberOrTag::Safe => Some(newest.saturating_sub(depth / 2)),
        BlockNumberOrTag::Number(number) => (number <= newest).then_some(number),
    }
}

/// The block with this number on the branch in force.
pub(super) fn by_number(tip: &Tip, number: u64) -> Result<Option<Position>, StoreError> {
    if number == tip.header.number {
        return Ok(Some(newest(tip)));
    }
    match tip.view.canonical(number)? {
        Some(hash) => by_hash(tip, hash),
        None => Ok(None),
    }
}

/// A block of any branch.
pub(super) fn by_hash(tip: &Tip, hash: B256) -> Result<Option<Position>, StoreError> {
    if hash == tip.hash {
        return Ok(Some(newest(tip)));
    }
    let found = tip.view.header(&hash)?;
    Ok(found.map(|(header, total_difficulty)| Position {
        header,
        hash,
        total_difficulty,
    }))
}

/// The block that a request names, which must be on the branch in force. `pending` is the newest.
pub(super) fn resolve(node: &Node, tip: &Tip, id: BlockId) -> Result<Position, RpcError> {
    let found = match id {
        BlockId::Number(tag) => match number_of(node, tip, tag) {
            Some(number) => by_number(tip, number)?,
            None => None,
        },
        BlockId::Hash(wanted) => {
            let found = by_hash(tip, wanted.block_hash)?;
            if let Some(block) = &found
                && tip.view.canonical(block.header.number)? != Some(block.hash)
            {
                return Err(not_canonical(wanted.require_canonical));
            }
            found
        }
    };
    found.ok_or_else(header_not_found)
}

/// The state after the block that a request names; without one, the newest.
pub(super) fn state_of(node: &Node, tip: &Tip, id: Option<BlockId>) -> Result<StateView, RpcError> {
    let number = match id.unwrap_or_default() {
        BlockId::Number(BlockNumberOrTag::Latest | BlockNumberOrTag::Pending) => {
            return Ok(tip.state());
        }
        BlockId::Number(tag) => number_of(node, tip, tag).ok_or_else(header_not_found)?,
        id @ BlockId::Hash(_) => resolve(node, tip, id)?.header.number,
    };
    state_after(tip, number)
}

/// The state after a block of the branch in force.
pub(super) fn state_after(tip: &Tip, number: u64) -> Result<StateView, RpcError> {
    if let Some(state) = tip.state_after(number)? {
        return Ok(state);
    }
    let oldest = tip.view.oldest_state()?;
    Err(RpcError::server(format!(
        "historical state not available: this node keeps the states since block {oldest:#x}"
    )))
}

/// Who gets the fees of a block: its signer (EIP-225 leaves `beneficiary` to votes). The genesis
/// block has none.
pub(super) fn author_of(node: &Node, block: &Position) -> alloy_primitives::Address {
    if let Some(known) = node.author.load().as_deref()
        && known.0 == block.hash
    {
        return known.1;
    }
    let author = clique::recover_signer(&block.header).unwrap_or_default();
    node.author
        .store(Some(std::sync::Arc::new((block.hash, author))));
    author
}

/// The header of the block that would be made now, as far as it is known: without transactions,
/// roots and seal.
pub(super) fn pending_header(node: &Node, tip: &Tip, now_s: u64) -> Header {
    let parent = &tip.header;
    Header {
        parent_hash: tip.hash,
        number: parent.number + 1,
        timestamp: earliest_timestamp(parent, node.chain.spec().clique().period_s).max(now_s),
        base_fee_per_gas: Some(next_base_fee(parent)),
        gas_limit: parent.gas_limit,
        difficulty: parent.difficulty,
        state_root: parent.state_root,
        ..Header::default()
    }
}

pub(super) fn header_not_found() -> RpcError {
    RpcError::server("header not found")
}

fn not_canonical(require_canonical: Option<bool>) -> RpcError {
    if require_canonical == Some(true) {
        return RpcError::server("hash is not currently canonical");
    }
    RpcError::server("historical state not available: the block is not on the branch in force")
}

fn newest(tip: &Tip) -> Position {
    Position {
        header: tip.header.clone(),
        hash: tip.hash,
        total_difficulty: tip.total_difficulty,
    }
}
