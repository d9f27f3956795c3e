//! Failures in words that people can act on.

use types::Timestamp;
use types::notebook::{ServerFailure, ServerState};

use crate::engine::EngineError;

const RETRY: &str =
    "Start it again. If it fails the same way, try safe mode or tell an administrator.";

/// An engine refused or could not do its part of a phase.
#[must_use]
pub fn by_engine(phase: ServerState, error: &EngineError, at: Timestamp) -> ServerFailure {
    let (cause, hint) = match error {
        EngineError::QuotaExceeded(what) => (
            format!("A quota is used up: {what}"),
            "Delete files or servers that you no longer need, or ask an administrator for more room.",
        ),
        EngineError::Capacity(what) => (
            format!("There is no room for it right now: {what}"),
            "Try again in a few minutes, or choose a smaller instance size.",
        ),
        EngineError::NotFound => (
            "The instance disappeared while it was being worked on".to_owned(),
            RETRY,
        ),
        EngineError::Conflict(what) => (
            format!("Something else holds what it needs: {what}"),
            "Stop it, wait a moment and start it again.",
        ),
        EngineError::Transient(what) => (format!("{}: {what}", could_not(phase)), RETRY),
        EngineError::Fatal(what) => (
            format!("{}: {what}", could_not(phase)),
            "An administrator has to look at this: `ledgercloud doctor` says what is missing.",
        ),
    };
    ServerFailure {
        phase,
        cause,
        hint: hint.to_owned(),
        at,
    }
}

/// A phase did not end in time.
#[must_use]
pub fn by_time(phase: ServerState, at: Timestamp) -> ServerFailure {
    let (cause, hint) = match phase {
        ServerState::Queued => (
            "There was no free place for it in ten minutes",
            "Try again later, or ask an administrator to allow more servers at once.",
        ),
        ServerState::Starting => (
            "JupyterLab did not answer in time",
            "Start it again. If it fails the same way, try safe mode: it leaves out your own configuration and extensions.",
        ),
        ServerState::Stopping => (
            "It did not stop in time",
            "Stopping goes on in the background. Start it again when you need it.",
        ),
        ServerState::Destroying => (
            "It could not be deleted in time",
            "Delete it again. If it fails the same way, tell an administrator.",
        ),
        _ => ("The start took too long", RETRY),
    };
    ServerFailure {
        phase,
        cause: cause.to_owned(),
        hint: hint.to_owned(),
        at,
    }
}

/// It ended by itself.
#[must_use]
pub fn by_death(phase: ServerState, cause: &str, memory: Memory, at: Timestamp) -> ServerFailure {
    let hint = match (memory, phase) {
        (Memory::Exhausted, _) => "Choose a larger instance size, or load less data at a time.",
        (Memory::Fine, ServerState::Starting | ServerState::Booting) => {
            "Try safe mode: it leaves out your own configuration and extensions. The last lines of the log say more."
        }
        (Memory::Fine, _) => "Start it again. The last lines of the log say more.",
    };
    let what = match phase {
        ServerState::Starting | ServerState::Booting => "It ended before JupyterLab answered",
        _ => "It ended by itself",
    };
    ServerFailure {
        phase,
        cause: format!("{what}: {cause}"),
        hint: hint.to_owned(),
        at,
    }
}

/// Whether memory ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    Exhausted,
    Fine,
}

/// It is not where it should be.
#[must_use]
pub fn by_loss(phase: ServerState, at: Timestamp) -> ServerFailure {
    ServerFailure {
        phase,
        cause: "It is not running any more, and nothing says why: the machine may have restarted"
            .to_owned(),
        hint: "Start it again: files are kept, variables are lost.".to_owned(),
        at,
    }
}

fn could_not(phase: ServerState) -> &'static str {
    match phase {
        ServerState::Provisioning => "The home folder and limits could not be made",
        ServerState::Booting => "The sandbox could not be started",
        ServerState::Frozen => "It could not be thawed",
        ServerState::Stopping => "It could not be stopped",
        ServerState::Destroying => "It could not be deleted",
        _ => "The start failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_what_and_what_next() {
        let engine = |error| by_engine(ServerState::Booting, &error, Timestamp(1));
        let mut failures = vec![
            engine(EngineError::NotFound),
            engine(EngineError::Conflict("a name".into())),
            engine(EngineError::QuotaExceeded("disk".into())),
            engine(EngineError::Capacity("memory".into())),
            engine(EngineError::Transient("a hiccup".into())),
            engine(EngineError::Fatal("bwrap is missing".into())),
            by_loss(ServerState::Ready, Timestamp(1)),
            by_death(
                ServerState::Starting,
                "exited with code 1",
                Memory::Fine,
                Timestamp(1),
            ),
            by_death(
                ServerState::Ready,
                "killed",
                Memory::Exhausted,
                Timestamp(1),
            ),
        ];
        failures.extend(ServerState::ALL.map(|phase| by_time(phase, Timestamp(1))));
        for failure in failures {
            assert!(
                failure.cause.starts_with(char::is_uppercase) && !failure.cause.ends_with('.'),
                "{failure:?}"
            );
            assert!(failure.hint.ends_with('.'), "{failure:?}");
        }
    }

    #[test]
    fn memory_is_named_where_it_ran_out() {
        let failure = by_death(
            ServerState::Ready,
            "killed: out of memory",
            Memory::Exhausted,
            Timestamp(1),
        );
        assert_eq!(failure.cause, "It ended by itself: killed: out of memory");
        assert!(failure.hint.contains("larger"));
    }
}
