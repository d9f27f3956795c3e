//! One WebSocket between two nodes, whoever opened it. Both say hello, offer what waits in their
//! mempools, and then push what is new.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alloy_primitives::B256;
use bytes::Bytes;
use futures::{Sink, SinkExt, Stream, StreamExt};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use super::Inner;
use super::allowance::Allowance;
use super::clock::unix_time_ms;
use super::known::KnownHashes;
use super::outbox::{Next, Outbox};
use super::peer::{Mismatch, Peer, check_hello};
use super::protocol::{Hello, Message, PROTOCOL_VERSION, TRANSACTIONS_BYTES_MAX, TRANSACTIONS_MAX};
use super::receive::{Offence, receive_block, receive_transactions};
use super::standing::{Fault, Verdict};

/// For the first message of the other side.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// For a message to be taken by the network; a peer that does not read is left.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two pings.
const PING_INTERVAL: Duration = Duration::from_secs(15);
/// Silence after which a peer is thought gone.
const SILENCE_MAX: Duration = Duration::from_secs(50);
/// How long a transaction waits for others to travel with.
const BATCH_DELAY: Duration = Duration::from_millis(10);

/// An open session, as those see it who have something to send.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) peer: Arc<Peer>,
    /// The node at the other end.
    pub(super) node: B256,
    /// Of the node, and not of the session: two nodes may have named one another.
    known: Arc<Mutex<KnownHashes>>,
    pub(super) outbox: Mutex<Outbox>,
    wake: Notify,
    heard_at_ms: AtomicU64,
}

impl Session {
    pub(super) fn new(peer: Arc<Peer>, node: B256, known: Arc<Mutex<KnownHashes>>) -> Self {
        Self {
            peer,
            node,
            known,
            outbox: Mutex::default(),
            wake: Notify::new(),
            heard_at_ms: AtomicU64::new(unix_time_ms()),
        }
    }

