//! Notebook servers: what the dashboard, a server's page and the start page read and ask for.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use types::ServerId;
use types::notebook::{ProfileSummary, ServerCommand, ServerEvent, ServerView, Usage};

use super::error::ActionResult;

#[cfg(feature = "ssr")]
use super::authority::{granted_server, no_such_server, signed_in};
#[cfg(feature = "ssr")]
use super::hand_over::{redirect_plain_form, redirect_plain_form_from};
#[cfg(feature = "ssr")]
use crate::pages::server::title::page_path;

/// Lines of the log that a server's page shows.
pub const LOG_LINES_MAX: usize = 200;
/// Lines of the log that go with a failure.
pub const FAILURE_LOG_LINES_MAX: usize = 50;

/// What the dashboard shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dashboard {
    /// The default server first, then by name.
    pub servers: Vec<ServerView>,
    pub profiles: Vec<ProfileSummary>,
    /// How many named servers a person may have beside the default one.
    pub named_servers_max: u32,
}

/// What a server's own page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerDetail {
    pub server: ServerView,
    /// Oldest first.
    pub events: Vec<ServerEvent>,
    /// Samples of the last hour, oldest first.
    pub usage: Vec<Usage>,
    /// Last lines, oldest first.
    pub log: Vec<String>,
    pub profiles: Vec<ProfileSummary>,
    /// The server belongs to the reader, who is not there to administer somebody else's.
    pub is_own: bool,
}

/// What the start page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartDetail {
    pub server: ServerView,
    /// Of this start, oldest first.
    pub events: Vec<ServerEvent>,
    /// Filled when the last start failed.
    pub log: Vec<String>,
    pub is_own: bool,
}

/// The servers of the person who is signed in.
#[server(prefix = "/api", endpoint = "servers/dashboard")]
pub async fn read_dashboard() -> ActionResult<Dashboard> {
    let request = signed_in()?;
    let spawner = &request.services.spawner;
    let servers = spawner.servers_of(request.viewer.user_id).await?;
    Ok(Dashboard {
        servers,
        profiles: spawner.profiles(),
        named_servers_max: spawner.settings().named_servers_max,
    })
}

/// Makes a named server of the person who is signed in, and starts it.
#[server(prefix = "/api", endpoint = "servers/create")]
pub async fn create_server(
    /// 1–30 of `[a-z0-9-]`, a letter first.
    name: String,
    /// For people; the name itself when empty.
    #[server(default)]
    display_name: String,
    /// Slug of the profile.
    profile: String,
) -> ActionResult<ServerView> {
    let request = signed_in()?;
    let actor = request.context.actor();
    let name = name.trim();
    let display_name = match display_name.trim() {
        "" => name,
        given => given,
    };
    let spawner = &request.services.spawner;
    let server = spawner
        .create(
            request.viewer.user_id,
            &request.viewer.name,
            name,
            display_name,
            &profile,
            &actor,
        )
        .await?;
    Ok(spawner
        .command(
            server.server_id,
            ServerCommand::Start,
            "created by its owner",
            &actor,
        )
        .await?)
}

/// Asks a server to do something; progress comes as events.
#[server(prefix = "/api", endpoint = "servers/command")]
pub async fn command_server(
    server_id: ServerId,
    command: ServerCommand,
) -> ActionResult<ServerView> {
    let grant = granted_server(server_id).await?;
    let actor = grant.request.context.actor();
    let spawner = &grant.request.services.spawner;
    let server = spawner
        .command(server_id, command, &grant.reason(), &actor)
        .await?;
    match command {
        // The page of a server that is gone is no place to come back to…
        ServerCommand::Delete => redirect_plain_form("/dashboard"),
        // …nor is the start page, which would start it again.
        ServerCommand::Stop => redirect_plain_form_from("/start/", &page_path(&server)),
        _ => {}
    }
    Ok(server)
}

/// Changes what people call a server; its address stays.
#[server(prefix = "/api", endpoint = "servers/rename")]
pub async fn rename_server(server_id: ServerId, display_name: String) -> ActionResult<ServerView> {
    let grant = granted_server(server_id).await?;
    let actor = grant.request.context.actor();
    let spawner = &grant.request.services.spawner;
    Ok(spawner
        .rename(server_id, display_name.trim(), &actor)
        .await?)
}

