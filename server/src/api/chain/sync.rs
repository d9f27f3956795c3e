//! The interface between nodes; what is said over it is [`chain::sync`]'s.

use std::future::ready;

use axum::Json;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use chain::sync::{Admission, AdmissionError, BlocksRequest, protocol};
use futures::{SinkExt, StreamExt};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::ChainApi;
use super::failure::Failure;
use super::input::{self, Query, clamp};
use crate::layers::client::client_address;

const BINARY: [(http::HeaderName, &str); 1] = [(CONTENT_TYPE, "application/octet-stream")];

/// `GET /rpc/sync/status`.
pub async fn status(State(api): State<ChainApi>) -> Json<protocol::Hello> {
    Json(api.parts.peers.hello())
}

/// `GET /rpc/sync/peers`.
pub async fn peers(State(api): State<ChainApi>) -> Json<Value> {
    Json(json!(api.parts.peers.status()))
}

/// `GET /rpc/sync/blocks?start=N&count=M` or `?hash=H&count=M`: RLP.
pub async fn blocks(State(api): State<ChainApi>, query: Query) -> Result<Response, Failure> {
    let start = query.integer("start")?.map(clamp);
    let hash = match query.text("hash") {
        None => None,
        Some(text) => Some(
            input::hash(text)
                .ok_or_else(|| Failure::value("query", "hash", "not a hash", Value::from(text)))?,
        ),
    };
    let count = usize::try_from(clamp(query.required("count")?)).unwrap_or(usize::MAX);
    let wanted = BlocksRequest::from_query(start, hash, count).map_err(Failure::bad_request)?;
    let rlp = api
        .parts
        .peers
        .answer_blocks(wanted)
        .await
        .map_err(Failure::internal)?;
    Ok((BINARY, rlp).into_response())
}

/// `GET /rpc/sync/hashes?start=N&count=M`: 32 bytes each.
pub async fn hashes(State(api): State<ChainApi>, query: Query) -> Result<Response, Failure> {
    let start = clamp(query.required("start")?);
    let count = usize::try_from(clamp(query.required("count")?)).unwrap_or(usize::MAX);
    let hashes = api.parts.peers.answer_hashes(start, count)?;
    Ok((BINARY, hashes).into_response())
}

/// `GET /rpc/sync/ws`: the WebSocket between nodes.
pub async fn open(
    State(api): State<ChainApi>,
    upgrade: WebSocketUpgrade,
    request: Request,
) -> Result<Response, Failure> {
    let address = client_address(&request, &api.parts.trusted_proxies);
    let admission = api
        .parts
        .peers
        .admit(&address.to_string())
        .map_err(|error| {
            let status = match error {
                AdmissionError::Banned { .. } => StatusCode::FORBIDDEN,
                AdmissionError::Full => StatusCode::SERVICE_UNAVAILABLE,
            };
            Failure::detail(status, error.to_string())
        })?;
    Ok(upgrade
        .max_message_size(protocol::MESSAGE_BYTES_MAX)
        .max_frame_size(protocol::MESSAGE_BYTES_MAX)
        .on_upgrade(|socket| talk(socket, admission)))
}

async fn talk(socket: WebSocket, admission: Admission) {
    let (sink, stream) = socket.split();
    let stream = stream.filter_map(|message| {
        ready(match message {
            Ok(Message::Binary(bytes)) => Some(Ok(bytes)),
            // Refused as a message of no type.
            Ok(Message::Text(_)) => Some(Ok(bytes::Bytes::new())),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    });
    let sink = sink.with(|bytes| ready(Ok::<_, axum::Error>(Message::Binary(bytes))));
    admission.run(stream, sink).await;
}