    pub(super) fn known(&self) -> MutexGuard<'_, KnownHashes> {
        self.known.lock()
    }

    pub(super) fn shared_known(&self) -> Arc<Mutex<KnownHashes>> {
        self.known.clone()
    }

    /// Puts something into the outbox and wakes the writer.
    pub(super) fn send(&self, fill: impl FnOnce(&mut Outbox)) {
        fill(&mut self.outbox.lock());
        self.wake.notify_one();
    }
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionEnd {
    #[error("the connection ended")]
    Closed,
    #[error("the connection failed: {0}")]
    Socket(String),
    #[error("it did not say hello within {} s", HELLO_TIMEOUT.as_secs())]
    NoHello,
    #[error("it was silent for {} s", SILENCE_MAX.as_secs())]
    Silent,
    #[error("it does not read what is sent to it")]
    NotReading,
    #[error(transparent)]
    Incompatible(#[from] Mismatch),
    #[error("{0}")]
    Fault(String),
    #[error("it is banned")]
    Banned,
    #[error("there are too many sessions")]
    Full,
}

/// Talks until one side ends it.
pub(super) async fn run_session<E: std::fmt::Display>(
    inner: &Inner,
    peer: &Arc<Peer>,
    stream: impl Stream<Item = Result<Bytes, E>>,
    sink: impl Sink<Bytes, Error = E>,
) -> SessionEnd {
    let (mut stream, mut sink) = (std::pin::pin!(stream), std::pin::pin!(sink));
    let theirs = match greet(inner, &mut sink, &mut stream).await {
        Ok(theirs) => theirs,
        Err(end) => {
            match &end {
                SessionEnd::Incompatible(mismatch) => {
                    peer.incompatible(mismatch.clone(), unix_time_ms());
                }
                SessionEnd::Fault(reason) => {
                    peer.fault(Fault::Malformed, reason, unix_time_ms());
                }
                _ => {}
            }
            return end;
        }
    };
    peer.answered(&theirs, unix_time_ms());
    let registered = inner.register(peer, theirs.node);
    let session = registered.session();
    session.send(|outbox| outbox.transactions(inner.waiting()));
    if theirs.head.total_difficulty > inner.chain.tip().total_difficulty {
        inner.look_again(session);
    }
    tracing::info!(
        peer = peer.endpoint,
        height = theirs.head.number,
        "a session began"
    );
    let end = tokio::select! {
        end = read(inner, session, &mut stream) => end,
        end = write(inner, session, &mut sink) => end,
        end = watch(session) => end,
    };
    tracing::info!(peer = peer.endpoint, reason = %end, "a session ended");
    let _ = timeout(HELLO_TIMEOUT, sink.close()).await;
    end
}

async fn greet<E: std::fmt::Display>(
    inner: &Inner,
    sink: &mut (impl Sink<Bytes, Error = E> + Unpin),
    stream: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
) -> Result<Hello, SessionEnd> {
    let ours = inner.hello();
    send(sink, Message::Hello(ours).encode()).await?;
    let first = timeout(HELLO_TIMEOUT, stream.next())
        .await
        .map_err(|_| SessionEnd::NoHello)?
        .ok_or(SessionEnd::Closed)?
        .map_err(|error| SessionEnd::Socket(error.to_string()))?;
    let theirs = match Message::decode(&first) {
        Ok(Message::Hello(theirs)) => theirs,
        Ok(_) => return Err(SessionEnd::Fault("it did not say hello first".to_owned())),
        Err(error) => return Err(SessionEnd::Fault(error.to_string())),
    };
    check_hello(&ours, &theirs)?;
    Ok(theirs)
}

async fn read<E: std::fmt::Display>(
    inner: &Inner,
    session: &Session,
    stream: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
) -> SessionEnd {
    let mut allowance = Allowance::full(unix_time_ms());
    loop {
        let bytes = match stream.next().await {
            None => return SessionEnd::Closed,
            Some(Err(error)) => return SessionEnd::Socket(error.to_string()),
            Some(Ok(bytes)) => bytes,
        };
        let now_ms = unix_time_ms();
        session.heard_at_ms.store(now_ms, Ordering::Relaxed);
        let result = if allowance.take(bytes.len(), now_ms) {
            receive(inner, session, &bytes).await
        } else {
            Err(Offence::new(Fault::Flood, "it sends more than it may"))
        };
        let Err(Offence { fault, reason }) = result else {
            continue;
        };
        let verdict = session.peer.fault(fault, &reason, unix_time_ms());
        if verdict != Verdict::Kept {
            return SessionEnd::Banned;
        }
        // What follows something malformed cannot be trusted to begin where it should.
        if matches!(fault, Fault::Malformed | Fault::Flood) {
            return SessionEnd::Fault(reason);
        }
    }
}

async fn receive(inner: &Inner, session: &Session, bytes: &Bytes) -> Result<(), Offence> {
    let message = Message::decode(bytes)
        .map_err(|error| Offence::new(Fault::Malformed, format!("a message: {error}")))?;
    match message {
        Message::Hello(_) => Err(Offence::new(Fault::Malformed, "it says hello twice")),
        Message::Head(head) => {
            session.known().insert(head.hash);
            session.peer.told_head(head, unix_time_ms());
            let tip = inner.chain.tip();
            if head.total_difficulty > tip.total_difficulty {
                inner.look_again(session);
            }
            Ok(())
        }
        Message::Block(rlp) => {
            let result = receive_block(inner, session, rlp).await;
            // Its own work may have taken longer than its silence may.
            session.heard_at_ms.store(unix_time_ms(), Ordering::Relaxed);
            result
        }
        Message::Transactions(batch) => receive_transactions(inner, session, batch).await,
        Message::Ping(number) => {
            session.send(|outbox| outbox.pong(number));
            Ok(())
        }
        Message::Pong(_) => Ok(()),
    }
}

async fn write<E: std::fmt::Display>(
    inner: &Inner,
    session: &Session,
    sink: &mut (impl Sink<Bytes, Error = E> + Unpin),
) -> SessionEnd {
    let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut number = 0;
    loop {
        let sent = tokio::select! {
            _ = pings.tick() => {
                number += 1;
                send(sink, Message::Ping(number).encode()).await
            }
            () = session.wake.notified() => {
                if !session.outbox.lock().is_urgent() {
                    sleep(BATCH_DELAY).await;
                }
                drain(inner, session, sink).await
            }
        };
        if let Err(end) = sent {
            return end;
        }
    }
}

async fn drain<E: std::fmt::Display>(
    inner: &Inner,
    session: &Session,
    sink: &mut (impl Sink<Bytes, Error = E> + Unpin),
) -> Result<(), SessionEnd> {
    loop {
        let (next, lost) = {
            let mut outbox = session.outbox.lock();
            (outbox.next(TRANSACTIONS_MAX), outbox.take_lost())
        };
        if lost > 0 {
            metrics::counter!("sync_transactions_dropped_total").increment(lost);
            tracing::warn!(
                peer = session.peer.endpoint,
                lost,
                "a slow peer loses transactions"
            );
        }
        let Some(next) = next else {
            return Ok(());
        };
        match next {
            Next::Pong(number) => send(sink, Message::Pong(number).encode()).await?,
            Next::Head(head) => {
                session.known().insert(head.hash);
                send(sink, Message::Head(head).encode()).await?;
            }
            Next::Block(hash, rlp) => {
                if session.known().insert(hash) {
                    send(sink, Message::Block(rlp).encode()).await?;
                }
            }
            Next::Transactions(hashes) => {
                for batch in batches(inner, session, hashes) {
                    send(sink, Message::Transactions(batch).encode()).await?;
                }
            }
        }
    }
}

/// Those transactions that still wait and that the peer has not, in messages that are not too long.
fn batches(
    inner: &Inner,
    session: &Session,
    hashes: Vec<B256>,
) -> Vec<Vec<alloy_primitives::Bytes>> {
    let mut known = session.known();
    let fresh: Vec<B256> = hashes
        .into_iter()
        .filter(|hash| known.insert(*hash))
        .collect();
    drop(known);
    let transactions: Vec<_> = inner.chain.with_mempool(|mempool| {
        fresh
            .iter()
            .filter_map(|hash| mempool.get(hash).cloned())
            .collect()
    });
    let mut batches = Vec::new();
    let mut batch = Vec::new();
    let mut bytes = 0;
    for transaction in transactions {
        bytes += transaction.encoded_length();
        batch.push(transaction.encoded());
        if bytes >= TRANSACTIONS_BYTES_MAX || batch.len() >= TRANSACTIONS_MAX {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

/// Ends when nothing is heard any more.
async fn watch(session: &Session) -> SessionEnd {
    let silence_max_ms = u64::try_from(SILENCE_MAX.as_millis()).unwrap_or(u64::MAX);
    loop {
        sleep(PING_INTERVAL).await;
        let heard_at_ms = session.heard_at_ms.load(Ordering::Relaxed);
        if unix_time_ms().saturating_sub(heard_at_ms) > silence_max_ms {
            return SessionEnd::Silent;
        }
        if session.peer.is_banned(unix_time_ms()) {
            return SessionEnd::Banned;
        }
    }
}

async fn send<E: std::fmt::Display>(
    sink: &mut (impl Sink<Bytes, Error = E> + Unpin),
    message: Bytes,
) -> Result<(), SessionEnd> {
    timeout(SEND_TIMEOUT, sink.send(message))
        .await
        .map_err(|_| SessionEnd::NotReading)?
        .map_err(|error| SessionEnd::Socket(error.to_string()))
}

/// What this node says first.
pub(super) fn hello_of(inner: &Inner) -> Hello {
    let spec = inner.chain.spec();
    Hello {
        version: PROTOCOL_VERSION,
        chain_id: spec.chain_id(),
        genesis_hash: spec.genesis_hash(),
        node: inner.node,
        head: inner.head(),
    }
}
