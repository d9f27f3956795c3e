//! The phases of a start as a list of steps.

use types::notebook::{ServerEvent, ServerState, ServerView};

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepStatus {
    Done,
    Current,
    Waiting,
    Failed,
}

/// One phase of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) label: &'static str,
    pub(crate) status: StepStatus,
}

const PHASES: [(ServerState, &str); 4] = [
    (ServerState::Queued, "Waiting for a place"),
    (ServerState::Provisioning, "Preparing files and limits"),
    (ServerState::Booting, "Starting the sandbox"),
    (ServerState::Starting, "Loading JupyterLab"),
];

/// The steps of the server's start, by its state and, after a failure, by where it failed.
pub(crate) fn steps(server: &ServerView) -> Vec<Step> {
    let failed_at = server
        .failure
        .as_ref()
        .map(|failure| position(failure.phase));
    let reached = match server.state {
        ServerState::Ready | ServerState::Frozen => PHASES.len(),
        state => position(state),
    };
    let status = |index: usize| match failed_at {
        Some(failed) if !server.state.is_starting() => match index.cmp(&failed) {
            std::cmp::Ordering::Less => StepStatus::Done,
            std::cmp::Ordering::Equal => StepStatus::Failed,
            std::cmp::Ordering::Greater => StepStatus::Waiting,
        },
        _ => match index.cmp(&reached) {
            std::cmp::Ordering::Less => StepStatus::Done,
            std::cmp::Ordering::Equal => StepStatus::Current,
            std::cmp::Ordering::Greater => StepStatus::Waiting,
        },
    };
    PHASES
        .iter()
        .enumerate()
        .map(|(index, (_, label))| Step {
            label,
            status: status(index),
        })
        .collect()
}

/// States outside a start count as its beginning: it is about to be queued.
fn position(state: ServerState) -> usize {
    PHASES
        .iter()
        .position(|(phase, _)| *phase == state)
        .unwrap_or(0)
}

/// The newer of what the page knows and what an event tells: its state, progress and message.
pub(crate) fn with_event(mut server: ServerView, event: &ServerEvent) -> ServerView {
    server.state = event.state;
    server.progress = event.progress;
    server.message.clone_from(&event.message);
    if !event.cause.is_empty() {
        server.cause.clone_from(&event.cause);
    }
    if event.state.is_starting() {
        server.failure = None;
    }
    server
}

/// What the start page does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextStep {
    /// It answers: go in.
    HandOver,
    /// A start or stop is under way: wait, the stream tells.
    Wait,
    /// It failed: retry, safe mode, log.
    Decide,
    /// It rests and was not started by itself: somebody else's, or just stopped.
    OfferStart,
}

pub(crate) fn next_step(server: &ServerView) -> NextStep {
    match server.state {
        ServerState::Ready | ServerState::Frozen => NextStep::HandOver,
        state if state.is_starting() => NextStep::Wait,
        ServerState::Stopping | ServerState::Destroying => NextStep::Wait,
        ServerState::Failed | ServerState::Lost => NextStep::Decide,
        _ if server.failure.is_some() => NextStep::Decide,
        _ => NextStep::OfferStart,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{event, failure, server};

    fn marks(state: ServerState, failed: bool) -> String {
        let mut view = server("a");
        view.state = state;
        view.failure = failed.then(failure);
        steps(&view)
            .into_iter()
            .map(|step| match step.status {
                StepStatus::Done => 'x',
                StepStatus::Current => '>',
                StepStatus::Waiting => '.',
                StepStatus::Failed => '!',
            })
            .collect()
    }

    #[test]
    fn steps_follow_the_state() {
        for (state, failed, expected) in [
            (ServerState::Stopped, false, ">..."),
            (ServerState::Queued, false, ">..."),
            (ServerState::Provisioning, false, "x>.."),
            (ServerState::Booting, false, "xx>."),
            (ServerState::Starting, false, "xxx>"),
            (ServerState::Starting, true, "xxx>"),
            (ServerState::Ready, false, "xxxx"),
            (ServerState::Failed, true, "xxx!"),
        ] {
            assert_eq!(marks(state, failed), expected, "{state:?} {failed}");
        }
    }

    #[test]
    fn every_state_has_a_next_step() {
        for state in ServerState::ALL {
            let mut view = server("a");
            view.state = state;
            let expected = match state {
                ServerState::Ready | ServerState::Frozen => NextStep::HandOver,
                ServerState::Failed | ServerState::Lost => NextStep::Decide,
                ServerState::Stopped | ServerState::Archived => NextStep::OfferStart,
                _ => NextStep::Wait,
            };
            assert_eq!(next_step(&view), expected, "{state:?}");
        }
    }

    #[test]
    fn an_event_moves_the_page_on_and_a_new_start_forgets_the_failure() {
        let mut view = server("a");
        view.state = ServerState::Failed;
        view.failure = Some(failure());
        let moved = with_event(view, &event(3));
        assert_eq!(
            (moved.state, moved.progress, moved.message.as_str()),
            (ServerState::Starting, 60, "step 3")
        );
        assert_eq!(moved.failure, None);
        assert_eq!(next_step(&moved), NextStep::Wait);
    }
}
