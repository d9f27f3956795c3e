//! A request id for every request, one log line for every answer, and its metrics.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use types::SessionKey;

use super::client::capped;

/// Name of the header with the request id, in answers.
pub const REQUEST_ID: &str = "x-request-id";
/// Longest path that is logged.
const PATH_CHARS_MAX: usize = 128;

/// The id of this request; made by us, never taken from outside.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Gives the request its id and logs how it ended.
pub async fn log_requests(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = SessionKey::generate().to_string();
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let path = logged_path(request.uri().path(), &route);
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let elapsed = started.elapsed();
    let status = response.status();
    metrics::histogram!(
        "jupyterhub_request_duration_seconds",
        "method" => method_label(&method), "handler" => route, "code" => status.as_str().to_owned()
    )
    .record(elapsed);
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::error!(request_id = id, %method, path, status = status.as_u16(), elapsed_ms, "request failed");
    } else {
        tracing::debug!(request_id = id, %method, path, status = status.as_u16(), elapsed_ms, "request");
    }
    response
}

/// The path, but of a link that opens something only its route: who reads the log must not be able
/// to follow it.
fn logged_path(path: &str, route: &str) -> String {
    if route.contains("{secret}") {
        return route.to_owned();
    }
    capped(path, PATH_CHARS_MAX)
}

/// Only known methods become labels: a client must not be able to make new time series.
fn method_label(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_open_something_are_not_logged() {
        for (path, route, expected) in [
            ("/join/k3y", "/join/{secret}", "/join/{secret}"),
            ("/setup/k3y", "/setup/{secret}", "/setup/{secret}"),
            ("/servers/01h", "/servers/{server_id}", "/servers/01h"),
            ("/favicon.svg", "other", "/favicon.svg"),
        ] {
            assert_eq!(logged_path(path, route), expected);
        }
    }
}
