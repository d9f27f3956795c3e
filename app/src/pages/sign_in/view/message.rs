//! The message: made, read, signed, checked.

use leptos::prelude::*;
use types::ApiError;
use types::sign_in::{ProofPurpose, WalletChallenge};
use zeroize::Zeroizing;

use super::{Stage, busy, cancel, primary, retry, steps};
use crate::ui::{Address, Alert, Button, ButtonKind, ButtonVariant, InputKind, TextInput, Tone};
use crate::wallet::failure::WalletFailure;
use crate::wallet::flow::{Action, Connection};
use crate::wallet::found::WalletRef;

pub(super) fn preparing(stage: Stage, connection: &Connection) -> impl IntoView + use<> {
    view! {
        {busy(format!("Preparing the message for {}", connection.account.to_short()))}
        {steps(cancel(stage))}
    }
}

/// Connected is not signed in: this is where the difference is shown.
pub(super) fn ready_to_sign(
    stage: Stage,
    connection: &Connection,
    challenge: WalletChallenge,
    problem: Option<&WalletFailure>,
) -> impl IntoView + use<> {
    let address = connection.account;
    let (state, proof) = match stage.purpose {
        ProofPurpose::SignIn => (
            "You are not signed in yet.",
            "proves that the account is yours and signs you in",
        ),
        ProofPurpose::Link => (
            "It is not linked yet.",
            "proves that the account is yours and links it",
        ),
    };
    let sign = match connection.wallet {
        WalletRef::BuiltIn(_) => passphrase_form(stage, problem).into_any(),
        _ => steps((
            primary(stage, Action::Sign, "Sign the message"),
            cancel(stage),
        ))
        .into_any(),
    };
    view! {
        <div class="grid gap-1">
            <p class="font-medium">"Connected as " <Address address /> " " {state}</p>
            <p class="text-muted">
                "Signing the message below " {proof} ". It costs nothing, sends no transaction, "
                "and gives nobody access to your funds."
            </p>
        </div>
        <details class="disclosure" open>
            <summary>"What you sign"</summary>
            <pre class="signed-text" tabindex="0">{challenge.message}</pre>
        </details>
        {sign}
    }
}

/// The built-in wallet asks here, not in a window of its own.
fn passphrase_form(stage: Stage, problem: Option<&WalletFailure>) -> impl IntoView + use<> {
    let typed = RwSignal::new(String::new());
    let problem = problem.map(|problem| format!("{} {}", problem.message(), problem.hint()));
    let error = RwSignal::new(problem);
    let sign = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let passphrase = Zeroizing::new(typed.try_update(std::mem::take).unwrap_or_default());
        if passphrase.is_empty() {
            error.set(Some("Enter the passphrase of this key.".to_owned()));
            return;
        }
        stage.on_passphrase.run(passphrase);
    };
    view! {
        <form class="grid gap-4" on:submit=sign>
            <TextInput
                name="passphrase"
                label="Passphrase of this key"
                kind=InputKind::Password
                bind=typed
                error=error
                autocomplete="current-password"
                hint="It stays in this browser: only the signature is sent."
            />
            {steps(view! {
                <Button kind=ButtonKind::Submit variant=ButtonVariant::Primary>"Sign the message"</Button>
                {cancel(stage)}
            })}
        </form>
    }
}

pub(super) fn expired(stage: Stage, connection: &Connection) -> impl IntoView + use<> {
    let account = connection.account.to_short();
    view! {
        <Alert tone=Tone::Warning title="The message has expired">
            <p>
                "Each message is good for a few minutes and for one use. Get a new one to go on as "
                <span class="mono">{account}</span> "."
            </p>
        </Alert>
        {steps((retry(stage, "Get a new message"), cancel(stage)))}
    }
}

pub(super) fn verifying(stage: Stage) -> impl IntoView {
    view! {
        {busy("Checking the signature".to_owned())}
        {steps(cancel(stage))}
    }
}

pub(super) fn refused(stage: Stage, error: ApiError) -> impl IntoView {
    let code = error.code.as_str();
    view! {
        <Alert tone=Tone::Danger title=error.message>
            {error.hint.map(|hint| view! { <p>{hint}</p> })}
            <p class="error-code">{code}</p>
        </Alert>
        {steps((retry(stage, "Try again"), cancel(stage)))}
    }
}

pub(super) fn signed_in(stage: Stage) -> impl IntoView {
    let title = match stage.purpose {
        ProofPurpose::SignIn => "Signed in",
        ProofPurpose::Link => "Wallet linked",
    };
    view! {
        <Alert tone=Tone::Positive title=title>
            <p>"Taking you on…"</p>
        </Alert>
        {steps(primary(stage, Action::Continue, "Continue"))}
    }
}
