//! A connection that stays: requests as on any transport, and subscriptions (`eth_subscribe`).
//! Text messages go in and out; what carries them is the caller's matter.

mod subscription;

use std::sync::Arc;
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{Stream, StreamExt};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::message::Request;
use super::{BODY_BYTES_MAX, Dispatcher};
use subscription::Subscriptions;

/// Messages that wait for a slow reader before its session is ended.
pub const SESSION_QUEUE_MAX: usize = 1_024;
/// Bytes that wait for it.
const QUEUE_BYTES_MAX: usize = 96 << 20;
/// Requests of one session that are worked on at once.
const REQUESTS_MAX: usize = 16;
/// How long a reader may take before it goes on reading.
const READER_TIME: Duration = Duration::from_secs(30);

/// Why a session has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    #[error("the other side has closed the connection")]
    ClosedByPeer,
    #[error("messages were read too slowly: subscribe to less, or read faster")]
    SlowReader,
    #[error("the node is shutting down")]
    Shutdown,
}

impl CloseReason {
    /// The status code of a WebSocket's close frame (RFC 6455 §7.4.1, and IANA's registry).
    #[must_use]
    pub const fn websocket_code(self) -> u16 {
        match self {
            Self::ClosedByPeer => 1000,
            Self::Shutdown => 1001,
            // Policy violation.
            Self::SlowReader => 1008,
        }
    }
}

/// A text message for the other side. It counts as waiting until it is dropped.
#[derive(Debug)]
pub struct Message {
    text: String,
    _waiting: OwnedSemaphorePermit,
}

impl Message {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Serves one connection until one side ends it. `outgoing` should have room for
/// [`SESSION_QUEUE_MAX`] messages.
pub async fn serve_session(
    dispatcher: Dispatcher,
    mut incoming: impl Stream<Item = String> + Unpin,
    outgoing: mpsc::Sender<Message>,
) -> CloseReason {
    let mut events = dispatcher.chain().events();
    let mut subscriptions = Subscriptions::default();
    let mut running = FuturesUnordered::new();
    let outbox = Outbox {
        messages: outgoing,
        room: Arc::new(Semaphore::new(QUEUE_BYTES_MAX)),
    };
    loop {
        tokio::select! {
            biased;
            () = outbox.messages.closed() => return CloseReason::ClosedByPeer,
            Some(text) = running.next(), if !running.is_empty() => {
                if let Some(text) = text && let Err(reason) = outbox.send(text).await {
                    return reason;
                }
            }
            event = events.recv() => match event {
                Ok(event) => {
                    for text in subscriptions.tell(&event) {
                        if let Err(reason) = outbox.notify(text) {
                            return reason;
                        }
                    }
                }
                Err(RecvError::Lagged(_)) if subscriptions.is_empty() => {}
                Err(RecvError::Lagged(_)) => return CloseReason::SlowReader,
                Err(RecvError::Closed) => return CloseReason::Shutdown,
            },
            text = incoming.next(), if running.len() < REQUESTS_MAX => {
                let Some(text) = text else { return CloseReason::ClosedByPeer };
                match read(text) {
                    Read::Subscription(request) => {
                        let text = subscriptions.handle(&dispatcher, request);
                        if let Some(text) = text && let Err(reason) = outbox.send(text).await {
                            return reason;
                        }
                    }
                    Read::Other(text) => {
                        let dispatcher = dispatcher.clone();
                        running.push(async move { dispatcher.handle(text.as_bytes()).await });
                    }
                }
            }
        }
    }
}

enum Read {
    Subscription(Request),
    Other(String),
}

/// Subscriptions are the session's own matter. Only a message that may be about one is parsed here.
fn read(text: String) -> Read {
    if text.len() > BODY_BYTES_MAX || !text.contains("subscribe") {
        return Read::Other(text);
    }
    match serde_json::from_str::<Value>(&text).map(Request::read) {
        Ok(Ok(request)) if request.method == "eth_subscribe" => Read::Subscription(request),
        Ok(Ok(request)) if request.method == "eth_unsubscribe" => Read::Subscription(request),
        _ => Read::Other(text),
    }
}

struct Outbox {
    messages: mpsc::Sender<Message>,
    room: Arc<Semaphore>,
}

impl Outbox {
    /// Waits for a reader that is behind, but not for ever.
    async fn send(&self, text: Vec<u8>) -> Result<(), CloseReason> {
        let text = into_text(text);
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let sending = async {
            let room = self.room.clone().acquire_many_owned(bytes).await.ok()?;
            let message = Message {
                text,
                _waiting: room,
            };
            self.messages.send(message).await.ok()
        };
        match tokio::time::timeout(READER_TIME, sending).await {
            Ok(Some(())) => Ok(()),
            Ok(None) => Err(CloseReason::ClosedByPeer),
            Err(_) => Err(CloseReason::SlowReader),
        }
    }

    /// What nobody asked for right now waits for nobody.
    fn notify(&self, text: Vec<u8>) -> Result<(), CloseReason> {
        let text = into_text(text);
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let room = self.room.clone().try_acquire_many_owned(bytes);
        let room = room.map_err(|_| CloseReason::SlowReader)?;
        self.messages
            .try_send(Message {
                text,
                _waiting: room,
            })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => CloseReason::SlowReader,
                mpsc::error::TrySendError::Closed(_) => CloseReason::ClosedByPeer,
            })
    }
}

/// What was written as JSON is UTF-8.
fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}
