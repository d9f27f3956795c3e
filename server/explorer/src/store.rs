//! The index's tables: the only place that knows their SQL. What people gave lies in the program's
//! database and is [`crate::contract_store`]'s.

mod account_rows;
mod aggregate_rows;
mod balance_rows;
mod block_rows;
mod call_rows;
mod chart_rows;
mod contract_rows;
mod progress;
mod rollback;
mod search_rows;
mod sql;
#[cfg(test)]
mod tests;
mod token_rows;
mod transaction_rows;
mod write;

use std::sync::Arc;

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::ExplorerError;

pub(crate) use block_rows::StoredBlock;
pub(crate) use call_rows::TracedBlock;
pub(crate) use contract_rows::{ContractRow, ContractStore};
pub(crate) use progress::{Head, SectionName};
pub(crate) use rollback::RolledBack;
pub(crate) use search_rows::BytesRange;
pub(crate) use sql::{Cursor, Slice};
pub(crate) use token_rows::{DetailsRow, StoredToken, StoredTransfer};
pub(crate) use transaction_rows::StoredTransaction;

pub(crate) type Result<T> = std::result::Result<T, ExplorerError>;

/// The index.
#[derive(Clone)]
pub(crate) struct Store {
    database: DatabaseConnection,
    /// One section writes at a time: SQLite has one writer, and a reorganisation must not meet a
    /// section half-way on any database.
    writer: Arc<Mutex<()>>,
}

/// A transaction that writes, while no other does.
pub(crate) struct Writing {
    transaction: DatabaseTransaction,
    _turn: OwnedMutexGuard<()>,
}

impl Store {
    pub(crate) fn new(database: DatabaseConnection) -> Self {
        Self {
            database,
            writer: Arc::new(Mutex::new(())),
        }
    }

    pub(crate) async fn begin(&self) -> Result<Writing> {
        let turn = Arc::clone(&self.writer).lock_owned().await;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Writing {
            transaction: self.database.begin_with_options(options).await?,
            _turn: turn,
        })
    }
}

impl Writing {
    /// All of it becomes visible and durable at once.
    pub(crate) async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}
