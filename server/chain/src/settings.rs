//! What an operator may choose about the node.

use std::path::PathBuf;
use std::time::Duration;

use crate::mempool::Limits;
use crate::transaction::Unprotected;

/// Settings of one node.
#[derive(Debug, Clone)]
pub struct ChainSettings {
    /// Folder of the folders `chain` and `mempool`.
    pub folder: PathBuf,
    pub history: History,
    /// Deepest reorganisation that is followed, in blocks.
    pub reorg_depth_max: u64,
    pub mempool: Limits,
    /// Whether transactions without a chain id are taken.
    pub unprotected: Unprotected,
    /// Gas limit that our blocks move towards.
    pub gas_limit_target: u64,
}

/// Which states in the past can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// Those after each of the newest blocks.
    Blocks(u64),
    /// All since the genesis block.
    Archive,
}

/// States that are kept when nothing is said.
pub const HISTORY_BLOCKS_DEFAULT: u64 = 1_024;
/// Deepest reorganisation when nothing is said.
pub const REORG_DEPTH_DEFAULT: u64 = 64;

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockMode {
    /// When transactions wait, and after some silence, if it is bounded (contracts count blocks).
    Transactions { heartbeat: Option<Duration> },
    /// At every turn.
    Always,
    /// When asked for by `evm_mine`.
    OnDemand,
}
