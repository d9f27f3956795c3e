//! What an operator has to change in a `genesis.json`.

use alloy_primitives::U256;

use super::MAX_CHAIN_ID;
use crate::header_rules::{MAX_GAS_LIMIT, MIN_GAS_LIMIT};

/// Why a genesis cannot be run; each says where in the file.
#[derive(Debug, thiserror::Error)]
pub enum ChainSpecError {
    /// Not JSON, or not of this form.
    #[error("genesis.json: {0}")]
    Json(#[from] serde_json::Error),
    /// No chain id, or one that cannot be signed for.
    #[error("config.chainId is {found} and must be from 1 to {MAX_CHAIN_ID} (EIP-2294)")]
    ChainId {
        /// The chain id in the file.
        found: u64,
    },
    /// Another consensus.
    #[error("config.clique is missing: only proof of authority by Clique (EIP-225) is run here")]
    CliqueMissing,
    /// A fork up to London that is not part of block 0.
    #[error(
        "config.{fork} must be 0: every fork up to London has to be active from block 0 ({})",
        found.map_or("it is missing".to_owned(), |block| format!("it is {block}"))
    )]
    ForkNotAtGenesis {
        /// Its name in the file.
        fork: &'static str,
        /// The block in the file.
        found: Option<u64>,
    },
    /// A fork without the one before it, or before that one.
    #[error("config.{fork} is {at} but config.{earlier} is not set to that time or before")]
    ForkOrder {
        /// Its name in the file.
        fork: &'static str,
        /// Its time in the file, Unix time.
        at: u64,
        /// The fork that has to come first.
        earlier: &'static str,
    },
    /// A fork that this program does not know.
    #[error("config.{fork} is set: forks after Osaka are not supported")]
    ForkUnsupported {
        /// Its name in the file.
        fork: &'static str,
    },
    /// The chain would go over to proof of stake.
    #[error(
        "config.terminalTotalDifficulty is {found}: a Clique chain must not merge, leave it out"
    )]
    TerminalTotalDifficulty {
        /// The difficulty in the file.
        found: U256,
    },
    /// The chain has gone over to proof of stake.
    #[error("config.terminalTotalDifficultyPassed is true: a Clique chain must not merge")]
    MergePassed,
    /// Not block 0.
    #[error("number is {found} and must be 0")]
    Number {
        /// The number in the file.
        found: u64,
    },
    /// A gas limit that no block may have.
    #[error("gasLimit is {found} and must be from {MIN_GAS_LIMIT} to {MAX_GAS_LIMIT}")]
    GasLimit {
        /// The gas limit in the file.
        found: u64,
    },
    /// A base fee that no header can carry.
    #[error("baseFeePerGas is {found} and must fit into 64 bits")]
    BaseFee {
        /// The base fee in the file, in wei.
        found: u128,
    },
    /// A field of a later header format.
    #[error("{field} is set: headers here have the format of London, before the merge")]
    PostMergeField {
        /// Its name in the file.
        field: &'static str,
    },
    /// Not vanity, whole addresses and seal.
    #[error("extraData has {length} bytes and must have 32 + 20 for each signer + 65")]
    ExtraDataLength {
        /// The length in the file, in bytes.
        length: usize,
    },
    /// Something other than zeros where other blocks have their seal (EIP-225).
    #[error("the last 65 bytes of extraData must be zero")]
    Sealed,
    /// Nobody to make block 1.
    #[error("extraData names no signers")]
    NoSigners,
    /// The zero address as a signer.
    #[error("extraData names the zero address as a signer")]
    ZeroSigner,
    /// Signers out of order or twice.
    #[error("the signers in extraData must be in ascending order, each once")]
    SignersNotAscending,
}
