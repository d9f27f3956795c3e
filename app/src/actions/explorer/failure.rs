//! The explorer of this program, and its failures as people read them.

use explorer::{Explorer, ExplorerError, NodeError};
use types::{ApiError, ErrorCode};

use crate::actions::error::{ActionError, ActionResult};
use crate::context::services;

/// After which a busy part may be asked again.
const BUSY_RETRY_AFTER_MS: u64 = 5_000;

/// The explorer of this site's chain.
///
/// # Errors
/// `unavailable` where the site has none.
pub(super) fn explorer() -> ActionResult<Explorer> {
    services()?.explorer.ok_or_else(|| {
        ApiError::new(ErrorCode::Unavailable, "This site shows no chain.")
            .with_hint("Its operator can switch the chain or its explorer on.")
            .into()
    })
}

impl From<ExplorerError> for ActionError {
    fn from(error: ExplorerError) -> Self {
        let shown = api_error(&error);
        if matches!(shown.code, ErrorCode::Internal | ErrorCode::Unavailable) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                code = shown.code.as_str(),
                "the explorer could not answer a page"
            );
        }
        Self(shown)
    }
}

/// Only sentences that were written for people reach them: addresses of nodes and SQL do not.
fn api_error(error: &ExplorerError) -> ApiError {
    match error {
        ExplorerError::Invalid(sentence) => ApiError::new(ErrorCode::BadRequest, sentence),
        ExplorerError::Busy(sentence) => ApiError::new(ErrorCode::Unavailable, sentence)
            .with_hint("Try again in a moment.")
            .with_retry_after_ms(BUSY_RETRY_AFTER_MS),
        ExplorerError::Verification(sentence) => ApiError::new(ErrorCode::Unavailable, sentence)
            .with_hint("The operator of this site can set up the compiler."),
        ExplorerError::Node(NodeError::Refused { message, .. }) => ApiError::new(
            ErrorCode::BadRequest,
            format!("The chain refused: {}", shortened(message)),
        ),
        ExplorerError::Node(NodeError::NotOffered { .. }) => ApiError::new(
            ErrorCode::Unavailable,
            "The node of this chain does not offer this.",
        ),
        ExplorerError::Node(_) => {
            ApiError::new(ErrorCode::Unavailable, "The chain's node does not answer.")
                .with_hint("What is indexed already can be read meanwhile. Try again in a moment.")
        }
        ExplorerError::Database(_) | ExplorerError::Corrupt(_) => ApiError::new(
            ErrorCode::Internal,
            "The explorer's index could not be read.",
        )
        .with_hint("Try again; if it stays, tell the operator when it happened."),
    }
}

/// Contracts write their own reasons, of any length.
fn shortened(message: &str) -> String {
    const CHARACTERS_MAX: usize = 300;
    crate::wallet::failure::clean_text(message, CHARACTERS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_internal_is_told() {
        for (error, code) in [
            (ExplorerError::Invalid("no".into()), ErrorCode::BadRequest),
            (ExplorerError::Busy("wait".into()), ErrorCode::Unavailable),
            (
                ExplorerError::Node(NodeError::Unreachable("http://secret:1".into())),
                ErrorCode::Unavailable,
            ),
            (ExplorerError::Corrupt("secret".into()), ErrorCode::Internal),
            (
                ExplorerError::Node(NodeError::Refused {
                    code: -32_000,
                    message: "nonce too low".into(),
                    data: None,
                }),
                ErrorCode::BadRequest,
            ),
        ] {
            let shown = api_error(&error);
            assert_eq!(shown.code, code, "{error}");
            assert!(!shown.message.contains("secret"), "{}", shown.message);
        }
    }
}
