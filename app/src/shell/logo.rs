//! Our mark: three ledger lines in a cloud's outline that is also a chain link.

use leptos::prelude::*;

/// The mark alone, in the text's and the accent's colour.
#[component]
pub fn Logo(#[prop(default = 22)] size: u16) -> impl IntoView {
    view! {
        <svg class="logo" width=size height=size viewBox="0 0 32 32" fill="none" aria-hidden="true" focusable="false">
            <path class="logo-frame" d="M9.5 26.500a6.500 6.500 0 0 1-1.300-12.870A8.500 8.500 0 0 1 24.300 12 7.300 7.300 0 0 1 23 26.500z" />
            <path class="logo-line" d="M10.500 21.500h11M13 16.700h8.500" />
        </svg>
    }
}
