//! The one mapping from a failure to an HTTP answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use identity::IdentityError;
use serde::Serialize;
use spawner::SpawnerError;
use types::{ApiError, ErrorCode};

/// A failure on its way out. Causes are logged here and nowhere else.
#[derive(Debug)]
pub struct Failure(pub ApiError);

#[derive(Serialize)]
struct Body<'a> {
    status: u16,
    #[serde(flatten)]
    error: &'a ApiError,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (
            status,
            Json(Body {
                status: status.as_u16(),
                error: &self.0,
            }),
        )
            .into_response();
        if let Some(retry_after_ms) = self.0.retry_after_ms {
            let seconds = HeaderValue::from(retry_after_ms.div_ceil(1_000));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        let shown = error.to_api_error();
        if shown.code == ErrorCode::Internal || shown.code == ErrorCode::Unavailable {
            tracing::error!(error = &error as &dyn std::error::Error, "identity");
        }
        Self(shown)
    }
}

impl From<SpawnerError> for Failure {
    fn from(error: SpawnerError) -> Self {
        let shown = error.to_api_error();
        if shown.code == ErrorCode::Internal || shown.code == ErrorCode::Unavailable {
            tracing::error!(error = &error as &dyn std::error::Error, "spawner");
        }
        Self(shown)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}
