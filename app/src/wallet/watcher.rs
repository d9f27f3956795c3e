//! Notices that the wallet shows another account than the one that is signed in. The old session
//! is then not used on: the person signs in as the new account, signs out, or switches back.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use types::WalletAddress;

use crate::shell::{sign_in_path, use_shell};
use crate::ui::dialog::{close_dialog, open_dialog};
use crate::ui::{Button, ButtonKind, ButtonVariant, DialogFooter, IconName};

const DIALOG_ID: &str = "wallet-switched";

/// Stands once in the frame, within the router. Shows nothing as long as all is well.
#[component]
pub fn WalletWatcher() -> impl IntoView {
    let viewer = use_shell().viewer();
    let location = use_location();
    // The sign-in page is where accounts are switched on purpose.
    let watched = Memo::new(move |_| {
        let wallet = viewer.get()?.wallet?;
        location
            .pathname
            .with(|path| path != "/sign-in")
            .then_some(wallet)
    });
    let current = RwSignal::new(None::<WalletAddress>);
    #[cfg(feature = "hydrate")]
    watch::follow(watched, current);

    Effect::new(move |_| match current.get() {
        Some(_) => open_dialog(DIALOG_ID),
        None => close_dialog(DIALOG_ID),
    });
    let here = move || {
        format!(
            "{}{}",
            location.pathname.get(),
            query(&location.search.get())
        )
    };
    view! {
        // No cross and no dismissal by a click beside it: going on as before is what must not happen.
        <dialog
            class="dialog"
            id=DIALOG_ID
            aria-labelledby="wallet-switched-title"
            closedby="none"
            on:cancel=|event: leptos::ev::Event| event.prevent_default()
        >
            <div class="dialog-frame">
                <header class="dialog-head">
                    <h2 class="dialog-title" id="wallet-switched-title">"Your wallet changed to another account"</h2>
                </header>
                {move || {
                    let (session, current) = (watched.get()?, current.get()?);
                    Some(view! { <Switched session current here=here() /> })
                }}
            </div>
        </dialog>
    }
}

#[component]
fn Switched(session: WalletAddress, current: WalletAddress, here: String) -> impl IntoView {
    let is_leaving = RwSignal::new(false);
    let sign_in_as_current = move |_| {
        is_leaving.set(true);
        leave(sign_in_path(&here));
    };
    view! {
        <p class="dialog-description">
            "You are signed in as " <strong class="mono">{session.to_short()}</strong>
            ". Your wallet now shows " <strong class="mono">{current.to_short()}</strong>
            ", which is not part of this account."
        </p>
        <p class="dialog-description">
            "To stay signed in, switch back to " <span class="mono">{session.to_short()}</span>
            " in the wallet: this message then goes away."
        </p>
        <DialogFooter>
            <form method="post" action="/sign-out">
                <Button kind=ButtonKind::Submit icon=IconName::SignOut disabled=is_leaving>"Sign out"</Button>
            </form>
            <Button variant=ButtonVariant::Primary loading=is_leaving on:click=sign_in_as_current>
                {format!("Sign in as {}", current.to_short())}
            </Button>
        </DialogFooter>
    }
}

/// Ends the session and goes to the sign-in page. If the server cannot be reached, that page says
/// so; it also replaces the session once somebody signs in.
fn leave(path: String) {
    #[cfg(feature = "hydrate")]
    leptos::task::spawn_local(async move {
        if let Err(error) = crate::actions::sign_in::end_session().await {
            leptos::logging::warn!("the session was not ended: {error}");
        }
        super::browser::go_to(&path);
    });
    #[cfg(not(feature = "hydrate"))]
    drop(path);
}

fn query(search: &str) -> String {
    match search.trim_start_matches('?') {
        "" => String::new(),
        search => format!("?{search}"),
    }
}

/// The account that the wallet shows in place of the session's; `None` when it is the same, or the
/// wallet is locked, which switches to nobody.
#[cfg(any(feature = "hydrate", test))]
fn shown_instead(session: WalletAddress, accounts: &[WalletAddress]) -> Option<WalletAddress> {
    accounts.first().copied().filter(|first| *first != session)
}

#[cfg(feature = "hydrate")]
mod watch;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_account_is_a_switch() {
        let [session, other] = [WalletAddress([1; 20]), WalletAddress([2; 20])];
        for (accounts, expected) in [
            (vec![], None),
            (vec![session], None),
            (vec![session, other], None),
            (vec![other], Some(other)),
            (vec![other, session], Some(other)),
        ] {
            assert_eq!(shown_instead(session, &accounts), expected, "{accounts:?}");
        }
    }

    #[test]
    fn the_way_back_keeps_its_query() {
        for (search, expected) in [("", ""), ("a=1", "?a=1"), ("?a=1", "?a=1")] {
            assert_eq!(query(search), expected);
        }
    }
}
