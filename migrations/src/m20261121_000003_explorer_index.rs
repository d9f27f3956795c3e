//! The index of a chain: derived from its node, deleted and made again without loss.
//!
//! Addresses, hashes and amounts are bytes. Amounts by which rows are sorted fill 32 bytes, so
//! that their order as bytes is their order as numbers. Times are milliseconds since the Unix
//! epoch. A row belongs to the section that writes it; rows of different sections are never mixed
//! in one table, except `chain_creations`, whose rows nobody changes.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(crate) struct ExplorerIndex;

impl MigrationName for ExplorerIndex {
    fn name(&self) -> &'static str {
        "m20261121_000003_explorer_index"
    }
}

// The trait elides the manager's lifetime, and an implementation has to write it the same way.
#[allow(elided_lifetimes_in_paths)]
#[async_trait::async_trait]
impl MigrationTrait for ExplorerIndex {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        // Rows lie in the order of their primary key: SQLite says it, PostgreSQL has no such
        // order and reads the key's index. Texts sort by code point on both.
        let (bytes, clustered, sortable) = match connection.get_database_backend() {
            DbBackend::Postgres => ("BYTEA", "", "TEXT COLLATE \"C\""),
            _ => ("BLOB", " WITHOUT ROWID", "TEXT"),
        };
        for statement in UP {
            let statement = statement
                .replace("BYTES", bytes)
                .replace(" CLUSTERED", clustered)
                .replace("SORTABLE", sortable);
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in EXPLORER_TABLES {
            manager
                .get_connection()
                .execute_unprepared(&format!("DROP TABLE {table}"))
                .await?;
        }
        Ok(())
    }
}

/// Every table of the index: emptied when it is made anew.
pub const EXPLORER_TABLES: [&str; 19] = [
    "chain_identity",
    "chain_progress",
    "chain_undo",
    "chain_blocks",
    "chain_transactions",
    "chain_address_transactions",
    "chain_accounts",
    "chain_balances",
    "chain_creations",
    "chain_tokens",
    "chain_token_details",
    "chain_token_transfers",
    "chain_address_transfers",
    "chain_holdings",
    "chain_periods",
    "chain_totals",
    "chain_calls",
    "chain_address_calls",
    "chain_account_calls",
];

