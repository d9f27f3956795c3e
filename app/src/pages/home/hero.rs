use leptos::prelude::*;

use crate::shell::use_shell;
use crate::ui::{ButtonVariant, ControlSize, IconName, LinkButton};

/// The sentence, the explanation, the button.
#[component]
pub(super) fn Hero() -> impl IntoView {
    view! {
        <section class="hero">
            <h1 class="hero-title">"Your wallet opens a Python workbench for on-chain data."</h1>
            <p class="hero-text">
                "LedgerCloud gives each analyst a JupyterLab of their own, with pandas, web3.py and an
                EVM that simulates contracts. It freezes when you pause and stops when you stay away.
                Your files and open tabs are there when you come back."
            </p>
            <HeroActions />
        </section>
    }
}

#[component]
fn HeroActions() -> impl IntoView {
    let viewer = use_shell().viewer();
    move || {
        match viewer.get() {
        Some(_) => view! {
            <div class="hero-actions">
                <LinkButton
                    href="/dashboard"
                    variant=ButtonVariant::Primary
                    size=ControlSize::Large
                    icon=IconName::Dashboard
                >
                    "Continue to your dashboard"
                </LinkButton>
            </div>
        }
        .into_any(),
        None => view! {
            <div class="hero-actions">
                <LinkButton
                    href="/sign-in"
                    variant=ButtonVariant::Primary
                    size=ControlSize::Large
                    icon=IconName::Wallet
                >
                    "Sign in with a wallet"
                </LinkButton>
                <LinkButton href="#how-it-works" size=ControlSize::Large>"How it works"</LinkButton>
            </div>
            <p class="hero-note">
                "You sign a message, not a transaction: it costs nothing and moves nothing. No wallet
                yet? The sign-in page makes one in your browser."
            </p>
        }
        .into_any(),
    }
    }
}
