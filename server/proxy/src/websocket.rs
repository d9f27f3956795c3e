//! WebSockets (RFC 6455): payloads pass untouched, frame heads are looked at.

mod close;
pub mod frame;
mod tunnel;

pub(crate) use tunnel::{Tunnel, TunnelEnds};
