//! Notebook servers as people and programs see them.

use serde::{Deserialize, Serialize};

use crate::{PageRequest, ServerId, Timestamp, UserId};

/// Where a server is in its life. The rules between states are the spawner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerState {
    /// Waiting for its turn.
    Queued,
    /// Home, environment and limits are being made.
    Provisioning,
    /// The sandbox is being started.
    Booting,
    /// JupyterLab is loading and does not answer yet.
    Starting,
    /// In use, or ready for it.
    Ready,
    /// All processes are held; memory is kept. The first request thaws it.
    Frozen,
    Stopping,
    /// Nothing runs; files are kept.
    Stopped,
    /// Long unused: only the files are kept.
    Archived,
    /// The last start failed, or the server died.
    Failed,
    /// The engine knows nothing of a server that should be there.
    Lost,
    /// Being deleted with its files.
    Destroying,
}

impl ServerState {
    pub const ALL: [Self; 12] = [
        Self::Queued,
        Self::Provisioning,
        Self::Booting,
        Self::Starting,
        Self::Ready,
        Self::Frozen,
        Self::Stopping,
        Self::Stopped,
        Self::Archived,
        Self::Failed,
        Self::Lost,
        Self::Destroying,
    ];

    /// As written in the database, in URLs and in CSS classes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Provisioning => "provisioning",
            Self::Booting => "booting",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Frozen => "frozen",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Archived => "archived",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::Destroying => "destroying",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// On the way to [`Self::Ready`].
    #[must_use]
    pub const fn is_starting(self) -> bool {
        matches!(
            self,
            Self::Queued | Self::Provisioning | Self::Booting | Self::Starting
        )
    }

    /// Processes exist and hold memory.
    #[must_use]
    pub const fn is_alive(self) -> bool {
        matches!(self, Self::Ready | Self::Frozen)
    }

    /// At rest: a start may be asked for.
    #[must_use]
    pub const fn is_startable(self) -> bool {
        matches!(
            self,
            Self::Stopped | Self::Archived | Self::Failed | Self::Lost
        )
    }
}

/// What an owner or administrator may ask a server to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerCommand {
    Start,
    /// Start without the user's configuration, extensions and saved tabs.
    StartSafeMode,
    Stop,
    Freeze,
    Thaw,
    /// Starts the idle clock anew.
    KeepActive,
    /// Delete the server and, for named servers, its settings. The home directory stays.
    Delete,
}

/// One server on the dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerView {
    pub server_id: ServerId,
    /// Rises with each change of the server, but not with what it uses. Answers and pushed events
    /// overtake one another: the higher is the newer.
    pub version: i64,
    pub user_id: UserId,
    /// Name of the owner.
    pub owner: String,
    /// Empty for the default server; else 1–30 of `[a-z0-9-]`.
    pub name: String,
    pub display_name: String,
    pub state: ServerState,
    /// First label of the server's own origin.
    pub host_label: String,
    /// Where to open it: a path of this site that leads to the server's own origin.
    pub open_path: String,
    pub profile: ProfileSummary,
    pub safe_mode: bool,
    /// Progress of the start, 0–100, and what is happening.
    pub progress: u8,
    pub message: String,
    /// Why it is in this state: who or what, and the reason.
    pub cause: String,
    /// Set in [`ServerState::Failed`] and [`ServerState::Lost`].
    pub failure: Option<ServerFailure>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    /// Last interaction of a person, or the last moment a kernel was busy.
    pub last_activity_at: Option<Timestamp>,
    /// A kernel is computing: the server is not idle.
    pub busy: bool,
    /// When the ladder takes its next step if nothing happens.
    pub next_pause: Option<NextPause>,
    pub usage: Option<Usage>,
    /// Things the owner must know: "memory limit 2 GiB reached; the kernel was restarted".
    pub notices: Vec<Notice>,
}

/// The next step of the pause ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextPause {
    /// [`ServerState::Frozen`] or [`ServerState::Stopped`].
    pub becomes: ServerState,
    pub at: Timestamp,
    /// The owner should be warned now.
    pub warn: bool,
}

/// Something to tell the owner until they have seen it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub time: Timestamp,
    pub kind: NoticeKind,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    OutOfMemory,
    ProcessLimit,
    DiskFull,
    IdleWarning,
}

/// Why a start failed or a server died.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFailure {
    /// The state in which it happened.
    pub phase: ServerState,
    /// One sentence for people.
    pub cause: String,
    /// What to do next.
    pub hint: String,
    pub at: Timestamp,
}

/// An instance size, as offered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileSummary {
    pub slug: String,
    pub display_name: String,
    pub description: String,
    pub memory_bytes: u64,
    /// Thousandths of a core.
    pub cpu_millis: u32,
    pub disk_bytes: u64,
    pub processes_max: u32,
    pub network: NetworkKind,
    pub is_default: bool,
}

/// What a server can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// Nothing but itself.
    #[default]
    Off,
    /// The Internet through user-mode address translation; no other server, not the host.
    Nat,
}

/// What a server uses now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Usage {
    pub time: Timestamp,
    pub memory_bytes: u64,
    pub memory_limit_bytes: u64,
    /// Thousandths of a core over the last interval.
    pub cpu_millis: u32,
    pub cpu_limit_millis: u32,
    pub disk_bytes: u64,
    pub disk_limit_bytes: u64,
    pub processes: u32,
    pub processes_max: u32,
}

/// One line of a server's history; the same record feeds progress, event list and page updates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerEvent {
    /// Rises within one server.
    pub seq: i64,
    pub server_id: ServerId,
    pub user_id: UserId,
    pub time: Timestamp,
    pub state: ServerState,
    pub progress: u8,
    /// `queued`, `environment`, `sandbox`, `jupyter`, `route`, `idle`, `stop`, `limit`.
    pub phase: String,
    pub message: String,
    /// Who or what caused it.
    pub cause: String,
}

/// Which servers an administrator wants to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct ServerQuery {
    /// Part of an owner's or server's name.
    #[serde(default)]
    pub search: Option<String>,
    #[serde(default)]
    pub state: Option<ServerState>,
    #[serde(default)]
    pub page: PageRequest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_names_read_back() {
        for state in ServerState::ALL {
            assert_eq!(ServerState::parse(state.as_str()), Some(state));
            assert_eq!(
                serde_json::to_string(&state).unwrap(),
                format!("{:?}", state.as_str())
            );
        }
    }
}
