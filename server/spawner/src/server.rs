//! One server as it is kept: what the database holds of it and what people see.

use types::notebook::{
    NextPause, Notice, ProfileSummary, ServerEvent, ServerState, ServerView, Usage,
};
use types::{ServerId, Timestamp, UserId};

use crate::engine::ServerSpec;
use crate::limits;
use crate::server_name::ServerName;
use crate::settings::SpawnerSettings;
use crate::state::{Life, State};

/// A server with everything that outlives the process.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    pub id: ServerId,
    pub user_id: UserId,
    /// Name of the owner at their last visit.
    pub owner_name: String,
    pub name: String,
    pub display_name: String,
    /// Made once, and kept through every renaming.
    pub host_label: String,
    pub life: Life,
    pub state_since: Timestamp,
    /// Rises with each write; a write names the version that it saw.
    pub version: i64,
    /// As it was when the server was made or last changed, so that an edit of the configuration
    /// does not change a server behind its owner's back.
    pub profile: ProfileSummary,
    /// Changed with each generation, so that a leaked key ends with the instance.
    pub identity_key: [u8; 32],
    pub progress: u8,
    pub message: String,
    pub cause: String,
    /// Last lines of the log of the start that failed.
    pub failure_log: Vec<String>,
    pub notices: Vec<Notice>,
    pub last_event_seq: i64,
    /// When a lost server last started anew by itself.
    pub restarted_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub last_activity_at: Option<Timestamp>,
}

/// What is known only while the program runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Momentary {
    pub busy: bool,
    pub next_pause: Option<NextPause>,
    pub usage: Option<Usage>,
    pub last_activity_at: Option<Timestamp>,
}

impl Server {
    #[must_use]
    pub const fn state(&self) -> ServerState {
        self.life.state.kind()
    }

    #[must_use]
    pub fn is_default(&self) -> bool {
        self.name == ServerName::default_server().as_str()
    }

    /// As engines need it.
    #[must_use]
    pub fn spec(&self, settings: &SpawnerSettings) -> ServerSpec {
        ServerSpec {
            server_id: self.id,
            user_id: self.user_id,
            user_name: self.owner_name.clone(),
            server_name: self.name.clone(),
            generation: self.life.generation,
            profile: self.profile.clone(),
            safe_mode: self.life.safe_mode,
            identity_key: self.identity_key,
            origin: settings.origin_of(&self.host_label),
            hub_origin: settings.hub_origin.clone(),
        }
    }

    /// As people see it.
    #[must_use]
    pub fn view(&self, momentary: Momentary, now: Timestamp) -> ServerView {
        let alive = self.state().is_alive();
        ServerView {
            server_id: self.id,
            version: self.version,
            user_id: self.user_id,
            owner: self.owner_name.clone(),
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            state: self.state(),
            host_label: self.host_label.clone(),
            open_path: format!("/open/{}", self.id),
            profile: self.profile.clone(),
            safe_mode: self.life.safe_mode,
            progress: self.progress,
            message: self.message.clone(),
            cause: self.cause.clone(),
            failure: self.life.state.failure().cloned(),
            created_at: self.created_at,
            started_at: self.started_at,
            last_activity_at: self.last_activity_at.max(momentary.last_activity_at),
            busy: alive && momentary.busy,
            next_pause: momentary.next_pause.filter(|_| alive),
            usage: momentary.usage.filter(|_| alive),
            notices: self
                .notices
                .iter()
                .filter(|notice| now.since_ms(notice.time) <= limits::NOTICE_AGE_MAX_MS)
                .cloned()
                .collect(),
        }
    }

    /// The event that tells of the present row.
    #[must_use]
    pub fn event(&self, phase: &str, now: Timestamp) -> ServerEvent {
        ServerEvent {
            seq: self.last_event_seq,
            server_id: self.id,
            user_id: self.user_id,
            time: now,
            state: self.state(),
            progress: self.progress,
            phase: phase.to_owned(),
            message: self.message.clone(),
            cause: self.cause.clone(),
        }
    }

