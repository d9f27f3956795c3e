//! The front door.

use leptos::prelude::*;

/// What this is.
#[component]
pub fn HomePage() -> impl IntoView {
    view! { <h1>"LedgerCloud"</h1> }
}
