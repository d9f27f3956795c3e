//! Our mark: the lines of a ledger, stacked into a cloud; one entry stands out.

use leptos::prelude::*;

/// The mark alone. The same drawing as `public/favicon.svg`.
#[component]
pub fn Logo(#[prop(default = 24)] size: u16) -> impl IntoView {
    view! {
        <svg class="logo" width=size height=size viewBox="0 0 32 32" fill="none" aria-hidden="true" focusable="false">
            <rect class="logo-plate" width="32" height="32" rx="8" />
            <path class="logo-line" d="M13.5 10H18M9.5 16H16M8.5 22h15" />
            <path class="logo-entry" d="M22 16h.5" />
        </svg>
    }
}
