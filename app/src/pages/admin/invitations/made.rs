//! The link that was just made.

use leptos::prelude::*;

use crate::actions::invitations::NewInvitation;
use crate::ui::{Alert, Code, Tone};

/// Shown once: only a hash of it is kept.
#[component]
pub(crate) fn MadeLink(#[prop(into)] made: Signal<Option<NewInvitation>>) -> impl IntoView {
    view! {
        <div aria-live="polite">
            {move || made.get().map(|invitation| view! {
                <Alert tone=Tone::Positive title="The link is ready. Copy it now: it is not shown again.">
                    <Code text=invitation.link label="Invitation link" />
                </Alert>
            })}
        </div>
    }
}
