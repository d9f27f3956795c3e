//! What runs servers. One trait; each engine is a module beside it.

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
    Exited { cause: String, out_of_memory: bool },
}

/// A limit that a server has hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitEvent {
    /// So many processes were killed since the last look because memory ran out.
    OutOfMemory { killed: u64 },
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

/// Behaviour that every engine has. Each call may be repeated without harm.
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
    async fn usage(&self, server_id: ServerId) -> Result<Usage, EngineError>;
    /// Limits hit since the last call.
    async fn limit_events(&self, server_id: ServerId) -> Result<Vec<LimitEvent>, EngineError>;
    /// The last lines of the log, kept after the stop.
    async fn logs(&self, server_id: ServerId, lines_max: usize) -> Result<Vec<String>, EngineError>;
}
