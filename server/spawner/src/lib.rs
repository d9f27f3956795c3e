//! Notebook servers: their life, the engines that run them, and the ladder that pauses them.
//!
//! Invariants:
//! - What is wanted is in the database before an engine is asked for anything; engines are driven
//!   by the reconciler alone, and asking twice does no harm.
//! - A user has at most one server of a name, and a server at most one running instance.
//! - Each state has a deadline and an exit.
//! - Servers are separate from this process: its end does not end them, and its next start adopts
//!   or reports every one that it finds.
//!
//! It knows no HTTP routes, pages or sign-in; who may do what is decided by its callers.

mod core;
pub mod engine;
pub mod error;
pub mod failure;
pub mod host_label;
pub mod identity_header;
mod jupyter;
pub mod ladder;
pub mod limits;
mod measure;
pub mod profile;
mod reconciler;
mod registry;
pub mod server;
pub mod server_name;
pub mod service;
pub mod settings;
mod spares;
pub mod start_queue;
mod starts;
pub mod state;
mod store;
mod tasks;
#[cfg(test)]
mod testing;

pub use error::SpawnerError;
pub use service::Spawner;
pub use settings::{LadderSettings, SpawnerSettings};
