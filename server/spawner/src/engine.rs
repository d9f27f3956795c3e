//! What runs servers. One trait; each engine is a module beside it.

pub mod local;
#[cfg(any(test, feature = "stub-engine"))]
pub mod stub;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use types::notebook::{ProfileSummary, Usage};
use types::{ServerId, UserId};

/// What an engine needs to know to run one server.
#[derive(Debug, Clone)]
pub struct ServerSpec {
    pub server_id: ServerId,
    pub user_id: UserId,
    /// Shown inside the notebook.
    pub user_name: String,
    pub server_name: String,
    /// Raised at each start: at most one instance exists for a (server, generation).
    pub generation: u32,
    pub profile: ProfileSummary,
    pub safe_mode: bool,
    /// Secret with which the proxy signs each request to this server (HMAC-SHA-256).
    pub identity_key: [u8; 32],
    /// Public origin of the server, `http://label.localhost:3000`.
    pub origin: String,
    /// Origin of the hub, for the *Hub Control Panel* link.
    pub hub_origin: String,
}

/// How to reach a running server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    Unix(PathBuf),
    Tcp(std::net::SocketAddr),
}

/// What an engine can do here, and how well it isolates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    pub engine: &'static str,
    /// `sandbox (bubblewrap)`, `none`, …
    pub isolation: String,
    pub isolated: bool,
    pub limits: String,
    pub freeze: String,
    pub networks: Vec<types::notebook::NetworkKind>,
    /// What is missing and how to get it, a sentence each.
    pub remarks: Vec<String>,
}

/// An instance that the engine has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    pub server_id: ServerId,
    pub generation: u32,
    pub phase: ObservedPhase,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObservedPhase {
    Running,
    Frozen,
    /// It has ended: exit code or signal, in plain words, and whether memory ran out.
    Exited {
        cause: String,
        out_of_memory: bool,
    },
}

/// A limit that a server has hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitEvent {
    /// So many processes were killed since the last look because memory ran out.
    OutOfMemory {
        killed: u64,
    },
    /// Forks were refused.
    ProcessLimit,
    DiskFull,
}

/// Why an engine could not do what was asked, by what to do about it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    #[error("no such instance")]
    NotFound,
    #[error("{0}")]
    Conflict(String),
    #[error("quota exceeded: {0}")]
    QuotaExceeded(String),
    #[error("no room: {0}")]
    Capacity(String),
    #[error("{0}")]
    Transient(String),
    #[error("{0}")]
    Fatal(String),
}

impl EngineError {
    /// Whether the same call may succeed in a moment.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Transient(_) | Self::Capacity(_))
    }
}

/// Behaviour that every engine has.
///
/// Each call may be repeated without harm, and may be dropped at any await point when its deadline
/// passes: the next call finds what is there and goes on from it. Calls for one server come one at
/// a time, except [`Engine::usage`], [`Engine::limit_events`], [`Engine::inspect`] and
/// [`Engine::logs`], which may come at any moment.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    fn capabilities(&self) -> Capabilities;
    /// Makes home, environment and limits.
    async fn provision(&self, spec: &ServerSpec) -> Result<(), EngineError>;
    /// Starts the instance of this generation unless it is there already.
    async fn boot(&self, spec: &ServerSpec) -> Result<(), EngineError>;
    /// Where the server will answer.
    fn endpoint(&self, server_id: ServerId, generation: u32) -> Endpoint;
    async fn freeze(&self, server_id: ServerId) -> Result<(), EngineError>;
    async fn thaw(&self, server_id: ServerId) -> Result<(), EngineError>;
    /// Asks to end, waits `grace`, then kills the whole tree.
    async fn stop(&self, server_id: ServerId, grace: Duration) -> Result<(), EngineError>;
    /// Removes what only this server has; homes stay.
    async fn destroy(&self, server_id: ServerId) -> Result<(), EngineError>;
    /// Everything of ours that exists, whether we remember it or not.
    async fn observe(&self) -> Result<Vec<Observed>, EngineError>;
    /// The instance of one server, if there is one.
    async fn inspect(&self, server_id: ServerId) -> Result<Option<Observed>, EngineError> {
        Ok(self
            .observe()
            .await?
            .into_iter()
            .find(|observed| observed.server_id == server_id))
    }
    async fn usage(&self, server_id: ServerId) -> Result<Usage, EngineError>;
    /// Limits hit since the last call.
    async fn limit_events(&self, server_id: ServerId) -> Result<Vec<LimitEvent>, EngineError>;
    /// The last lines of the log, kept after the stop.
    async fn logs(&self, server_id: ServerId, lines_max: usize)
    -> Result<Vec<String>, EngineError>;

    /// Whether [`Engine::prewarm`] and [`Engine::adopt`] work here.
    fn keeps_spares(&self) -> bool {
        false
    }
    /// Boots a spare: an instance with a home of its own that nobody uses yet. `spec.server_id`
    /// names the spare until it is adopted; [`Engine::observe`] lists it under that name.
    async fn prewarm(&self, spec: &ServerSpec) -> Result<(), EngineError> {
        let _ = spec;
        Err(EngineError::Fatal(
            "this engine keeps no spare instances".to_owned(),
        ))
    }
    /// Gives the spare to the server of `spec`, whose home has been provisioned: from now on the
    /// instance is the one of `spec.server_id` and `spec.generation`, works in that server's home,
    /// shows that user's name and answers at that server's endpoint. It keeps the identity key it
    /// was booted with, and `spec.identity_key` is that key. On failure nothing of the spare may
    /// answer under the server's name; the caller then boots a new instance.
    async fn adopt(&self, spare: ServerId, spec: &ServerSpec) -> Result<(), EngineError> {
        let _ = (spare, spec);
        Err(EngineError::Fatal(
            "this engine keeps no spare instances".to_owned(),
        ))
    }
}
