//! Takes blocks in that somebody brings: `blocks/import` and `importBlock`. The block itself is
//! `raw`, its RLP in hexadecimal; AITBC's fields beside it must agree with it.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use chain::block::Block;
use chain::clique;
use chain::header_rules::ALLOWED_FUTURE_S;
use chain::service::{ImportError, Imported};
use http::StatusCode;
use serde_json::{Value, json};

use super::ChainApi;
use super::failure::{Failure, Issue};
use super::input::{self, Body};
use super::measure::outcome;

/// What a body says of the block that it brings.
struct Brought {
    height: u64,
    hash: String,
    parent_hash: String,
    tx_count: u64,
    raw: alloy_primitives::Bytes,
}

/// `POST /rpc/blocks/import`.
pub async fn import(State(api): State<ChainApi>, body: Bytes) -> Result<Json<Value>, Failure> {
    let brought = read(&Body::read(&body)?)?;
    let (height, hash) = (brought.height, brought.hash.clone());
    let tip = api.tip();
    if let Some(known) = tip.view.canonical(height)? {
        if input::hash(&hash) == Some(known) {
            outcome("import_block", "exists");
            return Ok(Json(
                json!({"status": "exists", "height": height, "hash": hash}),
            ));
        }
        outcome("import_block", "conflict");
        let text = format!("Block at height {height} already exists with different hash");
        return Err(Failure::detail(StatusCode::CONFLICT, text));
    }
    let parent = input::hash(&brought.parent_hash);
    let knows_parent = match parent {
        Some(parent) => tip.view.header(&parent)?.is_some(),
        None => false,
    };
    if !knows_parent {
        outcome("import_block", "orphan");
        return Err(Failure::bad_request("Parent block not found"));
    }
    let tx_count = brought.tx_count;
    match take(&api, brought).await? {
        Ok(_) => {
            outcome("import_block", "accepted");
            Ok(Json(json!({
                "status": "imported",
                "height": height,
                "hash": hash,
                "tx_count": tx_count,
            })))
        }
        Err(refusal) => Err(refusal),
    }
}

/// `POST /rpc/importBlock`: always `200`; whether it was taken is in the answer.
pub async fn import_block(
    State(api): State<ChainApi>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let body = Body::read(&body)?;
    let answer = |accepted: &str, reason: String, depth: u64| {
        outcome("import_block", accepted);
        Json(json!({
            "accepted": accepted == "accepted",
            "height": body.get("height"),
            "hash": body.get("hash"),
            "reason": reason,
            "reorged": depth > 0,
            "reorg_depth": depth,
        }))
    };
    if let Err(reason) = check_structure(&body) {
        return Ok(answer("rejected", reason, 0));
    }
    let brought = match read(&body) {
        Ok(brought) => brought,
        Err(Failure::Invalid(issue)) => {
            return Ok(answer(
                "rejected",
                format!("{}: {}", issue.field, issue.message),
                0,
            ));
        }
        Err(failure) => return Err(failure),
    };
    let tip = api.tip();
    let (ours, theirs) = (tip.header.number, brought.height);
    let known = match input::hash(&brought.hash) {
        Some(hash) => tip.view.header(&hash)?.is_some(),
        None => false,
    };
    if known {
        return Ok(answer("rejected", "Block already exists".to_owned(), 0));
    }
    if theirs > ours + 1 {
        let reason = format!("Gap detected (our height: {ours}, received: {theirs})");
        return Ok(answer("rejected", reason, 0));
    }
    Ok(match take(&api, brought).await? {
        Ok(Imported::Head { reorganised: 0 }) => {
            answer("accepted", "Appended to chain".to_owned(), 0)
        }
        Ok(Imported::Head { reorganised }) => answer(
            "accepted",
            "A heavier branch took over".to_owned(),
            reorganised,
        ),
        Ok(Imported::Known) => answer("rejected", "Block already exists".to_owned(), 0),
        Ok(Imported::Aside) => {
            let reason =
                format!("Fork rejected: our chain is longer or equal ({ours} >= {theirs})");
            answer("rejected", reason, 0)
        }
        Err(Failure::Detail(_, reason)) => answer("rejected", reason, 0),
        Err(failure) => return Err(failure),
    })
}

