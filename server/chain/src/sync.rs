//! Nodes of one chain, kept at the same head.
//!
//! The operator names peers by their HTTP origins. Every few seconds the heads are compared, and
//! the blocks of a heavier branch are fetched in batches ([`download`]); over a WebSocket both
//! sides push new blocks and transactions at once ([`protocol`]), the comparison being the safety
//! net. Everything that a peer sends is checked as if it came from a stranger; a peer that breaks
//! the rules loses its standing ([`standing`]) and is banned for a while.
//!
//! The HTTP interface calls [`Peers::hello`], [`serve`] and [`Peers::admit`]; nothing here knows
//! how it does that.

mod allowance;
mod ancestor;
mod audit;
mod client;
mod clock;
mod download;
mod known;
mod measure;
mod origin;
mod outbox;
mod peer;
mod progress;
pub mod protocol;
mod receive;
mod serve;
mod session;
pub mod standing;
mod tasks;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::B256;
use alloy_primitives::map::B256Set;
use bytes::Bytes;
use futures::{Sink, Stream};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet, spawn_blocking};

pub use client::AskError;
pub use download::DownloadError;
pub use origin::{InvalidOrigin, PeerOrigin};
pub use peer::{Direction, Mismatch, PeerState, PeerStatus};
pub use progress::Syncing;
pub use serve::BlocksRequest;
pub use session::SessionEnd;

use self::client::PeerClient;
use self::clock::unix_time_ms;
use self::known::KnownHashes;
use self::peer::Peer;
use self::progress::Progress;
use self::protocol::{Head, Hello};
use self::session::Session;
use crate::error::StoreError;
use crate::service::Chain;

/// Time between two comparisons of heads when nothing is said.
pub const POLL_INTERVAL_DEFAULT: Duration = Duration::from_secs(10);
/// Sessions that others may have opened to us.
pub const INBOUND_SESSIONS_MAX: usize = 64;
/// Sessions from one address.
pub const INBOUND_SESSIONS_PER_ADDRESS_MAX: u32 = 8;
/// Addresses whose standing is remembered.
const INBOUND_PEERS_MAX: usize = 1_024;
/// Answers with blocks that are made at the same time.
const ANSWERS_MAX: usize = 2;

/// What the operator says about sync.
#[derive(Debug, Clone)]
pub struct SyncSettings {
    pub peers: Vec<PeerOrigin>,
    /// Between two comparisons of heads.
    pub poll_interval: Duration,
}

/// The peers of this node. Cheap to clone.
#[derive(Clone)]
pub struct Peers {
    inner: Arc<Inner>,
}

struct Inner {
    chain: Chain,
    /// Drawn at start.
    node: B256,
    poll_interval: Duration,
    http: reqwest::Client,
    configured: Vec<(Arc<Peer>, PeerOrigin)>,
    /// By the address that they come from.
    inbound: Mutex<HashMap<String, Arc<Peer>>>,
    inbound_sessions: Arc<Semaphore>,
    sessions: Mutex<Sessions>,
    /// Pushed blocks that are being imported.
    importing: Mutex<B256Set>,
    downloading: tokio::sync::Mutex<()>,
    progress: Progress,
    answers: Semaphore,
}

#[derive(Debug, Default)]
struct Sessions {
    next_id: u64,
    open: HashMap<u64, Arc<Session>>,
}

/// Why somebody may not open a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// `403`: it may come back later.
    #[error("this address is banned for {seconds} s")]
    Banned { seconds: u64 },
    /// `503`.
    #[error("there are too many sessions")]
    Full,
}

/// Why a peer got no blocks.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the work was cancelled")]
    Cancelled(#[from] JoinError),
}

/// Leave to open a session.
pub struct Admission {
    inner: Arc<Inner>,
    peer: Arc<Peer>,
    _permit: OwnedSemaphorePermit,
}

