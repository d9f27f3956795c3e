//! A key file from elsewhere: chosen, or pasted.

use leptos::prelude::*;
use zeroize::Zeroizing;

use super::key_ring::KeyRing;
use crate::ui::{
    Button, ButtonKind, ButtonVariant, FileInput, IconName, InputKind, TextArea, TextInput,
};
use crate::wallet::built_in::keystore::{FILE_LENGTH_MAX, Keystore};

#[component]
pub(super) fn ImportKey(ring: KeyRing) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let typed = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let import = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Err(reason) = text.with_untracked(|text| Keystore::parse(text).map(drop)) {
            error.set(Some(reason.to_string()));
            return;
        }
        error.set(None);
        let passphrase = Zeroizing::new(typed.try_update(std::mem::take).unwrap_or_default());
        ring.import(text.get_untracked(), passphrase);
    };
    view! {
        <form class="grid gap-4" on:submit=import>
            <FileInput
                name="key-file"
                label="Key file"
                accept=".json,application/json"
                hint="Web3 Secret Storage version 3: as geth, MyCrypto and eth-account save it."
                on:change=move |event| read_chosen(&event, text, error)
            />
            <TextArea
                name="key-text"
                label="Or its text"
                bind=text
                rows=4
                error=error
                monospaced=true
                length_max=u32::try_from(FILE_LENGTH_MAX).unwrap_or(u32::MAX)
            />
            <TextInput
                name="file-passphrase"
                label="Passphrase of the file"
                kind=InputKind::Password
                bind=typed
                autocomplete="current-password"
                hint="The key is locked with the same passphrase here."
            />
            <div>
                <Button
                    kind=ButtonKind::Submit
                    variant=ButtonVariant::Secondary
                    icon=IconName::Upload
                    loading=ring.is_busy()
                >
                    "Take in the key"
                </Button>
            </div>
        </form>
    }
}

/// Puts the chosen file's text into the form.
fn read_chosen(event: &leptos::ev::Event, text: RwSignal<String>, error: RwSignal<Option<String>>) {
    #[cfg(feature = "hydrate")]
    chosen::read(event, text, error);
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, text, error);
}

#[cfg(feature = "hydrate")]
mod chosen {
    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::HtmlInputElement;

    use super::FILE_LENGTH_MAX;

    pub(super) fn read(
        event: &leptos::ev::Event,
        text: RwSignal<String>,
        error: RwSignal<Option<String>>,
    ) {
        let input = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(file) = input
            .and_then(|input| input.files())
            .and_then(|files| files.get(0))
        else {
            return;
        };
        if file.size() > FILE_LENGTH_MAX as f64 {
            error.set(Some("the file is too large to be a key file".to_owned()));
            return;
        }
        spawn_local(async move {
            match JsFuture::from(file.text())
                .await
                .ok()
                .and_then(|content| content.as_string())
            {
                Some(content) => {
                    error.try_set(None);
                    text.try_set(content);
                }
                None => {
                    error.try_set(Some("the browser could not read the file".to_owned()));
                }
            }
        });
    }
}
