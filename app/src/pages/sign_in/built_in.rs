//! The built-in wallet's keys: make, take in, use, save to a file, delete. Forms appear once the
//! page is alive, so that no passphrase can be posted anywhere before.

mod create;
mod import;
mod key_ring;
mod key_row;

use leptos::prelude::*;
use types::WalletAddress;
use types::sign_in::ProofPurpose;

use self::create::CreateKey;
use self::import::ImportKey;
use self::key_ring::{KeyRing, Work};
use self::key_row::KeyRow;
use crate::ui::{Alert, Card, Icon, IconName, Progress, Spinner, Tone};

/// `on_choose` is called with the address of the key to sign in with.
#[component]
pub(super) fn BuiltInWallet(
    purpose: ProofPurpose,
    on_choose: Callback<WalletAddress>,
) -> impl IntoView {
    let ring = KeyRing::new();
    ring.start();
    // Forms keep what was typed as long as the keys stay the same.
    let keys = Memo::new(move |_| ring.keys().get());
    view! {
        <Card
            title="Built-in wallet"
            description="No wallet? Keep a key in this browser, locked by a passphrase. It never leaves this computer."
        >
            <div class="grid gap-4">
                <Show when=move || keys.with(Option::is_none)>
                    <NotYet />
                </Show>
                // Other keys are another list: its forms are empty and closed again.
                <For each=move || keys.get() key=Clone::clone let:keys>
                    <Keys ring keys purpose on_choose />
                </For>
            </div>
        </Card>
    }
}

#[component]
fn NotYet() -> impl IntoView {
    view! {
        <p class="text-muted noscript:hidden">"Looking for keys in this browser…"</p>
        <p class="hidden text-muted noscript:block">
            "The built-in wallet works with JavaScript only: the key is made and used in your browser, not on our server."
        </p>
    }
}

#[component]
fn Keys(
    ring: KeyRing,
    keys: Vec<WalletAddress>,
    purpose: ProofPurpose,
    on_choose: Callback<WalletAddress>,
) -> impl IntoView {
    let is_empty = keys.is_empty();
    let rows = keys
        .into_iter()
        .map(|address| view! { <KeyRow ring address purpose on_choose /> })
        .collect_view();
    view! {
        <WorkNote ring />
        {(!is_empty).then(|| view! {
            <ul class="grid gap-2" aria-label="Keys in this browser">{rows}</ul>
            <p class="sign-in-small">
                "A key is only in this browser. Whoever clears its data, or loses the computer, loses the key: save it to a file."
            </p>
        })}
        <details class="disclosure" open=is_empty>
            <summary>"Create a key"</summary>
            <div><CreateKey ring /></div>
        </details>
        <details class="disclosure">
            <summary>"Use a key file from elsewhere"</summary>
            <div><ImportKey ring /></div>
        </details>
    }
}

/// What the ring is doing, and how the last thing went.
#[component]
fn WorkNote(ring: KeyRing) -> impl IntoView {
    let percent = Signal::derive(move || match ring.work().get() {
        Work::Busy { permille, .. } => u8::try_from(permille / 10).unwrap_or(100),
        _ => 0,
    });
    let kind = Memo::new(move |_| match ring.work().get() {
        Work::Busy { what, .. } => Work::Busy { what, permille: 0 },
        work => work,
    });
    view! {
        <div aria-live="polite">
            {move || match kind.get() {
                Work::Idle => ().into_any(),
                Work::Busy { what, .. } => view! {
                    <p class="sign-in-busy">
                        <Spinner size=18 label="Working" />
                        <span>{what}</span>
                    </p>
                    <Show when=move || percent.get() != 0>
                        <Progress value=percent label=what />
                    </Show>
                }
                .into_any(),
                Work::Done(text) => view! {
                    <p class="sign-in-busy">
                        <Icon name=IconName::CheckCircle />
                        <span>{text}</span>
                    </p>
                }
                .into_any(),
                Work::Failed(text) => view! { <Alert tone=Tone::Danger title=text /> }.into_any(),
            }}
        </div>
    }
}
