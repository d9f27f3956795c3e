//! Search as a GET form: the query is part of the address and works without JavaScript.

use leptos::prelude::*;

use super::element_id::slug;
use super::field::held_value;
use super::icon::{Icon, IconName};

/// A search line. Put it in a `<form method="get">`, or bind it.
#[component]
pub fn SearchField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional)] bind: Option<RwSignal<String>>,
    #[prop(optional, into)] placeholder: Option<String>,
) -> impl IntoView {
    let id = format!("search-{}", slug(&name));
    let initial = bind.map_or(value, |signal| signal.get_untracked());
    let held = held_value(bind, &initial);
    let placeholder = placeholder.unwrap_or_else(|| label.clone());
    view! {
        <div class="search-field" role="search">
            <label class="sr-only" for=id.clone()>{label}</label>
            <Icon name=IconName::Search size=15 />
            <input
                class="input"
                id=id
                type="search"
                name=name
                value=initial
                prop:value=held
                on:input=move |event| {
                    if let Some(signal) = bind {
                        signal.set(event_target_value(&event));
                    }
                }
                placeholder=placeholder
                autocomplete="off"
                spellcheck="false"
                maxlength="200"
            />
        </div>
    }
}
