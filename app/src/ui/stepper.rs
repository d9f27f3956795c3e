//! Where one is on a way of several steps.

use leptos::prelude::*;

use super::icon::{Icon, IconName};

/// Numbered steps; those before `current` (from 0) are done.
#[component]
pub fn Stepper(
    #[prop(into)] label: String,
    steps: Vec<String>,
    #[prop(into)] current: Signal<usize>,
) -> impl IntoView {
    let items = steps.into_iter().enumerate();
    view! {
        <ol class="stepper" aria-label=label>
            {items.map(|(index, text)| step(index, text, current)).collect_view()}
        </ol>
    }
}

fn step(index: usize, text: String, current: Signal<usize>) -> impl IntoView {
    let is_done = move || index < current.get();
    let is_current = move || index == current.get();
    let mark = move || match is_done() {
        true => view! { <Icon name=IconName::Check size=14 /> }.into_any(),
        false => (index + 1).into_any(),
    };
    view! {
        <li
            class="step"
            class:is-done=is_done
            aria-current=move || is_current().then_some("step")
        >
            <span class="step-mark">{mark}</span>
            <span class="step-text">
                {text}
                <Show when=is_done>
                    <span class="sr-only">" (done)"</span>
                </Show>
            </span>
        </li>
    }
}
