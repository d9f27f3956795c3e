//! Calls between contracts.

use alloy_primitives::map::HashMap;
use alloy_primitives::{Address, B256, U256};
use sea_orm::QueryResult;
use types::Timestamp;
use types::explorer::CallKind;

use super::aggregate_rows::load_totals;
use super::sql::{
    Cursor, Insert, Slice, all, all_of, bytes, corrupt, execute, insert, keys, number, one,
    read_address, read_amount, read_flag, read_hash, read_number, read_optional_address,
    read_signed,
};
use super::{Result, Store, Writing};
use crate::aggregate::Totals;
use crate::trace::{AccountCalls, CallImages};

/// The totals of this section: contracts that contracts created.
pub(super) const TOTALS_OF_CALLS: &str = "calls";

const ACCOUNT_CALLS: Insert = Insert {
    into: "chain_account_calls (address, calls)",
    columns: 2,
    conflict: "ON CONFLICT (address) DO UPDATE SET calls = excluded.calls",
};

/// A call with its transaction.
#[derive(Debug, Clone)]
pub(crate) struct StoredCall {
    pub block_number: u64,
    pub place: u64,
    pub call_index: u64,
    pub timestamp: Timestamp,
    pub transaction: B256,
    pub kind: CallKind,
    pub sender: Address,
    pub recipient: Option<Address>,
    pub value: U256,
    pub is_effective: bool,
}

/// Hashes of the transactions of one block.
pub(crate) struct TracedBlock {
    pub hash: B256,
    pub transactions: Vec<B256>,
}

impl Store {
    /// Calls in which an address took part, newest first.
    pub(crate) async fn address_calls(
        &self,
        address: Address,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<StoredCall>> {
        let (filter, mut values) = match after {
            Some(after) => (
                " AND (l.block_number, l.place, l.call_index) < (?, ?, ?)",
                after.numbers::<3>()?.map(number).to_vec(),
            ),
            None => ("", Vec::new()),
        };
        values.insert(0, bytes(address));
        values.push(number(u64::from(limit) + 1));
        let sql = format!(
            "SELECT c.*, t.hash, b.timestamp FROM (
                SELECT block_number, place, call_index FROM chain_address_calls l
                WHERE address = ?{filter}
                ORDER BY block_number DESC, place DESC, call_index DESC LIMIT ?) l
             JOIN chain_calls c ON c.block_number = l.block_number AND c.place = l.place
                AND c.call_index = l.call_index
             JOIN chain_transactions t ON t.block_number = l.block_number AND t.place = l.place
             JOIN chain_blocks b ON b.number = l.block_number
             ORDER BY c.block_number DESC, c.place DESC, c.call_index DESC"
        );
        let rows = all(&self.database, &sql, values, read_call).await?;
        Ok(Slice::of(rows, limit))
    }

    /// How many calls an address took part in.
    pub(crate) async fn account_calls(&self, address: Address) -> Result<u64> {
        let calls = one(
            &self.database,
            "SELECT calls FROM chain_account_calls WHERE address = ?",
            vec![bytes(address)],
            |row| read_number(row, "calls"),
        )
        .await?;
        Ok(calls.unwrap_or_default())
    }

    /// What of a block is to be traced.
    pub(crate) async fn traced_block(&self, block_number: u64) -> Result<Option<TracedBlock>> {
        let Some(hash) = one(
            &self.database,
            "SELECT hash FROM chain_blocks WHERE number = ?",
            vec![number(block_number)],
            |row| read_hash(row, "hash"),
        )
        .await?
        else {
            return Ok(None);
        };
        let transactions = all(
            &self.database,
            "SELECT hash FROM chain_transactions WHERE block_number = ? ORDER BY place",
            vec![number(block_number)],
            |row| read_hash(row, "hash"),
        )
        .await?;
        Ok(Some(TracedBlock { hash, transactions }))
    }
}

impl Writing {
    /// The hash that the index has for a block now.
    pub(crate) async fn indexed_hash(&self, block_number: u64) -> Result<Option<B256>> {
        one(
            &self.transaction,
            "SELECT hash FROM chain_blocks WHERE number = ?",
            vec![number(block_number)],
            |row| read_hash(row, "hash"),
        )
        .await
    }

    pub(crate) async fn load_account_calls(
        &self,
        addresses: Vec<Address>,
    ) -> Result<HashMap<Address, AccountCalls>> {
        let rows = all_of(
            &self.transaction,
            "SELECT address, calls FROM chain_account_calls WHERE address IN ",
            keys(addresses),
            |row| {
                let calls = read_number(row, "calls")?;
                Ok((read_address(row, "address")?, AccountCalls { calls }))
            },
        )
        .await?;
        Ok(rows.into_iter().collect())
    }

    pub(crate) async fn write_account_calls(
        &self,
        accounts: Vec<(Address, AccountCalls)>,
    ) -> Result<()> {
        let rows = accounts
            .into_iter()
            .map(|(address, account)| vec![bytes(address), number(account.calls)]);
        insert(&self.transaction, &ACCOUNT_CALLS, rows.collect()).await
    }

    /// Contracts that contracts created.
    pub(crate) async fn internal_contracts(&self) -> Result<u64> {
        let totals = load_totals(&self.transaction, TOTALS_OF_CALLS).await?;
        Ok(totals.unwrap_or_default().contracts)
    }

    pub(crate) async fn set_internal_contracts(&self, contracts: u64) -> Result<()> {
        let totals = Totals {
            contracts,
            ..Totals::default()
        };
        self.write_totals_of(TOTALS_OF_CALLS, &totals).await
    }

    /// Puts the counters back to what they were. A count of none is no row.
    pub(super) async fn restore_calls(&self, images: CallImages) -> Result<()> {
        let (none, some): (Vec<_>, Vec<_>) = images
            .accounts
            .into_iter()
            .partition(|(_, account)| account.calls == 0);
        for (address, _) in none {
            let sql = "DELETE FROM chain_account_calls WHERE address = ?";
            execute(&self.transaction, sql, vec![bytes(address)]).await?;
        }
        self.write_account_calls(some).await?;
        self.set_internal_contracts(images.contracts).await
    }
}

fn read_call(row: &QueryResult) -> Result<StoredCall> {
    let kind = usize::try_from(read_number(row, "kind")?)
        .ok()
        .and_then(|kind| CallKind::ALL.get(kind).copied());
    Ok(StoredCall {
        block_number: read_number(row, "block_number")?,
        place: read_number(row, "place")?,
        call_index: read_number(row, "call_index")?,
        timestamp: Timestamp(read_signed(row, "timestamp")?),
        transaction: read_hash(row, "hash")?,
        kind: kind.ok_or_else(|| corrupt("kind"))?,
        sender: read_address(row, "sender")?,
        recipient: read_optional_address(row, "recipient")?,
        value: read_amount(row, "value")?,
        is_effective: read_flag(row, "is_effective")?,
    })
}
