//! Keeps a WebSocket to one peer.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::sync::Inner;
use crate::sync::client::PeerClient;
use crate::sync::clock::unix_time_ms;
use crate::sync::peer::Peer;
use crate::sync::session::run_session;
use crate::sync::standing::back_off_ms;

/// A session that lasted so long was a good one: the next attempt comes soon.
const GOOD_SESSION_MS: u64 = 30_000;

/// Goes on for as long as the node runs.
pub(in crate::sync) async fn keep_session(inner: Arc<Inner>, peer: Arc<Peer>, client: PeerClient) {
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
                let (sink, stream) = socket.split();
                let stream = stream.filter_map(|message| ready(incoming(message)));
                let sink = sink.with(|bytes| ready(Ok::<_, Error>(Message::Binary(bytes))));
                run_session(&inner, &peer, stream, sink).await;
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

/// What a message of a WebSocket is to a session; pings and pongs are the WebSocket's own business.
fn incoming(message: Result<Message, Error>) -> Option<Result<Bytes, Error>> {
    match message {
        Ok(Message::Binary(bytes)) => Some(Ok(bytes)),
        // Refused as a message of no type.
        Ok(Message::Text(_)) => Some(Ok(Bytes::new())),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    }
}
