//! What changes while a page is open: pushed by the server as events (server-sent events,
//! WHATWG HTML §9.2) and merged into what the page shows. Nothing is polled.
//!
//! Invariants:
//! - The first render shows what the server rendered; streams open after hydration.
//! - Only visible pages hold a connection: a browser has six per site over HTTP/1.1.
//! - After each interruption the page reads its data anew, so that nothing missed stays wrong.

#[cfg(feature = "hydrate")]
mod browser;
pub mod merge;
pub mod reconnect;

use leptos::prelude::*;

/// Stream of the servers of the person who is signed in.
pub const OWN_SERVERS_URL: &str = "/hub/api/lc/servers/events";
/// Stream of every server that the person may oversee.
pub const MANAGED_SERVERS_URL: &str = "/hub/api/lc/servers/events?scope=managed";

/// Stream of the chain's index; open to everybody.
pub const CHAIN_EVENTS_URL: &str = "/explorer/events";

/// Name of the event that carries the whole `IndexStatus`: at once when the stream is opened, then
/// whenever the index has a new block, at most once a second.
pub const CHAIN_EVENT: &str = "chain";
/// Name of the event that carries a whole `ServerView`.
pub const SERVER_EVENT: &str = "server";
/// Name of the event that carries the id of a server that is gone.
pub const REMOVED_EVENT: &str = "removed";
/// Name of the event that carries one `ServerEvent`.
pub const PROGRESS_EVENT: &str = "progress";

/// Stream of one server's progress and history.
#[must_use]
pub fn server_events_url(server_id: types::ServerId) -> String {
    format!("/hub/api/lc/servers/{server_id}/events")
}

/// The connection as the page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveStatus {
    /// Not yet: the page shows what the server rendered.
    Connecting,
    Live,
    /// Broken off; it is being opened again.
    Interrupted,
}

/// Follows a stream for as long as the present owner (component) lives. Does nothing on the
/// server. `on_message` gets an event's name and data; `on_reopened` is called when the stream is
/// open again after an interruption, and reads what may have been missed.
pub fn follow(
    url: String,
    names: &'static [&'static str],
    on_message: impl Fn(&str, &str) + 'static,
    on_reopened: impl Fn() + 'static,
) -> ReadSignal<LiveStatus> {
    let (status, set_status) = signal(LiveStatus::Connecting);
    #[cfg(feature = "hydrate")]
    {
        let handlers = browser::Handlers {
            names,
            on_message: Box::new(on_message),
            on_status: Box::new(move |now| {
                set_status.try_set(now);
            }),
            on_reopened: Box::new(on_reopened),
        };
        let mut handlers = Some(handlers);
        Effect::new(move |_| {
            if let Some(handlers) = handlers.take() {
                StoredValue::new_local(browser::Stream::open(url.clone(), handlers));
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    drop((url, names, on_message, on_reopened, set_status));
    status
}
