//! While the wallet is asked something, and what its answers lead to.

use leptos::prelude::*;
use types::WalletAddress;

use super::{Stage, busy, cancel, primary, retry, steps};
use crate::ui::{Alert, Progress, Tone};
use crate::wallet::chain::chain_name;
use crate::wallet::failure::WalletFailure;
use crate::wallet::flow::{Action, Connection, WalletRequest};
use crate::wallet::found::WalletRef;

pub(super) fn waiting(stage: Stage, request: &WalletRequest) -> impl IntoView + use<> {
    if let WalletRef::BuiltIn(_) = request.wallet() {
        return unlocking(stage).into_any();
    }
    let name = wallet_name(stage, request.wallet());
    let what = match request {
        WalletRequest::Connect { .. } => "choose the account to share with this site",
        WalletRequest::SwitchChain { .. } => "agree to the change of chain",
        WalletRequest::AddChain { .. } => "agree to adding the chain",
        WalletRequest::Sign { .. } => "read the message and sign it. It costs nothing",
    };
    view! {
        {busy(format!("Waiting for {name}"))}
        <p class="text-muted">"In the wallet's window, " {what} "."</p>
        {steps(cancel(stage))}
    }
    .into_any()
}

/// Opening the built-in key takes a moment on purpose.
fn unlocking(stage: Stage) -> impl IntoView {
    let percent = Signal::derive(move || {
        let permille = stage.unlocking.get().unwrap_or(0);
        u8::try_from(permille / 10).unwrap_or(100)
    });
    view! {
        {busy("Opening your key and signing".to_owned())}
        <Show when=move || percent.get() != 0>
            <Progress value=percent label="Opening the key" />
        </Show>
        {steps(cancel(stage))}
    }
}

pub(super) fn silent(stage: Stage, request: &WalletRequest) -> impl IntoView + use<> {
    let name = wallet_name(stage, request.wallet());
    view! {
        <Alert tone=Tone::Warning title=format!("{} has not answered yet", capitalised(&name))>
            <p>
                "Its window may be behind this one. Open the wallet from the browser's toolbar and answer the request there: "
                "this page goes on by itself."
            </p>
        </Alert>
        {steps((retry(stage, "Ask again"), cancel(stage)))}
    }
}

pub(super) fn rejected(stage: Stage, request: &WalletRequest) -> impl IntoView + use<> {
    let (title, text) = match request {
        WalletRequest::Connect { .. } => (
            "You did not connect the wallet",
            "This site knows nothing of your accounts. To sign in it needs one address.",
        ),
        WalletRequest::SwitchChain { .. } | WalletRequest::AddChain { .. } => (
            "You did not change the chain",
            "The message to sign names a chain that this site accepts, so the wallet must be on one.",
        ),
        WalletRequest::Sign { .. } => (
            "You did not sign the message",
            "Nothing was sent. The signature is how this site knows that the account is yours.",
        ),
    };
    view! {
        <Alert tone=Tone::Warning title=title>
            <p>{text}</p>
        </Alert>
        {steps((retry(stage, "Ask again"), cancel(stage)))}
    }
}

pub(super) fn failed(
    stage: Stage,
    request: &WalletRequest,
    failure: &WalletFailure,
) -> impl IntoView + use<> {
    let hint = match (request, failure) {
        (
            WalletRequest::SwitchChain { chain_id, .. } | WalletRequest::AddChain { chain_id, .. },
            WalletFailure::UnknownChain | WalletFailure::Unsupported,
        ) => format!(
            "Change to {} (chain id {chain_id}) in the wallet itself, and try again.",
            chain_name(*chain_id)
        ),
        _ => failure.hint().to_owned(),
    };
    view! {
        <Alert tone=Tone::Danger title=failure.message()>
            <p>{hint}</p>
        </Alert>
        {steps((retry(stage, "Try again"), cancel(stage)))}
    }
}

pub(super) fn wrong_chain(stage: Stage, connection: &Connection) -> impl IntoView + use<> {
    let wanted = chain_name(stage.flow.with_untracked(|flow| flow.chains().first()));
    let change = format!("Change to {wanted}");
    view! {
        <Alert tone=Tone::Warning title=format!("The wallet is on {}", chain_name(connection.chain_id))>
            <p>
                "This site accepts sign-ins on " {wanted} ". Changing the chain costs nothing; you can change back afterwards."
            </p>
        </Alert>
        {steps((primary(stage, Action::SwitchChain, change), cancel(stage)))}
    }
}

pub(super) fn account_switched(
    stage: Stage,
    previous: &Connection,
    current: Option<WalletAddress>,
) -> impl IntoView + use<> {
    let previous = previous.account.to_short();
    match current {
        Some(current) => view! {
            <Alert tone=Tone::Warning title="The wallet changed to another account">
                <p>
                    "You began with " <span class="mono">{previous}</span> ", and the wallet now shows "
                    <span class="mono">{current.to_short()}</span> ". What was begun is cancelled; nothing was signed for it."
                </p>
            </Alert>
            {steps((
                primary(stage, Action::UseCurrentAccount, format!("Go on as {}", current.to_short())),
                cancel(stage),
            ))}
        }
        .into_any(),
        None => view! {
            <Alert tone=Tone::Warning title="The wallet no longer shares an account">
                <p>
                    "It was disconnected from this site, or locked. You began with "
                    <span class="mono">{previous}</span> "."
                </p>
            </Alert>
            {steps((retry(stage, "Connect again"), cancel(stage)))}
        }
        .into_any(),
    }
}

fn wallet_name(stage: Stage, wallet: &WalletRef) -> String {
    stage.flow.with_untracked(|flow| flow.wallet_name(wallet))
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}
