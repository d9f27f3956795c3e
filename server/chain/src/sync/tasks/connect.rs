//! Keeps a WebSocket to one peer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::{Sink, Stream};
use reqwest::Upgraded;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::sync::clock::unix_time_ms;
use crate::sync::Inner;
use crate::sync::client::PeerClient;
use crate::sync::peer::Peer;
use crate::sync::session::run_session;
use crate::sync::standing::back_off_ms;

/// A session that lasted so long was a good one: the next attempt comes soon.
const GOOD_SESSION_MS: u64 = 30_000;

/// Goes on for as long as the node runs.
pub(in crate::sync) async fn keep_session(
    inner: Arc<Inner>,
    peer: Arc<Peer>,
    client: PeerClient,
) {
    let mut failures = 0;
    loop {
        let alone_ms = peer.alone_for_ms(unix_time_ms());
        if alone_ms > 0 {
            let _ = timeout(Duration::from_millis(alone_ms), peer.reconnect.notified()).await;
            if peer.alone_for_ms(unix_time_ms()) > 0 {
                sleep(RECHECK).await;
            }
            continue;
        }
        let began_ms = unix_time_ms();
        match client.connect().await {
            Ok(socket) => {
                run_session(&inner, &peer, BinaryMessages(socket)).await;
            }
            Err(error) => {
                tracing::debug!(peer = peer.endpoint, %error, "no WebSocket");
                // The loop that asks for heads tells whether it is reachable at all.
                peer.note(&error.to_string());
            }
        }
        if unix_time_ms().saturating_sub(began_ms) >= GOOD_SESSION_MS {
            failures = 0;
        }
        let pause = Duration::from_millis(back_off_ms(failures, rand::random()));
        failures = failures.saturating_add(1);
        if timeout(pause, peer.reconnect.notified()).await.is_ok() {
            failures = 0;
        }
    }
}

/// Between two looks at a peer that is left alone and that somebody has seen.
const RECHECK: Duration = Duration::from_millis(100);

/// The binary messages of a WebSocket; pings and pongs are its own business.
struct BinaryMessages(WebSocketStream<Upgraded>);

impl Stream for BinaryMessages {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let next = std::task::ready!(Pin::new(&mut self.0).poll_next(context));
            return Poll::Ready(match next {
                None | Some(Ok(Message::Close(_))) => None,
                Some(Err(error)) => Some(Err(error)),
                Some(Ok(Message::Binary(bytes))) => Some(Ok(bytes)),
                // Refused as a message of no type.
                Some(Ok(Message::Text(_))) => Some(Ok(Bytes::new())),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            });
        }
    }
}

impl Sink<Bytes> for BinaryMessages {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_ready(context)
    }

    fn start_send(mut self: Pin<&mut Self>, bytes: Bytes) -> Result<(), Error> {
        Pin::new(&mut self.0).start_send(Message::Binary(bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_close(context)
    }
}
