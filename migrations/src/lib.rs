//! The database's schema, one migration per change, named by date and noun, and how to open it.
//!
//! Every migration runs on SQLite and on PostgreSQL. Identifiers are text (ULID), times are
//! 64-bit integers (milliseconds since the Unix epoch, UTC).

use sea_orm::sea_query::{DynIden, IntoIden as _};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

mod m20261121_000001_identity;
mod m20261121_000002_notebooks;
mod m20261121_000003_explorer_contracts;
mod m20261121_000003_explorer_index;
#[cfg(feature = "testing")]
pub mod testing;

/// All migrations, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_identity::Identity),
            Box::new(m20261121_000002_notebooks::Migration),
            Box::new(m20261121_000003_explorer_contracts::ExplorerContracts),
        ]
    }
}

/// Migrations of the explorer's index, which has its own list because it may be deleted and made
/// again: a file of its own on SQLite, tables with the prefix `chain_` on PostgreSQL.
pub struct ExplorerMigrator;

impl MigratorTrait for ExplorerMigrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261121_000003_explorer_index::ExplorerIndex)]
    }

    fn migration_table_name() -> DynIden {
        "chain_migrations".into_iden()
    }
}

pub use m20261121_000003_explorer_index::EXPLORER_TABLES;

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

/// Page cache of each connection to the index on SQLite, in KiB.
const INDEX_CACHE_KIB: u32 = 32 << 10;
/// Connections to the index: one writes, the others read.
const INDEX_CONNECTIONS_MAX: u32 = 8;

/// Opens the explorer's index at `url` and brings its schema up to date. On SQLite a power cut may
/// take the newest blocks, never the consistency: they are read from the node again.
///
/// # Errors
/// The database cannot be reached, or is newer than this program.
pub async fn open_explorer(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(INDEX_CONNECTIONS_MAX)
        .sqlx_logging(false);
    if url.starts_with("sqlite:") {
        options.map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "NORMAL")
                .pragma("busy_timeout", "10000")
                .pragma("temp_store", "MEMORY")
                .pragma("wal_autocheckpoint", "8000")
                .pragma("cache_size", format!("-{INDEX_CACHE_KIB}"))
        });
    }
    let database = Database::connect(options).await?;
    ExplorerMigrator::up(&database, None).await?;
    Ok(database)
}

/// Whether the connection is SQLite, where a few statements are spelled differently.
#[must_use]
pub fn is_sqlite(database: &DatabaseConnection) -> bool {
    database.get_database_backend() == DbBackend::Sqlite
}
