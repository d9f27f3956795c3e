//! What is known of one peer, and how it looks from outside.

use alloy_primitives::B256;
use parking_lot::Mutex;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Notify;

use super::protocol::{Head, Hello, PROTOCOL_VERSION};
use super::standing::{Fault, STANDING_MAX, Standing, Verdict};

/// A peer of another chain may be set up anew, but not every ten seconds.
const INCOMPATIBLE_RETRY_MS: u64 = 10 * 60 * 1_000;
/// Longest text of an error that is kept.
const ERROR_CHARACTERS_MAX: usize = 300;

/// Who began to talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// We did: the operator has named it.
    Outbound,
    /// It did.
    Inbound,
}

/// Why a node is not of our chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error("its genesis block is {theirs}, ours is {ours}: it is another chain")]
    Genesis { ours: B256, theirs: B256 },
    #[error("its chain id is {theirs}, ours is {ours}")]
    ChainId { ours: u64, theirs: u64 },
    #[error("it speaks version {theirs} of the protocol, this node speaks {PROTOCOL_VERSION}")]
    Version { theirs: u32 },
    #[error("it is this node itself")]
    Itself,
}

/// Checks that a node that says `theirs` is another one of the chain of one that says `ours`.
///
/// # Errors
/// What does not fit.
pub fn check_hello(ours: &Hello, theirs: &Hello) -> Result<(), Mismatch> {
    if theirs.version != ours.version {
        let theirs = theirs.version;
        return Err(Mismatch::Version { theirs });
    }
    if theirs.genesis_hash != ours.genesis_hash {
        return Err(Mismatch::Genesis {
            ours: ours.genesis_hash,
            theirs: theirs.genesis_hash,
        });
    }
    if theirs.chain_id != ours.chain_id {
        return Err(Mismatch::ChainId {
            ours: ours.chain_id,
            theirs: theirs.chain_id,
        });
    }
    if theirs.node == ours.node {
        return Err(Mismatch::Itself);
    }
    Ok(())
}

/// One peer.
#[derive(Debug)]
pub struct Peer {
    /// The origin that was configured, or the address that it came from.
    pub endpoint: String,
    pub direction: Direction,
    record: Mutex<Record>,
    /// Asks for a comparison of heads now.
    pub(super) wake: Notify,
    /// Asks for another attempt at the WebSocket now.
    pub(super) reconnect: Notify,
}

#[derive(Debug, Default)]
struct Record {
    standing: Standing,
    mismatch: Option<Mismatch>,
    mismatch_until_ms: u64,
    node: Option<B256>,
    head: Option<Head>,
    sessions: u32,
    last_ok_ms: Option<u64>,
    last_error: Option<String>,
}

/// How it stands with a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PeerState {
    /// Nothing was heard of it yet.
    New,
    /// It answers, and blocks and transactions are pushed both ways.
    Connected,
    /// It answers when asked every few seconds; there is no WebSocket.
    Polled,
    Unreachable,
    /// Another chain, another protocol, or this node itself.
    Incompatible,
    Banned,
}

/// A peer as `GET /rpc/sync/peers` shows it. Heights are block numbers, times RFC 3339 in UTC.
#[derive(Debug, Clone, Serialize)]
pub struct PeerStatus {
    pub endpoint: String,
    pub direction: Direction,
    pub state: PeerState,
    pub remote_height: Option<u64>,
    pub remote_hash: Option<B256>,
    pub local_height: u64,
    /// Blocks that it is ahead of us.
    pub lag: u64,
    pub last_ok: Option<String>,
    pub last_error: Option<String>,
    /// From 0, banned, to 100.
    pub standing: u32,
    pub banned_until: Option<String>,
    /// Failures since it was reached last.
    pub failures: u32,
}

impl Peer {
    pub(super) fn new(endpoint: String, direction: Direction) -> Self {
        Self {
            endpoint,
            direction,
            record: Mutex::default(),
            wake: Notify::new(),
            reconnect: Notify::new(),
        }
    }

    /// How it stands, for people.
    #[must_use]
    pub fn status(&self, local_height: u64, now_ms: u64) -> PeerStatus {
        let record = self.record.lock();
        let remote_height = record.head.map(|head| head.number);
        let banned_until_ms = record.standing.banned_until_ms();
        PeerStatus {
            endpoint: self.endpoint.clone(),
            direction: self.direction,
            state: record.state(now_ms),
            remote_height,
            remote_hash: record.head.map(|head| head.hash),
            local_height,
            lag: remote_height.unwrap_or(0).saturating_sub(local_height),
            last_ok: record.last_ok_ms.and_then(text_of_time),
            last_error: record.last_error.clone(),
            standing: record.standing.points(now_ms),
            banned_until: (banned_until_ms > now_ms)
                .then(|| text_of_time(banned_until_ms))
                .flatten(),
            failures: record.standing.failures(),
        }
    }

