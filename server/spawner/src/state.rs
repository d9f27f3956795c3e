//! The life of a server as a state machine without I/O: what may follow what, and why not.
//!
//! ```text
//! none → queued → provisioning → booting → starting → ready ⇄ frozen
//! ready | frozen | any start → stopping → stopped → queued …      stopped → archived
//! any → failed → queued      alive → lost → queued      any → destroying → none
//! ```
//!
//! Two kinds of events move it: wishes of people and of the idle ladder, and reports of the
//! reconciler about what engines did. Wishes never wait for engines; the reconciler looks at
//! [`Life::step`] to see what it has to do. A start that is asked for while the server stops is
//! remembered in [`Life::desired`] and follows the stop. A failed start never repeats itself.

use types::Timestamp;
use types::notebook::{ServerFailure, ServerState};

use crate::limits;

#[cfg(test)]
mod tests;
mod transition;

/// Where a server is, what is wanted of it, and which instance is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    pub state: State,
    pub desired: Desired,
    /// Raised when a start gets its turn, and never lowered.
    pub generation: u32,
    /// The next or present start is without the user's own configuration.
    pub safe_mode: bool,
}

/// What somebody last asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Desired {
    Running,
    Frozen,
    Stopped,
    Destroyed,
}

/// Where a server is. States in which the system has to act carry the moment by which they end;
/// [`State::Ready`] and [`State::Frozen`] are bounded by the idle ladder and the liveness check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Queued {
        deadline: Timestamp,
    },
    Provisioning {
        deadline: Timestamp,
    },
    Booting {
        deadline: Timestamp,
    },
    Starting {
        deadline: Timestamp,
    },
    Ready,
    Frozen,
    Stopping {
        deadline: Timestamp,
    },
    Stopped {
        archive_at: Timestamp,
    },
    Archived,
    Failed {
        failure: ServerFailure,
        archive_at: Timestamp,
    },
    Lost {
        failure: ServerFailure,
        archive_at: Timestamp,
    },
    Destroying {
        deadline: Timestamp,
    },
}

/// Something that people or the ladder want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wish {
    Start,
    StartSafeMode,
    Stop,
    Freeze,
    Thaw,
    Destroy,
}

/// What can happen to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Wanted(Wish),
    /// There is room to start it.
    TurnCame,
    Provisioned,
    Booted,
    /// JupyterLab answers.
    Answered,
    Froze,
    Thawed,
    /// Nothing of it runs any more.
    Ended,
    /// Nothing of it is left.
    Destroyed,
    /// The present phase has failed for good.
    Failed(ServerFailure),
    /// It ended by itself while it should be alive.
    Died(ServerFailure),
    /// The engine knows nothing of it although it should be alive.
    Vanished(ServerFailure, AfterLoss),
    /// It has rested long enough.
    ArchiveDue,
}

/// Whether a lost server starts anew by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AfterLoss {
    StartAgain,
    Rest,
}

/// What comes after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Life(Life),
    /// The server is no more.
    Gone,
}

/// What has to be told and written besides the new state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// Action of the audit entry.
    pub audit: Option<&'static str>,
    /// The state is the same as before: nothing to announce.
    pub quiet: bool,
}

/// Why an event does not fit the state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the server is being deleted")]
    BeingDeleted,
    #[error("the server is running; stop it first to start it in safe mode")]
    AlreadyRunning,
    #[error("only a running server can be frozen")]
    NotRunning,
    #[error("only a frozen server can be thawed")]
    NotFrozen,
    #[error("stop the server first: its size cannot be changed while it runs")]
    NotAtRest,
    /// A report that came too late; whoever sent it looks at the state again.
    #[error("a {state} server cannot take this step")]
    OutOfOrder { state: &'static str },
}

/// What the reconciler has to do for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Nothing, until something happens.
    Rest,
    /// A lost server starts anew by itself.
    StartAgain,
    AwaitTurn,
    Provision,
    Boot,
    Probe,
    Freeze,
    Thaw,
    Stop,
    Destroy,
}

/// How long each state may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durations {
    pub start_ms: i64,
    pub stop_ms: i64,
    pub archive_ms: i64,
}