/// Gives a server another size, from its next start on.
#[server(prefix = "/api", endpoint = "servers/set_profile")]
pub async fn set_server_profile(server_id: ServerId, profile: String) -> ActionResult<ServerView> {
    let grant = granted_server(server_id).await?;
    let actor = grant.request.context.actor();
    let spawner = &grant.request.services.spawner;
    Ok(spawner.set_profile(server_id, &profile, &actor).await?)
}

/// Everything about one server.
#[server(prefix = "/api", endpoint = "servers/read")]
pub async fn read_server(server_id: ServerId) -> ActionResult<ServerDetail> {
    let grant = granted_server(server_id).await?;
    let is_own = grant.is_owner();
    let spawner = &grant.request.services.spawner;
    Ok(ServerDetail {
        events: spawner.events(server_id, 0).await?,
        usage: spawner.usage_history(server_id),
        log: spawner
            .logs(server_id, LOG_LINES_MAX)
            .await
            .unwrap_or_else(no_log),
        profiles: spawner.profiles(),
        is_own,
        server: grant.server,
    })
}

/// The last lines of a server's log.
#[server(prefix = "/api", endpoint = "servers/log")]
pub async fn read_log(server_id: ServerId) -> ActionResult<Vec<String>> {
    let grant = granted_server(server_id).await?;
    let spawner = &grant.request.services.spawner;
    Ok(spawner.logs(server_id, LOG_LINES_MAX).await?)
}

/// What the start page shows. A resting server of one's own is started by this very call, so that
/// opening its address resumes it; one whose last start failed is not, or it would fail in a loop.
#[server(prefix = "/api", endpoint = "servers/start_page")]
pub async fn open_start_page(
    /// First label of the server's own origin.
    host_label: String,
) -> ActionResult<StartDetail> {
    let request = signed_in()?;
    let door = request
        .services
        .spawner
        .door(&host_label)
        .ok_or_else(no_such_server)?;
    let grant = granted_server(door.server_id).await?;
    let is_own = grant.is_owner();
    let spawner = &grant.request.services.spawner;
    let mut server = grant.server;
    if is_own && starts_when_opened(&server) {
        let actor = grant.request.context.actor();
        server = spawner
            .command(
                server.server_id,
                ServerCommand::Start,
                "its address was opened",
                &actor,
            )
            .await?;
    }
    let log = match server.failure {
        Some(_) => spawner
            .logs(server.server_id, FAILURE_LOG_LINES_MAX)
            .await
            .unwrap_or_else(no_log),
        None => Vec::new(),
    };
    let events = spawner.events(server.server_id, 0).await?;
    Ok(StartDetail {
        events,
        server,
        log,
        is_own,
    })
}

/// Whether opening its address starts the server: it rests, and nothing went wrong before.
#[cfg(any(feature = "ssr", test))]
fn starts_when_opened(server: &ServerView) -> bool {
    use types::notebook::ServerState;
    server.failure.is_none() && matches!(server.state, ServerState::Stopped | ServerState::Archived)
}

/// A page without its log is better than no page.
#[cfg(feature = "ssr")]
fn no_log(error: spawner::SpawnerError) -> Vec<String> {
    tracing::warn!(
        error = &error as &dyn std::error::Error,
        "a server's log was not read"
    );
    Vec::new()
}

#[cfg(test)]
mod tests {
    use types::notebook::ServerState;

    use super::*;
    use crate::pages::samples::{failure, server};

    #[test]
    fn only_a_resting_server_without_a_failure_starts_when_opened() {
        for state in ServerState::ALL {
            let mut resting = server("a");
            resting.state = state;
            resting.failure = None;
            let expected = matches!(state, ServerState::Stopped | ServerState::Archived);
            assert_eq!(starts_when_opened(&resting), expected, "{state:?}");
            resting.failure = Some(failure());
            assert!(!starts_when_opened(&resting), "{state:?} after a failure");
        }
    }
}
