//! Writes a draft: everything, or nothing.

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::U256;
use alloy_rlp::Encodable;
use fjall::{Database, OwnedWriteBatch, PersistMode};
use rayon::prelude::*;

use crate::draft::{AppliedBlock, Draft};
use crate::error::StoreError;
use crate::store::tables::{COMMIT_KEY, FACT_OLDEST_STATE, Table, Tables, log_key, place};
use crate::store::view::{ChangedRows, Row, slot_stem_key};
use crate::store::{log_tags, page};
use crate::transaction::Transaction;
use crate::trie::{Stem, path_key};

/// Rows that are written together.
pub(super) struct Rows<'a> {
    batch: OwnedWriteBatch,
    tables: &'a Tables,
}

impl<'a> Rows<'a> {
    /// The rows of this commit: none but its number in every table.
    pub(super) fn new(database: &Database, tables: &'a Tables, commit: u64) -> Self {
        let mut rows = Self {
            batch: database.batch().durability(Some(PersistMode::SyncAll)),
            tables,
        };
        for table in Table::ALL {
            rows.set(table, &COMMIT_KEY, Some(&commit.to_be_bytes()));
        }
        rows
    }

    /// Puts a row in place, or takes it away.
    pub(super) fn set(&mut self, table: Table, key: &[u8], row: Option<&[u8]>) {
        let keyspace = self.tables.of(table);
        match row {
            Some(row) => self.batch.insert(keyspace, key, row),
            None => self.batch.remove(keyspace, key),
        }
    }

    /// Returns when all is on the disk.
    pub(super) fn commit(self) -> fjall::Result<()> {
        self.batch.commit()
    }
}

/// Writes all changes of a draft. Rows are written in the order of their keys, which the sorted
/// tables in memory like.
pub(super) fn write(draft: &Draft, rows: &mut Rows<'_>) -> Result<ChangedRows, StoreError> {
    let changed = write_state(draft, rows);
    write_history(draft, rows);
    // What is removed first may be added again, by another block or at another place.
    for applied in &draft.removed {
        remove_block(applied, rows);
    }
    add_blocks(draft, rows);
    write_chain(draft, rows)?;
    Ok(changed)
}

fn write_state(draft: &Draft, rows: &mut Rows<'_>) -> ChangedRows {
    let mut changed = ChangedRows::default();
    for (key, row) in &draft.accounts {
        rows.set(Table::Accounts, key, row.as_deref());
        changed
            .accounts
            .push((*key, row.as_deref().map(Into::into)));
    }
    for (key, row) in &draft.slots {
        rows.set(Table::Slots, key, row.as_deref());
    }
    for (hash, code) in &draft.codes {
        rows.set(Table::Codes, hash.as_slice(), Some(code));
    }
    let mut stems: Vec<_> = draft.account_stems.iter().collect();
    stems.par_sort_unstable_by_key(|(path, _)| (path.len(), **path));
    changed.account_stems = encoded(&stems);
    for (path, row) in &changed.account_stems {
        rows.set(Table::AccountStems, path_key(path).as_ref(), row.as_deref());
    }
    let mut stems: Vec<_> = draft.slot_stems.iter().collect();
    stems.par_sort_unstable_by_key(|((account, path), _)| (*account, path.len(), *path));
    changed.slot_stems = encoded(&stems);
    for ((account, path), row) in &changed.slot_stems {
        rows.set(
            Table::SlotStems,
            &slot_stem_key(account, path),
            row.as_deref(),
        );
    }
    changed
}

/// Fewer branches than this are encoded sooner than they are shared out.
const ENCODED_AT_ONCE_MIN: usize = 256;

fn encoded<K: Copy + Send + Sync>(stems: &[(&K, &Option<Box<Stem>>)]) -> Vec<(K, Row)> {
    stems
        .par_iter()
        .with_min_len(ENCODED_AT_ONCE_MIN)
        .map(|(place, stem)| (**place, stem.as_ref().map(|stem| stem.encode().into())))
        .collect()
}

fn write_history(draft: &Draft, rows: &mut Rows<'_>) {
    for (key, row) in &draft.account_history {
        rows.set(Table::AccountHistory, key, row.as_deref());
    }
    for (key, row) in &draft.slot_history {
        rows.set(Table::SlotHistory, key, row.as_deref());
    }
    for (block, keys) in &draft.changed_keys {
        let row = keys.as_ref().map(|keys| keys.encode());
        rows.set(Table::ChangedKeys, &block.to_be_bytes(), row.as_deref());
    }
    if let Some(oldest) = draft.oldest_state {
        let name = FACT_OLDEST_STATE.as_bytes();
        rows.set(Table::Facts, name, Some(&oldest.to_be_bytes()));
    }
}

