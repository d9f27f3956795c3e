//! A bound on how long one request may take.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use types::{ApiError, ErrorCode};

use crate::api::failure::Failure;

/// Longest time that the hub works on one request, its body included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Answers 503 to a request that takes too long.
pub async fn keep_deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure(
            ApiError::new(ErrorCode::Unavailable, "this request took too long")
                .with_hint("nothing was changed by it that is not shown; look, then try again"),
        )
        .into_response(),
    }
}
