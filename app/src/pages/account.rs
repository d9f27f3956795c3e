//! One's own account: name, ways to sign in, sessions, and the record of what happened.

mod record;
mod sessions;
mod sign_in_methods;

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::account::Account;

use record::OwnRecord;
use sessions::Sessions;
use sign_in_methods::SignInMethods;

use crate::actions::account::{
    AccountDetail, RenameAccount, RevokeSession, SignOutEverywhere, UnlinkIdentity, UnlinkWallet,
    read_account,
};
use crate::pages::form::{PostedFailure, on_success, outcome, row_action};
use crate::pages::loading::loaded;
use crate::shell::{RequireViewer, use_shell};
use crate::ui::{
    Badge, Button, ButtonKind, Card, Hash, KeyValue, KeyValues, Outcome, PageHeader, TextInput,
    Time, Tone,
};

/// `/account`.
#[component]
pub fn AccountPage() -> impl IntoView {
    view! {
        <RequireViewer let:_viewer>
            <div class="page">
                <PageHeader title="Account" description="Who you are here, and how you sign in." />
                <LoadedAccount />
            </div>
        </RequireViewer>
    }
}

#[component]
fn LoadedAccount() -> impl IntoView {
    let detail = Resource::new_blocking(|| (), |()| read_account());
    let reread = Callback::new(move |()| detail.refetch());
    view! {
        <div class="grid gap-4">
            <PostedFailure<RenameAccount> />
            <PostedFailure<UnlinkWallet> />
            <PostedFailure<UnlinkIdentity> />
            <PostedFailure<RevokeSession> />
            <PostedFailure<SignOutEverywhere> />
            {loaded(detail, move |detail| view! { <Sections detail reread /> })}
            <OwnRecord />
        </div>
    }
}

#[component]
fn Sections(detail: AccountDetail, reread: Callback<()>) -> impl IntoView {
    let AccountDetail {
        account,
        sessions,
        providers,
        session_wallet,
    } = detail;
    view! {
        <div class="grid gap-4">
            <Profile account=account.clone() />
            <SignInMethods
                wallets=account.wallets
                identities=account.identities
                providers
                session_wallet
                reread
            />
            <Sessions sessions reread />
        </div>
    }
}

#[component]
fn Profile(account: Account) -> impl IntoView {
    let rename = row_action::<RenameAccount>();
    let display_name = account.display_name.clone();
    // The name stands in the header of every page.
    let shell = use_shell();
    on_success(rename, move |()| shell.refresh());
    view! {
        <Card title="Profile">
            <div class="grid gap-5 lg:grid-cols-2">
                <ActionForm action=rename attr:class="grid content-start gap-3">
                    <TextInput
                        name="display_name"
                        label="Name that others see"
                        value=display_name
                        length_max=types::account::DISPLAY_NAME_CHARS_MAX
                        autocomplete="nickname"
                        required=true
                    />
                    <div class="flex flex-wrap items-center gap-3">
                        <Button kind=ButtonKind::Submit loading=rename.pending()>"Save"</Button>
                        <Outcome result=outcome(rename) success="Saved." />
                    </div>
                </ActionForm>
                <Facts account />
            </div>
        </Card>
    }
}

#[component]
fn Facts(account: Account) -> impl IntoView {
    let groups = match account.memberships.is_empty() {
        true => view! { <span class="text-muted">"none"</span> }.into_any(),
        false => account
            .memberships
            .into_iter()
            .map(|membership| {
                let tone = if membership.is_manager {
                    Tone::Accent
                } else {
                    Tone::Neutral
                };
                let office = if membership.is_manager {
                    " (manager)"
                } else {
                    ""
                };
                view! { <Badge tone>{membership.group}{office}</Badge> " " }
            })
            .collect_view()
            .into_any(),
    };
    view! {
        <KeyValues>
            <KeyValue label="Account name"><Hash text=account.name /></KeyValue>
            <KeyValue label="E-mail">
                {account.email.unwrap_or_else(|| "none".to_owned())}
            </KeyValue>
            <KeyValue label="Role">{role_label(account.role)}</KeyValue>
            <KeyValue label="Groups">{groups}</KeyValue>
            <KeyValue label="Member since"><Time at=account.created_at /></KeyValue>
        </KeyValues>
    }
}

/// A role for people.
pub(crate) const fn role_label(role: types::account::Role) -> &'static str {
    match role {
        types::account::Role::Administrator => "Administrator",
        types::account::Role::Member => "Member",
    }
}
