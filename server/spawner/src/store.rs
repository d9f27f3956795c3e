//! The only place that knows SQL.

mod event_entity;
mod events;
mod listing;
mod row;
mod server_entity;
mod servers;

use std::sync::Arc;

use sea_orm::{DatabaseConnection, DbBackend};
use tokio::sync::Semaphore;

#[cfg(test)]
mod tests;

pub(crate) use servers::{Commit, Insertion};

/// Writers at the same time on databases that have many.
const WRITERS_MAX: usize = 8;

/// Servers and their history in the database.
#[derive(Clone)]
pub(crate) struct Store {
    database: DatabaseConnection,
    /// SQLite has one writer; waiting for it here is fair and does not poll.
    writers: Arc<Semaphore>,
}

impl Store {
    pub(crate) fn new(database: DatabaseConnection) -> Self {
        let writers_max = match database.get_database_backend() {
            DbBackend::Sqlite => 1,
            _ => WRITERS_MAX,
        };
        Self {
            database,
            writers: Arc::new(Semaphore::new(writers_max)),
        }
    }
}
