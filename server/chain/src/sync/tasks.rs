//! The loops: one compares heads with each peer, one keeps its WebSocket, and one tells all peers
//! what is new.

pub(super) mod announce;
pub(super) mod connect;
pub(super) mod poll;
