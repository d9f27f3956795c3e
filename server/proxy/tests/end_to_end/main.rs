//! The proxy between real sockets: clients over TCP, servers over Unix sockets and TCP.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod failures;
mod forwarding;
mod lifecycle;
mod permission;
mod smuggling;
mod streaming;
mod support;
mod websockets;
