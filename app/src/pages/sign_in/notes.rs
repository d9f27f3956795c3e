//! What stands around the ways to sign in.

use leptos::prelude::*;
use types::ErrorCode;
use types::sign_in::Viewer;

use crate::ui::{Alert, Button, ButtonKind, ControlSize, IconName, LinkButton, Tone};

/// Why an OAuth provider's answer led back here. The address carries a code; its words are ours,
/// so that no link can put words into our mouth.
#[component]
pub(super) fn Failed(code: String) -> impl IntoView {
    let (title, hint) = explain(&code);
    view! {
        <Alert tone=Tone::Danger title=title>
            <p>{hint}</p>
        </Alert>
    }
}

fn explain(code: &str) -> (&'static str, &'static str) {
    let known = ErrorCode::ALL.iter().find(|known| known.as_str() == code);
    match known {
        Some(ErrorCode::NotAllowed) => (
            "This account is not invited",
            "Ask an administrator for an invitation link, open it, and sign in again.",
        ),
        Some(ErrorCode::Suspended) => (
            "This account is suspended or has expired",
            "Ask an administrator to open it again.",
        ),
        Some(ErrorCode::IdentityTaken) => (
            "This identity belongs to another account already",
            "Sign in with it to use that account, or remove it there first.",
        ),
        Some(ErrorCode::InvitationInvalid) => (
            "The invitation is unknown, used up or expired",
            "Ask whoever sent it for a new link.",
        ),
        Some(ErrorCode::ChallengeSpent) => (
            "The sign-in took too long, or was begun in another tab",
            "Start again here.",
        ),
        Some(ErrorCode::RateLimited) => ("Too many attempts", "Wait a minute, then start again."),
        Some(ErrorCode::Unavailable) => (
            "The provider did not answer",
            "Try again in a moment, or sign in another way.",
        ),
        _ => (
            "The sign-in did not succeed",
            "Start again, or sign in another way.",
        ),
    }
}

/// For somebody who comes here while signed in.
#[component]
pub(super) fn AlreadySignedIn(viewer: Viewer) -> impl IntoView {
    let name = shown_name(&viewer);
    view! {
        <Alert
            tone=Tone::Info
            title=format!("You are signed in as {name}")
            actions=|| view! {
                <LinkButton href="/dashboard" size=ControlSize::Small icon=IconName::Dashboard>"To the dashboard"</LinkButton>
                <form method="post" action="/sign-out">
                    <Button kind=ButtonKind::Submit size=ControlSize::Small icon=IconName::SignOut>"Sign out"</Button>
                </form>
            }
        >
            <p>"Signing in below replaces this session. To add a wallet to this account instead, "
                <a class="link" href="/sign-in?purpose=link">"link it"</a> "."
            </p>
        </Alert>
    }
}

fn shown_name(viewer: &Viewer) -> String {
    let name = if viewer.display_name.is_empty() {
        &viewer.name
    } else {
        &viewer.display_name
    };
    name.parse::<types::WalletAddress>()
        .map_or_else(|_| name.clone(), |address| address.to_short())
}

/// For somebody who wants to link without being signed in.
#[component]
pub(super) fn SignInBeforeLinking() -> impl IntoView {
    view! {
        <Alert
            tone=Tone::Warning
            title="Sign in first"
            actions=|| view! {
                <LinkButton href="/sign-in?next=/account" size=ControlSize::Small icon=IconName::SignIn>"Sign in"</LinkButton>
            }
        >
            <p>"Linking adds a way to sign in to the account that is open. None is open in this browser."</p>
        </Alert>
    }
}

/// Who may sign in here, and how to get in.
#[component]
pub(super) fn Policy(text: String) -> impl IntoView {
    view! {
        <div class="sign-in-small grid gap-2">
            <p>{text}</p>
            <p>
                "Have an invitation link? Open it in this browser first: it is remembered until you have signed in. "
                "By signing in you let this site keep one cookie that holds your session."
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_words_and_unknown_ones_too() {
        let fallback = explain("");
        assert_eq!(explain("<script>alert(1)</script>"), fallback);
        assert_eq!(explain("identity.oauth_failed"), fallback);
        for code in [
            "identity.not_allowed",
            "identity.suspended",
            "identity.taken",
            "rate_limited",
        ] {
            assert_ne!(explain(code), fallback, "{code}");
        }
    }
}
