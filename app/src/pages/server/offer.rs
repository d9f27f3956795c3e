//! Which commands a server offers in each state, in the order in which they are shown.

use types::notebook::{ServerCommand, ServerState, ServerView};

/// A command as a button offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) command: ServerCommand,
    pub(crate) label: &'static str,
    /// What happens, for those who hesitate.
    pub(crate) explanation: &'static str,
}

impl Offer {
    /// As the form sends it.
    pub(crate) const fn value(self) -> &'static str {
        match self.command {
            ServerCommand::Start => "start",
            ServerCommand::StartSafeMode => "start_safe_mode",
            ServerCommand::Stop => "stop",
            ServerCommand::Freeze => "freeze",
            ServerCommand::Thaw => "thaw",
            ServerCommand::KeepActive => "keep_active",
            ServerCommand::Delete => "delete",
        }
    }
}

const START: Offer = Offer {
    command: ServerCommand::Start,
    label: "Start",
    explanation: "Starts JupyterLab with your files.",
};
const START_AGAIN: Offer = Offer {
    command: ServerCommand::Start,
    label: "Start again",
    explanation: "Starts as soon as it has stopped.",
};
const RETRY: Offer = Offer {
    command: ServerCommand::Start,
    label: "Retry",
    explanation: "Tries the same start once more.",
};
const SAFE_MODE: Offer = Offer {
    command: ServerCommand::StartSafeMode,
    label: "Safe mode",
    explanation: "Starts without your configuration, extensions and saved tabs.",
};
const CANCEL: Offer = Offer {
    command: ServerCommand::Stop,
    label: "Cancel",
    explanation: "Gives up this start.",
};
const STOP: Offer = Offer {
    command: ServerCommand::Stop,
    label: "Stop",
    explanation: "Ends all kernels. Files stay; variables are lost.",
};
const FREEZE: Offer = Offer {
    command: ServerCommand::Freeze,
    label: "Freeze",
    explanation: "Holds all processes. Variables stay; opening it continues.",
};
const THAW: Offer = Offer {
    command: ServerCommand::Thaw,
    label: "Thaw",
    explanation: "Lets its processes continue.",
};
const KEEP_ACTIVE: Offer = Offer {
    command: ServerCommand::KeepActive,
    label: "Keep active",
    explanation: "Starts the idle clock anew.",
};

/// What a person can ask of the server now, without deletion, which has its own place.
pub(crate) fn offers(server: &ServerView) -> Vec<Offer> {
    match server.state {
        state if state.is_starting() => vec![CANCEL],
        ServerState::Ready if server.next_pause.is_some() => vec![KEEP_ACTIVE, FREEZE, STOP],
        ServerState::Ready => vec![FREEZE, STOP],
        ServerState::Frozen => vec![THAW, STOP],
        ServerState::Stopping => vec![START_AGAIN],
        ServerState::Failed | ServerState::Lost => vec![RETRY, SAFE_MODE],
        ServerState::Stopped | ServerState::Archived if server.failure.is_some() => {
            vec![RETRY, SAFE_MODE]
        }
        ServerState::Stopped | ServerState::Archived => vec![START],
        _ => Vec::new(),
    }
}

/// How a server is opened from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It answers, if need be after a thaw that takes less than the page's load.
    Now,
    /// Over the start page, which shows the progress.
    OverStartPage,
    /// Not now.
    No,
}

pub(crate) const fn opening(state: ServerState) -> Opening {
    match state {
        ServerState::Ready | ServerState::Frozen => Opening::Now,
        ServerState::Queued
        | ServerState::Provisioning
        | ServerState::Booting
        | ServerState::Starting
        | ServerState::Stopped
        | ServerState::Archived => Opening::OverStartPage,
        ServerState::Stopping
        | ServerState::Failed
        | ServerState::Lost
        | ServerState::Destroying => Opening::No,
    }
}

/// Whether the server can be deleted now.
pub(crate) const fn is_deletable(state: ServerState) -> bool {
    state.is_startable()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{failure, server};

    fn commands(state: ServerState) -> Vec<ServerCommand> {
        let mut view = server("a");
        view.state = state;
        offers(&view)
            .into_iter()
            .map(|offer| offer.command)
            .collect()
    }

    #[test]
    fn each_state_but_the_last_has_a_way_on() {
        for state in ServerState::ALL {
            let has_way_on = !commands(state).is_empty();
            assert_eq!(has_way_on, state != ServerState::Destroying, "{state:?}");
        }
    }

    #[test]
    fn offers_fit_the_state() {
        use ServerCommand::{Freeze, KeepActive, Start, StartSafeMode, Stop, Thaw};
        for (state, expected) in [
            (ServerState::Queued, vec![Stop]),
            (ServerState::Starting, vec![Stop]),
            (ServerState::Ready, vec![KeepActive, Freeze, Stop]),
            (ServerState::Frozen, vec![Thaw, Stop]),
            (ServerState::Stopping, vec![Start]),
            (ServerState::Stopped, vec![Start]),
            (ServerState::Failed, vec![Start, StartSafeMode]),
            (ServerState::Lost, vec![Start, StartSafeMode]),
        ] {
            assert_eq!(commands(state), expected, "{state:?}");
        }
    }

    #[test]
    fn a_server_that_never_pauses_is_not_kept_active() {
        let mut view = server("a");
        view.next_pause = None;
        assert!(
            offers(&view)
                .iter()
                .all(|offer| offer.command != ServerCommand::KeepActive)
        );
    }

    #[test]
    fn after_a_failed_start_safe_mode_is_offered() {
        let mut view = server("a");
        view.state = ServerState::Stopped;
        view.failure = Some(failure());
        assert!(
            offers(&view)
                .iter()
                .any(|offer| offer.command == ServerCommand::StartSafeMode)
        );
    }

    #[test]
    fn form_values_are_the_wire_names() {
        for state in ServerState::ALL {
            let mut view = server("a");
            view.state = state;
            for offer in offers(&view) {
                assert_eq!(
                    serde_json::to_string(&offer.command).unwrap(),
                    format!("{:?}", offer.value())
                );
            }
        }
    }
}
