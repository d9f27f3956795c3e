//! Pushes blocks and transactions as they come, as JSON text over a WebSocket.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use chain::draft::AppliedBlock;
use chain::events::ChainEvent;
use chain::transaction::Transaction;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::ChainApi;
use super::failure::Failure;
use super::view::{block_head, waiting_transaction};

/// Longest message that a listener may send; what it says is passed over.
const MESSAGE_BYTES_MAX: usize = 4 << 10;
/// For a message to be taken by the network; a listener that does not read is left.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);

/// What a listener wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Blocks,
    Transactions,
    /// Both, each with its `type`.
    All,
}

/// `GET /rpc/ws/blocks` and `GET /rpc/blocks`.
pub async fn blocks(State(api): State<ChainApi>, upgrade: WebSocketUpgrade) -> Response {
    open(api, upgrade, Topic::Blocks)
}

/// `GET /rpc/ws/transactions`.
pub async fn transactions(State(api): State<ChainApi>, upgrade: WebSocketUpgrade) -> Response {
    open(api, upgrade, Topic::Transactions)
}

/// `GET /rpc/subscribe/ws`.
pub async fn all(State(api): State<ChainApi>, upgrade: WebSocketUpgrade) -> Response {
    open(api, upgrade, Topic::All)
}

fn open(api: ChainApi, upgrade: WebSocketUpgrade, topic: Topic) -> Response {
    let Ok(permit) = api.parts.streams.clone().try_acquire_owned() else {
        return Failure::detail(StatusCode::SERVICE_UNAVAILABLE, "too many streams are open")
            .into_response();
    };
    upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| push(api, socket, topic, permit))
}

async fn push(api: ChainApi, mut socket: WebSocket, topic: Topic, _permit: OwnedSemaphorePermit) {
    let chain_id = api.chain().spec().chain_id();
    let mut events = api.chain().events();
    loop {
        let messages = tokio::select! {
            event = events.recv() => match event {
                Ok(event) => messages(&event, topic, chain_id),
                // A slow listener loses the oldest.
                Err(RecvError::Lagged(lost)) => {
                    metrics::counter!("gossip_dropped_total").increment(lost);
                    continue;
                }
                Err(RecvError::Closed) => return,
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        };
        for message in messages {
            let text = Message::Text(message.to_string().into());
            if !matches!(timeout(SEND_TIMEOUT, socket.send(text)).await, Ok(Ok(()))) {
                return;
            }
        }
    }
}

fn messages(event: &ChainEvent, topic: Topic, chain_id: u64) -> Vec<Value> {
    match event {
        ChainEvent::Head(change) if topic != Topic::Transactions => change
            .added
            .iter()
            .map(|applied| block_message(applied, topic, chain_id))
            .collect(),
        ChainEvent::Pending(transaction) if topic != Topic::Blocks => {
            vec![transaction_message(transaction, topic)]
        }
        ChainEvent::Head(_) | ChainEvent::Pending(_) => Vec::new(),
    }
}

fn block_message(applied: &AppliedBlock, topic: Topic, chain_id: u64) -> Value {
    let block = &applied.block;
    let count = block.transactions.len() as u64;
    let mut message = block_head(&block.header, block.hash, count, chain_id);
    message["transactions"] = block
        .transactions
        .iter()
        .map(|one| json!(one.hash()))
        .collect();
    if topic == Topic::All {
        message["type"] = json!("block");
    }
    message
}

fn transaction_message(transaction: &Transaction, topic: Topic) -> Value {
    let mut message = waiting_transaction(transaction);
    if topic == Topic::All {
        message["type"] = json!("transaction");
    }
    message
}
