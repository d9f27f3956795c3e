//! Addresses: counters, and who created them.

use alloy_primitives::map::HashSet;
use alloy_primitives::{Address, B256};
use sea_orm::QueryResult;
use types::Timestamp;

use super::sql::{all_of, bytes, keys, one, read_address, read_hash, read_number, read_signed};
use super::{Result, Store};

/// Counters of an address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AccountRow {
    pub transactions: u64,
    pub sent: u64,
    pub token_transfers: u64,
    pub signed_blocks: u64,
    pub first_block: u64,
    pub first_at: Timestamp,
    pub last_block: u64,
    pub last_at: Timestamp,
}

/// How a contract came to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CreationRow {
    pub creator: Address,
    pub transaction: B256,
    pub block_number: u64,
    pub timestamp: Timestamp,
}

impl Store {
    pub(crate) async fn account(&self, address: Address) -> Result<Option<AccountRow>> {
        one(
            &self.database,
            "SELECT * FROM chain_accounts WHERE address = ?",
            vec![bytes(address)],
            read_account,
        )
        .await
    }

    /// How many transactions each address took part in; addresses without any are left out.
    pub(crate) async fn transaction_counts(
        &self,
        addresses: Vec<Address>,
    ) -> Result<Vec<(Address, u64)>> {
        all_of(
            &self.database,
            "SELECT address, transactions FROM chain_accounts WHERE address IN ",
            keys(addresses),
            |row| {
                Ok((
                    read_address(row, "address")?,
                    read_number(row, "transactions")?,
                ))
            },
        )
        .await
    }

    /// How the contract of an address came to be; the newest, where it was made again.
    pub(crate) async fn creation(&self, address: Address) -> Result<Option<CreationRow>> {
        one(
            &self.database,
            "SELECT c.creator, c.block_number, t.hash, b.timestamp FROM chain_creations c
             JOIN chain_transactions t ON t.block_number = c.block_number AND t.place = c.place
             JOIN chain_blocks b ON b.number = c.block_number
             WHERE c.address = ? ORDER BY c.block_number DESC, c.place DESC LIMIT 1",
            vec![bytes(address)],
            |row| {
                Ok(CreationRow {
                    creator: read_address(row, "creator")?,
                    transaction: read_hash(row, "hash")?,
                    block_number: read_number(row, "block_number")?,
                    timestamp: Timestamp(read_signed(row, "timestamp")?),
                })
            },
        )
        .await
    }

    /// Those of the addresses that were created as contracts.
    pub(crate) async fn contracts_among(
        &self,
        addresses: Vec<Address>,
    ) -> Result<HashSet<Address>> {
        let rows = all_of(
            &self.database,
            "SELECT address FROM chain_creations WHERE address IN ",
            keys(addresses),
            |row| read_address(row, "address"),
        )
        .await?;
        Ok(rows.into_iter().collect())
    }
}

fn read_account(row: &QueryResult) -> Result<AccountRow> {
    Ok(AccountRow {
        transactions: read_number(row, "transactions")?,
        sent: read_number(row, "sent")?,
        token_transfers: read_number(row, "token_transfers")?,
        signed_blocks: read_number(row, "signed_blocks")?,
        first_block: read_number(row, "first_block")?,
        first_at: Timestamp(read_signed(row, "first_at")?),
        last_block: read_number(row, "last_block")?,
        last_at: Timestamp(read_signed(row, "last_at")?),
    })
}
