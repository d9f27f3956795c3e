//! A link to something with a long name: a block, transaction, address.

use leptos::prelude::*;

use super::copy_button::CopyButton;

/// The short name as a link, the whole one on hover and in the clipboard.
#[component]
pub fn Reference(
    #[prop(into)] href: String,
    /// What is shown.
    #[prop(into)]
    short: String,
    /// What is copied, and shown on hover.
    #[prop(into)]
    whole: String,
    /// What the button says: `Copy address`.
    #[prop(into)]
    copy_label: String,
    /// The short name is one that people gave, not digits.
    #[prop(optional)]
    named: bool,
) -> impl IntoView {
    let title = whole.clone();
    view! {
        <span class="reference">
            <a class="reference-link" class:mono=!named href=href title=title>{short}</a>
            <CopyButton text=whole label=copy_label />
        </span>
    }
}
