//! `head`, `blocks/{height}` and `blocks-range`.

use axum::Json;
use axum::extract::{Path, State};
use chain::{StoreError, Tip};
use serde_json::{Value, json};

use super::ChainApi;
use super::failure::Failure;
use super::input::{self, Query, clamp};
use super::view::{block_head, whole_block};

/// Blocks of a range in AITBC's newer form: `end − start`.
const RANGE_MAX: i128 = 1_000;
/// Blocks of a range in the older form.
const LIMIT_MAX: u64 = 10_000;
const LIMIT_DEFAULT: i128 = 1_000;
/// Where a range ends in the older form when nothing is said.
const END_DEFAULT: i128 = 100;
/// A range with transactions ends early when its JSON is about this long, in bytes.
const RANGE_BYTES_MAX: usize = 32 << 20;

/// `GET /rpc/head`.
pub async fn head(State(api): State<ChainApi>) -> Result<Json<Value>, Failure> {
    let tip = api.tip();
    Ok(Json(
        bare_block(&tip, tip.header.number, api.chain().spec().chain_id())?.unwrap_or_default(),
    ))
}

/// `GET /rpc/blocks/{height}`.
pub async fn block(
    State(api): State<ChainApi>,
    Path(height): Path<String>,
) -> Result<Json<Value>, Failure> {
    let number = input::height(&height)?;
    let found = api.read(move |api| match number {
        Some(number) => Ok(full_block(
            &api.tip(),
            number,
            api.chain().spec().chain_id(),
        )?),
        None => Ok(None),
    });
    found
        .await?
        .map(Json)
        .ok_or_else(|| Failure::not_found("block not found"))
}

/// `GET /rpc/blocks-range`, in both of AITBC's forms.
pub async fn range(State(api): State<ChainApi>, query: Query) -> Result<Json<Value>, Failure> {
    let view: View = match query.text("include_tx") {
        Some("true" | "1" | "True") => full_block,
        _ => bare_block,
    };
    let is_newer = query.text("start").is_some() || query.text("end").is_some();
    if is_newer {
        let (start, end) = (query.required("start")?, query.required("end")?);
        if start < 0 {
            return Err(Failure::bad_request("start must be non-negative"));
        }
        if end < start {
            return Err(Failure::bad_request(
                "end must be greater than or equal to start",
            ));
        }
        if end - start > RANGE_MAX {
            return Err(Failure::bad_request("range cannot exceed 1000 blocks"));
        }
        let blocks = read(&api, clamp(start), clamp(end), view).await?;
        return Ok(Json(json!({
            "success": true,
            "count": blocks.len(),
            "blocks": blocks,
            "start": clamp(start),
            "end": clamp(end),
        })));
    }
    let start = clamp(query.integer("start_height")?.unwrap_or(0));
    let end = clamp(query.integer("end_height")?.unwrap_or(END_DEFAULT));
    let limit = clamp(query.integer("limit")?.unwrap_or(LIMIT_DEFAULT)).min(LIMIT_MAX);
    if limit == 0 || end < start {
        return Ok(Json(json!([])));
    }
    let end = end.min(start.saturating_add(limit - 1));
    Ok(Json(read(&api, start, end, view).await?.into()))
}

/// A block of the branch in force as JSON, with what is in it or without.
type View = fn(&Tip, u64, u64) -> Result<Option<Value>, StoreError>;

async fn read(api: &ChainApi, start: u64, end: u64, view: View) -> Result<Vec<Value>, Failure> {
    api.read(move |api| {
        let tip = api.tip();
        let chain_id = api.chain().spec().chain_id();
        let mut blocks = Vec::new();
        let mut bytes = 0;
        for number in start..=end.min(tip.header.number) {
            let Some(block) = view(&tip, number, chain_id)? else {
                break;
            };
            bytes += block["raw"].as_str().map_or(0, |raw| raw.len() * 4);
            blocks.push(block);
            if bytes > RANGE_BYTES_MAX {
                break;
            }
        }
        Ok(blocks)
    })
    .await
}

fn bare_block(tip: &Tip, number: u64, chain_id: u64) -> Result<Option<Value>, StoreError> {
    let Some(hash) = tip.view.canonical(number)? else {
        return Ok(None);
    };
    let Some((header, _)) = tip.view.header(&hash)? else {
        return Ok(None);
    };
    let count = tip.view.transactions_count(number)?;
    Ok(Some(block_head(&header, hash, count.into(), chain_id)))
}

fn full_block(tip: &Tip, number: u64, chain_id: u64) -> Result<Option<Value>, StoreError> {
    let Some(block) = tip.block(number)? else {
        return Ok(None);
    };
    let receipts = tip.view.receipts(number)?;
    Ok(Some(whole_block(&block, &receipts, chain_id)))
}
