//! The search line in the frame: a form that works by itself, with suggestions where scripts run.
//! It is a combobox with a list (ARIA Authoring Practices, "Editable Combobox With List
//! Autocomplete"): the focus stays in the line, and arrows move through the list.

mod suggestions;

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html::Input;
use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::{use_location, use_navigate};

use suggestions::{Step, follow_text, moved};

use crate::actions::explorer::Suggestion;
use crate::ui::{Icon, IconName};

const LIST_ID: &str = "site-search-list";
const SEARCH_PATH: &str = "/explorer/search";
/// Longest text that is searched for.
const TEXT_LENGTH_MAX: &str = "200";

/// Searches the chain from every page.
#[component]
pub(super) fn SiteSearch() -> impl IntoView {
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(Vec::<Suggestion>::new());
    let active = RwSignal::new(None::<usize>);
    follow_text(text, found);
    let close = move || {
        found.set(Vec::new());
        active.set(None);
    };
    let line = NodeRef::<Input>::new();
    let here = use_location().pathname;
    Effect::new(move |was_here: Option<()>| {
        here.track();
        // What was typed before the page was taken over stays.
        if was_here.is_some() {
            clear(line);
            text.set(String::new());
            close();
        }
    });
    let navigate = use_navigate();
    let on_key = move |event: KeyboardEvent| {
        let count = found.with(Vec::len);
        let step = match event.key().as_str() {
            "ArrowDown" => Step::Down,
            "ArrowUp" => Step::Up,
            "Escape" => return close(),
            "Enter" => {
                let chosen = active
                    .get()
                    .and_then(|place| found.with(|found| found.get(place).cloned()));
                if let Some(chosen) = chosen {
                    event.prevent_default();
                    close();
                    navigate(&chosen.path, Default::default());
                }
                return;
            }
            _ => return,
        };
        if count > 0 {
            event.prevent_default();
            active.set(moved(active.get(), count, step));
        }
    };
    let is_open = move || !found.with(Vec::is_empty);
    view! {
        <Form method="GET" action=SEARCH_PATH attr:class="site-search" attr:role="search">
            <label class="sr-only" for="site-search">"Search the chain"</label>
            <Icon name=IconName::Search size=15 />
            <input
                class="input"
                id="site-search"
                type="search"
                name="q"
                placeholder="Address, transaction, block, token"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                maxlength=TEXT_LENGTH_MAX
                role="combobox"
                aria-autocomplete="list"
                aria-controls=LIST_ID
                aria-expanded=move || if is_open() { "true" } else { "false" }
                aria-activedescendant=move || active.get().map(option_id)
                node_ref=line
                on:input=move |event| text.set(event_target_value(&event))
                on:keydown=on_key
                on:blur=move |_| close()
            />
            <ul class="site-search-list" id=LIST_ID role="listbox" aria-label="Suggestions" class:is-open=is_open>
                {move || found.get().into_iter().enumerate()
                    .map(|(place, suggestion)| view! { <SuggestionLine place suggestion active /> })
                    .collect_view()}
            </ul>
        </Form>
    }
}

/// The line's text belongs to the browser, so that it outlives the page's taking over.
fn clear(line: NodeRef<Input>) {
    #[cfg(feature = "hydrate")]
    if let Some(line) = line.get_untracked() {
        line.set_value("");
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = line;
}

fn option_id(place: usize) -> String {
    format!("site-search-option-{place}")
}

#[component]
fn SuggestionLine(
    place: usize,
    suggestion: Suggestion,
    active: RwSignal<Option<usize>>,
) -> impl IntoView {
    let navigate = use_navigate();
    let is_active = move || active.get() == Some(place);
    let path = suggestion.path;
    // Before the line loses the focus, which closes the list.
    let choose = move |event: MouseEvent| {
        event.prevent_default();
        navigate(&path, Default::default());
    };
    view! {
        <li
            id=option_id(place)
            role="option"
            aria-selected=move || if is_active() { "true" } else { "false" }
            on:mousedown=choose
        >
            <span class="site-search-kind">{suggestion.kind}</span>
            <span class="site-search-label">{suggestion.label}</span>
        </li>
    }
}