impl Peers {
    /// The peers that the operator has named. Nothing happens yet.
    ///
    /// # Errors
    /// The machine has no usable store of root certificates.
    pub fn new(chain: Chain, settings: SyncSettings) -> Result<Self, reqwest::Error> {
        let configured = settings
            .peers
            .into_iter()
            .map(|origin| {
                (
                    Arc::new(Peer::new(origin.to_string(), Direction::Outbound)),
                    origin,
                )
            })
            .collect();
        let inner = Inner {
            chain,
            node: B256::new(rand::random()),
            poll_interval: settings.poll_interval,
            http: client::http_client()?,
            configured,
            inbound: Mutex::default(),
            inbound_sessions: Arc::new(Semaphore::new(INBOUND_SESSIONS_MAX)),
            sessions: Mutex::default(),
            importing: Mutex::default(),
            downloading: tokio::sync::Mutex::default(),
            progress: Progress::default(),
            answers: Semaphore::new(ANSWERS_MAX),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Keeps up with the peers. Ends only by being dropped, which ends all that it began.
    pub async fn run(&self) {
        let mut tasks = JoinSet::new();
        tasks.spawn(tasks::announce::announce(self.inner.clone()));
        for (peer, origin) in &self.inner.configured {
            let client = PeerClient::new(self.inner.http.clone(), origin.clone());
            tasks.spawn(tasks::poll::poll(
                self.inner.clone(),
                peer.clone(),
                client.clone(),
            ));
            tasks.spawn(tasks::connect::keep_session(
                self.inner.clone(),
                peer.clone(),
                client,
            ));
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a loop of the sync has failed");
            }
        }
    }

    /// All peers: those that were named, then those that came and are here or have been at fault, by
    /// name.
    #[must_use]
    pub fn status(&self) -> Vec<PeerStatus> {
        let local_height = self.inner.chain.tip().header.number;
        let now_ms = unix_time_ms();
        let configured = self.inner.configured.iter().map(|(peer, _)| peer.clone());
        let inbound = self.inner.inbound.lock();
        let mut inbound: Vec<_> = inbound
            .values()
            .filter(|peer| peer.is_of_interest(now_ms))
            .cloned()
            .collect();
        inbound.sort_by(|left, right| left.endpoint.cmp(&right.endpoint));
        configured
            .chain(inbound)
            .map(|peer| peer.status(local_height, now_ms))
            .collect()
    }

    /// Nodes with which there is a session: `net_peerCount`.
    #[must_use]
    pub fn count(&self) -> usize {
        let sessions = self.inner.sessions.lock();
        sessions
            .open
            .values()
            .map(|session| session.node)
            .collect::<B256Set>()
            .len()
    }

    /// How far behind this node is; none when it is not: `eth_syncing`.
    #[must_use]
    pub fn syncing(&self) -> Option<Syncing> {
        self.inner.progress.at(self.inner.chain.tip().header.number)
    }

    /// The answer to `GET /rpc/sync/status`.
    #[must_use]
    pub fn hello(&self) -> Hello {
        self.inner.hello()
    }

    /// The answer to `GET /rpc/sync/blocks`: RLP list of blocks, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn answer_blocks(&self, wanted: BlocksRequest) -> Result<Vec<u8>, AnswerError> {
        // Never closed; and if it were, it would bound nothing.
        let _turn = self.inner.answers.acquire().await;
        let chain = self.inner.chain.clone();
        Ok(spawn_blocking(move || serve::answer_blocks(&chain, wanted)).await??)
    }

    /// The answer to `GET /rpc/sync/hashes`: hashes of the branch in force from `start` on, 32
    /// bytes each.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn answer_hashes(&self, start: u64, count: usize) -> Result<Vec<u8>, StoreError> {
        serve::answer_hashes(&self.inner.chain.tip(), start, count)
    }

    /// Asks for leave to open a session from this address, before the WebSocket is accepted.
    ///
    /// # Errors
    /// Why it may not.
    pub fn admit(&self, address: &str) -> Result<Admission, AdmissionError> {
        let now_ms = unix_time_ms();
        let peer = self.inner.inbound_peer(address, now_ms);
        if peer.is_banned(now_ms) {
            let seconds = peer.alone_for_ms(now_ms).div_ceil(1_000);
            return Err(AdmissionError::Banned { seconds });
        }
        if peer.sessions() >= INBOUND_SESSIONS_PER_ADDRESS_MAX {
            return Err(AdmissionError::Full);
        }
        let permit = self
            .inner
            .inbound_sessions
            .clone()
            .try_acquire_owned()
            .map_err(|_| AdmissionError::Full)?;
        Ok(Admission {
            inner: self.inner.clone(),
            peer,
            _permit: permit,
        })
    }
}

