//! What can go wrong with the chain's database, by what the caller can do about it.

use std::path::PathBuf;

use alloy_primitives::B256;

/// A failure of the chain's database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operator can mend it.
    #[error("{}: {source}; if another process has it open, stop that one; a damaged file can be moved away, and the chain is then fetched from peers or begun anew", path.display())]
    Open {
        path: PathBuf,
        #[source]
        source: Box<redb::DatabaseError>,
    },
    /// The file is of another version of this program.
    #[error("{} was written by another version of this program", path.display())]
    ForeignLayout { path: PathBuf },
    /// The file is of another chain.
    #[error("{} holds the chain with genesis block {found}, and the configuration names {expected}; use another data folder for another chain", path.display())]
    ForeignGenesis {
        path: PathBuf,
        expected: B256,
        found: B256,
    },
    /// Reading or writing failed.
    #[error("the chain's database failed: {0}")]
    Database(Box<redb::Error>),
    /// What was read is not what was written.
    #[error("the chain's database is damaged: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Something that was read does not decode.
    pub fn damaged(what: &str, why: impl std::fmt::Display) -> Self {
        Self::Damaged(format!("{what}: {why}"))
    }
}

macro_rules! from_database_errors {
    ($($error:ty),*) => {
        $(impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Database(Box::new(error.into()))
            }
        })*
    };
}

impl From<crate::trie::MissingNode> for StoreError {
    fn from(error: crate::trie::MissingNode) -> Self {
        Self::Damaged(error.to_string())
    }
}

from_database_errors!(
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError
);

// revm asks this of the state that it reads.
impl revm::database_interface::DBErrorMarker for StoreError {}
