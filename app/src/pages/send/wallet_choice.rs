use leptos::prelude::*;

use super::{Offer, Sender};
use crate::ui::{InputKind, Select, SelectOption, TextInput};

/// Which wallet sends, and the passphrase if it is the built-in one.
#[component]
pub(crate) fn WalletChoice(sender: Sender) -> impl IntoView {
    let offers = Memo::new(move |_| sender.offers.get());
    view! {
        <div class="grid gap-3">
            {move || match offers.get() {
                None => view! { <Looking /> }.into_any(),
                Some(offers) if offers.is_empty() => view! { <NoWallet /> }.into_any(),
                Some(offers) => view! { <Offers offers sender /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Looking() -> impl IntoView {
    view! {
        <p class="text-muted noscript:hidden">"Looking for wallets in this browser…"</p>
        <p class="hidden text-muted noscript:block">
            "A wallet signs in your browser, which needs JavaScript."
        </p>
    }
}

#[component]
fn NoWallet() -> impl IntoView {
    view! {
        <p class="text-muted">
            "No wallet was found in this browser. Install one, or make a key in the "
            <a class="link" href="/sign-in">"built-in wallet"</a>" and come back."
        </p>
    }
}

#[component]
fn Offers(offers: Vec<Offer>, sender: Sender) -> impl IntoView {
    let options = offers
        .into_iter()
        .enumerate()
        .map(|(place, offer)| SelectOption::new(place.to_string(), offer.name))
        .collect();
    let needs_passphrase = Memo::new(move |_| sender.chosen_key().is_some());
    view! {
        <Select name="wallet" label="Wallet" options bind=sender.chosen />
        <Show when=move || needs_passphrase.get()>
            <TextInput
                name="passphrase"
                label="Passphrase"
                kind=InputKind::Password
                hint="Opens the key for one transaction. It never leaves this browser."
                bind=sender.passphrase
            />
        </Show>
    }
}
