//! Ethereum's JSON-RPC over HTTP and WebSocket: `POST /rpc` and `GET /rpc`.
//!
//! It is open to pages of every origin, as wallets need it, and knows neither cookies nor sessions.

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use chain::rpc::{BODY_BYTES_MAX, Dispatcher, SESSION_QUEUE_MAX, serve_session};
use futures::{SinkExt, StreamExt};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tokio::sync::mpsc;

/// The routes.
pub fn routes(dispatcher: Dispatcher) -> Router {
    Router::new()
        .route("/rpc", post(answer).get(connect))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(dispatcher)
}

async fn answer(State(dispatcher): State<Dispatcher>, body: Bytes) -> Response {
    match dispatcher.handle(&body).await {
        Some(json) => (
            [
                (CONTENT_TYPE, "application/json"),
                (CACHE_CONTROL, "no-store"),
            ],
            json,
        )
            .into_response(),
        // Notifications alone.
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn connect(State(dispatcher): State<Dispatcher>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(BODY_BYTES_MAX)
        .max_frame_size(BODY_BYTES_MAX)
        .on_upgrade(move |socket| serve(dispatcher, socket))
}

async fn serve(dispatcher: Dispatcher, socket: WebSocket) {
    let (mut sink, stream) = socket.split();
    let (outgoing, mut messages) = mpsc::channel::<chain::rpc::Message>(SESSION_QUEUE_MAX);
    let writer = tokio::spawn(async move {
        while let Some(message) = messages.recv().await {
            let text = Message::Text(message.text().into());
            if sink.send(text).await.is_err() {
                break;
            }
        }
        sink
    });
    let incoming = stream.filter_map(|message| async {
        match message {
            Ok(Message::Text(text)) => Some(text.to_string()),
            // Some clients send their JSON as bytes.
            Ok(Message::Binary(bytes)) => String::from_utf8(bytes.into()).ok(),
            _ => None,
        }
    });
    let reason = serve_session(dispatcher, Box::pin(incoming), outgoing).await;
    if let Ok(mut sink) = writer.await {
        let frame = CloseFrame {
            code: reason.websocket_code(),
            reason: reason.to_string().into(),
        };
        // The other side may be gone already.
        let _ = sink.send(Message::Close(Some(frame))).await;
    }
}
