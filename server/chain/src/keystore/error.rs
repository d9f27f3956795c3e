use std::io;
use std::path::PathBuf;

use alloy_primitives::Address;

use super::InvalidSecretKey;

/// What went wrong with a key on disk.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// Ask again. A file whose locked bytes were altered cannot be told from this.
    #[error("the passphrase does not open this key")]
    WrongPassphrase,
    /// No passphrase helps: take a copy of the file.
    #[error("the key file is damaged: {0}")]
    Damaged(&'static str),
    #[error("this is not a key file: it must be JSON in the Web3 Secret Storage format")]
    NotAKeyFile,
    #[error("this is a key file of version {0}; only version 3 can be read")]
    Version(u64),
    #[error("the key file uses {0}, which is not supported")]
    Unsupported(String),
    #[error("opening this key file would need more memory or time than is allowed")]
    TooCostly,
    #[error("the folder has no key of {0}")]
    NotFound(Address),
    #[error("the key of {address} is stored already, in {}", path.display())]
    AlreadyStored { address: Address, path: PathBuf },
    #[error(transparent)]
    InvalidSecretKey(#[from] InvalidSecretKey),
    #[error("the clock shows a year that no date can have")]
    Clock,
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}
