//! Asks a peer over HTTP. Every answer is bounded in bytes and in time.

use std::time::Duration;

use alloy_primitives::B256;
use bytes::{Bytes, BytesMut};
use reqwest::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{StatusCode, Upgraded};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::origin::PeerOrigin;
use super::protocol::{
    BLOCKS_BYTES_MAX, HASHES_MAX, Hello, MESSAGE_BYTES_MAX, Malformed, decode_hashes, split_blocks,
};
use super::serve::BlocksRequest;
use crate::validation::BLOCK_BYTES_MAX;

/// From the first byte sent to the last one read, where the answer is short.
const SHORT_TIMEOUT: Duration = Duration::from_secs(5);
/// The same for blocks.
const BLOCKS_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer about the peer itself.
const STATUS_BYTES_MAX: usize = 4 << 10;
/// Bytes of an answer with blocks: as many as fit, or one that is as long as a block may be.
const ANSWER_BYTES_MAX: usize = {
    assert!(BLOCK_BYTES_MAX >= BLOCKS_BYTES_MAX);
    BLOCK_BYTES_MAX + 64
};

/// A client for one peer.
#[derive(Debug, Clone)]
pub struct PeerClient {
    http: reqwest::Client,
    origin: PeerOrigin,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It may answer later.
    #[error("{0}")]
    Unreachable(String),
    #[error("it takes longer than {} s", .0.as_secs())]
    TooSlow(Duration),
    #[error("it answers with status {0}")]
    Status(StatusCode),
    /// It does not speak our language.
    #[error("its answer has more than {0} bytes")]
    TooLong(usize),
    #[error("its answer: {0}")]
    Malformed(#[from] Malformed),
    #[error("its answer is not the status of a node: {0}")]
    NoStatus(#[from] serde_json::Error),
    #[error("it does not open a WebSocket: {0}")]
    NoWebSocket(&'static str),
}

impl AskError {
    /// Whether the peer is at fault, or merely out of reach.
    #[must_use]
    pub const fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::TooLong(_) | Self::Malformed(_) | Self::NoStatus(_)
        )
    }
}

/// A client for all peers.
///
/// # Errors
/// The machine has no usable store of root certificates.
pub fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    // Another part of the program may have chosen a provider already: then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(SHORT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent("ledgercloud")
        .build()
}

impl PeerClient {
    #[must_use]
    pub const fn new(http: reqwest::Client, origin: PeerOrigin) -> Self {
        Self { http, origin }
    }

    /// Who the peer is and where its branch ends.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn status(&self) -> Result<Hello, AskError> {
        let request = self.http.get(self.origin.join("status"));
        let body = read(request, STATUS_BYTES_MAX, SHORT_TIMEOUT).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    /// Hashes of its branch from `start` on: as many as there are, at most `count`.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn hashes(&self, start: u64, count: usize) -> Result<Vec<B256>, AskError> {
        let mut url = self.origin.join("hashes");
        url.set_query(Some(&format!("start={start}&count={count}")));
        let body = read(self.http.get(url), HASHES_MAX * 32, SHORT_TIMEOUT).await?;
        let mut hashes = decode_hashes(&body)?;
        hashes.truncate(count);
        Ok(hashes)
    }

    /// Encoded blocks, oldest first; fewer than asked for if they would be too many bytes or are
    /// not there.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn blocks(&self, wanted: BlocksRequest) -> Result<Vec<Bytes>, AskError> {
        let mut url = self.origin.join("blocks");
        url.set_query(Some(&wanted.to_query()));
        let body = read(self.http.get(url), ANSWER_BYTES_MAX, BLOCKS_TIMEOUT).await?;
        Ok(split_blocks(&body)?)
    }

    /// Opens a WebSocket (RFC 6455 §4.1). It goes through the same client as everything else, so
    /// that there is one way to verify certificates.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn connect(&self) -> Result<WebSocketStream<Upgraded>, AskError> {
        timeout(SHORT_TIMEOUT, self.handshake())
            .await
            .map_err(|_| AskError::TooSlow(SHORT_TIMEOUT))?
    }

    async fn handshake(&self) -> Result<WebSocketStream<Upgraded>, AskError> {
        let key = generate_key();
        let response = self
            .http
            .get(self.origin.join("ws"))
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key)
            .send()
            .await
            .map_err(unreachable)?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(AskError::Status(response.status()));
        }
        let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT);
        if accepted.is_none_or(|accepted| accepted != derive_accept_key(key.as_bytes()).as_str()) {
            return Err(AskError::NoWebSocket("it has not understood the handshake"));
        }
        let upgraded = response.upgrade().await.map_err(unreachable)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
    }
}

async fn read(
    request: reqwest::RequestBuilder,
    bytes_max: usize,
    time: Duration,
) -> Result<Bytes, AskError> {
    let answer = async {
        let mut response = request.send().await.map_err(unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(AskError::Status(response.status()));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > bytes_max {
                return Err(AskError::TooLong(bytes_max));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    timeout(time, answer)
        .await
        .map_err(|_| AskError::TooSlow(time))?
}

/// Without the address, which may hold a password, and with the cause, which says what to do.
fn unreachable(error: reqwest::Error) -> AskError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    AskError::Unreachable(text)
}
