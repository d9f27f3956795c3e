//! Takes signed transactions, and says what one may cost.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use chain::header_rules::next_base_fee;
use chain::service::SubmitError;
use http::StatusCode;
use serde_json::{Value, json};

use super::ChainApi;
use super::failure::{Failure, Issue};
use super::input::Body;

/// Gas of a transfer, and of a byte of data that is not zero.
const TRANSFER_GAS: u64 = 21_000;
const DATA_BYTE_GAS: u64 = 16;
/// What is offered to the block's maker for a unit of gas, in wei.
const TIP_WEI: u64 = 1_000_000_000;
/// Fields of AITBC's own, unsigned transactions.
const UNSIGNED_FIELDS: [&str; 5] = ["sender", "payload", "sig", "nonce", "type"];

/// `POST /rpc/sendTx` with `{"raw": "0x…"}`.
pub async fn send_tx(State(api): State<ChainApi>, body: Bytes) -> Result<Json<Value>, Failure> {
    let hash = submit(&api, &body).await?;
    Ok(Json(json!({ "tx_hash": hash })))
}

/// `POST /rpc/transaction` with `{"raw": "0x…"}`.
pub async fn transaction(State(api): State<ChainApi>, body: Bytes) -> Result<Json<Value>, Failure> {
    let hash = submit(&api, &body).await?;
    Ok(Json(json!({
        "success": true,
        "transaction_hash": hash,
        "tx_hash": hash,
        "hash": hash,
        "message": "the transaction waits for a block",
    })))
}

/// `POST /rpc/submitReceipt`: compute receipts are paid by the market, not minted by the chain.
pub async fn submit_receipt(body: Bytes) -> Failure {
    if let Err(failure) = Body::read(&body) {
        return failure;
    }
    Failure::detail(
        StatusCode::FORBIDDEN,
        "this chain mints nothing; compute receipts belong to /v1/receipts of the coordinator",
    )
}

/// `POST /rpc/estimateFee`: wei, at the base fee of the next block.
pub async fn estimate_fee(
    State(api): State<ChainApi>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let body = Body::read(if body.is_empty() { b"{}" } else { &body })?;
    let kind = match body.get("type") {
        Some(_) => body.text("type")?.to_uppercase(),
        None => "TRANSFER".to_owned(),
    };
    if kind != "TRANSFER" {
        let message = format!("unsupported transaction type: {kind}");
        return Err(Failure::value("body", "type", &message, Value::from(kind)));
    }
    let payload = body.get("payload").cloned().unwrap_or_else(|| json!({}));
    let data_bytes = payload["data"]
        .as_str()
        .map_or(0, |data| data.len().saturating_sub(2) / 2);
    let gas = TRANSFER_GAS + DATA_BYTE_GAS * data_bytes as u64;
    let base_fee = next_base_fee(&api.tip().header);
    let fee = u128::from(gas) * u128::from(base_fee.saturating_add(TIP_WEI));
    Ok(Json(json!({
        "type": kind,
        "base_fee": base_fee.to_string(),
        "priority_fee": TIP_WEI.to_string(),
        "payload_bytes": payload.to_string().len(),
        "gas": gas,
        "estimated_fee": fee.to_string(),
    })))
}

async fn submit(api: &ChainApi, body: &[u8]) -> Result<alloy_primitives::B256, Failure> {
    let body = Body::read(body)?;
    if body.get("raw").is_none() {
        return Err(wants_raw(&body));
    }
    let raw = body.bytes("raw")?;
    api.chain().submit(&raw).await.map_err(|error| match error {
        SubmitError::Refused(refusal) => Failure::bad_request(refusal.to_string()),
        error => Failure::detail(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("Mempool unavailable: {error}"),
        ),
    })
}

/// Says what to send instead to whoever sends AITBC's unsigned form.
fn wants_raw(body: &Body) -> Failure {
    let is_unsigned = UNSIGNED_FIELDS
        .iter()
        .any(|field| body.get(field).is_some());
    let message = if is_unsigned {
        "Field required: transactions of this chain are Ethereum's. Sign one with the sender's key \
         (any Ethereum wallet or library, EIP-2718) and send it as {\"raw\": \"0x…\"}; sender, nonce, \
         fee and payload are read from it"
    } else {
        "Field required: a signed Ethereum transaction as {\"raw\": \"0x…\"}"
    };
    Failure::Invalid(Issue {
        kind: "missing",
        place: "body",
        field: "raw".to_owned(),
        message: message.to_owned(),
        input: Value::Null,
    })
}
