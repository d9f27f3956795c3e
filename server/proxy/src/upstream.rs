//! Connections to the servers: opened, kept for the next request, and given up.

mod calm_waker;
mod connection;
mod pool;
mod stream;

pub(crate) use connection::{Connection, ExchangeError};
pub(crate) use pool::{Pool, Repeatable, Upstream};
pub(crate) use stream::UpstreamStream;
