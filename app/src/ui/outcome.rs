//! What became of a form, shown beside it.

use leptos::prelude::*;
use types::ApiError;

use super::icon::{Icon, IconName};
use crate::actions::error::ActionError;

/// Shows nothing before the first answer; then the success text or the failure. `result` is what
/// the action holds: `action.value()` with its success mapped away (`Signal::derive`).
#[component]
pub fn Outcome(
    #[prop(into)] result: Signal<Option<Result<(), ActionError>>>,
    #[prop(optional, into)] success: Option<String>,
) -> impl IntoView {
    view! {
        <div class="outcome" aria-live="polite">
            {move || match result.get() {
                None => ().into_any(),
                Some(Ok(())) => success.clone().map(succeeded).into_any(),
                Some(Err(error)) => failed(error.0).into_any(),
            }}
        </div>
    }
}

fn succeeded(text: String) -> impl IntoView {
    view! {
        <p class="outcome-line tone-positive">
            <Icon name=IconName::CheckCircle />
            <span>{text}</span>
        </p>
    }
}

fn failed(error: ApiError) -> impl IntoView {
    view! {
        <p class="outcome-line tone-danger">
            <Icon name=IconName::Alert />
            <span>{error.message} {error.hint.map(|hint| view! { " " <span class="outcome-hint">{hint}</span> })}</span>
        </p>
    }
}
