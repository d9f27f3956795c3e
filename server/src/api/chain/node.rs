//! What the node says of itself and of its chain.

use alloy_primitives::{Address, U256};
use axum::Json;
use axum::extract::State;
use chain::StoreError;
use serde_json::{Value, json};

use super::ChainApi;
use super::failure::Failure;
use super::faucet::{CALL_MAX_WEI, DAY_MAX_WEI};
use super::transactions::total;
use super::view::{proposer, time_text};

/// `GET /rpc/syncStatus`.
pub async fn sync_status(State(api): State<ChainApi>) -> Result<Json<Value>, Failure> {
    let (tip, transactions, signers) = api.read(facts).await?;
    Ok(Json(json!({
        "chain_id": api.chain().spec().chain_id(),
        "head_height": tip.header.number,
        "head_hash": tip.hash,
        "head_proposer": proposer(&tip.header),
        "head_timestamp": time_text(tip.header.timestamp),
        "total_blocks": tip.header.number + 1,
        "total_transactions": transactions,
        "validate_signatures": true,
        "trusted_proposers": signers,
        "max_reorg_depth": api.chain().settings().reorg_depth_max,
    })))
}

/// `GET /rpc/status`.
pub async fn status(State(api): State<ChainApi>) -> Json<Value> {
    let current = api.tip().header.number;
    let syncing = api.parts.peers.syncing();
    Json(json!({
        "chain_id": api.chain().spec().chain_id(),
        "syncing": syncing.is_some(),
        "current_block": current,
        "highest_block": syncing.map_or(current, |syncing| syncing.highest_block.max(current)),
        "peers": api.parts.peers.count(),
        "proposer_id": api.parts.sealer,
    }))
}

/// `GET /rpc/peers`.
pub async fn peers(State(api): State<ChainApi>) -> Json<Value> {
    let peers = api.parts.peers.status();
    Json(json!({"success": true, "count": peers.len(), "peers": peers}))
}

/// `GET /rpc/info`.
pub async fn info(State(api): State<ChainApi>) -> Result<Json<Value>, Failure> {
    let (tip, transactions, _) = api.read(facts).await?;
    let accounts = accounts_total(&api).await;
    let spec = api.chain().spec();
    let clique = spec.clique();
    Ok(Json(json!({
        "chain_id": spec.chain_id(),
        "height": tip.header.number,
        "total_blocks": tip.header.number + 1,
        "total_transactions": transactions,
        "total_accounts": accounts,
        "latest_block_hash": tip.hash,
        "latest_block_timestamp": time_text(tip.header.timestamp),
        "genesis_hash": spec.genesis_hash(),
        "genesis_params": {
            "period_seconds": clique.period_s,
            "epoch_blocks": clique.epoch_blocks,
            "gas_limit": spec.genesis_header().gas_limit,
        },
        "proposer_id": api.parts.sealer,
        "supported_chains": [spec.chain_id()],
        "rpc_version": env!("CARGO_PKG_VERSION"),
    })))
}

/// `GET /rpc/supply`: wei. Nothing is ever minted; the base fee of each block is burnt.
pub async fn supply(State(api): State<ChainApi>) -> Result<Json<Value>, Failure> {
    let spec = api.chain().spec();
    let total = spec
        .genesis_accounts()
        .values()
        .fold(U256::ZERO, |sum, account| sum + account.balance);
    let faucet = api.parts.faucet.as_ref().map(super::Faucet::address);
    let faucet_balance = faucet
        .map(|address| balance_of(&api, address))
        .transpose()?;
    let kept = faucet_balance.unwrap_or_default();
    let accounts = accounts_total(&api).await;
    Ok(Json(json!({
        "chain_id": spec.chain_id(),
        "total_supply": total.to_string(),
        "circulating_supply": total.saturating_sub(kept).to_string(),
        "faucet_balance": kept.to_string(),
        "faucet_address": faucet,
        "faucet_call_max": CALL_MAX_WEI.to_string(),
        "faucet_day_max": DAY_MAX_WEI.to_string(),
        "mint_per_unit": 0,
        "total_accounts": accounts,
    })))
}

/// `GET /rpc/validators`: the signers after the newest block.
pub async fn validators(State(api): State<ChainApi>) -> Result<Json<Value>, Failure> {
    let (tip, _, signers) = api.read(facts).await?;
    let next = usize::try_from(tip.header.number + 1).unwrap_or_default();
    let in_turn = next
        .checked_rem(signers.len())
        .and_then(|turn| signers.get(turn));
    let validators: Vec<Value> = signers
        .iter()
        .map(|signer| {
            json!({
                "address": signer,
                "weight": 1,
                "status": "active",
                "is_in_turn": Some(signer) == in_turn,
            })
        })
        .collect();
    Ok(Json(json!({
        "chain_id": api.chain().spec().chain_id(),
        "total_validators": validators.len(),
        "validators": validators,
        "consensus_type": "PoA",
        "proposer_id": api.parts.sealer,
    })))
}

type Facts = (std::sync::Arc<chain::Tip>, u64, Vec<Address>);

/// The newest block, the number of transactions, and the signers in the order of their turns.
fn facts(api: ChainApi) -> Result<Facts, Failure> {
    let tip = api.tip();
    let snapshot = api
        .chain()
        .signers_after(tip.hash)
        .map_err(Failure::internal)?;
    let signers = snapshot.signers.iter().copied().collect();
    Ok((tip.clone(), total(&api, &tip)?, signers))
}

/// None where there is no index, or where it does not answer.
async fn accounts_total(api: &ChainApi) -> Option<u64> {
    let rows = super::input::Rows {
        limit: 1,
        offset: 0,
    };
    let book = api.parts.address_book.as_ref()?;
    book.ranking(rows, U256::ZERO)
        .await
        .ok()
        .map(|ranking| ranking.total)
}

fn balance_of(api: &ChainApi, address: Address) -> Result<U256, StoreError> {
    Ok(api
        .state()
        .account(address)?
        .map_or(U256::ZERO, |account| account.balance))
}
