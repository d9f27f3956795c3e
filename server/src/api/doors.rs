//! The hub's side of opening a notebook server: see [`crate::door`].

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use identity::RequestContext;
use serde::Deserialize;
use types::audit::{NewAuditEntry, Outcome};
use types::notebook::ServerView;
use types::{ApiError, ErrorCode, ServerId, Timestamp};

use super::failure::Failure;
use crate::door::pass::{Pass, lifetime_ms};
use crate::door::safe_path;
use crate::door::ticket::is_token;
use crate::services::Services;

/// Where to go inside the server.
#[derive(Debug, Deserialize)]
pub struct OpenQuery {
    #[serde(default)]
    path: String,
}

/// `GET /open/<server>?path=`: leads to the server's own origin.
pub async fn open(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Path(server_id): Path<ServerId>,
    Query(query): Query<OpenQuery>,
) -> Redirect {
    let path = safe_path(&query.path, "/lab").to_owned();
    if context.viewer.is_none() {
        return sign_in_and_return(&format!("/open/{server_id}?path={}", encode(&path)));
    }
    // The page of the server says in the same way that one is not there and that it is not yours.
    let Ok(view) = services.visible_server(&context, server_id).await else {
        return Redirect::to(&format!("/servers/{server_id}"));
    };
    let origin = services.server_origin(&view.host_label);
    Redirect::to(&format!(
        "{origin}/_ledgercloud/begin?next={}",
        encode(&path)
    ))
}

/// State and destination, as the server's origin sends them.
#[derive(Debug, Deserialize)]
pub struct DoorQuery {
    state: String,
    #[serde(default)]
    next: String,
}

/// `GET /door/<label>?state=…&next=`: checks who it is, mints a ticket, and goes back.
pub async fn door(
    State(services): State<Services>,
    Extension(context): Extension<RequestContext>,
    Path(host_label): Path<String>,
    Query(query): Query<DoorQuery>,
) -> Result<Redirect, Failure> {
    let next = safe_path(&query.next, "/lab").to_owned();
    if !is_token(&query.state) || host_label.len() > 63 {
        return Err(Failure(ApiError::new(
            ErrorCode::BadRequest,
            "this link is not complete; open the notebook again",
        )));
    }
    let (Some(viewer), Some(session)) = (&context.viewer, context.session_key) else {
        let here = format!(
            "/door/{}?state={}&next={}",
            encode(&host_label),
            query.state,
            encode(&next)
        );
        return Ok(sign_in_and_return(&here));
    };
    let start_page = format!("/start/{}?next={}", encode(&host_label), encode(&next));
    // The start page answers in the same way for a server that is not there and one that is not
    // yours.
    let Some(door) = services.spawner.door(&host_label) else {
        return Ok(Redirect::to(&start_page));
    };
    let Ok(view) = services.visible_server(&context, door.server_id).await else {
        return Ok(Redirect::to(&start_page));
    };
    if !view.state.is_alive() {
        return Ok(Redirect::to(&start_page));
    }
    if view.user_id != viewer.user_id {
        record_visit(&services, &context, &view).await?;
    }
    let now = Timestamp::now();
    let pass = Pass {
        server_id: view.server_id,
        user_id: viewer.user_id,
        session,
        expires_at: now.plus_ms(lifetime_ms(services.settings.sign_in.session_max_hours)),
    };
    let ticket = services.tickets.mint(pass, &query.state, now);
    let origin = services.server_origin(&view.host_label);
    Ok(Redirect::to(&format!(
        "{origin}/_ledgercloud/enter?ticket={ticket}&next={}",
        encode(&next)
    )))
}

/// Entering somebody else's server is always on record.
async fn record_visit(
    services: &Services,
    context: &RequestContext,
    view: &ServerView,
) -> Result<(), Failure> {
    let entry = NewAuditEntry {
        request_id: context.request_id.clone(),
        actor: context.actor(),
        action: "server.enter",
        target: format!("server:{}", view.server_id),
        outcome: Outcome::Ok,
        reason: format!("entered the server of {}", view.owner),
        change: String::new(),
    };
    Ok(services.identity.record_about(view.user_id, entry).await?)
}

fn sign_in_and_return(path: &str) -> Redirect {
    Redirect::to(&format!("/sign-in?next={}", encode(path)))
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
