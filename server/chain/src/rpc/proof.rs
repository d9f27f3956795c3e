//! `eth_getProof` (EIP-1186), of the newest state and of those in the past that are kept.

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use alloy_rpc_types_eth::{EIP1186AccountProofResponse, EIP1186StorageProof};
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use serde::Deserialize;

use super::Node;
use super::error::RpcError;
use super::json::{Answer, answer};
use super::params::Params;
use super::position::{resolve, state_after};
use crate::draft::Draft;
use crate::tip::Tip;

/// Slots that are proven at once.
const SLOTS_MAX: usize = 1_024;
/// Accounts and slots that changed since: a proof in the past takes their changes back first.
const REWOUND_KEYS_MAX: usize = 500_000;

/// A slot, written as 32 bytes or as a number; the answer repeats it as it was written.
#[derive(Deserialize)]
#[serde(untagged)]
enum SlotKey {
    Hash(B256),
    Number(U256),
}

pub(super) fn proof(node: &Node, mut params: Params) -> Answer {
    let (address, slots): (Address, Vec<SlotKey>) = (params.required()?, params.required()?);
    let block: BlockId = params.optional()?.unwrap_or_default();
    params.end()?;
    if slots.len() > SLOTS_MAX {
        return Err(RpcError::invalid_params(format!(
            "too many keys ({}), at most {SLOTS_MAX} are proven at once",
            slots.len()
        )));
    }
    let tip = node.chain.tip();
    let number = resolve(node, &tip, block)?.header.number;
    let draft = state_at(&tip, number)?;
    let account = draft.trie_account(address)?.unwrap_or(TrieAccount {
        nonce: 0,
        balance: U256::ZERO,
        storage_root: EMPTY_ROOT_HASH,
        code_hash: KECCAK256_EMPTY,
    });
    let storage_proof = slots
        .into_iter()
        .map(|slot| prove_slot(&draft, address, slot))
        .collect::<Result<_, _>>()?;
    answer(&EIP1186AccountProofResponse {
        address,
        balance: account.balance,
        code_hash: account.code_hash,
        nonce: account.nonce,
        storage_hash: account.storage_root,
        account_proof: draft.account_proof(address)?,
        storage_proof,
    })
}

fn state_at(tip: &Tip, number: u64) -> Result<Draft, RpcError> {
    let mut draft = Draft::new(tip.view.clone());
    let newest = tip.header.number;
    if number == newest {
        return Ok(draft);
    }
    state_after(tip, number)?;
    let mut keys = 0;
    for block in number + 1..=newest {
        let changed = tip.view.changed_keys(block)?.unwrap_or_default();
        keys += changed.accounts.len() + changed.slots.len();
        if keys > REWOUND_KEYS_MAX {
            return Err(RpcError::limit(format!(
                "too much has changed since block {number:#x}: ask for a proof after a newer block"
            )));
        }
    }
    draft.rewind_state(number, newest)?;
    Ok(draft)
}

fn prove_slot(
    draft: &Draft,
    address: Address,
    slot: SlotKey,
) -> Result<EIP1186StorageProof, RpcError> {
    let (slot, key) = match slot {
        SlotKey::Hash(hash) => (U256::from_be_bytes(hash.0), hash.into()),
        SlotKey::Number(number) => (number, number.into()),
    };
    Ok(EIP1186StorageProof {
        key,
        value: draft.slot(address, slot)?,
        proof: draft.slot_proof(address, slot)?,
    })
}
