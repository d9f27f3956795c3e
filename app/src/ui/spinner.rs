//! Something is happening and nobody knows how far it is.

use leptos::prelude::*;

/// Turns; with reduced motion it breathes.
#[component]
pub fn Spinner(
    #[prop(default = 16)] size: u16,
    #[prop(default = "Loading".to_owned(), into)] label: String,
) -> impl IntoView {
    view! {
        <svg class="spinner" width=size height=size viewBox="0 0 24 24" fill="none" role="img" aria-label=label>
            <circle class="spinner-track" cx="12" cy="12" r="9" />
            <path class="spinner-head" d="M12 3a9 9 0 0 1 9 9" />
        </svg>
    }
}
