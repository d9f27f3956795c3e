//! Wallets and OAuth identities that open the account.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::WalletAddress;
use types::account::{LinkedIdentity, LinkedWallet};
use types::sign_in::OauthProvider;

use crate::actions::account::{UnlinkIdentity, UnlinkWallet};
use crate::pages::form::{on_success, outcome, row_action};
use crate::ui::dialog::close_dialog;
use crate::ui::{
    Address, Badge, Button, ButtonKind, ButtonVariant, Card, ControlSize, Dialog, DialogButton,
    DialogClose, DialogFooter, IconName, LinkButton, Outcome, Time, Tone,
};

/// Everything that can open the account, with what it takes to add and remove.
#[component]
pub(super) fn SignInMethods(
    wallets: Vec<LinkedWallet>,
    identities: Vec<LinkedIdentity>,
    providers: Vec<OauthProvider>,
    session_wallet: Option<WalletAddress>,
    reread: Callback<()>,
) -> impl IntoView {
    // The last way in stays: the server refuses, and the page does not offer it.
    let is_only_one = wallets.len() + identities.len() < 2;
    view! {
        <Card
            title="Ways to sign in"
            description="Each opens this account. Link a second one, so that losing a wallet does not lock you out."
            actions=move || view! { <LinkAnother providers /> }
        >
            <ul class="grid divide-y divide-line" aria-label="Ways to sign in">
                {wallets
                    .into_iter()
                    .map(|wallet| view! { <WalletRow wallet session_wallet is_only_one reread /> })
                    .collect_view()}
                {identities
                    .into_iter()
                    .map(|identity| view! { <IdentityRow identity is_only_one reread /> })
                    .collect_view()}
            </ul>
        </Card>
    }
}

#[component]
fn LinkAnother(providers: Vec<OauthProvider>) -> impl IntoView {
    view! {
        <LinkButton href="/sign-in?purpose=link&next=%2Faccount" size=ControlSize::Small icon=IconName::Wallet>
            "Link a wallet"
        </LinkButton>
        {providers
            .into_iter()
            .map(|provider| view! {
                <LinkButton
                    href=format!("/oauth/{}/start?purpose=link", provider.slug)
                    target="_self"
                    size=ControlSize::Small
                    icon=IconName::Link
                >
                    "Link " {provider.display_name}
                </LinkButton>
            })
            .collect_view()}
    }
}

#[component]
fn WalletRow(
    wallet: LinkedWallet,
    session_wallet: Option<WalletAddress>,
    is_only_one: bool,
    reread: Callback<()>,
) -> impl IntoView {
    let unlink = row_action::<UnlinkWallet>();
    let dialog = format!("unlink-{}", wallet.id);
    on_success(unlink, finish(dialog.clone(), reread));
    let is_current = session_wallet == Some(wallet.address);
    view! {
        <li class="flex flex-wrap items-center justify-between gap-3 py-3">
            <div class="grid min-w-0 gap-1">
                <p class="flex flex-wrap items-center gap-2">
                    <Address address=wallet.address />
                    {is_current.then(|| view! { <Badge tone=Tone::Accent>"This session"</Badge> })}
                </p>
                <LastUsed linked_at=wallet.linked_at last_used_at=wallet.last_used_at />
            </div>
            <Unlink dialog=dialog.clone() is_only_one />
            <Dialog
                id=dialog.clone()
                title="Unlink this wallet?"
                description="It no longer opens this account. Sessions opened with it end at their own time; see below."
            >
                <p><Address address=wallet.address full=true /></p>
                <ActionForm action=unlink>
                    <input type="hidden" name="wallet_id" value=wallet.id.to_string() />
                    <Outcome result=outcome(unlink) />
                    <UnlinkFooter dialog pending=unlink.pending() />
                </ActionForm>
            </Dialog>
        </li>
    }
}

#[component]
fn IdentityRow(identity: LinkedIdentity, is_only_one: bool, reread: Callback<()>) -> impl IntoView {
    let unlink = row_action::<UnlinkIdentity>();
    let dialog = format!("unlink-{}", identity.id);
    on_success(unlink, finish(dialog.clone(), reread));
    let title = format!("Unlink {}?", identity.provider);
    let label = identity.email.unwrap_or(identity.subject);
    view! {
        <li class="flex flex-wrap items-center justify-between gap-3 py-3">
            <div class="grid min-w-0 gap-1">
                <p class="flex flex-wrap items-center gap-2">
                    <Badge>{identity.provider}</Badge>
                    <span class="break-all">{label}</span>
                </p>
                <LastUsed linked_at=identity.linked_at last_used_at=identity.last_used_at />
            </div>
            <Unlink dialog=dialog.clone() is_only_one />
            <Dialog
                id=dialog.clone()
                title
                description="This identity no longer opens this account."
            >
                <ActionForm action=unlink>
                    <input type="hidden" name="identity_id" value=identity.id.to_string() />
                    <Outcome result=outcome(unlink) />
                    <UnlinkFooter dialog pending=unlink.pending() />
                </ActionForm>
            </Dialog>
        </li>
    }
}

fn finish(dialog: String, reread: Callback<()>) -> impl Fn(()) {
    move |()| {
        close_dialog(&dialog);
        reread.run(());
    }
}

#[component]
fn LastUsed(linked_at: types::Timestamp, last_used_at: Option<types::Timestamp>) -> impl IntoView {
    view! {
        <p class="text-sm text-muted">
            "Linked " <Time at=linked_at />
            {last_used_at.map(|at| view! { " · last used " <Time at /> })}
        </p>
    }
}

#[component]
fn Unlink(dialog: String, is_only_one: bool) -> impl IntoView {
    if is_only_one {
        return view! { <p class="text-sm text-muted">"Your only way in: it cannot be removed."</p> }.into_any();
    }
    view! {
        <DialogButton dialog variant=ButtonVariant::Ghost size=ControlSize::Small icon=IconName::Trash>
            "Unlink"
        </DialogButton>
    }
    .into_any()
}

#[component]
fn UnlinkFooter(dialog: String, pending: Memo<bool>) -> impl IntoView {
    view! {
        <DialogFooter>
            <DialogClose dialog>"Keep it"</DialogClose>
            <Button kind=ButtonKind::Submit variant=ButtonVariant::Danger loading=pending>"Unlink"</Button>
        </DialogFooter>
    }
}
