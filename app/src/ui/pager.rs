//! Forward and back to the start of a list paged by key.

use leptos::prelude::*;

use super::button::{ControlSize, LinkButton};
use super::icon::IconName;

/// Links below a list. Nothing is shown when everything is on one page.
#[component]
pub fn Pager(
    /// The first page's address; none when this is the first page.
    #[prop(into)]
    first: Signal<Option<String>>,
    /// The next page's address; none on the last page.
    #[prop(into)]
    next: Signal<Option<String>>,
    /// What is on this page: `50 users`.
    #[prop(optional, into)]
    shown: Signal<String>,
) -> impl IntoView {
    let is_needed = move || first.with(Option::is_some) || next.with(Option::is_some);
    view! {
        <Show when=is_needed>
            <nav class="pager" aria-label="Pages">
                <span class="pager-shown">{move || shown.get()}</span>
                {move || first.get().map(|href| view! {
                    <LinkButton href size=ControlSize::Small icon=IconName::ChevronsLeft>"First"</LinkButton>
                })}
                {move || next.get().map(|href| view! {
                    <LinkButton href size=ControlSize::Small icon=IconName::ChevronRight>"Next"</LinkButton>
                })}
            </nav>
        </Show>
    }
}
