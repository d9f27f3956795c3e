//! The crate as a whole: real chains in temporary folders.

mod blocks;
mod making;
mod differential;
mod history;
mod logs;
mod proofs;
mod reorganisation;
mod rpc;
mod rpc_protocol;
mod sessions;
mod speed;
mod support;
mod traces;
mod validity;
