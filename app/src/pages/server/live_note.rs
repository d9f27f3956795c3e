//! Says when what is shown may be old.

use leptos::prelude::*;

use crate::live::LiveStatus;
use crate::ui::{Alert, Tone};

/// Nothing while the connection is there.
#[component]
pub(crate) fn LiveNote(#[prop(into)] status: Signal<LiveStatus>) -> impl IntoView {
    let is_interrupted = Memo::new(move |_| status.get() == LiveStatus::Interrupted);
    view! {
        <div aria-live="polite">
            <Show when=move || is_interrupted.get()>
                <Alert tone=Tone::Warning title="Connection interrupted">
                    <p>"What you see may be out of date. Trying to reconnect…"</p>
                </Alert>
            </Show>
        </div>
    }
}
