//! A word more about something, on hover and on keyboard focus.

use leptos::prelude::*;

/// `text` appears above the children. Only for what is said elsewhere too, or is not needed.
#[component]
pub fn Tooltip(#[prop(into)] text: Signal<String>, children: Children) -> impl IntoView {
    view! {
        <span class="tooltip">
            {children()}
            <span class="tooltip-text" role="tooltip">{move || text.get()}</span>
        </span>
    }
}
