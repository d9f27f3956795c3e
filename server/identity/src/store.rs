//! The database: the only place of this crate that knows SQL.

pub(crate) mod audit;
pub(crate) mod bulk;
pub(crate) mod challenge;
pub(crate) mod directory;
pub(crate) mod entity;
pub(crate) mod group;
pub(crate) mod invitation;
pub(crate) mod session;
pub(crate) mod setup;
pub(crate) mod user;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use self::entity::identity_guards;
use crate::IdentityError;

pub(crate) type Result<T> = std::result::Result<T, IdentityError>;

/// Rows of one bulk statement: times the widest table's 16 columns, far below the 32,766 values
/// that SQLite binds and the 65,535 of PostgreSQL.
pub(crate) const ROWS_PER_STATEMENT: usize = 500;

/// Begins a transaction that writes. SQLite takes its write lock here, where it waits for its
/// turn; a transaction that read first and wrote later would be refused instead.
pub(crate) async fn begin_write(database: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    Ok(database.begin_with_options(options).await?)
}

/// Lets the transactions that check rules over several people run one after another: the last
/// administrator, the last way to sign in, one account per wallet. Taken before every other row,
/// so that two transactions never wait for each other.
pub(crate) async fn lock_people(transaction: &DatabaseTransaction) -> Result<()> {
    identity_guards::Entity::update_many()
        .col_expr(
            identity_guards::Column::Version,
            Expr::col(identity_guards::Column::Version).add(1),
        )
        .filter(identity_guards::Column::Name.eq("people"))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Reads an id from a column.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|_| IdentityError::Bug(format!("{text:?} in the database is no id")))
}

/// A time column as the database takes it.
pub(crate) fn optional_ms(moment: Option<types::Timestamp>) -> Option<i64> {
    moment.map(|moment| moment.0)
}
