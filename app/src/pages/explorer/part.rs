//! What the node may be unable to tell, and what to say instead.

use leptos::prelude::*;
use types::explorer::Part;

use crate::ui::{Alert, Tone};

/// The value as a section of a page; else a notice why `what` is missing.
pub(super) fn section_of<T, V: IntoView + 'static>(
    part: Part<T>,
    what: &str,
    view: impl FnOnce(T) -> V,
) -> AnyView {
    let (tone, reason) = match part {
        Part::Known(value) => return view(value).into_any(),
        Part::NotOffered => (
            Tone::Info,
            "The node of this chain does not offer the method that it is read with.".to_owned(),
        ),
        Part::Pruned => (
            Tone::Info,
            "The node keeps the state of its newest blocks only, and this one is older.".to_owned(),
        ),
        Part::Unavailable(message) => (Tone::Warning, message),
    };
    let title = format!("{what} cannot be shown");
    view! { <Alert tone title><p>{reason}</p></Alert> }.into_any()
}

/// The value as a word in a line; else a dash that says why.
pub(crate) fn word_of<T, V: IntoView + 'static>(
    part: Part<T>,
    view: impl FnOnce(T) -> V,
) -> AnyView {
    let reason = match part {
        Part::Known(value) => return view(value).into_any(),
        Part::NotOffered => "the node does not offer it".to_owned(),
        Part::Pruned => "the node no longer has it".to_owned(),
        Part::Unavailable(message) => message,
    };
    let title = reason.clone();
    view! {
        <span class="text-muted" title=title>"unknown"<span class="sr-only">": "{reason}</span></span>
    }
    .into_any()
}
