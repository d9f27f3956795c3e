//! One user, for those who oversee them.

mod groups;
mod personal_link;
mod standing;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use types::UserId;
use types::admin::UserRow;
use types::notebook::ServerView;

use groups::Groups;
use personal_link::PersonalLink;
use standing::Standing;

use super::servers::ServerTable;
use super::users::{offices, status_badge};
use crate::actions::admin::{
    ReinstateUser, SetMembership, SetRole, SuspendUser, UserDetail, read_user,
};
use crate::actions::error::{ActionError, ActionResult};
use crate::actions::invitations::InviteUser;
use crate::live::MANAGED_SERVERS_URL;
use crate::live::merge::NewServers;
use crate::pages::form::PostedFailure;
use crate::pages::loading::loaded;
use crate::pages::missing::no_such_user;
use crate::pages::server::feed::follow_servers;
use crate::shell::RequireManager;
use crate::ui::{
    Address, Card, Crumb, EmptyState, Hash, IconName, KeyValue, KeyValues, PageHeader, Time,
};

/// `/admin/users/:id`.
#[component]
pub fn UserPage() -> impl IntoView {
    view! {
        <RequireManager let:_viewer>
            <div class="page">
                <LoadedUser />
            </div>
        </RequireManager>
    }
}

#[component]
fn LoadedUser() -> impl IntoView {
    let params = use_params_map();
    let user_id = Memo::new(move |_| {
        params.with(|params| params.get_str("id").and_then(|id| id.parse().ok()))
    });
    let detail = Resource::new_blocking(move || user_id.get(), read_if_named);
    let reread = Callback::new(move |()| detail.refetch());
    loaded(detail, move |detail| view! { <Detail detail reread /> })
}

/// An id that is none is a user that does not exist.
async fn read_if_named(user_id: Option<UserId>) -> ActionResult<UserDetail> {
    match user_id {
        Some(user_id) => read_user(user_id).await,
        None => Err(ActionError(no_such_user())),
    }
}

#[component]
fn Detail(detail: UserDetail, reread: Callback<()>) -> impl IntoView {
    let UserDetail {
        user,
        servers,
        groups,
        is_self,
        may_grant,
        just_made,
    } = detail;
    let badge = status_badge(&user).into_any();
    view! {
        <PageHeader
            title=user.display_name.clone()
            above=vec![Crumb::new("/admin/users", "Users")]
            beside=move || badge
        />
        <div class="grid gap-4">
            <PostedFailure<SetRole> />
            <PostedFailure<SetMembership> />
            <PostedFailure<SuspendUser> />
            <PostedFailure<ReinstateUser> />
            <PostedFailure<InviteUser> />
            <div class="grid gap-4 lg:grid-cols-2">
                <Facts user=user.clone() />
                {may_grant.then(|| view! {
                    <div class="grid content-start gap-4">
                        <Standing user=user.clone() is_self reread />
                        {user.wallets.is_empty().then(|| view! { <PersonalLink user_id=user.user_id just_made /> })}
                        <Groups user=user.clone() groups reread />
                    </div>
                })}
            </div>
            <Servers user servers />
        </div>
    }
}

#[component]
fn Facts(user: UserRow) -> impl IntoView {
    let badges = offices(&user);
    view! {
        <Card title="Facts">
            <KeyValues>
                <KeyValue label="Account name"><Hash text=user.name /></KeyValue>
                <KeyValue label="E-mail">{user.email.unwrap_or_else(|| "none".to_owned())}</KeyValue>
                <KeyValue label="Wallets">
                    {user.wallets.into_iter().map(|address| view! { <Address address /> " " }).collect_view()}
                </KeyValue>
                <KeyValue label="Role and groups">{badges}</KeyValue>
                <KeyValue label="Made"><Time at=user.created_at /></KeyValue>
                <KeyValue label="Last seen">
                    {match user.last_seen_at {
                        Some(at) => view! { <Time at /> }.into_any(),
                        None => "never".into_any(),
                    }}
                </KeyValue>
                <KeyValue label="Expires">
                    {match user.expires_at {
                        Some(at) => view! { <Time at /> }.into_any(),
                        None => "not".into_any(),
                    }}
                </KeyValue>
                <KeyValue label="Id"><Hash text=user.user_id.to_string() /></KeyValue>
            </KeyValues>
            <p class="mt-3">
                <a class="link" href=format!("/admin/audit?target=user:{}", user.user_id)>"What the audit log has"</a>
            </p>
        </Card>
    }
}

#[component]
fn Servers(user: UserRow, servers: Vec<ServerView>) -> impl IntoView {
    let rows = RwSignal::new(servers);
    let user_id = user.user_id;
    follow_servers(
        MANAGED_SERVERS_URL,
        rows,
        NewServers::Ignore,
        move || async move { read_user(user_id).await.map(|detail| detail.servers) },
    );
    view! {
        <Card title="Servers" flush=true>
            <Show
                when=move || !rows.with(Vec::is_empty)
                fallback=|| view! { <EmptyState icon=IconName::Server title="No servers" /> }
            >
                <ServerTable rows />
            </Show>
        </Card>
    }
}
