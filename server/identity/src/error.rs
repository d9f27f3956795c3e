//! What can go wrong, by what the caller can do about it.

use types::{ApiError, ErrorCode};

/// A failure of an identity operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The person can mend it: show the error as it is.
    #[error("{0}")]
    Refused(ApiError),
    /// Something outside did not answer; trying again may work.
    #[error("{what} did not answer")]
    Unavailable {
        what: String,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The database failed.
    #[error("database")]
    Database(#[from] sea_orm::DbErr),
    /// Our own mistake.
    #[error("{0}")]
    Bug(String),
}

impl IdentityError {
    /// A refusal with a code and a sentence.
    pub fn refused(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Refused(ApiError::new(code, message))
    }

    /// As shown at the edge: causes stay in the log.
    #[must_use]
    pub fn to_api_error(&self) -> ApiError {
        match self {
            Self::Refused(error) => error.clone(),
            Self::Unavailable { what, .. } => ApiError::new(
                ErrorCode::Unavailable,
                format!("{what} did not answer; try again in a moment"),
            ),
            Self::Database(_) | Self::Bug(_) => ApiError::new(
                ErrorCode::Internal,
                "something went wrong on our side; try again",
            ),
        }
    }
}
