//! What can go wrong with the chain's database, by what the caller can do about it.

use std::path::{Path, PathBuf};

use alloy_primitives::B256;

/// A failure of the chain's database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has the folder, or this one has it twice.
    #[error("{} is in use by another process: stop that one, or use another data folder", path.display())]
    InUse { path: PathBuf },
    /// The operator can mend it: permissions, a full disk, or a damaged file.
    #[error("{} cannot be opened: {reason}; if its files are damaged, move the folder away, and the chain is fetched from peers or begun anew", path.display())]
    Open { path: PathBuf, reason: String },
    /// Files are damaged or older than they were: commits that were acknowledged are not there.
    #[error("{} is damaged: {reason}; restore the folder from a backup, or move it away, and the chain is fetched from peers or begun anew", path.display())]
    Lost { path: PathBuf, reason: String },
    /// The folder is of another version of this program.
    #[error("{} was written by another version of this program", path.display())]
    ForeignLayout { path: PathBuf },
    /// The folder is of another chain.
    #[error("{} holds the chain with genesis block {found}, and the configuration names {expected}; use another data folder for another chain", path.display())]
    ForeignGenesis {
        path: PathBuf,
        expected: B256,
        found: B256,
    },
    /// Reading or writing failed: the disk is full or failing, or a file is damaged.
    #[error("{}: {source}", path.display())]
    Database {
        path: PathBuf,
        #[source]
        source: Box<fjall::Error>,
    },
    /// What was read is not what was written.
    #[error("the chain's database is damaged: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Something that was read does not decode.
    pub fn damaged(what: &str, why: impl std::fmt::Display) -> Self {
        Self::Damaged(format!("{what}: {why}"))
    }

    /// Reading or writing in this folder failed.
    pub(crate) fn database(path: &Path, source: fjall::Error) -> Self {
        Self::Database {
            path: path.to_owned(),
            source: Box::new(source),
        }
    }

    /// The folder or one of its files could not be opened.
    pub(crate) fn open(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Open {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// Commits are gone that were acknowledged.
    pub(crate) fn lost(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Lost {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}

impl From<crate::trie::MissingNode> for StoreError {
    fn from(error: crate::trie::MissingNode) -> Self {
        Self::Damaged(error.to_string())
    }
}

// revm asks this of the state that it reads.
impl revm::database_interface::DBErrorMarker for StoreError {}
