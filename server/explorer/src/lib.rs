//! The index of an Ethereum chain, and what the explorer's pages ask of it.
//!
//! The chain is known through Ethereum JSON-RPC alone ([`EthereumNode`]), so that our own node and
//! any other are indexed by the same code.
//!
//! Invariants:
//! - A block and everything derived from it (rows, counters, holders, charts, progress) are
//!   committed in one SQL transaction, and undone in one when the chain reorganises.
//! - Counters and rankings are maintained; no query counts or skips rows.
//! - Each section of the index (blocks, internal calls, balances, token details) has its own
//!   progress, and none waits for another.
//! - What contracts and other people wrote is bounded in length and valid text before it is kept.
//! - The index can be deleted at any time and is made again. What people gave (interfaces,
//!   verified sources) lies in the program's database.
//!
//! It knows no HTTP routes, pages or sign-in.

mod aggregate;
mod answer;
mod clique;
mod convert;
mod decode;
pub mod error;
mod fetch;
pub mod limits;
pub mod node;
mod proxy;
mod row;
pub mod service;
pub mod settings;
mod state_change;
mod store;
mod tasks;
#[cfg(test)]
mod testing;
mod token_details;
mod token_event;
mod trace;
mod verify;

pub use error::ExplorerError;
pub use node::{EthereumNode, HeadNotice, HttpNode, NodeError};
pub use service::Explorer;
pub use settings::{CompilerSettings, ExplorerSettings};
