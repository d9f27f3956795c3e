//! Transactions and receipts: one, lists newest first, and those that wait.

use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chain::{StoreError, Tip};
use serde_json::{Value, json};

use super::failure::Failure;
use super::input::{self, Query, Rows, clamp};
use super::view::{mined_transaction, time_text, waiting_transaction};
use super::{ChainApi, streams};

/// Waiting transactions in one answer when nothing is said.
const MEMPOOL_DEFAULT: i128 = 100;
/// Waiting transactions in one answer.
const MEMPOOL_MAX: u64 = 1_000;

/// `GET /rpc/tx/{hash}` and `GET /rpc/transaction/{hash}`.
pub async fn transaction(
    State(api): State<ChainApi>,
    Path(hash): Path<String>,
) -> Result<Json<Value>, Failure> {
    let not_found = || Failure::not_found("transaction not found");
    let hash = input::hash(&hash).ok_or_else(not_found)?;
    let tip = api.tip();
    if let Some((number, index)) = tip.view.place_of(&hash)? {
        return at(&tip, number, index)?.map(Json).ok_or_else(not_found);
    }
    let waiting = api
        .chain()
        .with_mempool(|mempool| mempool.get(&hash).cloned());
    waiting
        .map(|waiting| Json(waiting_transaction(&waiting)))
        .ok_or_else(not_found)
}

/// `GET /rpc/transactions`: a list, or for a WebSocket the stream of those that come in.
pub async fn list(
    State(api): State<ChainApi>,
    query: Query,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    if let Ok(upgrade) = upgrade {
        return Ok(streams::transactions(State(api), upgrade).await);
    }
    let rows = query.rows()?;
    let (items, total) = api
        .read(move |api| {
            let tip = api.tip();
            let items: Vec<Value> = places(&tip, rows)?
                .into_iter()
                .filter_map(|(number, index)| at(&tip, number, index).transpose())
                .collect::<Result<_, _>>()?;
            Ok((items, total(&api, &tip)?))
        })
        .await?;
    let answer = json!({
        "transactions": items,
        "total": total,
        "limit": rows.limit,
        "offset": rows.offset,
    });
    Ok(Json(answer).into_response())
}

/// `GET /rpc/receipts/{hash}`: the Ethereum receipt of the transaction with this hash.
pub async fn receipt(
    State(api): State<ChainApi>,
    Path(hash): Path<String>,
) -> Result<Json<Value>, Failure> {
    let not_found = || Failure::not_found("receipt not found");
    let hash = input::hash(&hash).ok_or_else(not_found)?;
    receipt_view(&api, hash)
        .await?
        .map(Json)
        .ok_or_else(not_found)
}

/// `GET /rpc/receipts`.
pub async fn receipts(State(api): State<ChainApi>, query: Query) -> Result<Json<Value>, Failure> {
    let rows = query.rows()?;
    let (hashes, total) = api
        .read(move |api| {
            let tip = api.tip();
            let hashes: Vec<_> = places(&tip, rows)?
                .into_iter()
                .filter_map(|(number, index)| tip.view.transaction(number, index).transpose())
                .map(|transaction| transaction.map(|transaction| transaction.hash()))
                .collect::<Result<_, _>>()?;
            Ok((hashes, total(&api, &tip)?))
        })
        .await?;
    let mut items = Vec::with_capacity(hashes.len());
    for hash in hashes {
        items.extend(receipt_view(&api, hash).await?);
    }
    Ok(Json(json!({
        "receipts": items,
        "total": total,
        "limit": rows.limit,
        "offset": rows.offset,
    })))
}

/// `GET /rpc/mempool`: an object, or with `format=list` the bare list.
pub async fn mempool(State(api): State<ChainApi>, query: Query) -> Result<Json<Value>, Failure> {
    let limit = clamp(query.integer("limit")?.unwrap_or(MEMPOOL_DEFAULT)).min(MEMPOOL_MAX);
    let (waiting, count) = api.chain().with_mempool(|mempool| {
        let pending = mempool.pending().flat_map(|(_, transactions)| transactions);
        let queued = mempool.queued().flat_map(|(_, transactions)| transactions);
        let first: Vec<_> = pending
            .chain(queued)
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .cloned()
            .collect();
        (first, mempool.status().pending + mempool.status().queued)
    });
    let items: Vec<Value> = waiting.iter().map(waiting_transaction).collect();
    if query.text("format") == Some("list") {
        return Ok(Json(items.into()));
    }
    Ok(Json(
        json!({"success": true, "transactions": items, "count": count}),
    ))
}

/// All transactions there are.
pub fn total(api: &ChainApi, tip: &Tip) -> Result<u64, StoreError> {
    api.parts
        .totals
        .transactions(tip, api.chain().settings().reorg_depth_max)
}

async fn receipt_view(
    api: &ChainApi,
    hash: alloy_primitives::B256,
) -> Result<Option<Value>, Failure> {
    let receipt = api
        .parts
        .dispatcher
        .call("eth_getTransactionReceipt", json!([hash]))
        .await
        .map_err(|error| Failure::internal(error.message))?;
    if receipt.is_null() {
        return Ok(None);
    }
    let tip = api.tip();
    let Some((number, _)) = tip.view.place_of(&hash)? else {
        return Ok(None);
    };
    let header = match tip.view.canonical(number)? {
        Some(block) => tip.view.header(&block)?,
        None => None,
    };
    Ok(Some(json!({
        "receipt_id": hash,
        "job_id": Value::Null,
        "payload": receipt,
        "miner_signature": Value::Null,
        "coordinator_attestations": [],
        "minted_amount": Value::Null,
        "block_height": number,
        "recorded_at": header.map(|(header, _)| time_text(header.timestamp)),
    })))
}

fn at(tip: &Tip, number: u64, index: u32) -> Result<Option<Value>, StoreError> {
    let Some(hash) = tip.view.canonical(number)? else {
        return Ok(None);
    };
    let (Some((header, _)), Some(transaction), Some(receipt)) = (
        tip.view.header(&hash)?,
        tip.view.transaction(number, index)?,
        tip.view.receipt(number, index)?,
    ) else {
        return Ok(None);
    };
    Ok(Some(mined_transaction(&transaction, &receipt, &header)))
}

/// Places of transactions, newest first.
fn places(tip: &Tip, rows: Rows) -> Result<Vec<(u64, u32)>, StoreError> {
    let mut skip = rows.offset;
    let mut places = Vec::new();
    for number in (0..=tip.header.number).rev() {
        let count = tip.view.transactions_count(number)?;
        if u64::from(count) <= skip {
            skip -= u64::from(count);
            continue;
        }
        for index in (0..count).rev() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            places.push((number, index));
            if places.len() as u64 == rows.limit {
                return Ok(places);
            }
        }
    }
    Ok(places)
}