    /// Sets progress and message to those of the state that it has just entered, and says which
    /// phase that is.
    pub fn announce(&mut self) -> &'static str {
        let announcement = announcement(&self.life.state);
        if let Some(progress) = announcement.progress {
            self.progress = progress;
        }
        self.message = announcement.message;
        announcement.phase
    }

    /// Adds a notice unless the same one was given a moment ago; forgets the oldest.
    pub fn notify(&mut self, notice: Notice) {
        let repeated = self.notices.iter().any(|earlier| {
            earlier.kind == notice.kind
                && notice.time.since_ms(earlier.time) < limits::NOTICE_QUIET_MS
        });
        if repeated {
            return;
        }
        self.notices.push(notice);
        let surplus = self.notices.len().saturating_sub(limits::NOTICES_MAX);
        self.notices.drain(..surplus);
    }
}

/// What a state says of itself. Progress is kept when there is none to tell.
struct Announcement {
    progress: Option<u8>,
    phase: &'static str,
    message: String,
}

fn announcement(state: &State) -> Announcement {
    let (progress, phase, message) = match state {
        State::Queued { .. } => (Some(5), "queued", "Waiting for a place"),
        State::Provisioning { .. } => (
            Some(15),
            "environment",
            "Preparing the home folder and the limits",
        ),
        State::Booting { .. } => (Some(35), "sandbox", "Starting the sandbox"),
        State::Starting { .. } => (Some(STARTING_PROGRESS), "jupyter", "Loading JupyterLab"),
        State::Ready => (Some(100), "route", "Ready"),
        State::Frozen => (
            Some(100),
            "idle",
            "Frozen: variables are kept, and the next visit thaws it",
        ),
        State::Stopping { .. } => (None, "stop", "Stopping"),
        State::Stopped { .. } => (Some(0), "stop", "Stopped: files are kept"),
        State::Archived => (Some(0), "idle", "Archived: files are kept"),
        State::Failed { failure, .. } => (None, phase_of(failure.phase), failure.cause.as_str()),
        State::Lost { failure, .. } => (None, "stop", failure.cause.as_str()),
        State::Destroying { .. } => (None, "stop", "Deleting"),
    };
    Announcement {
        progress,
        phase,
        message: message.to_owned(),
    }
}

/// Progress at which JupyterLab begins to load; it creeps up from there.
pub const STARTING_PROGRESS: u8 = 55;

/// The phase of events in a state.
#[must_use]
pub const fn phase_of(state: ServerState) -> &'static str {
    match state {
        ServerState::Queued => "queued",
        ServerState::Provisioning => "environment",
        ServerState::Booting => "sandbox",
        ServerState::Starting => "jupyter",
        ServerState::Ready => "route",
        ServerState::Frozen | ServerState::Archived => "idle",
        ServerState::Stopping
        | ServerState::Stopped
        | ServerState::Failed
        | ServerState::Lost
        | ServerState::Destroying => "stop",
    }
}

#[cfg(test)]
mod tests {
    use types::notebook::NoticeKind;

    use super::*;
    use crate::testing;

    #[test]
    fn notices_are_bounded_and_not_repeated() {
        let mut server = testing::server("alice", "");
        let notice = |minutes: i64| Notice {
            time: Timestamp(minutes * 60_000),
            kind: NoticeKind::OutOfMemory,
            message: minutes.to_string(),
        };
        server.notify(notice(1));
        server.notify(Notice {
            time: Timestamp(60_001),
            ..notice(1)
        });
        assert_eq!(server.notices.len(), 1);
        for minutes in 2..100 {
            server.notify(notice(minutes));
        }
        assert_eq!(server.notices.len(), limits::NOTICES_MAX);
        assert_eq!(server.notices.last().unwrap().message, "99");

        let view = server.view(
            Momentary::default(),
            Timestamp(99 * 60_000 + limits::NOTICE_AGE_MAX_MS),
        );
        assert_eq!(view.notices.len(), 1, "old notices are not shown");
    }

    #[test]
    fn a_server_at_rest_shows_nothing_of_its_last_run() {
        let server = testing::server("alice", "");
        let momentary = Momentary {
            busy: true,
            usage: Some(Usage::default()),
            ..Momentary::default()
        };
        let view = server.view(momentary, Timestamp(0));
        assert_eq!(
            (view.busy, view.usage, view.next_pause),
            (false, None, None)
        );
        assert_eq!(view.open_path, format!("/open/{}", server.id));
    }
}
