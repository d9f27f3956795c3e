//! The handle through which the rest of the program uses this crate.

mod door;
mod making;
mod opening;
mod reading;
mod wanting;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use types::ServerId;
use types::UserId;

use crate::SpawnerError;
use crate::core::Core;
use crate::engine::Endpoint;

pub use crate::settings::{LadderSettings, SpawnerSettings};

type Result<T> = std::result::Result<T, SpawnerError>;

/// Cheap to clone. The loops behind it end with [`Spawner::shutdown`]; servers go on running.
#[derive(Clone)]
pub struct Spawner {
    core: Arc<Core>,
}

/// Where a request to a host label goes: answered from memory, on every proxied request.
#[derive(Debug, Clone)]
pub struct Door {
    pub server_id: ServerId,
    pub user_id: UserId,
    pub user_name: String,
    pub state: types::notebook::ServerState,
    /// Set when the server is alive.
    pub way_in: Option<WayIn>,
}

/// How to reach a server that is alive, and as whom.
#[derive(Debug, Clone)]
pub struct WayIn {
    pub endpoint: Endpoint,
    pub identity_key: [u8; 32],
    pub generation: u32,
}

/// What a request tells about its user, noted by the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityKind {
    /// Somebody did something: a data frame from the client, an unsafe method.
    Interaction,
    /// A page is open: polling, pings.
    Presence,
}

/// Told of everything that is worth an audit entry. Wired to the audit log by the program.
pub trait Recorder: Send + Sync + 'static {
    /// Must return at once. `owner` is whose server it was done to, when somebody owns it.
    fn record(&self, owner: Option<types::UserId>, entry: types::audit::NewAuditEntry);
}

/// Whether sign-in also starts the default server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAtSignIn {
    Yes,
    No,
}
