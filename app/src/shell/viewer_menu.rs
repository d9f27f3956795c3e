//! Who is signed in, and the way out.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use types::sign_in::Viewer;

use super::require::sign_in_path;
use super::use_shell;
use crate::ui::{
    ButtonKind, ButtonVariant, ControlSize, Icon, IconName, LinkButton, Menu, MenuButton, MenuLink,
    MenuSeparator,
};

/// A menu with the viewer's name, or the way to sign in.
#[component]
pub fn ViewerMenu() -> impl IntoView {
    let viewer = use_shell().viewer();
    move || match viewer.get() {
        Some(viewer) => view! { <SignedInMenu viewer /> }.into_any(),
        None => view! { <SignInLink /> }.into_any(),
    }
}

#[component]
fn SignInLink() -> impl IntoView {
    let path = use_location().pathname;
    let is_there = move || path.with(|path| path == "/sign-in");
    let href = Signal::derive(move || sign_in_path(&path.get()));
    view! {
        <Show when=move || !is_there()>
            <LinkButton href size=ControlSize::Small variant=ButtonVariant::Primary>"Sign in"</LinkButton>
        </Show>
    }
}

#[component]
fn SignedInMenu(viewer: Viewer) -> impl IntoView {
    let name = shown_name(&viewer);
    let whole = viewer.name.clone();
    let trigger_name = name.clone();
    let trigger = move || {
        view! {
            <span class="viewer-trigger">
                <span class="viewer-mark" aria-hidden="true">{initial(&trigger_name)}</span>
                <span class="viewer-name">{trigger_name}</span>
                <Icon name=IconName::ChevronDown size=14 />
            </span>
        }
    };
    view! {
        <Menu label=format!("Signed in as {name}") trigger=trigger>
            <div class="menu-head">
                <p class="menu-head-name">{name.clone()}</p>
                <p class="menu-head-id" title=whole.clone()>{whole.clone()}</p>
            </div>
            <MenuLink href="/dashboard" icon=IconName::Dashboard>"Dashboard"</MenuLink>
            <MenuLink href="/account" icon=IconName::User>"Account"</MenuLink>
            <MenuSeparator />
            <form method="post" action="/sign-out">
                <MenuButton icon=IconName::SignOut kind=ButtonKind::Submit>"Sign out"</MenuButton>
            </form>
        </Menu>
    }
}

/// The display name; accounts that are only an address show it short.
fn shown_name(viewer: &Viewer) -> String {
    let name = if viewer.display_name.is_empty() {
        &viewer.name
    } else {
        &viewer.display_name
    };
    match name.parse::<types::WalletAddress>() {
        Ok(address) => address.to_short(),
        Err(_) => name.clone(),
    }
}

/// One letter for the round mark; the first after `0x` of an address.
fn initial(name: &str) -> String {
    let letters = name.strip_prefix("0x").unwrap_or(name);
    letters
        .chars()
        .next()
        .map(|letter| letter.to_uppercase().to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use types::UserId;

    use super::*;

    #[test]
    fn names_are_short_and_addresses_shorter() {
        let address = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
        for (name, display_name, shown, mark) in [
            ("ada", "Ada Lovelace", "Ada Lovelace", "A"),
            ("ada", "", "ada", "A"),
            (address, "", "0x5aAe…eAed", "5"),
            (address, address, "0x5aAe…eAed", "5"),
            ("émile", "", "émile", "É"),
        ] {
            let viewer = Viewer {
                user_id: UserId::from_parts(0, 0),
                name: name.to_owned(),
                display_name: display_name.to_owned(),
                wallet: None,
                is_administrator: false,
                is_manager: false,
            };
            assert_eq!(shown_name(&viewer), shown);
            assert_eq!(initial(&shown_name(&viewer)), mark);
        }
    }
}
