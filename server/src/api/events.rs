//! Server-sent events: changes of servers, pushed to the pages that show them.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::stream::{self, BoxStream, StreamExt};
use http::HeaderMap;
use identity::RequestContext;
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use types::notebook::ServerEvent;
use types::{ServerId, SessionKey, UserId};

use super::failure::Failure;
use crate::services::Services;

/// How often a quiet stream beats: for proxies in between, and for the page, which takes a longer
/// silence for a broken connection (`app/src/live/browser.rs`).
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(8);

/// Longest life of a stream. Who may see what is decided when it is opened, and the browser opens
/// the next one by itself.
const STREAM_MAX: Duration = Duration::from_secs(300);

/// Which servers.
#[derive(Debug, Deserialize)]
pub struct ServersQuery {
    #[serde(default)]
    scope: Scope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Scope {
    /// One's own.
    #[default]
    Own,
    /// All that one may steer.
    Managed,
}

pub(super) type Events =
    Sse<axum::response::sse::KeepAliveStream<BoxStream<'static, Result<Event, Infallible>>>>;

/// `GET /hub/api/lc/servers/events`: the whole view of a server each time that it changes.
pub async fn servers(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Query(query): Query<ServersQuery>,
) -> Result<Events, Failure> {
    let viewer = context.viewer()?.clone();
    let owners = match query.scope {
        Scope::Own => Some(vec![viewer.user_id]),
        Scope::Managed => services
            .identity
            .managed_users(&viewer)
            .await?
            .map(|mut users| {
                users.push(viewer.user_id);
                users
            }),
    };
    let changes = watch(services.clone(), context.session_key);
    let views = changes
        .filter(move |event| futures::future::ready(is_among(owners.as_deref(), event.user_id)))
        .filter_map(move |event| {
            let services = services.clone();
            async move { view_event(&services, &event).await }
        });
    Ok(sse(views.boxed()))
}

fn is_among(owners: Option<&[UserId]>, user_id: UserId) -> bool {
    owners.is_none_or(|owners| owners.contains(&user_id))
}

async fn view_event(services: &Services, event: &ServerEvent) -> Option<Result<Event, Infallible>> {
    match services.spawner.server(event.server_id).await {
        Ok(view) => Event::default()
            .event("server")
            .json_data(view)
            .ok()
            .map(Ok),
        Err(_) => {
            let gone = serde_json::json!({ "server_id": event.server_id });
            Event::default()
                .event("removed")
                .json_data(gone)
                .ok()
                .map(Ok)
        }
    }
}

/// `GET /hub/api/lc/servers/<server>/events`: the history of one server, then what happens.
pub async fn progress(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Path(server_id): Path<ServerId>,
    headers: HeaderMap,
) -> Result<Events, Failure> {
    services.visible_server(&context, server_id).await?;
    let after = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<i64>().ok())
        .unwrap_or(0);
    // Watching begins before the history is read, so that nothing falls between.
    let changes = watch(services.clone(), context.session_key);
    let past = services.spawner.events(server_id, after).await?;
    let last_seq = past.last().map_or(after, |event| event.seq);
    let live = changes.filter(move |event| {
        futures::future::ready(
            event.server_id == server_id && (event.seq > last_seq || event.seq == 0),
        )
    });
    let events = stream::iter(past)
        .chain(live)
        .filter_map(|event| async move { progress_event(&event) });
    Ok(sse(events.boxed()))
}

fn progress_event(event: &ServerEvent) -> Option<Result<Event, Infallible>> {
    let mut message = Event::default().event("progress").json_data(event).ok()?;
    if event.seq > 0 {
        message = message.id(event.seq.to_string());
    }
    Some(Ok(message))
}

/// Every change from now on, until the session ends. A reader that is too slow loses its
/// connection; its browser comes back and catches up.
fn watch(services: Services, session: Option<SessionKey>) -> BoxStream<'static, ServerEvent> {
    let ended = services.identity.ended_sessions();
    let events = services.spawner.watch();
    let state = (events, ended, services.shutdown);
    stream::unfold(
        state,
        move |(mut events, mut ended, mut shutdown)| async move {
            tokio::select! {
                event = events.recv() => event.ok().map(|event| (event, (events, ended, shutdown))),
                () = session_end(&mut ended, session) => None,
                _ = shutdown.changed() => None,
            }
        },
    )
    .boxed()
}

async fn session_end(ended: &mut Receiver<SessionKey>, session: Option<SessionKey>) {
    loop {
        match ended.recv().await {
            Ok(key) if Some(key) != session => {}
            // The end of this session, or too many ends to be sure: the browser asks again.
            Ok(_) | Err(RecvError::Lagged(_) | RecvError::Closed) => return,
        }
    }
}

/// A stream that beats while it is quiet, and ends after [`STREAM_MAX`].
pub(super) fn sse(events: BoxStream<'static, Result<Event, Infallible>>) -> Events {
    let events = events.take_until(tokio::time::sleep(STREAM_MAX)).boxed();
    let beat = Event::default().event("heartbeat").data("1");
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT_INTERVAL).event(beat))
}