    /// Counts a fault and says it in the log.
    pub fn fault(&self, fault: Fault, reason: &str, now_ms: u64) -> Verdict {
        let (verdict, points) = {
            let mut record = self.record.lock();
            record.last_error = Some(shortened(reason));
            let verdict = record.standing.fault(fault, now_ms);
            (verdict, record.standing.points(now_ms))
        };
        metrics::counter!("sync_peer_faults_total", "fault" => fault.label()).increment(1);
        let peer = &self.endpoint;
        match verdict {
            Verdict::Kept => {
                tracing::warn!(
                    peer,
                    fault = fault.label(),
                    reason,
                    points,
                    "a peer's fault"
                );
            }
            Verdict::Banned { until_ms } => {
                metrics::counter!("sync_peer_bans_total").increment(1);
                tracing::warn!(
                    peer,
                    fault = fault.label(),
                    reason,
                    seconds = until_ms.saturating_sub(now_ms) / 1_000,
                    "a peer is banned"
                );
            }
        }
        verdict
    }

    /// Counts a failure that is nobody's fault. It is said in the log when it is news.
    pub fn failed(&self, reason: &str, now_ms: u64, random: f64) {
        let mut record = self.record.lock();
        record.standing.failed(now_ms, random);
        let failures = record.standing.failures();
        record.last_error = Some(shortened(reason));
        drop(record);
        if failures == 1 {
            tracing::info!(peer = self.endpoint, reason, "a peer cannot be reached");
        }
    }

    /// Notes what went wrong on our own side. Says whether it is news.
    pub fn note(&self, reason: &str) -> bool {
        let mut record = self.record.lock();
        let text = shortened(reason);
        let is_news = record.last_error.as_ref() != Some(&text);
        record.last_error = Some(text);
        is_news
    }

    /// Sets the peer aside as one of another chain.
    pub fn incompatible(&self, mismatch: Mismatch, now_ms: u64) {
        let mut record = self.record.lock();
        let is_news = record.mismatch.as_ref() != Some(&mismatch);
        let reason = mismatch.to_string();
        record.last_error = Some(reason.clone());
        record.mismatch = Some(mismatch);
        record.mismatch_until_ms = now_ms.saturating_add(INCOMPATIBLE_RETRY_MS);
        record.head = None;
        drop(record);
        if is_news {
            metrics::counter!("sync_peers_incompatible_total").increment(1);
            tracing::error!(peer = self.endpoint, reason, "a peer is incompatible");
        }
    }

    /// Notes that it answered, as a node of our chain. Says whether it was thought lost.
    pub fn answered(&self, hello: &Hello, now_ms: u64) -> bool {
        let mut record = self.record.lock();
        let was_lost = record.standing.failures() > 0;
        record.standing.succeeded();
        record.mismatch = None;
        record.node = Some(hello.node);
        record.head = Some(hello.head);
        record.last_ok_ms = Some(now_ms);
        drop(record);
        if was_lost {
            tracing::info!(peer = self.endpoint, "a peer is back");
        }
        was_lost
    }

    /// Notes a head that it has told.
    pub fn told_head(&self, head: Head, now_ms: u64) {
        let mut record = self.record.lock();
        record.head = Some(head);
        record.last_ok_ms = Some(now_ms);
    }

    /// Notes that it has a block, which is its head if nothing heavier is known of it.
    pub fn has_block(&self, head: Head, now_ms: u64) {
        let mut record = self.record.lock();
        record.last_ok_ms = Some(now_ms);
        if record
            .head
            .is_none_or(|known| known.total_difficulty < head.total_difficulty)
        {
            record.head = Some(head);
        }
    }

    pub(super) fn session_began(&self) {
        self.record.lock().sessions += 1;
    }

    pub(super) fn session_ended(&self) {
        let mut record = self.record.lock();
        record.sessions = record.sessions.saturating_sub(1);
    }

    /// Sessions that are open.
    #[must_use]
    pub fn sessions(&self) -> u32 {
        self.record.lock().sessions
    }