impl Life {
    /// A server that has never run.
    #[must_use]
    pub fn new(now: Timestamp, durations: Durations) -> Self {
        Self {
            state: State::Stopped {
                archive_at: now.plus_ms(durations.archive_ms),
            },
            desired: Desired::Stopped,
            generation: 0,
            safe_mode: false,
        }
    }

    /// What the reconciler has to do now.
    #[must_use]
    pub const fn step(&self) -> Step {
        match (&self.state, self.desired) {
            (State::Queued { .. }, _) => Step::AwaitTurn,
            (State::Provisioning { .. }, _) => Step::Provision,
            (State::Booting { .. }, _) => Step::Boot,
            (State::Starting { .. }, _) => Step::Probe,
            (State::Ready, Desired::Frozen) => Step::Freeze,
            (State::Frozen, Desired::Running) => Step::Thaw,
            (State::Stopping { .. }, _) => Step::Stop,
            (State::Destroying { .. }, _) => Step::Destroy,
            (State::Lost { .. }, Desired::Running) => Step::StartAgain,
            _ => Step::Rest,
        }
    }

    /// What follows `event` at `now`.
    ///
    /// # Errors
    /// The event does not fit the state; nothing changes.
    pub fn after(
        &self,
        event: Event,
        now: Timestamp,
        durations: Durations,
    ) -> Result<(Next, Effects), Refusal> {
        transition::Context {
            life: self,
            now,
            durations,
        }
        .after(event)
    }
}

impl State {
    /// Its name.
    #[must_use]
    pub const fn kind(&self) -> ServerState {
        match self {
            Self::Queued { .. } => ServerState::Queued,
            Self::Provisioning { .. } => ServerState::Provisioning,
            Self::Booting { .. } => ServerState::Booting,
            Self::Starting { .. } => ServerState::Starting,
            Self::Ready => ServerState::Ready,
            Self::Frozen => ServerState::Frozen,
            Self::Stopping { .. } => ServerState::Stopping,
            Self::Stopped { .. } => ServerState::Stopped,
            Self::Archived => ServerState::Archived,
            Self::Failed { .. } => ServerState::Failed,
            Self::Lost { .. } => ServerState::Lost,
            Self::Destroying { .. } => ServerState::Destroying,
        }
    }

    /// The moment at which the system moves it on if nothing else does.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Queued { deadline }
            | Self::Provisioning { deadline }
            | Self::Booting { deadline }
            | Self::Starting { deadline }
            | Self::Stopping { deadline }
            | Self::Destroying { deadline } => Some(*deadline),
            Self::Stopped { archive_at }
            | Self::Failed { archive_at, .. }
            | Self::Lost { archive_at, .. } => Some(*archive_at),
            Self::Ready | Self::Frozen | Self::Archived => None,
        }
    }

    /// Why it failed or was lost.
    #[must_use]
    pub const fn failure(&self) -> Option<&ServerFailure> {
        match self {
            Self::Failed { failure, .. } | Self::Lost { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// The same state with its deadline counted from `now`: after a restart of the hub, whose
    /// absence is not the server's fault.
    #[must_use]
    pub fn with_new_deadline(&self, now: Timestamp, durations: Durations) -> Self {
        let start = now.plus_ms(durations.start_ms);
        match self {
            Self::Queued { .. } => Self::Queued {
                deadline: now.plus_ms(limits::QUEUE_TIMEOUT_MS),
            },
            Self::Provisioning { .. } => Self::Provisioning { deadline: start },
            Self::Booting { .. } => Self::Booting { deadline: start },
            Self::Starting { .. } => Self::Starting { deadline: start },
            Self::Stopping { .. } => Self::Stopping {
                deadline: now.plus_ms(durations.stop_ms),
            },
            Self::Destroying { .. } => Self::Destroying {
                deadline: now.plus_ms(limits::DESTROY_TIMEOUT_MS),
            },
            other => other.clone(),
        }
    }
}

impl Desired {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Frozen => "frozen",
            Self::Stopped => "stopped",
            Self::Destroyed => "destroyed",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Frozen, Self::Stopped, Self::Destroyed]
            .into_iter()
            .find(|desired| desired.as_str() == text)
    }
}