impl Admission {
    /// Talks over a WebSocket until one side ends it: `stream` yields the binary messages that come
    /// in, `sink` takes those that go out. Messages are not to be longer than
    /// [`protocol::MESSAGE_BYTES_MAX`]; the WebSocket itself should see to that.
    pub async fn run<E: std::fmt::Display>(
        self,
        stream: impl Stream<Item = Result<Bytes, E>>,
        sink: impl Sink<Bytes, Error = E>,
    ) -> SessionEnd {
        session::run_session(&self.inner, &self.peer, stream, sink).await
    }
}

/// A session that is in the list for as long as this lives.
struct Registered<'a> {
    inner: &'a Inner,
    id: u64,
    session: Arc<Session>,
}

impl Registered<'_> {
    fn session(&self) -> &Session {
        &self.session
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        let mut sessions = self.inner.sessions.lock();
        sessions.open.remove(&self.id);
        let same_node = |session: &&Arc<Session>| session.node == self.session.node;
        let others: Vec<Arc<Session>> = sessions.open.values().filter(same_node).cloned().collect();
        drop(sessions);
        self.session.peer.session_ended();
        if others.is_empty() {
            return;
        }
        // What was on its way is lost, and counts as known: the other sessions tell it again.
        self.session.known().clear();
        let waiting = self.inner.waiting();
        for session in others {
            session.send(|outbox| outbox.transactions(waiting.iter().copied()));
        }
    }
}

/// A block that nobody else imports for as long as this lives.
struct Importing<'a> {
    inner: &'a Inner,
    hash: B256,
}

impl Drop for Importing<'_> {
    fn drop(&mut self) {
        self.inner.importing.lock().remove(&self.hash);
    }
}

impl Inner {
    fn hello(&self) -> Hello {
        session::hello_of(self)
    }

    fn head(&self) -> Head {
        let tip = self.chain.tip();
        Head {
            number: tip.header.number,
            hash: tip.hash,
            total_difficulty: tip.total_difficulty,
        }
    }

    /// Hashes of the transactions that wait here, each sender's by nonce.
    fn waiting(&self) -> Vec<B256> {
        self.chain.with_mempool(|mempool| {
            let pending = mempool.pending().flat_map(|(_, transactions)| transactions);
            pending
                .chain(mempool.queued().flat_map(|(_, transactions)| transactions))
                .map(crate::transaction::Transaction::hash)
                .collect()
        })
    }

    fn sessions(&self) -> Vec<Arc<Session>> {
        self.sessions.lock().open.values().cloned().collect()
    }

    fn register(&self, peer: &Arc<Peer>, node: B256) -> Registered<'_> {
        let mut sessions = self.sessions.lock();
        let known = sessions
            .open
            .values()
            .find(|session| session.node == node)
            .map_or_else(Arc::<Mutex<KnownHashes>>::default, |session| {
                session.shared_known()
            });
        let session = Arc::new(Session::new(peer.clone(), node, known));
        let id = sessions.next_id;
        sessions.next_id += 1;
        sessions.open.insert(id, session.clone());
        drop(sessions);
        peer.session_began();
        Registered {
            inner: self,
            id,
            session,
        }
    }

    /// Compares heads soon, with the node at the other end of a session if the operator has named
    /// it, and else with all that were named.
    fn look_again(&self, session: &Session) {
        let is_named = |peer: &Arc<Peer>| peer.node() == Some(session.node);
        let somebody = self.configured.iter().any(|(peer, _)| is_named(peer));
        for (peer, _) in &self.configured {
            if !somebody || is_named(peer) {
                peer.wake.notify_one();
            }
        }
    }

    /// None if somebody else imports it already.
    fn begin_import(&self, hash: B256) -> Option<Importing<'_>> {
        let is_ours = self.importing.lock().insert(hash);
        // Made only if it is ours: its end takes the hash off.
        is_ours.then(|| Importing { inner: self, hash })
    }

    fn inbound_peer(&self, address: &str, now_ms: u64) -> Arc<Peer> {
        let mut inbound = self.inbound.lock();
        if let Some(peer) = inbound.get(address) {
            return peer.clone();
        }
        if inbound.len() >= INBOUND_PEERS_MAX {
            inbound.retain(|_, peer| peer.sessions() > 0 || peer.is_banned(now_ms));
        }
        if inbound.len() >= INBOUND_PEERS_MAX {
            inbound.retain(|_, peer| peer.sessions() > 0);
        }
        let peer = Arc::new(Peer::new(address.to_owned(), Direction::Inbound));
        inbound.insert(address.to_owned(), peer.clone());
        peer
    }
}

#[cfg(test)]
mod tests;
