//! Blocks as they are in the index.

use alloy_primitives::{Address, B256, U256};
use sea_orm::QueryResult;
use types::Timestamp;
use types::explorer::BlockDetails;

use super::sql::{
    Cursor, Slice, all, bytes, corrupt, number, one, read_address, read_amount, read_hash,
    read_number, read_optional_amount, read_signed, read_text,
};
use super::{Result, Store};

/// A block with the rest of its header.
#[derive(Debug, Clone)]
pub(crate) struct StoredBlock {
    pub number: u64,
    pub hash: B256,
    pub timestamp: Timestamp,
    pub signer: Address,
    pub transactions: u64,
    pub gas_limit: u64,
    pub gas_used: u64,
    pub base_fee: Option<U256>,
    pub fees: U256,
    pub burnt: U256,
    pub details: BlockDetails,
}

impl Store {
    /// Blocks, newest first.
    pub(crate) async fn blocks(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<StoredBlock>> {
        let (filter, mut values) = match after {
            Some(after) => (
                "WHERE number < ?",
                after.numbers::<1>()?.map(number).to_vec(),
            ),
            None => ("", Vec::new()),
        };
        values.push(number(u64::from(limit) + 1));
        let sql = format!("SELECT * FROM chain_blocks {filter} ORDER BY number DESC LIMIT ?");
        let rows = all(&self.database, &sql, values, read_block).await?;
        Ok(Slice::of(rows, limit))
    }

    pub(crate) async fn block_by_number(&self, block_number: u64) -> Result<Option<StoredBlock>> {
        one(
            &self.database,
            "SELECT * FROM chain_blocks WHERE number = ?",
            vec![number(block_number)],
            read_block,
        )
        .await
    }

    pub(crate) async fn block_by_hash(&self, hash: B256) -> Result<Option<StoredBlock>> {
        one(
            &self.database,
            "SELECT * FROM chain_blocks WHERE hash = ?",
            vec![bytes(hash)],
            read_block,
        )
        .await
    }

    /// The hash that the index has for a block.
    pub(crate) async fn block_hash(&self, block_number: u64) -> Result<Option<B256>> {
        one(
            &self.database,
            "SELECT hash FROM chain_blocks WHERE number = ?",
            vec![number(block_number)],
            |row| read_hash(row, "hash"),
        )
        .await
    }
}

fn read_block(row: &QueryResult) -> Result<StoredBlock> {
    Ok(StoredBlock {
        number: read_number(row, "number")?,
        hash: read_hash(row, "hash")?,
        timestamp: Timestamp(read_signed(row, "timestamp")?),
        signer: read_address(row, "signer")?,
        transactions: read_number(row, "transactions")?,
        gas_limit: read_number(row, "gas_limit")?,
        gas_used: read_number(row, "gas_used")?,
        base_fee: read_optional_amount(row, "base_fee")?,
        fees: read_amount(row, "fees")?,
        burnt: read_amount(row, "burnt")?,
        details: serde_json::from_str(&read_text(row, "details")?)
            .map_err(|_| corrupt("details"))?,
    })
}
