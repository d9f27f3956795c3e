//! What can go wrong, by what the caller can do.

use crate::NodeError;

/// Why an answer could not be given.
#[derive(Debug, thiserror::Error)]
pub enum ExplorerError {
    /// The question itself is wrong; the sentence says how. Ask differently.
    #[error("{0}")]
    Invalid(String),
    /// The compiler, or another part with few places, is in use. Ask again in a while.
    #[error("{0}")]
    Busy(String),
    /// The node did not answer. Ask again; what is indexed can be read meanwhile.
    #[error("the node: {0}")]
    Node(#[from] NodeError),
    /// The database did not answer, or not as it should.
    #[error("the database: {0}")]
    Database(#[from] sea_orm::DbErr),
    /// Something is in the index that we would never write; rebuild it.
    #[error("the index holds {0}")]
    Corrupt(String),
    /// The part of the machine that verification needs is missing or failed.
    #[error("{0}")]
    Verification(String),
}
