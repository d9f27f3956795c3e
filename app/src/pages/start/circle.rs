//! Going on into the server, unless that led back here too often.

use leptos::prelude::*;
use types::notebook::ServerView;

use super::phases::{NextStep, next_step};

/// What becomes of a server that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    Open,
    /// It went round too often: the visitor decides.
    Circle,
}

/// Goes to `open` in this tab as soon as the server runs. The page leaves no trace in the tab's
/// history, so that *back* does not lead through it again.
pub(super) fn hand_over(server: Signal<ServerView>, open: String) -> Signal<Passage> {
    let passage = RwSignal::new(Passage::Open);
    #[cfg(feature = "hydrate")]
    Effect::new(move |gone: Option<bool>| {
        let gone = gone.unwrap_or(false);
        if gone || server.with(|server| next_step(server) != NextStep::HandOver) {
            return gone;
        }
        let label = server.with_untracked(|server| server.host_label.clone());
        match browser::may_go(&label) {
            super::visits::HandOver::Go => {
                let _ = window().location().replace(&open);
                true
            }
            super::visits::HandOver::Hold => {
                passage.set(Passage::Circle);
                false
            }
        }
    });
    #[cfg(not(feature = "hydrate"))]
    drop((
        server,
        open,
        next_step as fn(&ServerView) -> NextStep,
        NextStep::HandOver,
    ));
    passage.into()
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::window;

    use crate::pages::start::visits::{HandOver, next_hand_over};

    /// Counts in the tab's own storage; without storage there is nothing to count with.
    pub(super) fn may_go(host_label: &str) -> HandOver {
        let Ok(Some(storage)) = window().session_storage() else {
            return HandOver::Go;
        };
        let key = format!("ledgercloud.hand_overs.{host_label}");
        let kept = storage.get_item(&key).ok().flatten().unwrap_or_default();
        let (verdict, kept) = next_hand_over(&kept, js_sys::Date::now() as i64);
        let _ = storage.set_item(&key, &kept);
        verdict
    }
}