    /// Whether it is here, or has done something that it is remembered for.
    #[must_use]
    pub fn is_of_interest(&self, now_ms: u64) -> bool {
        let record = self.record.lock();
        record.sessions > 0 || record.standing.points(now_ms) < STANDING_MAX
    }

    /// The node that answered last.
    #[must_use]
    pub fn node(&self) -> Option<B256> {
        self.record.lock().node
    }

    #[must_use]
    pub fn is_banned(&self, now_ms: u64) -> bool {
        self.record.lock().standing.is_banned(now_ms)
    }

    /// Milliseconds for which it is to be left alone: banned, of another chain, or unreachable.
    #[must_use]
    pub fn alone_for_ms(&self, now_ms: u64) -> u64 {
        let record = self.record.lock();
        let mismatch_ms = if record.mismatch.is_some() {
            record.mismatch_until_ms
        } else {
            0
        };
        record
            .standing
            .alone_until_ms()
            .max(mismatch_ms)
            .saturating_sub(now_ms)
    }

    /// Whether asking it again may help: it is merely unreachable.
    #[must_use]
    pub fn may_be_woken(&self, now_ms: u64) -> bool {
        let record = self.record.lock();
        record.mismatch.is_none() && !record.standing.is_banned(now_ms)
    }
}

impl Record {
    fn state(&self, now_ms: u64) -> PeerState {
        if self.standing.is_banned(now_ms) {
            return PeerState::Banned;
        }
        if self.mismatch.is_some() {
            return PeerState::Incompatible;
        }
        if self.sessions > 0 {
            return PeerState::Connected;
        }
        if self.standing.failures() > 0 {
            return PeerState::Unreachable;
        }
        match self.last_ok_ms {
            Some(_) => PeerState::Polled,
            None => PeerState::New,
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(ERROR_CHARACTERS_MAX).collect()
}

fn text_of_time(unix_ms: u64) -> Option<String> {
    let seconds = i64::try_from(unix_ms / 1_000).ok()?;
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()?
        .format(&Rfc3339)
        .ok()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;

    fn hello(node: u8) -> Hello {
        Hello {
            version: PROTOCOL_VERSION,
            chain_id: 1,
            genesis_hash: B256::ZERO,
            node: B256::with_last_byte(node),
            head: Head {
                number: 7,
                hash: B256::ZERO,
                total_difficulty: U256::ONE,
            },
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let check = |change: fn(&mut Hello), expected: &str| {
            let mut theirs = hello(2);
            change(&mut theirs);
            let found = check_hello(&hello(1), &theirs).map_err(|mismatch| mismatch.to_string());
            match found {
                Ok(()) => assert_eq!(expected, ""),
                Err(text) => assert!(text.contains(expected), "{text}"),
            }
        };
        check(|_| {}, "");
        check(|theirs| theirs.version = 9, "version 9");
        check(
            |theirs| theirs.genesis_hash = B256::with_last_byte(1),
            "another chain",
        );
        check(|theirs| theirs.chain_id = 5, "chain id is 5");
        check(|theirs| theirs.node = B256::with_last_byte(1), "itself");
    }

    #[test]
    fn the_state_follows_what_happens() {
        let peer = Peer::new("http://a".to_owned(), Direction::Outbound);
        let state = |now_ms| peer.status(3, now_ms).state;
        assert_eq!(state(0), PeerState::New);
        peer.failed("no route", 0, 1.0);
        assert_eq!(
            (state(0), peer.alone_for_ms(0)),
            (PeerState::Unreachable, 500)
        );
        assert!(peer.answered(&hello(2), 1_000));
        assert_eq!(
            (state(1_000), peer.alone_for_ms(1_000)),
            (PeerState::Polled, 0)
        );
        peer.session_began();
        assert_eq!(state(1_000), PeerState::Connected);
        let status = peer.status(3, 1_000);
        assert_eq!((status.remote_height, status.lag), (Some(7), 4));
        assert_eq!(status.last_ok.as_deref(), Some("1970-01-01T00:00:01Z"));
        peer.incompatible(Mismatch::Version { theirs: 2 }, 1_000);
        assert_eq!(state(1_000), PeerState::Incompatible);
        assert_eq!(peer.alone_for_ms(1_000), INCOMPATIBLE_RETRY_MS);
        assert!(!peer.may_be_woken(1_000));
        peer.fault(Fault::Lie, "a lie", 1_000);
        peer.fault(Fault::Lie, "a lie", 1_000);
        assert_eq!(state(1_000), PeerState::Banned);
        assert_eq!(peer.status(3, 1_000).last_error.as_deref(), Some("a lie"));
    }
}
