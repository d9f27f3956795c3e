//! Counts requests under the names of AITBC's nodes.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::MethodRouter;
use http::StatusCode;

use super::ChainApi;

/// Counts the requests of one endpoint: `rpc_<name>_total`, `_success_total`, `_not_found_total`,
/// `_rejected_total`, `_failed_total` and `_duration_seconds`.
pub fn measured(name: &'static str, route: MethodRouter<ChainApi>) -> MethodRouter<ChainApi> {
    route.layer(from_fn(move |request: Request, next: Next| {
        count(name, request, next)
    }))
}

/// Counts one more of what a handler alone knows: `rpc_<name>_<outcome>_total`.
pub fn outcome(name: &str, outcome: &str) {
    metrics::counter!(format!("rpc_{name}_{outcome}_total")).increment(1);
}

/// Counts all requests.
pub async fn count_requests(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let response = next.run(request).await;
    metrics::counter!("rpc_requests_total").increment(1);
    metrics::histogram!("rpc_request_duration_seconds").record(began.elapsed().as_secs_f64());
    if response.status().is_client_error() {
        metrics::counter!("rpc_client_errors_total").increment(1);
    }
    if response.status().is_server_error() {
        metrics::counter!("rpc_server_errors_total").increment(1);
    }
    response
}

async fn count(name: &'static str, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let response = next.run(request).await;
    metrics::counter!(format!("rpc_{name}_total")).increment(1);
    metrics::histogram!(format!("rpc_{name}_duration_seconds"))
        .record(began.elapsed().as_secs_f64());
    let status = response.status();
    if status.is_success() {
        outcome(name, "success");
    } else if status == StatusCode::NOT_FOUND {
        outcome(name, "not_found");
    } else if status.is_client_error() {
        outcome(name, "rejected");
    } else if status.is_server_error() {
        outcome(name, "failed");
    }
    response
}