const UP: &[&str] = &[
    // Which chain this is the index of: one row.
    "CREATE TABLE chain_identity (
        id BIGINT NOT NULL PRIMARY KEY,
        chain_id BIGINT NOT NULL,
        genesis_hash BYTES NOT NULL
    )",
    // The newest block of which a section has everything.
    "CREATE TABLE chain_progress (
        section TEXT NOT NULL PRIMARY KEY,
        block_number BIGINT NOT NULL,
        block_hash BYTES NOT NULL
    )",
    // What derived rows were before a block, newest blocks only: undone in a reorganisation.
    "CREATE TABLE chain_undo (
        section TEXT NOT NULL,
        block_number BIGINT NOT NULL,
        images BYTES NOT NULL,
        PRIMARY KEY (section, block_number)
    ) CLUSTERED",
    "CREATE TABLE chain_blocks (
        number BIGINT NOT NULL PRIMARY KEY,
        hash BYTES NOT NULL,
        timestamp BIGINT NOT NULL,
        signer BYTES NOT NULL,
        transactions BIGINT NOT NULL,
        token_transfers BIGINT NOT NULL,
        gas_limit BIGINT NOT NULL,
        gas_used BIGINT NOT NULL,
        base_fee BYTES,
        fees BYTES NOT NULL,
        burnt BYTES NOT NULL,
        details TEXT NOT NULL
    )",
    "CREATE UNIQUE INDEX chain_blocks_hash ON chain_blocks (hash)",
    // `place` is the transaction's index in its block.
    "CREATE TABLE chain_transactions (
        block_number BIGINT NOT NULL,
        place BIGINT NOT NULL,
        hash BYTES NOT NULL,
        sender BYTES NOT NULL,
        recipient BYTES,
        created BYTES,
        nonce BIGINT NOT NULL,
        value BYTES NOT NULL,
        gas_limit BIGINT NOT NULL,
        gas_used BIGINT NOT NULL,
        fee BYTES NOT NULL,
        gas_price BYTES NOT NULL,
        max_fee BYTES,
        max_tip BYTES,
        kind BIGINT NOT NULL,
        succeeded BIGINT NOT NULL,
        selector BYTES,
        logs BIGINT NOT NULL,
        PRIMARY KEY (block_number, place)
    ) CLUSTERED",
    "CREATE UNIQUE INDEX chain_transactions_hash ON chain_transactions (hash)",
    "CREATE INDEX chain_transactions_nonce ON chain_transactions (sender, nonce)",
    "CREATE TABLE chain_address_transactions (
        address BYTES NOT NULL,
        block_number BIGINT NOT NULL,
        place BIGINT NOT NULL,
        PRIMARY KEY (address, block_number, place)
    ) CLUSTERED",
    "CREATE TABLE chain_accounts (
        address BYTES NOT NULL PRIMARY KEY,
        transactions BIGINT NOT NULL,
        sent BIGINT NOT NULL,
        token_transfers BIGINT NOT NULL,
        signed_blocks BIGINT NOT NULL,
        first_block BIGINT NOT NULL,
        first_at BIGINT NOT NULL,
        last_block BIGINT NOT NULL,
        last_at BIGINT NOT NULL
    ) CLUSTERED",
    // `touched_block`: the newest block that may have changed the balance. `is_due`: to be asked.
    "CREATE TABLE chain_balances (
        address BYTES NOT NULL PRIMARY KEY,
        amount BYTES NOT NULL,
        touched_block BIGINT NOT NULL,
        is_due BIGINT NOT NULL
    ) CLUSTERED",
    "CREATE INDEX chain_balances_amount ON chain_balances (amount, address)",
    "CREATE INDEX chain_balances_due ON chain_balances (address) WHERE is_due = 1",
    "CREATE TABLE chain_creations (
        address BYTES NOT NULL,
        block_number BIGINT NOT NULL,
        place BIGINT NOT NULL,
        section TEXT NOT NULL,
        creator BYTES NOT NULL,
        PRIMARY KEY (address, block_number, place, section)
    ) CLUSTERED",
    "CREATE INDEX chain_creations_block ON chain_creations (block_number)",
    // `supply` is the sum of all holdings, as the token's events have it.
    "CREATE TABLE chain_tokens (
        address BYTES NOT NULL PRIMARY KEY,
        kind BIGINT NOT NULL,
        holders BIGINT NOT NULL,
        transfers BIGINT NOT NULL,
        supply BYTES NOT NULL
    ) CLUSTERED",
    "CREATE INDEX chain_tokens_holders ON chain_tokens (holders, address)",
    // What the token's contract says of itself. The keys are lower-case, for search.
    "CREATE TABLE chain_token_details (
        address BYTES NOT NULL PRIMARY KEY,
        name TEXT,
        symbol TEXT,
        name_key SORTABLE NOT NULL,
        symbol_key SORTABLE NOT NULL,
        decimals BIGINT,
        total_supply BYTES,
        touched_block BIGINT NOT NULL,
        is_due BIGINT NOT NULL
    ) CLUSTERED",
    "CREATE INDEX chain_token_details_name ON chain_token_details (name_key, address)",
    "CREATE INDEX chain_token_details_symbol ON chain_token_details (symbol_key, address)",
    "CREATE INDEX chain_token_details_due ON chain_token_details (address) WHERE is_due = 1",
    // `part` numbers the movements of one log (ERC-1155 batches); `place` is the transaction's.
    "CREATE TABLE chain_token_transfers (
        block_number BIGINT NOT NULL,
        log_index BIGINT NOT NULL,
        part BIGINT NOT NULL,
        place BIGINT NOT NULL,
        token BYTES NOT NULL,
        sender BYTES NOT NULL,
        recipient BYTES NOT NULL,
        amount BYTES NOT NULL,
        token_id BYTES,
        PRIMARY KEY (block_number, log_index, part)
    ) CLUSTERED",
    "CREATE INDEX chain_token_transfers_token
        ON chain_token_transfers (token, block_number, log_index, part)",
    "CREATE TABLE chain_address_transfers (
        address BYTES NOT NULL,
        block_number BIGINT NOT NULL,
        log_index BIGINT NOT NULL,
        part BIGINT NOT NULL,
        PRIMARY KEY (address, block_number, log_index, part)
    ) CLUSTERED",
    // One row for what an owner has of a token (`is_sum` = 1, no `token_id`), and one for each
    // instance of an ERC-721 or ERC-1155 token. Rows of nothing are deleted.
    "CREATE TABLE chain_holdings (
        token BYTES NOT NULL,
        owner BYTES NOT NULL,
        token_id BYTES NOT NULL,
        is_sum BIGINT NOT NULL,
        amount BYTES NOT NULL,
        PRIMARY KEY (token, owner, token_id)
    ) CLUSTERED",
    "CREATE INDEX chain_holdings_owner ON chain_holdings (owner, token, token_id)",
    "CREATE INDEX chain_holdings_amount ON chain_holdings (token, amount, owner) WHERE is_sum = 1",
    "CREATE INDEX chain_holdings_instance
        ON chain_holdings (token, token_id, owner) WHERE is_sum = 0",
    "CREATE TABLE chain_periods (
        length_ms BIGINT NOT NULL,
        start BIGINT NOT NULL,
        blocks BIGINT NOT NULL,
        transactions BIGINT NOT NULL,
        gas_used BIGINT NOT NULL,
        fees BYTES NOT NULL,
        token_transfers BIGINT NOT NULL,
        new_addresses BIGINT NOT NULL,
        active_addresses BIGINT NOT NULL,
        PRIMARY KEY (length_ms, start)
    ) CLUSTERED",
    "CREATE TABLE chain_totals (
        section TEXT NOT NULL PRIMARY KEY,
        transactions BIGINT NOT NULL,
        addresses BIGINT NOT NULL,
        contracts BIGINT NOT NULL,
        tokens BIGINT NOT NULL,
        token_transfers BIGINT NOT NULL
    )",
    // `call_index` numbers the calls of one transaction, parents first.
    "CREATE TABLE chain_calls (
        block_number BIGINT NOT NULL,
        place BIGINT NOT NULL,
        call_index BIGINT NOT NULL,
        kind BIGINT NOT NULL,
        sender BYTES NOT NULL,
        recipient BYTES,
        value BYTES NOT NULL,
        is_effective BIGINT NOT NULL,
        PRIMARY KEY (block_number, place, call_index)
    ) CLUSTERED",
    "CREATE TABLE chain_address_calls (
        address BYTES NOT NULL,
        block_number BIGINT NOT NULL,
        place BIGINT NOT NULL,
        call_index BIGINT NOT NULL,
        PRIMARY KEY (address, block_number, place, call_index)
    ) CLUSTERED",
    "CREATE TABLE chain_account_calls (
        address BYTES NOT NULL PRIMARY KEY,
        calls BIGINT NOT NULL
    ) CLUSTERED",
];
