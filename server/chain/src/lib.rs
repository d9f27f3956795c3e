//! The chain.

pub mod keystore;
pub mod mempool;
pub mod transaction;
