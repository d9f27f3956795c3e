//! The web user interface, rendered on the server and taken over in the browser.

pub mod context;

use leptos::prelude::*;

/// The whole application.
#[component]
pub fn App() -> impl IntoView {
    view! { <p>"…"</p> }
}
