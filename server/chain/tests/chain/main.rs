//! The crate as a whole: real chains in temporary folders.

// What helps tests is part of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod blocks;
mod differential;
mod history;
mod logs;
mod making;
mod proofs;
mod reorganisation;
mod rpc;
mod rpc_protocol;
mod sessions;
mod support;
mod traces;
mod validity;
