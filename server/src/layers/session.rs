//! Who sends a request: its session, resolved once and handed on as
//! [`identity::RequestContext`].

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::USER_AGENT;
use identity::{Identity, RequestContext};
use tower_sessions::Session;
use types::{ApiError, ErrorCode};

use super::client::{address_of, capped};
use super::log::RequestId;
use crate::api::failure::Failure;

/// Longest user agent that is kept.
const USER_AGENT_CHARS_MAX: usize = 256;

/// What resolving needs.
#[derive(Clone)]
pub struct Resolver {
    pub identity: Identity,
    pub trusted_proxies: Arc<[IpAddr]>,
}

/// Puts the [`RequestContext`] into the request's extensions.
pub async fn resolve_caller(
    State(resolver): State<Resolver>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(session) = parts.extensions.get::<Session>().cloned() else {
        return Failure(ApiError::new(ErrorCode::Internal, "no session layer")).into_response();
    };
    let caller = match resolver.identity.caller(&session).await {
        Ok(caller) => caller,
        Err(error) => return Failure::from(error).into_response(),
    };
    let request_id = parts
        .extensions
        .get::<RequestId>()
        .map_or_else(String::new, |id| id.0.clone());
    let user_agent = parts
        .headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .map_or_else(String::new, |text| capped(text, USER_AGENT_CHARS_MAX));
    let (viewer, session_key) = caller.map_or((None, None), |caller| {
        (Some(caller.viewer), Some(caller.session_key))
    });
    let ip = address_of(&parts, &resolver.trusted_proxies);
    parts.extensions.insert(RequestContext {
        session,
        request_id,
        ip,
        user_agent,
        viewer,
        session_key,
    });
    next.run(Request::from_parts(parts, body)).await
}
