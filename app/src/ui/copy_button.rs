//! Puts a text into the clipboard and says so.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Icon, IconName};

const SAID_FOR: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copied {
    No,
    Yes,
    Refused,
}

/// A small button. Without JavaScript it is hidden: the text beside it can be selected.
#[component]
pub fn CopyButton(
    #[prop(into)] text: Signal<String>,
    #[prop(default = "Copy".to_owned(), into)] label: String,
) -> impl IntoView {
    let copied = RwSignal::new(Copied::No);
    let title = label.clone();
    view! {
        <button
            type="button"
            class="copy-button needs-script"
            class:is-done=move || copied.get() == Copied::Yes
            aria-label=label
            title=title
            on:click=move |_| copy(text.get_untracked(), copied)
        >
            {move || {
                let name = if copied.get() == Copied::Yes { IconName::Check } else { IconName::Copy };
                view! { <Icon name size=14 /> }
            }}
            <span class="sr-only" aria-live="polite">
                {move || match copied.get() {
                    Copied::No => "",
                    Copied::Yes => "Copied",
                    Copied::Refused => "The browser did not allow it",
                }}
            </span>
        </button>
    }
}

#[cfg(feature = "hydrate")]
fn copy(text: String, copied: RwSignal<Copied>) {
    leptos::task::spawn_local(async move {
        let written = match clipboard() {
            Some(clipboard) => wasm_bindgen_futures::JsFuture::from(clipboard.write_text(&text))
                .await
                .is_ok(),
            None => false,
        };
        copied.try_set(if written {
            Copied::Yes
        } else {
            Copied::Refused
        });
        set_timeout(
            move || {
                copied.try_set(Copied::No);
            },
            SAID_FOR,
        );
    });
}

/// The clipboard, which browsers give to secure origins only.
#[cfg(feature = "hydrate")]
fn clipboard() -> Option<web_sys::Clipboard> {
    window()
        .is_secure_context()
        .then(|| window().navigator().clipboard())
}

#[cfg(not(feature = "hydrate"))]
fn copy(_text: String, _copied: RwSignal<Copied>) {
    let _ = (SAID_FOR, Copied::Refused);
}
