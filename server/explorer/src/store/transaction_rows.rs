//! Transactions as they are in the index.

use alloy_primitives::{Address, B256, U256};
use sea_orm::{QueryResult, Value};
use types::Timestamp;

use super::sql::{
    Cursor, Slice, all, bytes, number, one, read_address, read_amount, read_flag, read_hash,
    read_number, read_optional_address, read_optional_amount, read_signed,
};
use super::{Result, Store};

/// A transaction with what its page needs of its block.
#[derive(Debug, Clone)]
pub(crate) struct StoredTransaction {
    pub block_number: u64,
    pub place: u64,
    pub hash: B256,
    pub sender: Address,
    pub recipient: Option<Address>,
    pub created: Option<Address>,
    pub nonce: u64,
    pub value: U256,
    pub gas_limit: u64,
    pub gas_used: u64,
    pub fee: U256,
    pub gas_price: U256,
    pub max_fee: Option<U256>,
    pub max_tip: Option<U256>,
    pub kind: u64,
    pub succeeded: bool,
    pub selector: Option<Vec<u8>>,
    pub logs: u64,
    pub timestamp: Timestamp,
    pub block_hash: B256,
    pub base_fee: Option<U256>,
}

/// A transaction and its block; a condition follows.
const SELECT: &str = "SELECT t.*, b.timestamp, b.hash AS block_hash, b.base_fee
    FROM chain_transactions t JOIN chain_blocks b ON b.number = t.block_number";

impl Store {
    /// All transactions, newest first.
    pub(crate) async fn transactions(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<StoredTransaction>> {
        let (filter, mut values) = match after {
            Some(after) => (
                "WHERE (t.block_number, t.place) < (?, ?)",
                after.numbers::<2>()?.map(number).to_vec(),
            ),
            None => ("", Vec::new()),
        };
        values.push(number(u64::from(limit) + 1));
        let sql = format!("{SELECT} {filter} ORDER BY t.block_number DESC, t.place DESC LIMIT ?");
        self.transaction_slice(&sql, values, limit).await
    }

    /// The transactions of a block in their order.
    pub(crate) async fn block_transactions(
        &self,
        block_number: u64,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<StoredTransaction>> {
        let (filter, mut values) = match after {
            Some(after) => (
                "AND t.place > ?",
                after.numbers::<1>()?.map(number).to_vec(),
            ),
            None => ("", Vec::new()),
        };
        values.insert(0, number(block_number));
        values.push(number(u64::from(limit) + 1));
        let sql = format!("{SELECT} WHERE t.block_number = ? {filter} ORDER BY t.place LIMIT ?");
        self.transaction_slice(&sql, values, limit).await
    }

    /// Transactions of an address, newest first.
    pub(crate) async fn address_transactions(
        &self,
        address: Address,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<StoredTransaction>> {
        let (filter, mut values) = match after {
            Some(after) => (
                " AND (block_number, place) < (?, ?)",
                after.numbers::<2>()?.map(number).to_vec(),
            ),
            None => ("", Vec::new()),
        };
        values.insert(0, bytes(address));
        values.push(number(u64::from(limit) + 1));
        // The page is cut from the list alone; only its rows are looked up.
        let sql = format!(
            "SELECT t.*, b.timestamp, b.hash AS block_hash, b.base_fee FROM (
                SELECT block_number, place FROM chain_address_transactions
                WHERE address = ?{filter} ORDER BY block_number DESC, place DESC LIMIT ?) l
             JOIN chain_transactions t ON t.block_number = l.block_number AND t.place = l.place
             JOIN chain_blocks b ON b.number = l.block_number
             ORDER BY t.block_number DESC, t.place DESC"
        );
        self.transaction_slice(&sql, values, limit).await
    }

    pub(crate) async fn transaction(&self, hash: B256) -> Result<Option<StoredTransaction>> {
        one(
            &self.database,
            &format!("{SELECT} WHERE t.hash = ?"),
            vec![bytes(hash)],
            read_transaction,
        )
        .await
    }

    pub(crate) async fn transaction_by_nonce(
        &self,
        sender: Address,
        nonce: u64,
    ) -> Result<Option<StoredTransaction>> {
        one(
            &self.database,
            &format!("{SELECT} WHERE t.sender = ? AND t.nonce = ?"),
            vec![bytes(sender), number(nonce)],
            read_transaction,
        )
        .await
    }

    /// The hash of the sender's transaction of that nonce.
    pub(crate) async fn hash_by_nonce(&self, sender: Address, nonce: u64) -> Result<Option<B256>> {
        one(
            &self.database,
            "SELECT hash FROM chain_transactions WHERE sender = ? AND nonce = ?",
            vec![bytes(sender), number(nonce)],
            |row| read_hash(row, "hash"),
        )
        .await
    }

    async fn transaction_slice(
        &self,
        sql: &str,
        values: Vec<Value>,
        limit: u32,
    ) -> Result<Slice<StoredTransaction>> {
        let rows = all(&self.database, sql, values, read_transaction).await?;
        Ok(Slice::of(rows, limit))
    }
}

fn read_transaction(row: &QueryResult) -> Result<StoredTransaction> {
    Ok(StoredTransaction {
        block_number: read_number(row, "block_number")?,
        place: read_number(row, "place")?,
        hash: read_hash(row, "hash")?,
        sender: read_address(row, "sender")?,
        recipient: read_optional_address(row, "recipient")?,
        created: read_optional_address(row, "created")?,
        nonce: read_number(row, "nonce")?,
        value: read_amount(row, "value")?,
        gas_limit: read_number(row, "gas_limit")?,
        gas_used: read_number(row, "gas_used")?,
        fee: read_amount(row, "fee")?,
        gas_price: read_amount(row, "gas_price")?,
        max_fee: read_optional_amount(row, "max_fee")?,
        max_tip: read_optional_amount(row, "max_tip")?,
        kind: read_number(row, "kind")?,
        succeeded: read_flag(row, "succeeded")?,
        selector: row.try_get("", "selector")?,
        logs: read_number(row, "logs")?,
        timestamp: Timestamp(read_signed(row, "timestamp")?),
        block_hash: read_hash(row, "block_hash")?,
        base_fee: read_optional_amount(row, "base_fee")?,
    })
}
