//! Everyone's servers: search, filter, pages, and commands for any of them.

mod engine;

use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use types::Page;
use types::notebook::{ServerQuery, ServerState, ServerView};

use engine::EngineCard;

use super::address::{server_address, server_query};
use super::tabs::AdminTabs;
use crate::actions::admin::read_servers;
use crate::actions::servers::CommandServer;
use crate::live::MANAGED_SERVERS_URL;
use crate::live::merge::{NewServers, merge_server};
use crate::pages::form::PostedFailure;
use crate::pages::loading::loaded;
use crate::pages::server::commands::CommandBar;
use crate::pages::server::feed::{follow_servers, row};
use crate::pages::server::live_note::LiveNote;
use crate::pages::server::title::{page_path, title};
use crate::pages::server::usage::gauges;
use crate::shell::RequireManager;
use crate::ui::badge::state_label;
use crate::ui::{
    Button, ButtonKind, Card, Cell, Column, EmptyState, IconName, LinkButton, PageHeader, Pager,
    SearchField, Select, SelectOption, StateBadge, Table, Time,
};

/// `/admin/servers`.
#[component]
pub fn ServersPage() -> impl IntoView {
    view! {
        <RequireManager let:viewer>
            <div class="page">
                <PageHeader title="Servers" description="Every server that you may see and steer." />
                <AdminTabs viewer=viewer.clone() current="/admin/servers" />
                <LoadedServers />
                {viewer.is_administrator.then(|| view! { <EngineCard /> })}
            </div>
        </RequireManager>
    }
}

#[component]
fn LoadedServers() -> impl IntoView {
    let parameters = use_query_map();
    let query = Memo::new(move |_| {
        parameters.with(|parameters| server_query(|key| parameters.get_str(key)))
    });
    let page = Resource::new_blocking(move || query.get(), read_servers);
    loaded(
        page,
        move |page| view! { <Servers page query=query.get_untracked() /> },
    )
}

#[component]
fn Servers(page: Page<ServerView>, query: ServerQuery) -> impl IntoView {
    let first = query
        .page
        .after
        .is_some()
        .then(|| server_address(&query, None));
    let next = page
        .next
        .as_deref()
        .map(|after| server_address(&query, Some(after)));
    let shown = format!("{} servers on this page", page.items.len());
    let rows = RwSignal::new(page.items);
    let asked = query.clone();
    let status = follow_servers(MANAGED_SERVERS_URL, rows, NewServers::Ignore, move || {
        let query = asked.clone();
        async move { read_servers(query).await.map(|page| page.items) }
    });
    view! {
        <div class="grid gap-4">
            <LiveNote status />
            <PostedFailure<CommandServer> />
            <ServerFilter query />
            <Card flush=true>
                <Show when=move || !rows.with(Vec::is_empty) fallback=NoServers>
                    <ServerTable rows />
                </Show>
                <Pager first next shown />
            </Card>
        </div>
    }
}

#[component]
fn NoServers() -> impl IntoView {
    view! {
        <EmptyState icon=IconName::Server title="No server fits">
            <p>"Change the search or the filter."</p>
        </EmptyState>
    }
}

#[component]
fn ServerFilter(query: ServerQuery) -> impl IntoView {
    let is_filtered = query.search.is_some() || query.state.is_some();
    let mut options = vec![SelectOption::new("", "Any state")];
    options.extend(
        ServerState::ALL.map(|state| SelectOption::new(state.as_str(), state_label(state))),
    );
    view! {
        <Form method="GET" action="/admin/servers" attr:class="flex flex-wrap items-end gap-3">
            <div class="min-w-56 flex-1">
                <SearchField name="search" label="Owner or server" value=query.search.clone().unwrap_or_default() />
            </div>
            <Select
                name="state"
                label="State"
                options
                selected=query.state.map(ServerState::as_str).unwrap_or_default()
            />
            <Button kind=ButtonKind::Submit icon=IconName::Filter>"Show"</Button>
            {is_filtered.then(|| view! { <LinkButton href="/admin/servers">"Reset"</LinkButton> })}
        </Form>
    }
}

/// A table of servers whose rows change as the hub tells.
#[component]
pub(super) fn ServerTable(rows: RwSignal<Vec<ServerView>>) -> impl IntoView {
    let done = Callback::new(move |server: ServerView| {
        rows.update(|rows| merge_server(rows, server, NewServers::Ignore));
    });
    let columns = vec![
        Column::new("Server"),
        Column::new("Owner"),
        Column::new("State"),
        Column::new("Uses"),
        Column::new("Last activity"),
        Column::actions("Commands"),
    ];
    view! {
        <Table caption="Servers" columns>
            <For each=move || rows.get() key=|server| server.server_id let:server>
                <ServerLine server=row(rows, server) done />
            </For>
        </Table>
    }
}

#[component]
fn ServerLine(server: Memo<ServerView>, done: Callback<ServerView>) -> impl IntoView {
    let name = Memo::new(move |_| server.with(title));
    let state = Memo::new(move |_| server.with(|server| server.state));
    let last_activity_at = Memo::new(move |_| server.with(|server| server.last_activity_at));
    let usage = Memo::new(move |_| server.with(usage_sentence));
    let (owner, user_id) = server.with_untracked(|server| (server.owner.clone(), server.user_id));
    view! {
        <tr>
            <Cell label="Server">
                <a class="link" href=server.with_untracked(page_path)>{name}</a>
            </Cell>
            <Cell label="Owner">
                <a class="link break-all" href=format!("/admin/users/{user_id}")>{owner}</a>
            </Cell>
            <Cell label="State"><StateBadge state /></Cell>
            <Cell label="Uses"><span class="text-sm tabular-nums">{usage}</span></Cell>
            <Cell label="Last activity">
                {move || match last_activity_at.get() {
                    Some(at) => view! { <Time at /> }.into_any(),
                    None => view! { <span class="text-muted">"never"</span> }.into_any(),
                }}
            </Cell>
            <Cell label="Commands" actions=true><CommandBar server done /></Cell>
        </tr>
    }
}

/// `512 MiB of 2 GiB · 0.25 cores of 1 core` while it is alive.
fn usage_sentence(server: &ServerView) -> String {
    server
        .usage
        .filter(|_| server.state.is_alive())
        .map(|usage| {
            gauges(&usage)
                .into_iter()
                .take(2)
                .map(|gauge| gauge.text)
                .collect::<Vec<_>>()
                .join(" · ")
        })
        .unwrap_or_else(|| "–".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::server;

    #[test]
    fn only_live_servers_use_something() {
        let mut view = server("a");
        assert_eq!(
            usage_sentence(&view),
            "512 MiB of 2 GiB · 0.25 cores of 1 core"
        );
        view.state = ServerState::Stopped;
        assert_eq!(usage_sentence(&view), "–");
    }
}
