//! The dashboard: one's own servers, kept up to date by the hub.

pub(crate) mod card;
pub(crate) mod new_server;

use leptos::prelude::*;
use types::notebook::ServerView;

pub(crate) use card::OpenButton;
use card::ServerCard;
use new_server::NewServer;

use crate::actions::servers::{
    CommandServer, CreateServer, Dashboard, RenameServer, read_dashboard,
};
use crate::live::OWN_SERVERS_URL;
use crate::live::merge::{NewServers, merge_server};
use crate::pages::form::PostedFailure;
use crate::pages::loading::loaded;
use crate::pages::server::feed::{follow_servers, row};
use crate::pages::server::live_note::LiveNote;
use crate::shell::RequireViewer;
use crate::ui::{EmptyState, IconName, PageHeader};

/// One's own servers.
#[component]
pub fn DashboardPage() -> impl IntoView {
    view! {
        <RequireViewer let:_viewer>
            <div class="page">
                <PageHeader title="Dashboard" description="Your notebook servers. Files stay when they pause or stop." />
                <LoadedServers />
            </div>
        </RequireViewer>
    }
}

#[component]
fn LoadedServers() -> impl IntoView {
    let dashboard = Resource::new_blocking(|| (), |()| read_dashboard());
    loaded(dashboard, |dashboard| view! { <Servers dashboard /> })
}

#[component]
fn Servers(dashboard: Dashboard) -> impl IntoView {
    let rows = RwSignal::new(dashboard.servers);
    let status = follow_servers(OWN_SERVERS_URL, rows, NewServers::Append, || async {
        read_dashboard().await.map(|dashboard| dashboard.servers)
    });
    let done = Callback::new(move |server: ServerView| {
        rows.update(|rows| merge_server(rows, server, NewServers::Append));
    });
    view! {
        <div class="grid gap-4">
            <LiveNote status />
            <PostedFailure<CommandServer> />
            <PostedFailure<RenameServer> />
            <PostedFailure<CreateServer> />
            <ServerCards rows done />
            <NewServer rows profiles=dashboard.profiles named_servers_max=dashboard.named_servers_max done />
        </div>
    }
}

#[component]
fn ServerCards(rows: RwSignal<Vec<ServerView>>, done: Callback<ServerView>) -> impl IntoView {
    view! {
        <Show when=move || !rows.with(Vec::is_empty) fallback=NoServers>
            <ul class="grid gap-4" aria-label="Your servers">
                <For each=move || rows.get() key=|server| server.server_id let:server>
                    <li><ServerCard server=row(rows, server) done /></li>
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn NoServers() -> impl IntoView {
    view! {
        <EmptyState icon=IconName::Server title="No servers yet">
            <p>"Make one below: it starts within seconds, with JupyterLab and the libraries for on-chain analysis."</p>
        </EmptyState>
    }
}
