//! Before a wallet is chosen.

use leptos::prelude::*;
use types::sign_in::ProofPurpose;

use super::{Stage, busy, steps};
use crate::ui::{Alert, Button, Icon, IconName, LinkButton, Tone};
use crate::wallet::flow::Action;
use crate::wallet::found::FoundWallet;

/// The first render, also without JavaScript: then it says why nothing is found.
pub(super) fn discovering() -> impl IntoView {
    view! {
        <div class="noscript:hidden">{busy("Looking for wallets in this browser…".to_owned())}</div>
        <div class="hidden noscript:block">
            <Alert tone=Tone::Info title="Signing in with a wallet needs JavaScript">
                <p>
                    "The wallet lives in your browser, and only a script can ask it for a signature. "
                    "Switch JavaScript on for this site, or sign in another way if one is offered below."
                </p>
            </Alert>
        </div>
    }
}

pub(super) fn no_wallet(stage: Stage) -> impl IntoView {
    view! {
        <Alert tone=Tone::Info title="No wallet was found in this browser">
            <p>"Use the built-in wallet below: it takes a minute and needs nothing installed."</p>
            <p>
                "Or " <a class="link" href="https://ethereum.org/en/wallets/find-wallet/" target="_blank" rel="noopener noreferrer">
                    "install a wallet"
                </a> " for this browser, unlock it, and look again. On a phone, open this page in the wallet's own browser."
            </p>
        </Alert>
        {steps(view! {
            <Button icon=IconName::Refresh on:click=move |_| stage.on_action.run(Action::LookAgain)>"Look again"</Button>
            {leave()}
        })}
    }
}

pub(super) fn choosing(stage: Stage, wallets: Vec<FoundWallet>) -> impl IntoView {
    let what = match stage.purpose {
        ProofPurpose::SignIn => "sign in",
        ProofPurpose::Link => "link the wallet",
    };
    let buttons = wallets
        .into_iter()
        .map(|wallet| wallet_button(stage, wallet))
        .collect_view();
    view! {
        <p class="text-muted">
            "Choose a wallet. It shares your address with this site; then you sign a short message to "
            {what} ". This costs nothing and moves no funds."
        </p>
        <ul class="grid gap-2" aria-label="Wallets in this browser">{buttons}</ul>
        {steps(leave())}
    }
}

fn wallet_button(stage: Stage, wallet: FoundWallet) -> impl IntoView {
    let reference = wallet.reference.clone();
    let picture = match wallet.icon {
        Some(icon) => {
            view! { <img src=icon alt="" width="24" height="24" class="wallet-icon" /> }.into_any()
        }
        None => view! { <Icon name=IconName::Wallet size=24 /> }.into_any(),
    };
    view! {
        <li>
            <button
                type="button"
                class="button button-secondary size-large wallet-choice"
                on:click=move |_| stage.on_action.run(Action::Choose(reference.clone()))
            >
                {picture}
                <span class="button-text">{wallet.name}</span>
            </button>
            {wallet.is_ambiguous.then(|| view! {
                <p class="field-error">
                    <Icon name=IconName::Alert size=14 />
                    "Two extensions claim to be this wallet. Check your extensions, and what you sign, with care."
                </p>
            })}
        </li>
    }
}

fn leave() -> impl IntoView {
    view! { <LinkButton href="/" variant=crate::ui::ButtonVariant::Ghost>"Back to the home page"</LinkButton> }
}
