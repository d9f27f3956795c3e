//! A new key under a new passphrase.

use leptos::prelude::*;
use zeroize::Zeroizing;

use super::key_ring::KeyRing;
use crate::ui::{Button, ButtonKind, ButtonVariant, IconName, InputKind, TextInput};
use crate::wallet::built_in::passphrase::{
    LENGTH_MIN, NewPassphrase, PassphraseRefused, Strength, strength,
};

#[component]
pub(super) fn CreateKey(ring: KeyRing) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let repeated = RwSignal::new(String::new());
    let refused = RwSignal::new(None::<PassphraseRefused>);
    let create = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let passphrase = Zeroizing::new(typed.get_untracked());
        let again = Zeroizing::new(repeated.get_untracked());
        match NewPassphrase::new(passphrase, &again) {
            Ok(passphrase) => {
                typed.set(String::new());
                repeated.set(String::new());
                refused.set(None);
                ring.create(passphrase);
            }
            Err(reason) => refused.set(Some(reason)),
        }
    };
    view! {
        <form class="grid gap-4" on:submit=create>
            <TextInput
                name="new-passphrase"
                label="Passphrase"
                kind=InputKind::Password
                bind=typed
                error=Signal::derive(move || about_first(refused.get()))
                autocomplete="new-password"
                hint=format!("At least {LENGTH_MIN} characters. Nobody can reset it: keep it in a password manager.")
            />
            <StrengthNote typed />
            <TextInput
                name="repeated-passphrase"
                label="Passphrase again"
                kind=InputKind::Password
                bind=repeated
                error=Signal::derive(move || about_second(refused.get()))
                autocomplete="new-password"
            />
            <div>
                <Button
                    kind=ButtonKind::Submit
                    variant=ButtonVariant::Secondary
                    icon=IconName::Key
                    loading=ring.is_busy()
                >
                    "Create the key"
                </Button>
            </div>
        </form>
    }
}

#[component]
fn StrengthNote(typed: RwSignal<String>) -> impl IntoView {
    let shown = Memo::new(move |_| typed.with(|text| (!text.is_empty()).then(|| strength(text))));
    view! {
        <p class="sign-in-busy sign-in-small" aria-live="polite">
            {move || shown.get().map(|strength| view! {
                <meter min="0" max="3" low="2" high="3" optimum="3" value=rank(strength) aria-hidden="true"></meter>
                <span>"This passphrase is " {strength.label()} "."</span>
            })}
        </p>
    }
}

const fn rank(strength: Strength) -> &'static str {
    match strength {
        Strength::TooShort => "0",
        Strength::Guessable => "1",
        Strength::Fair => "2",
        Strength::Good => "3",
    }
}

fn about_first(refused: Option<PassphraseRefused>) -> Option<String> {
    refused
        .filter(|reason| *reason != PassphraseRefused::Differ)
        .map(|reason| reason.to_string())
}

fn about_second(refused: Option<PassphraseRefused>) -> Option<String> {
    refused
        .filter(|reason| *reason == PassphraseRefused::Differ)
        .map(|reason| reason.to_string())
}
