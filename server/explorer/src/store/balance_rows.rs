//! Balances of the chain's coin, for the ranking.

use alloy_primitives::{Address, U256};

use super::sql::{
    Cursor, Insert, Slice, all, bytes, flag, insert, number, one, read_address, read_amount,
    read_number, sortable,
};
use super::{Result, Store, Writing};

/// An address whose balance is to be asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DueBalance {
    pub address: Address,
    pub touched_block: u64,
}

/// An address that changed while its balance was asked for stays due.
const ANSWERED: Insert = Insert {
    into: "chain_balances (address, amount, touched_block, is_due)",
    columns: 4,
    conflict: "ON CONFLICT (address) DO UPDATE SET amount = excluded.amount,
        is_due = CASE WHEN chain_balances.touched_block <= excluded.touched_block
            THEN 0 ELSE 1 END",
};

impl Store {
    /// Addresses whose balance is to be asked for, at most `limit`.
    pub(crate) async fn due_balances(&self, limit: u64) -> Result<Vec<DueBalance>> {
        all(
            &self.database,
            "SELECT address, touched_block FROM chain_balances
             WHERE is_due = 1 ORDER BY address LIMIT ?",
            vec![number(limit)],
            |row| {
                Ok(DueBalance {
                    address: read_address(row, "address")?,
                    touched_block: read_number(row, "touched_block")?,
                })
            },
        )
        .await
    }

    /// The last known balance.
    pub(crate) async fn balance(&self, address: Address) -> Result<Option<U256>> {
        one(
            &self.database,
            "SELECT amount FROM chain_balances WHERE address = ?",
            vec![bytes(address)],
            |row| read_amount(row, "amount"),
        )
        .await
    }

    /// Addresses with more than nothing, richest first.
    pub(crate) async fn richest(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<(Address, U256)>> {
        let (filter, mut values) = match after {
            Some(after) => (
                " AND (amount, address) < (?, ?)",
                vec![bytes(after.bytes(0)?), bytes(after.bytes(1)?)],
            ),
            None => ("", Vec::new()),
        };
        values.insert(0, sortable(U256::ZERO));
        values.push(number(u64::from(limit) + 1));
        let sql = format!(
            "SELECT address, amount FROM chain_balances WHERE amount > ?{filter}
             ORDER BY amount DESC, address DESC LIMIT ?"
        );
        let rows = all(&self.database, &sql, values, |row| {
            Ok((read_address(row, "address")?, read_amount(row, "amount")?))
        })
        .await?;
        Ok(Slice::of(rows, limit))
    }
}

impl Writing {
    /// Balances as the node told them at `block_number`.
    pub(crate) async fn write_balances(
        &self,
        balances: Vec<(Address, U256)>,
        block_number: u64,
    ) -> Result<()> {
        let rows = balances.into_iter().map(|(address, amount)| {
            vec![
                bytes(address),
                sortable(amount),
                number(block_number),
                flag(false),
            ]
        });
        insert(&self.transaction, &ANSWERED, rows.collect()).await
    }
}
