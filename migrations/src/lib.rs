//! The database's schema, one migration per change, named by date and noun, and how to open it.
//!
//! Every migration runs on SQLite and on PostgreSQL. Identifiers are text (ULID), times are
//! 64-bit integers (milliseconds since the Unix epoch, UTC).

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

mod m20261121_000001_identity;
mod m20261121_000002_notebooks;
#[cfg(feature = "testing")]
pub mod testing;

/// All migrations, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_identity::Identity),
            Box::new(m20261121_000002_notebooks::Migration),
        ]
    }
}

/// Connections that one process opens.
const CONNECTIONS_MAX: u32 = 16;

/// Opens the database at `url` (`sqlite://path?mode=rwc` or `postgres://…`) and brings its schema
/// up to date. SQLite runs in WAL mode with full durability of commits.
///
/// # Errors
/// The database cannot be reached, or is newer than this program.
pub async fn open(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(CONNECTIONS_MAX).sqlx_logging(false);
    if url.starts_with("sqlite:") {
        options.map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
                .pragma("foreign_keys", "ON")
                .pragma("busy_timeout", "10000")
        });
    }
    let database = Database::connect(options).await?;
    Migrator::up(&database, None).await?;
    Ok(database)
}

/// Whether the connection is SQLite, where a few statements are spelled differently.
#[must_use]
pub fn is_sqlite(database: &DatabaseConnection) -> bool {
    database.get_database_backend() == DbBackend::Sqlite
}
