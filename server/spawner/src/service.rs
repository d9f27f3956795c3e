//! The handle through which the rest of the program uses this crate.

use std::sync::Arc;

use sea_orm::DatabaseConnection;
use types::audit::Actor;
use types::notebook::{ProfileSummary, ServerCommand, ServerEvent, ServerQuery, ServerView, Usage};
use types::{Page, ServerId, Timestamp, UserId};

use crate::SpawnerError;
use crate::engine::{Capabilities, Endpoint, Engine};

type Result<T> = std::result::Result<T, SpawnerError>;

/// Where a request to a host label goes: answered from memory, on every proxied request.
#[derive(Debug, Clone)]
pub struct Door {
    pub server_id: ServerId,
    pub user_id: UserId,
    pub user_name: String,
    pub state: types::notebook::ServerState,
    /// Set when the server is alive.
    pub way_in: Option<WayIn>,
}

#[derive(Debug, Clone)]
pub struct WayIn {
    pub endpoint: Endpoint,
    pub identity_key: [u8; 32],
    pub generation: u32,
}

/// What a request tells about its user, noted by the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityKind {
    /// Somebody did something: a data frame from the client, an unsafe method.
    Interaction,
    /// A page is open: polling, pings.
    Presence,
}

/// Told of everything that is worth an audit entry. Wired to the audit log by the program.
pub trait Recorder: Send + Sync + 'static {
    fn record(&self, entry: types::audit::NewAuditEntry);
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Spawner;

impl Spawner {
    /// Adopts what runs, starts the reconciler, the idle ladder and the sampler. They end when
    /// `shutdown` is cancelled; servers go on running.
    pub async fn open(
        database: DatabaseConnection,
        settings: SpawnerSettings,
        engine: Arc<dyn Engine>,
        recorder: Arc<dyn Recorder>,
    ) -> Result<Self> { todo!() }
    /// Live settings: a changed idle time takes effect at once.
    pub fn apply_settings(&self, settings: SpawnerSettings) { todo!() }
    pub fn settings(&self) -> Arc<SpawnerSettings> { todo!() }
    pub fn capabilities(&self) -> Capabilities { todo!() }

    // --- reading ---------------------------------------------------------------------------
    pub fn profiles(&self) -> Vec<ProfileSummary> { todo!() }
    /// The default server first, then by name.
    pub async fn servers_of(&self, user_id: UserId) -> Result<Vec<ServerView>> { todo!() }
    pub async fn server(&self, server_id: ServerId) -> Result<ServerView> { todo!() }
    /// `owners`: only servers of these users; `None` means everyone's.
    pub async fn servers(&self, query: &ServerQuery, owners: Option<&[UserId]>) -> Result<Page<ServerView>> { todo!() }
    /// Newest last, after `after_seq`, at most 500.
    pub async fn events(&self, server_id: ServerId, after_seq: i64) -> Result<Vec<ServerEvent>> { todo!() }
    /// Every event of every server from now on.
    pub fn watch(&self) -> tokio::sync::broadcast::Receiver<ServerEvent> { todo!() }
    pub async fn logs(&self, server_id: ServerId, lines_max: usize) -> Result<Vec<String>> { todo!() }
    /// Samples of the last hour, oldest first.
    pub fn usage_history(&self, server_id: ServerId) -> Vec<Usage> { todo!() }
    /// Instances found that no server owns.
    pub fn orphans(&self) -> Vec<crate::engine::Observed> { todo!() }

    // --- wanting ---------------------------------------------------------------------------
    /// Makes the default server if the user has none, and wants it running. At sign-in.
    pub async fn ensure_default(&self, user_id: UserId, user_name: &str, profile: Option<&str>, actor: &Actor, start: StartAtSignIn) -> Result<ServerView> { todo!() }
    pub async fn create(&self, user_id: UserId, user_name: &str, name: &str, display_name: &str, profile: &str, actor: &Actor) -> Result<ServerView> { todo!() }
    pub async fn rename(&self, server_id: ServerId, display_name: &str, actor: &Actor) -> Result<ServerView> { todo!() }
    /// Only while it is at rest.
    pub async fn set_profile(&self, server_id: ServerId, profile: &str, actor: &Actor) -> Result<ServerView> { todo!() }
    /// Writes what is wanted and returns at once; progress comes as events.
    pub async fn command(&self, server_id: ServerId, command: ServerCommand, reason: &str, actor: &Actor) -> Result<ServerView> { todo!() }
    /// Stops every server of a user: suspension.
    pub async fn stop_all_of(&self, user_id: UserId, reason: &str, actor: &Actor) -> Result<()> { todo!() }

    // --- the proxy's side ------------------------------------------------------------------
    pub fn door(&self, host_label: &str) -> Option<Door> { todo!() }
    /// Thaws a frozen server now (for a request that waits) and returns when it runs.
    pub async fn thaw_for_request(&self, server_id: ServerId) -> Result<()> { todo!() }
    pub fn note_activity(&self, server_id: ServerId, kind: ActivityKind) { todo!() }
    /// Waits until the server has this or a later state change, for long requests.
    pub async fn shutdown(&self) { todo!() }
}

/// Whether sign-in also starts the default server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAtSignIn {
    Yes,
    No,
}

/// Everything that may change while the program runs.
#[derive(Debug, Clone, PartialEq)]
pub struct SpawnerSettings {
    pub profiles: Vec<ProfileSummary>,
    pub ladder: LadderSettings,
    pub named_servers_max: u32,
    /// Servers that may be starting at the same time; more wait in the queue.
    pub concurrent_starts_max: u32,
    /// Servers that may be alive at the same time; more wait in the queue.
    pub active_servers_max: Option<u32>,
    /// Instances kept ready for people who have not come yet.
    pub warm_pool: u32,
    /// Public scheme and authority of the hub: `http://localhost:3000`.
    pub hub_origin: String,
    /// Pattern of a server's origin with `{label}`: `http://{label}.localhost:3000`.
    pub server_origin: String,
    pub start_timeout_ms: i64,
    pub stop_grace_ms: i64,
}

/// The pause ladder's times (`NOTEBOOK_TIMEOUT` is `stop_after_ms`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LadderSettings {
    /// Idle time until a server freezes; none: never.
    pub freeze_after_ms: Option<i64>,
    /// Idle time until a server stops.
    pub stop_after_ms: Option<i64>,
    /// How long before a step the owner is warned.
    pub warn_before_ms: i64,
    /// How long a busy kernel alone keeps a server from pausing.
    pub keep_busy_ms: i64,
    /// Age at which a server stops even if active; none: never.
    pub max_age_ms: Option<i64>,
    /// Stopped for so long: archived.
    pub archive_after_ms: i64,
}

/// The moment by the clock that the service uses; here for tests.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