fn add_blocks(draft: &Draft, rows: &mut Rows<'_>) {
    let mut places = Vec::new();
    let mut log_index = Vec::new();
    for applied in &draft.added {
        let number = applied.block.number();
        let transactions = &applied.block.transactions;
        write_pages(
            rows,
            Table::Transactions,
            number,
            transactions,
            encode_transaction,
        );
        write_pages(rows, Table::Receipts, number, &applied.receipts, |it| {
            alloy_rlp::encode(it)
        });
        let hashes = transactions.iter().map(|transaction| transaction.hash());
        places.extend(
            (0..)
                .zip(hashes)
                .map(|(index, hash)| (hash, place(number, index))),
        );
        log_index.extend(log_keys(applied));
    }
    places.sort_unstable();
    for (hash, place) in &places {
        rows.set(Table::Places, hash.as_slice(), Some(place));
    }
    log_index.sort_unstable();
    for key in &log_index {
        rows.set(Table::LogIndex, key, Some(&[]));
    }
}

fn remove_block(applied: &AppliedBlock, rows: &mut Rows<'_>) {
    let number = applied.block.number();
    let transactions = &applied.block.transactions;
    for index in (0..)
        .step_by(page::ROWS_MAX as usize)
        .take(pages_count(transactions))
    {
        rows.set(Table::Transactions, &place(number, index), None);
        rows.set(Table::Receipts, &place(number, index), None);
    }
    for transaction in transactions {
        rows.set(Table::Places, transaction.hash().as_slice(), None);
    }
    for key in log_keys(applied) {
        rows.set(Table::LogIndex, &key, None);
    }
}

fn write_pages<T>(
    rows: &mut Rows<'_>,
    table: Table,
    number: u64,
    all: &[T],
    encode: impl Fn(&T) -> Vec<u8>,
) {
    for (index, some) in (0..)
        .step_by(page::ROWS_MAX as usize)
        .zip(all.chunks(page::ROWS_MAX as usize))
    {
        let encoded: Vec<Vec<u8>> = some.iter().map(&encode).collect();
        let page = page::encode(encoded.iter().map(Vec::as_slice));
        rows.set(table, &place(number, index), Some(&page));
    }
}

fn pages_count(transactions: &[Transaction]) -> usize {
    transactions.len().div_ceil(page::ROWS_MAX as usize)
}

fn log_keys(applied: &AppliedBlock) -> impl Iterator<Item = [u8; 20]> + '_ {
    let number = applied.block.number();
    let logs = applied.receipts.iter().flat_map(|receipt| &receipt.logs);
    (0_u32..).zip(logs).flat_map(move |(index, log)| {
        log_tags::tags(log).map(move |tag| log_key(tag, number, index))
    })
}

fn write_chain(draft: &Draft, rows: &mut Rows<'_>) -> Result<(), StoreError> {
    for (hash, (header, total_difficulty)) in &draft.headers {
        let row = header_row(header, *total_difficulty);
        rows.set(Table::Headers, hash.as_slice(), Some(&row));
    }
    for (number, hash) in &draft.canonical {
        let row = hash.as_ref().map(|hash| hash.as_slice());
        rows.set(Table::Canonical, &number.to_be_bytes(), row);
    }
    for (hash, row) in &draft.side_blocks {
        rows.set(Table::SideBlocks, hash.as_slice(), row.as_deref());
    }
    for (hash, snapshot) in &draft.snapshots {
        let json = serde_json::to_vec(snapshot)
            .map_err(|error| StoreError::damaged("a Clique snapshot", error))?;
        rows.set(Table::Snapshots, hash.as_slice(), Some(&json));
    }
    Ok(())
}

fn header_row(header: &alloy_consensus::Header, total_difficulty: U256) -> Vec<u8> {
    let mut row = Vec::with_capacity(32 + header.length());
    row.extend_from_slice(&total_difficulty.to_be_bytes::<32>());
    header.encode(&mut row);
    row
}

/// Sender ‖ EIP-2718 encoding: reading a block back needs no elliptic curve.
fn encode_transaction(transaction: &Transaction) -> Vec<u8> {
    let envelope = transaction.envelope();
    let mut bytes = Vec::with_capacity(20 + envelope.encode_2718_len());
    bytes.extend_from_slice(transaction.sender().as_slice());
    envelope.encode_2718(&mut bytes);
    bytes
}
