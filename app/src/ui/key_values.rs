//! Names and values.

use leptos::prelude::*;

/// A list of [`KeyValue`]s.
#[component]
pub fn KeyValues(children: Children) -> impl IntoView {
    view! { <dl class="key-values">{children()}</dl> }
}

/// One name and its value.
#[component]
pub fn KeyValue(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! {
        <div class="key-value">
            <dt>{label}</dt>
            <dd>{children()}</dd>
        </div>
    }
}
