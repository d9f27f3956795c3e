//! What people gave to the explorer: interfaces and verified sources of contracts. It cannot be
//! derived from the chain, so it is not in the index.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(crate) struct ExplorerContracts;

impl MigrationName for ExplorerContracts {
    fn name(&self) -> &'static str {
        "m20261121_000003_explorer_contracts"
    }
}

// The trait elides the manager's lifetime, and an implementation has to write it the same way.
#[allow(elided_lifetimes_in_paths)]
#[async_trait::async_trait]
impl MigrationTrait for ExplorerContracts {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let (bytes, sortable) = match connection.get_database_backend() {
            DbBackend::Postgres => ("BYTEA", "TEXT COLLATE \"C\""),
            _ => ("BLOB", "TEXT"),
        };
        for statement in UP {
            let statement = statement
                .replace("BYTES", bytes)
                .replace("SORTABLE", sortable);
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection
            .execute_unprepared("DROP TABLE explorer_contracts")
            .await?;
        Ok(())
    }
}

const UP: [&str; 2] = [
    // `code_hash` is the code that the interface was given for: an address whose code is another
    // one today (a development chain begun anew) is not described by the row. `verified` is the
    // JSON of the source and of how it was proved; none for an interface alone.
    "CREATE TABLE explorer_contracts (
        chain_id BIGINT NOT NULL,
        address BYTES NOT NULL,
        code_hash BYTES NOT NULL,
        name TEXT NOT NULL,
        name_key SORTABLE NOT NULL,
        abi TEXT NOT NULL,
        verified TEXT,
        given_by TEXT NOT NULL,
        given_at BIGINT NOT NULL,
        PRIMARY KEY (chain_id, address)
    )",
    "CREATE INDEX explorer_contracts_name ON explorer_contracts (chain_id, name_key, address)",
];
