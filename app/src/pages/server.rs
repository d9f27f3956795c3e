//! One server: what it does, uses and has done; and the parts that other pages show of servers.

pub(crate) mod commands;
pub(crate) mod delete;
pub(crate) mod feed;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod live_note;
mod log;
pub(crate) mod name;
pub(crate) mod offer;
mod overview;
mod pause;
pub(crate) mod rename;
mod resources;
mod size;
pub(crate) mod status;
pub(crate) mod title;
pub(crate) mod usage;

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use types::ServerId;
use types::notebook::{ServerState, ServerView};

use commands::CommandBar;
use delete::DeleteServer;
use feed::{follow_servers, row};
use history::History;
use live_note::LiveNote;
use log::Log;
use overview::Overview;
use rename::RenameServer;
use resources::ResourceGraphs;
use status::{FailureWithLog, Notices, PauseLine, SafeModeBadge, StateLine};
use title::title;

use crate::actions::error::{ActionError, ActionResult};
use crate::actions::servers::{
    CommandServer, RenameServer as RenameAction, ServerDetail, SetServerProfile, read_server,
};
use crate::live::merge::{NewServers, merge_server};
use crate::live::{MANAGED_SERVERS_URL, OWN_SERVERS_URL};
use crate::pages::dashboard::OpenButton;
use crate::pages::form::PostedFailure;
use crate::pages::loading::loaded;
use crate::shell::RequireViewer;
use crate::ui::{Card, Crumb, PageHeader, StateBadge, with_short_addresses};

/// `/servers/:id`.
#[component]
pub fn ServerPage() -> impl IntoView {
    view! {
        <RequireViewer let:_viewer>
            <div class="page">
                <LoadedServer />
            </div>
        </RequireViewer>
    }
}

#[component]
fn LoadedServer() -> impl IntoView {
    let params = use_params_map();
    let server_id = Memo::new(move |_| {
        params.with(|params| params.get_str("id").and_then(|id| id.parse().ok()))
    });
    let detail = Resource::new_blocking(move || server_id.get(), read_if_named);
    loaded(detail, |detail| view! { <ServerOverview detail /> })
}

/// An id that is none is a server that does not exist.
async fn read_if_named(server_id: Option<ServerId>) -> ActionResult<ServerDetail> {
    match server_id {
        Some(server_id) => read_server(server_id).await,
        None => Err(ActionError(super::missing::no_such_server())),
    }
}

#[component]
fn ServerOverview(detail: ServerDetail) -> impl IntoView {
    let ServerDetail {
        server,
        events,
        usage,
        log,
        profiles,
        is_own,
    } = detail;
    let server_id = server.server_id;
    let rows = RwSignal::new(vec![server.clone()]);
    let current = row(rows, server.clone());
    let url = if is_own {
        OWN_SERVERS_URL
    } else {
        MANAGED_SERVERS_URL
    };
    let status = follow_servers(url, rows, NewServers::Ignore, move || async move {
        read_server(server_id)
            .await
            .map(|detail| vec![detail.server])
    });
    leave_when_gone(
        rows,
        current,
        if is_own {
            "/dashboard"
        } else {
            "/admin/servers"
        },
    );
    let done = Callback::new(move |server: ServerView| {
        rows.update(|rows| merge_server(rows, server, NewServers::Ignore));
    });
    view! {
        <Head server=current first=server is_own done />
        <div class="grid gap-4">
            <LiveNote status />
            <PostedFailure<CommandServer> />
            <PostedFailure<RenameAction> />
            <PostedFailure<SetServerProfile> />
            <Now server=current log=log.clone() done />
            <div class="grid gap-4 lg:grid-cols-2">
                <Overview server=current profiles done />
                <ResourceGraphs server=current usage />
            </div>
            <div class="grid gap-4 lg:grid-cols-2">
                <History server_id events />
                <Log server_id lines=log />
            </div>
        </div>
    }
}

#[component]
fn Head(
    server: Memo<ServerView>,
    first: ServerView,
    is_own: bool,
    done: Callback<ServerView>,
) -> impl IntoView {
    let state = Memo::new(move |_| server.with(|server| server.state));
    let above = if is_own {
        Crumb::new("/dashboard", "Dashboard")
    } else {
        Crumb::new("/admin/servers", "Servers")
    };
    let description = if is_own {
        "Your notebook server: what it does, uses and has done.".to_owned()
    } else {
        format!("Belongs to {}", with_short_addresses(&first.owner))
    };
    view! {
        <PageHeader
            title=title(&first)
            description
            above=vec![above]
            beside=move || view! { <StateBadge state /> <SafeModeBadge server /> }
            actions=move || view! {
                <RenameServer server done />
                <DeleteServer server done />
                <OpenButton server />
            }
        />
    }
}

/// What it does right now.
#[component]
fn Now(server: Memo<ServerView>, log: Vec<String>, done: Callback<ServerView>) -> impl IntoView {
    let failure = Memo::new(move |_| server.with(|server| server.failure.clone()));
    view! {
        <Card>
            <div class="grid gap-4">
                <Notices server />
                {move || {
                    let log = last_lines(&log);
                    failure.get().map(|failure| view! { <FailureWithLog failure log /> })
                }}
                <StateLine server />
                <PauseLine server />
                <CommandBar server done />
            </div>
        </Card>
    }
}

fn last_lines(log: &[String]) -> Vec<String> {
    let surplus = log
        .len()
        .saturating_sub(crate::actions::servers::FAILURE_LOG_LINES_MAX);
    log.get(surplus..).unwrap_or_default().to_vec()
}

/// A server that is deleted while one looks at it: back to the list.
fn leave_when_gone(rows: RwSignal<Vec<ServerView>>, server: Memo<ServerView>, list: &'static str) {
    let navigate = use_navigate();
    Effect::new(move |_| {
        let is_gone = rows.with(Vec::is_empty)
            || server.with(|server| server.state == ServerState::Destroying);
        if is_gone {
            navigate(list, Default::default());
        }
    });
}