/// The fields that the older form looks at first; the first that fails gives the reason.
fn check_structure(body: &Body) -> Result<(), String> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("proposer").is_empty() {
        return Err("Missing proposer field".to_owned());
    }
    let hash = text("hash");
    let Some(digits) = hash.strip_prefix("0x") else {
        return Err(format!("Invalid block hash format: {hash}"));
    };
    for name in ["height", "parent_hash", "timestamp", "raw"] {
        if body.get(name).is_none() {
            return Err(format!("Missing required field: {name}"));
        }
    }
    if digits.len() != 64 {
        return Err(format!("Invalid hash length: {}", digits.len()));
    }
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err("Invalid hex in hash".to_owned());
    }
    Ok(())
}

fn read(body: &Body) -> Result<Brought, Failure> {
    let height = body.count("height")?;
    if height == 0 {
        return Err(Failure::Invalid(Issue {
            kind: "greater_than",
            place: "body",
            field: "height".to_owned(),
            message: "Input should be greater than 0".to_owned(),
            input: json!(0),
        }));
    }
    let brought = |raw| {
        Ok(Brought {
            height,
            hash: body.text("hash")?.to_owned(),
            parent_hash: body.text("parent_hash")?.to_owned(),
            tx_count: body
                .get("tx_count")
                .map_or(Ok(0), |_| body.count("tx_count"))?,
            raw,
        })
    };
    if body.get("raw").is_none() {
        // What is missing besides is said first, as always.
        brought(alloy_primitives::Bytes::new())?;
        return Err(Failure::Invalid(Issue {
            kind: "missing",
            place: "body",
            field: "raw".to_owned(),
            message:
                "Field required: blocks of this chain are Ethereum's; send the block's RLP in \
                      hexadecimal, as GET /rpc/blocks/{height} shows it"
                    .to_owned(),
            input: Value::Null,
        }));
    }
    brought(body.bytes("raw")?)
}

/// Decodes and imports a block; the inner error says why it was refused.
async fn take(api: &ChainApi, brought: Brought) -> Result<Result<Imported, Failure>, Failure> {
    // Never closed; and if it were, it would bound nothing.
    let _turn = api.parts.imports.acquire().await;
    api.read(move |api| Ok(check_and_import(&api, &brought)))
        .await
}

fn check_and_import(api: &ChainApi, brought: &Brought) -> Result<Imported, Failure> {
    let block = Block::decode(&brought.raw)
        .map_err(|error| Failure::bad_request(format!("Block rejected: {error}")))?;
    if input::hash(&brought.hash) != Some(block.hash) {
        outcome("import_block", "invalid_hash");
        return Err(Failure::bad_request(format!(
            "Invalid block hash. Expected: {}, Got: {}",
            block.hash, brought.hash
        )));
    }
    if block.number() != brought.height
        || input::hash(&brought.parent_hash) != Some(block.header.parent_hash)
    {
        return Err(Failure::bad_request("Block height does not follow parent"));
    }
    let found = block.transactions.len() as u64;
    if brought.tx_count > 0 && brought.tx_count != found {
        return Err(Failure::bad_request(format!(
            "tx_count is {}, and the block has {found} transactions",
            brought.tx_count
        )));
    }
    let now_s = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    // Not yet valid is not invalid for ever, which is what the import would remember.
    if block.header.timestamp > now_s + ALLOWED_FUTURE_S {
        return Err(Failure::bad_request("Block rejected: it is of the future"));
    }
    if let Err(error) = clique::recover_signer(&block.header) {
        return Err(Failure::bad_request(format!("Block rejected: {error}")));
    }
    api.chain()
        .import(std::slice::from_ref(&block), now_s)
        .map_err(|error| match error {
            ImportError::UnknownParent { .. } => Failure::bad_request("Parent block not found"),
            ImportError::Invalid { reason, .. } => {
                Failure::bad_request(format!("Block rejected: {reason}"))
            }
            ImportError::TooDeep { .. } => Failure::detail(StatusCode::CONFLICT, error.to_string()),
            ImportError::Store(error) => Failure::internal(error),
        })
}
