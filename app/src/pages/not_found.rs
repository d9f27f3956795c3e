//! Nothing is here.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::{ButtonVariant, IconName, LinkButton};

/// The answer to an unknown address, with status 404. Also for things that are not the viewer's:
/// it does not tell these from things that do not exist.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::shell::document::set_status(http::StatusCode::NOT_FOUND);
    view! {
        <Title text="Not found" />
        <div class="page page-message">
            <p class="page-message-code">"404"</p>
            <h1 class="page-title">"There is nothing at this address"</h1>
            <p class="page-description">
                "It may have been deleted, or it belongs to somebody else."
            </p>
            <LinkButton href="/" variant=ButtonVariant::Primary icon=IconName::ArrowLeft>"Go home"</LinkButton>
        </div>
    }
}
