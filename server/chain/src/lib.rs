//! A proof-of-authority chain of Ethereum blocks (EIP-225, Clique): consensus, state, execution,
//! mempool and storage.
//!
//! Invariants:
//! - There is one writer. All that a block or a reorganisation changes is committed at once; a
//!   reader sees the chain after some commit, never between two.
//! - A block is on the branch in force only after it was executed and led to the state root that
//!   its header promises. The heaviest valid branch that is known is in force.
//! - A transaction that was acknowledged is on the disk. It leaves the mempool when a block with it
//!   (or with another of its nonce) is committed, when it expires, or when it gives way to one that
//!   pays more; never because a block failed.
//! - The cost of a block depends on what it touches, not on how large the state is.
//!
//! It knows no HTTP and no pages, and nothing of people.

pub mod block;
pub mod block_maker;
pub mod chain_spec;
pub mod clique;
pub mod draft;
pub mod error;
pub mod events;
pub mod execution;
pub mod header_rules;
pub mod keystore;
pub mod mempool;
mod mempool_journal;
pub mod overlay;
pub mod receipt;
pub mod rpc;
pub mod service;
pub mod settings;
pub mod store;
pub mod sync;
pub mod tasks;
pub mod tip;
pub mod trace;
pub mod transaction;
pub mod trie;
pub mod validation;
mod watch;

pub use chain_spec::ChainSpec;
pub use error::StoreError;
pub use service::Chain;
pub use settings::ChainSettings;
pub use tip::{StateView, Tip};
