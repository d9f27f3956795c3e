//! The server behind the proxies under measurement: a short answer at every path, and an echoing
//! WebSocket at every path that ends in `/ws`.
//!
//! `bench_upstream <ADDRESS:PORT | /path/of.sock>`

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use tokio::net::{TcpListener, UnixListener};

/// As long as the answers of JupyterLab's polls are short.
const ANSWER: &str = "{\"version\": \"2.21.1\"}   ";

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:9101".to_owned());
    let router = Router::new().fallback(answer);
    if address.starts_with('/') {
        return axum::serve(UnixListener::bind(address)?, router).await;
    }
    axum::serve(TcpListener::bind(address).await?, router).await
}

async fn answer(request: Request) -> Response {
    if !request.uri().path().ends_with("/ws") {
        return ANSWER.into_response();
    }
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.recv().await {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        }),
        Err(refusal) => refusal.into_response(),
    }
}
