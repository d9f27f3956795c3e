//! Going on into the server, unless that led back here too often.

use leptos::prelude::*;
use types::notebook::ServerView;

use super::phases::{NextStep, next_step};
use super::visits::{HandOver, next_hand_over};

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
    // Effects run in the browser only.
    Effect::new(move |gone: Option<bool>| {
        let gone = gone.unwrap_or(false);
        if gone || server.with(|server| next_step(server) != NextStep::HandOver) {
            return gone;
        }
        let label = server.with_untracked(|server| server.host_label.clone());
        match may_go(&label) {
            HandOver::Go => {
                tab::replace(&open);
                true
            }
            HandOver::Hold => {
                passage.set(Passage::Circle);
                false
            }
        }
    });
    passage.into()
}

/// Counts the hand-overs of this tab to that server.
fn may_go(host_label: &str) -> HandOver {
    let key = format!("ledgercloud.hand_overs.{host_label}");
    let (verdict, kept) = next_hand_over(&tab::kept(&key), tab::now_ms());
    tab::keep(&key, &kept);
    verdict
}

/// The tab's location, clock and own storage; without storage there is nothing to count with.
#[cfg(feature = "hydrate")]
mod tab {
    use leptos::prelude::window;

    pub(super) fn replace(address: &str) {
        // Refused only for addresses of another site, which this is not.
        let _ = window().location().replace(address);
    }

    pub(super) fn now_ms() -> i64 {
        // Milliseconds since 1970 are exact in a double.
        js_sys::Date::now() as i64
    }

    pub(super) fn kept(key: &str) -> String {
        storage()
            .and_then(|storage| storage.get_item(key).ok().flatten())
            .unwrap_or_default()
    }

    pub(super) fn keep(key: &str, value: &str) {
        if let Some(storage) = storage() {
            // A full storage counts nothing; the page works without.
            let _ = storage.set_item(key, value);
        }
    }

    fn storage() -> Option<web_sys::Storage> {
        window().session_storage().ok().flatten()
    }
}

/// There is no tab on the server, where none of this is called.
#[cfg(not(feature = "hydrate"))]
mod tab {
    pub(super) fn replace(_: &str) {}

    pub(super) fn now_ms() -> i64 {
        0
    }

    pub(super) fn kept(_: &str) -> String {
        String::new()
    }

    pub(super) fn keep(_: &str, _: &str) {}
}
