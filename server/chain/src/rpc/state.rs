//! Accounts: balance, nonce, code, storage.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U64, U256};

use super::Node;
use super::json::{Answer, answer};
use super::params::Params;
use super::position::state_of;

pub(super) fn balance(node: &Node, mut params: Params) -> Answer {
    let (address, block): (Address, Option<BlockId>) = (params.required()?, params.optional()?);
    params.end()?;
    let account = state_of(node, &node.chain.tip(), block)?.account(address)?;
    answer(&account.map_or(U256::ZERO, |account| account.balance))
}

/// With `pending`, the nonce after the executable transactions of the mempool.
pub(super) fn transaction_count(node: &Node, mut params: Params) -> Answer {
    let (address, block): (Address, Option<BlockId>) = (params.required()?, params.optional()?);
    params.end()?;
    if let Some(BlockId::Number(BlockNumberOrTag::Pending)) = block {
        return answer(&U64::from(node.chain.next_nonce(address)?));
    }
    let account = state_of(node, &node.chain.tip(), block)?.account(address)?;
    answer(&U64::from(account.map_or(0, |account| account.nonce)))
}

pub(super) fn code(node: &Node, mut params: Params) -> Answer {
    let (address, block): (Address, Option<BlockId>) = (params.required()?, params.optional()?);
    params.end()?;
    let state = state_of(node, &node.chain.tip(), block)?;
    let hash = state
        .account(address)?
        .map_or(KECCAK256_EMPTY, |account| account.code_hash);
    answer(&state.code(hash)?.original_bytes())
}

pub(super) fn storage_at(node: &Node, mut params: Params) -> Answer {
    let (address, slot): (Address, U256) = (params.required()?, params.required()?);
    let block: Option<BlockId> = params.optional()?;
    params.end()?;
    let value = state_of(node, &node.chain.tip(), block)?.slot(address, slot)?;
    answer(&Bytes::from(B256::from(value)))
}
