//! Failures as AITBC's nodes tell them: `{"detail": …}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use chain::StoreError;
use http::StatusCode;
use serde_json::{Value, json};

/// A failure on its way out.
#[derive(Debug)]
pub enum Failure {
    /// One sentence.
    Detail(StatusCode, String),
    /// `422`: what is wrong with which part of the request.
    Invalid(Issue),
}

/// What is wrong with one part of a request.
#[derive(Debug)]
pub struct Issue {
    /// `missing`, `int_parsing`, `greater_than`, `string_type`, `json_invalid`, `value_error`, …
    pub kind: &'static str,
    /// `body`, `query` or `path`.
    pub place: &'static str,
    /// The field; empty for the whole of the place.
    pub field: String,
    pub message: String,
    pub input: Value,
}

impl Failure {
    pub fn detail(status: StatusCode, text: impl Into<String>) -> Self {
        Self::Detail(status, text.into())
    }

    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::detail(StatusCode::BAD_REQUEST, text)
    }

    pub fn not_found(text: impl Into<String>) -> Self {
        Self::detail(StatusCode::NOT_FOUND, text)
    }

    /// What is ours to mend. The cause is logged here and told nobody.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        metrics::counter!("rpc_unhandled_errors_total").increment(1);
        tracing::error!(%error, "the chain's interface");
        Self::detail(StatusCode::SERVICE_UNAVAILABLE, "Internal server error")
    }

    /// A part of the request that is not there.
    pub fn missing(place: &'static str, field: &str) -> Self {
        Self::Invalid(Issue {
            kind: "missing",
            place,
            field: field.to_owned(),
            message: "Field required".to_owned(),
            input: Value::Null,
        })
    }

    /// A part of the request that does not mean anything.
    pub fn value(place: &'static str, field: &str, message: &str, input: Value) -> Self {
        Self::Invalid(Issue {
            kind: "value_error",
            place,
            field: field.to_owned(),
            message: format!("Value error, {message}"),
            input,
        })
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Detail(status, text) => (status, Json(json!({ "detail": text }))).into_response(),
            Self::Invalid(issue) => {
                let place = if issue.field.is_empty() {
                    json!([issue.place])
                } else {
                    json!([issue.place, issue.field])
                };
                let detail = json!([{
                    "type": issue.kind,
                    "loc": place,
                    "msg": issue.message,
                    "input": issue.input,
                }]);
                (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    Json(json!({ "detail": detail })),
                )
                    .into_response()
            }
        }
    }
}
