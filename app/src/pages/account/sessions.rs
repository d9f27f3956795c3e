//! Browsers in which the account is open.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::account::SessionSummary;

use crate::actions::account::{RevokeSession, SignOutEverywhere};
use crate::pages::form::{on_success, outcome, row_action};
use crate::ui::{
    Badge, Button, ButtonKind, ButtonVariant, Card, ControlSize, Dialog, DialogButton, DialogClose,
    DialogFooter, IconName, Outcome, Time, Tone,
};

const SIGN_OUT_DIALOG: &str = "sign-out-everywhere";

/// The list, the present one first, and a way to end all.
#[component]
pub(super) fn Sessions(sessions: Vec<SessionSummary>, reread: Callback<()>) -> impl IntoView {
    view! {
        <Card
            title="Sessions"
            description="Where you are signed in. End what you do not know."
            actions=|| view! {
                <DialogButton
                    dialog=SIGN_OUT_DIALOG
                    variant=ButtonVariant::Danger
                    size=ControlSize::Small
                    icon=IconName::SignOut
                >
                    "Sign out everywhere"
                </DialogButton>
            }
        >
            <ul class="grid divide-y divide-line" aria-label="Sessions">
                {in_order(sessions).into_iter().map(|session| view! { <SessionRow session reread /> }).collect_view()}
            </ul>
            <SignOutDialog />
        </Card>
    }
}

/// The present session first, then those seen last.
fn in_order(mut sessions: Vec<SessionSummary>) -> Vec<SessionSummary> {
    sessions.sort_by_key(|session| (!session.is_current, std::cmp::Reverse(session.last_seen_at)));
    sessions
}

#[component]
fn SessionRow(session: SessionSummary, reread: Callback<()>) -> impl IntoView {
    let revoke = row_action::<RevokeSession>();
    on_success(revoke, move |()| reread.run(()));
    view! {
        <li class="flex flex-wrap items-center justify-between gap-3 py-3">
            <div class="grid min-w-0 gap-1">
                <p class="flex flex-wrap items-center gap-2">
                    <span class="break-words">{browser_name(&session.user_agent)}</span>
                    {session.is_current.then(|| view! { <Badge tone=Tone::Accent>"This browser"</Badge> })}
                </p>
                <p class="text-sm break-words text-muted">
                    {session.method} " · " {session.ip} " · signed in " <Time at=session.signed_in_at />
                    " · last seen " <Time at=session.last_seen_at /> " · ends " <Time at=session.expires_at />
                </p>
            </div>
            {(!session.is_current).then(|| view! {
                <ActionForm action=revoke>
                    <input type="hidden" name="session_key" value=session.key.to_string() />
                    <Button kind=ButtonKind::Submit size=ControlSize::Small loading=revoke.pending()>"End"</Button>
                    <Outcome result=outcome(revoke) />
                </ActionForm>
            })}
        </li>
    }
}

#[component]
fn SignOutDialog() -> impl IntoView {
    let sign_out = row_action::<SignOutEverywhere>();
    view! {
        <Dialog
            id=SIGN_OUT_DIALOG
            title="Sign out everywhere?"
            description="All sessions end at once, this one too, and open notebooks close. Servers go on running until they pause."
        >
            <ActionForm action=sign_out>
                <Outcome result=outcome(sign_out) />
                <DialogFooter>
                    <DialogClose dialog=SIGN_OUT_DIALOG>"Stay signed in"</DialogClose>
                    <Button kind=ButtonKind::Submit variant=ButtonVariant::Danger loading=sign_out.pending()>
                        "Sign out everywhere"
                    </Button>
                </DialogFooter>
            </ActionForm>
        </Dialog>
    }
}

/// `Firefox on Linux`; the text itself when it names none that we know. For orientation only:
/// browsers say what they like.
fn browser_name(user_agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named = |list: [(&str, &'static str); 6]| {
        list.into_iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| name)
    };
    match (named(BROWSERS), named(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ if user_agent.is_empty() => "Unknown browser".to_owned(),
        _ => user_agent.chars().take(80).collect(),
    }
}

#[cfg(test)]
mod tests {
    use types::{SessionKey, Timestamp};

    use super::*;

    #[test]
    fn browsers_are_named_by_what_they_say() {
        for (user_agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl"),
            ("", "Unknown browser"),
            ("wallet-app", "wallet-app"),
        ] {
            assert_eq!(browser_name(user_agent), expected);
        }
    }

    #[test]
    fn the_present_session_is_first() {
        let session = |random, is_current, last_seen_at| SessionSummary {
            key: SessionKey::from_parts(1, random),
            is_current,
            method: "wallet".into(),
            ip: "127.0.0.1".into(),
            user_agent: String::new(),
            signed_in_at: Timestamp(0),
            last_seen_at: Timestamp(last_seen_at),
            expires_at: Timestamp(9),
        };
        let ordered = in_order(vec![
            session(1, false, 3),
            session(2, true, 1),
            session(3, false, 5),
        ]);
        let keys: Vec<SessionKey> = ordered.into_iter().map(|session| session.key).collect();
        assert_eq!(
            keys,
            [2, 3, 1].map(|random| SessionKey::from_parts(1, random))
        );
    }
}
