//! Small labels.

use leptos::prelude::*;
use types::notebook::ServerState;

use super::tone::Tone;

/// A short word about the thing beside it.
#[component]
pub fn Badge(#[prop(optional)] tone: Tone, children: Children) -> impl IntoView {
    view! { <span class=format!("badge {}", tone.class())>{children()}</span> }
}

/// A server's state: a dot in the state's colour and its name. It pulses while things move.
#[component]
pub fn StateBadge(#[prop(into)] state: Signal<ServerState>) -> impl IntoView {
    view! {
        <span class=move || format!("badge state state-{}", state.get().as_str())>
            <span class="state-dot" class:is-moving=move || is_moving(state.get())></span>
            {move || state_label(state.get())}
        </span>
    }
}

/// The state in one word for people.
#[must_use]
pub const fn state_label(state: ServerState) -> &'static str {
    match state {
        ServerState::Queued => "Queued",
        ServerState::Provisioning => "Preparing",
        ServerState::Booting => "Booting",
        ServerState::Starting => "Starting",
        ServerState::Ready => "Running",
        ServerState::Frozen => "Frozen",
        ServerState::Stopping => "Stopping",
        ServerState::Stopped => "Stopped",
        ServerState::Archived => "Archived",
        ServerState::Failed => "Failed",
        ServerState::Lost => "Lost",
        ServerState::Destroying => "Deleting",
    }
}

const fn is_moving(state: ServerState) -> bool {
    state.is_starting() || matches!(state, ServerState::Stopping | ServerState::Destroying)
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
