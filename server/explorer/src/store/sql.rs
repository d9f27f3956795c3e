//! Statements for both databases, bulk writes, and pages by key.

use alloy_primitives::{Address, B256, U256};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use types::PageRequest;

use super::Result;
use crate::ExplorerError;
use crate::limits::{KEYS_PER_STATEMENT, ROWS_PER_STATEMENT};

/// A statement with `?` for each value; PostgreSQL numbers them.
pub(super) fn statement(backend: DbBackend, sql: &str, values: Vec<Value>) -> Statement {
    let sql = match backend {
        DbBackend::Postgres => numbered(sql),
        _ => sql.to_owned(),
    };
    Statement::from_sql_and_values(backend, sql, values)
}

fn numbered(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len() + 16);
    let mut number = 0;
    for character in sql.chars() {
        if character == '?' {
            number += 1;
            text.push('$');
            text.push_str(&number.to_string());
        } else {
            text.push(character);
        }
    }
    text
}

pub(super) async fn execute(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<u64> {
    let statement = statement(connection.get_database_backend(), sql, values);
    Ok(connection.execute_raw(statement).await?.rows_affected())
}

pub(super) async fn all<T>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
    read: impl FnMut(&QueryResult) -> Result<T>,
) -> Result<Vec<T>> {
    let statement = statement(connection.get_database_backend(), sql, values);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn one<T>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
    read: impl FnOnce(&QueryResult) -> Result<T>,
) -> Result<Option<T>> {
    let statement = statement(connection.get_database_backend(), sql, values);
    connection
        .query_one_raw(statement)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Rows whose key is one of `keys`, asked for in bounded lists. `sql` ends in `IN `.
pub(super) async fn all_of<T>(
    connection: &impl ConnectionTrait,
    sql: &str,
    keys: Vec<Value>,
    mut read: impl FnMut(&QueryResult) -> Result<T>,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    let mut keys = keys.into_iter().peekable();
    while keys.peek().is_some() {
        let chunk: Vec<Value> = keys.by_ref().take(KEYS_PER_STATEMENT).collect();
        let sql = format!("{sql}({})", marks(chunk.len()));
        rows.extend(all(connection, &sql, chunk, &mut read).await?);
    }
    Ok(rows)
}

fn marks(count: usize) -> String {
    let mut text = "?,".repeat(count);
    text.pop();
    text
}

/// What to write into a table, and what when a row of that key is there.
pub(super) struct Insert {
    /// `table (column, …)`.
    pub into: &'static str,
    pub columns: usize,
    /// `ON CONFLICT …`, or nothing.
    pub conflict: &'static str,
}

/// Writes rows in bulk. Statements of full length have one text, which the driver prepares once.
pub(super) async fn insert(
    connection: &impl ConnectionTrait,
    insert: &Insert,
    rows: Vec<Vec<Value>>,
) -> Result<()> {
    let backend = connection.get_database_backend();
    let mut rows = rows.into_iter().peekable();
    let mut full = None;
    while rows.peek().is_some() {
        let mut values = Vec::with_capacity(ROWS_PER_STATEMENT * insert.columns);
        let mut count = 0;
        for row in rows.by_ref().take(ROWS_PER_STATEMENT) {
            values.extend(row);
            count += 1;
        }
        let statement = if count == ROWS_PER_STATEMENT {
            let sql = full.get_or_insert_with(|| insert_sql(backend, insert, count));
            Statement::from_sql_and_values(backend, sql.as_str(), values)
        } else {
            Statement::from_sql_and_values(backend, insert_sql(backend, insert, count), values)
        };
        connection.execute_raw(statement).await?;
    }
    Ok(())
}

fn insert_sql(backend: DbBackend, insert: &Insert, count: usize) -> String {
    let row = format!("({}),", marks(insert.columns));
    let mut rows = row.repeat(count);
    rows.pop();
    let sql = format!(
        "INSERT INTO {} VALUES {rows} {}",
        insert.into, insert.conflict
    );
    match backend {
        DbBackend::Postgres => numbered(&sql),
        _ => sql,
    }
}

/// Keys of an `IN` list.
pub(super) fn keys<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Vec<Value> {
    keys.into_iter().map(bytes).collect()
}

/// Numbers are kept as signed 64-bit ones; none of ours reaches the difference.
pub(super) fn number(number: u64) -> Value {
    Value::BigInt(Some(i64::try_from(number).unwrap_or(i64::MAX)))
}

pub(super) fn signed(number: i64) -> Value {
    Value::BigInt(Some(number))
}

pub(super) fn flag(is_set: bool) -> Value {
    Value::BigInt(Some(i64::from(is_set)))
}

pub(super) fn bytes(bytes: impl AsRef<[u8]>) -> Value {
    Value::Bytes(Some(bytes.as_ref().to_vec()))
}

pub(super) fn optional_bytes(bytes: Option<impl AsRef<[u8]>>) -> Value {
    Value::Bytes(bytes.map(|bytes| bytes.as_ref().to_vec()))
}

pub(super) fn text(text: impl Into<String>) -> Value {
    Value::String(Some(text.into()))
}

/// An amount whose order as bytes does not matter: without leading zeros.
pub(super) fn short_amount(amount: U256) -> Value {
    Value::Bytes(Some(amount.to_be_bytes_trimmed_vec()))
}

pub(super) fn optional_amount(amount: Option<U256>) -> Value {
    Value::Bytes(amount.map(|amount| amount.to_be_bytes_trimmed_vec()))
}

/// An amount that sorts: 32 bytes, most significant first.
pub(super) fn sortable(amount: U256) -> Value {
    Value::Bytes(Some(amount.to_be_bytes_vec()))
}

pub(super) fn read_number(row: &QueryResult, column: &str) -> Result<u64> {
    let number: i64 = row.try_get("", column)?;
    u64::try_from(number).map_err(|_| corrupt(column))
}

pub(super) fn read_signed(row: &QueryResult, column: &str) -> Result<i64> {
    Ok(row.try_get("", column)?)
}

pub(super) fn read_flag(row: &QueryResult, column: &str) -> Result<bool> {
    Ok(read_signed(row, column)? != 0)
}

pub(super) fn read_bytes(row: &QueryResult, column: &str) -> Result<Vec<u8>> {
    Ok(row.try_get("", column)?)
}

pub(super) fn read_address(row: &QueryResult, column: &str) -> Result<Address> {
    Address::try_from(read_bytes(row, column)?.as_slice()).map_err(|_| corrupt(column))
}

pub(super) fn read_optional_address(row: &QueryResult, column: &str) -> Result<Option<Address>> {
    let bytes: Option<Vec<u8>> = row.try_get("", column)?;
    bytes
        .map(|bytes| Address::try_from(bytes.as_slice()).map_err(|_| corrupt(column)))
        .transpose()
}

pub(super) fn read_hash(row: &QueryResult, column: &str) -> Result<B256> {
    B256::try_from(read_bytes(row, column)?.as_slice()).map_err(|_| corrupt(column))
}

pub(super) fn read_amount(row: &QueryResult, column: &str) -> Result<U256> {
    U256::try_from_be_slice(&read_bytes(row, column)?).ok_or_else(|| corrupt(column))
}

pub(super) fn read_optional_amount(row: &QueryResult, column: &str) -> Result<Option<U256>> {
    let bytes: Option<Vec<u8>> = row.try_get("", column)?;
    bytes
        .map(|bytes| U256::try_from_be_slice(&bytes).ok_or_else(|| corrupt(column)))
        .transpose()
}

pub(super) fn read_text(row: &QueryResult, column: &str) -> Result<String> {
    Ok(row.try_get("", column)?)
}

pub(super) fn read_optional_text(row: &QueryResult, column: &str) -> Result<Option<String>> {
    Ok(row.try_get("", column)?)
}

pub(super) fn corrupt(column: &str) -> ExplorerError {
    ExplorerError::Corrupt(format!("a wrong value in {column}"))
}

/// A part of a list and whether there is more.
#[derive(Debug, Clone)]
pub(crate) struct Slice<T> {
    pub rows: Vec<T>,
    pub has_more: bool,
}

impl<T> Slice<T> {
    /// The key of the page after this one.
    pub(crate) fn next(&self, key: impl FnOnce(&T) -> String) -> Option<String> {
        self.rows.last().filter(|_| self.has_more).map(key)
    }

    /// Of rows that were read with one more than wanted.
    pub(super) fn of(mut rows: Vec<T>, wanted: u32) -> Self {
        let wanted = wanted as usize;
        let has_more = rows.len() > wanted;
        rows.truncate(wanted);
        Self { rows, has_more }
    }
}

/// The key after which a page begins: numbers and bytes, written `12-3-0xab`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cursor(Vec<String>);

impl Cursor {
    /// The key that a page asks to begin after.
    pub(crate) fn of(page: &PageRequest) -> Option<Self> {
        let after = page.after.as_deref()?;
        Some(Self(after.split('-').map(str::to_owned).collect()))
    }

    pub(crate) fn write(parts: &[&dyn std::fmt::Display]) -> String {
        let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        parts.join("-")
    }

    /// All parts as numbers.
    ///
    /// # Errors
    /// It is not a key of this list.
    pub(crate) fn numbers<const N: usize>(&self) -> Result<[u64; N]> {
        let numbers: Vec<u64> = self
            .0
            .iter()
            .map(|part| {
                part.parse()
                    .ok()
                    .filter(|number| *number <= i64::MAX as u64)
            })
            .collect::<Option<_>>()
            .ok_or_else(not_a_page)?;
        numbers.try_into().map_err(|_| not_a_page())
    }

    /// The part at that place as bytes.
    ///
    /// # Errors
    /// It is not a key of this list.
    pub(crate) fn bytes(&self, index: usize) -> Result<Vec<u8>> {
        let part = self.0.get(index).and_then(|part| part.strip_prefix("0x"));
        alloy_primitives::hex::decode(part.ok_or_else(not_a_page)?).map_err(|_| not_a_page())
    }

    /// The part at that place as a number.
    ///
    /// # Errors
    /// It is not a key of this list.
    pub(crate) fn number(&self, index: usize) -> Result<u64> {
        self.0
            .get(index)
            .and_then(|part| part.parse().ok())
            .filter(|number| *number <= i64::MAX as u64)
            .ok_or_else(not_a_page)
    }
}

fn not_a_page() -> ExplorerError {
    ExplorerError::Invalid("that page does not exist; begin with the first".to_owned())
}
