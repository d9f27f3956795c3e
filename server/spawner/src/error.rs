//! What can go wrong, by what the caller can do about it.

use types::{ApiError, ErrorCode};

use crate::state::Refusal;

/// A failure of a spawner operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnerError {
    /// The person can mend it: show the error as it is.
    #[error("{0}")]
    Refused(ApiError),
    /// The engine failed.
    #[error("engine")]
    Engine(#[from] crate::engine::EngineError),
    /// The database failed.
    #[error("database")]
    Database(#[from] sea_orm::DbErr),
    /// The settings cannot be used: one sentence for each problem.
    #[error("settings: {}", .0.join("; "))]
    Settings(Vec<String>),
    /// Our own mistake.
    #[error("{0}")]
    Bug(String),
}

impl SpawnerError {
    /// A refusal with a code and a sentence.
    pub fn refused(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Refused(ApiError::new(code, message))
    }

    /// No such server, or not one that the asker may know of.
    #[must_use]
    pub fn not_found() -> Self {
        Self::refused(ErrorCode::NotFound, "there is no such server")
    }

    /// As shown at the edge: causes stay in the log.
    #[must_use]
    pub fn to_api_error(&self) -> ApiError {
        match self {
            Self::Refused(error) => error.clone(),
            Self::Engine(error) => ApiError::new(ErrorCode::Unavailable, error.to_string()),
            Self::Database(_) | Self::Settings(_) | Self::Bug(_) => ApiError::new(
                ErrorCode::Internal,
                "something went wrong on our side; try again",
            ),
        }
    }
}

impl From<ApiError> for SpawnerError {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<Refusal> for SpawnerError {
    fn from(refusal: Refusal) -> Self {
        Self::refused(ErrorCode::ServerState, refusal.to_string())
    }
}
