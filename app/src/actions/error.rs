//! The error type of every server function: [`types::ApiError`] as JSON, with its HTTP status.

use std::ops::Deref;

use leptos::server_fn::Bytes;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::{Decodes, Encodes};
use serde::{Deserialize, Serialize};
use types::{ApiError, ErrorCode};

/// What a server function answers.
pub type ActionResult<T> = Result<T, ActionError>;

/// A failed server function, as the browser sees it. The same JSON as [`ApiError`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(transparent)]
#[error(transparent)]
pub struct ActionError(pub ApiError);

impl Deref for ActionError {
    type Target = ApiError;

    fn deref(&self) -> &ApiError {
        &self.0
    }
}

impl From<ApiError> for ActionError {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<ActionError> for ApiError {
    fn from(error: ActionError) -> Self {
        error.0
    }
}

impl FromServerFnError for ActionError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        Self(api_error_of(value))
    }

    /// Called exactly when a failure becomes the body of a response: the place where its status
    /// is known and cannot be forgotten.
    fn ser(&self) -> Bytes {
        #[cfg(feature = "ssr")]
        response::set_status(&self.0);
        JsonEncoding::encode(self).unwrap_or_else(|_| Bytes::from_static(UNREADABLE.as_bytes()))
    }

    fn de(data: Bytes) -> Self {
        JsonEncoding::decode(data).unwrap_or_else(|_| {
            // Not one of ours: a proxy's error page, or a newer server's code.
            Self(
                ApiError::new(
                    ErrorCode::Unavailable,
                    "The server's answer could not be read.",
                )
                .with_hint("Reload the page and try again."),
            )
        })
    }
}

const UNREADABLE: &str = r#"{"code":"internal","message":"something went wrong on our side"}"#;

/// Details of the framework's errors (types, field names, addresses) stay out of the sentence.
fn api_error_of(error: ServerFnErrorErr) -> ApiError {
    match error {
        ServerFnErrorErr::Request(_) => {
            ApiError::new(ErrorCode::Unavailable, "LedgerCloud cannot be reached.")
                .with_hint("Check your connection and try again.")
        }
        ServerFnErrorErr::Args(_)
        | ServerFnErrorErr::MissingArg(_)
        | ServerFnErrorErr::Deserialization(_)
        | ServerFnErrorErr::UnsupportedRequestMethod(_) => {
            ApiError::new(ErrorCode::BadRequest, "The request was not understood.")
                .with_hint("Reload the page and try again.")
        }
        _ => ApiError::new(ErrorCode::Internal, "Something went wrong on our side.")
            .with_hint("Try again; if it stays, tell the operator when it happened."),
    }
}

#[cfg(feature = "ssr")]
mod response {
    use identity::IdentityError;
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;
    use spawner::SpawnerError;
    use types::{ApiError, ErrorCode};

    use super::ActionError;

    /// Answers a program with the error's status. A plain form post keeps its redirect: the
    /// browser goes back to the form, which shows the error.
    pub(super) fn set_status(error: &ApiError) {
        let Some(options) = use_context::<ResponseOptions>() else {
            return;
        };
        if is_form_post() {
            return;
        }
        if let Ok(status) = http::StatusCode::from_u16(error.code.status()) {
            options.set_status(status);
        }
        if let Some(retry_after_ms) = error.retry_after_ms {
            let seconds = retry_after_ms.div_ceil(1_000);
            options.insert_header(http::header::RETRY_AFTER, http::HeaderValue::from(seconds));
        }
    }

    fn is_form_post() -> bool {
        use_context::<http::request::Parts>().is_some_and(|parts| {
            parts
                .headers
                .get(http::header::ACCEPT)
                .and_then(|accept| accept.to_str().ok())
                .is_some_and(|accept| accept.contains("text/html"))
        })
    }

    impl From<IdentityError> for ActionError {
        fn from(error: IdentityError) -> Self {
            log_if_ours(&error.to_api_error(), &error);
            Self(error.to_api_error())
        }
    }

    impl From<SpawnerError> for ActionError {
        fn from(error: SpawnerError) -> Self {
            log_if_ours(&error.to_api_error(), &error);
            Self(error.to_api_error())
        }
    }

    /// This is the boundary: what the reader is not told is logged here, once.
    fn log_if_ours(shown: &ApiError, cause: &dyn std::error::Error) {
        if matches!(shown.code, ErrorCode::Internal | ErrorCode::Unavailable) {
            tracing::error!(error = ?cause, code = shown.code.as_str(), "a page's request failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_wire() {
        let error = ActionError(
            ApiError::new(
                ErrorCode::ServerLimit,
                "You have 5 servers, which is the limit.",
            )
            .with_hint("Delete one first.")
            .with_field("name")
            .with_retry_after_ms(1_500),
        );
        assert_eq!(ActionError::de(error.ser()), error);
        assert_eq!(error.ser(), serde_json::to_vec(&error.0).unwrap());
    }

    #[test]
    fn framework_errors_do_not_leak() {
        for (error, code) in [
            (
                ServerFnErrorErr::Request("dns 10.0.0.1".into()),
                ErrorCode::Unavailable,
            ),
            (
                ServerFnErrorErr::Args("missing field `secret`".into()),
                ErrorCode::BadRequest,
            ),
            (
                ServerFnErrorErr::MissingArg("secret".into()),
                ErrorCode::BadRequest,
            ),
            (
                ServerFnErrorErr::Registration("f".into()),
                ErrorCode::Internal,
            ),
            (
                ServerFnErrorErr::ServerError("secret".into()),
                ErrorCode::Internal,
            ),
        ] {
            let shown = ActionError::from_server_fn_error(error);
            assert_eq!(shown.code, code);
            assert!(!shown.message.contains("secret") && !shown.message.contains("10.0"));
        }
    }

    #[test]
    fn an_unreadable_answer_is_a_readable_error() {
        for body in [
            "",
            "<html>502 Bad Gateway</html>",
            r#"{"code":"of.tomorrow","message":"x"}"#,
        ] {
            let error = ActionError::de(Bytes::from_static(body.as_bytes()));
            assert_eq!(error.code, ErrorCode::Unavailable);
            assert!(error.hint.is_some());
        }
        assert!(serde_json::from_str::<ApiError>(UNREADABLE).is_ok());
    }
}
