//! Writes a draft: everything, or nothing.

use std::borrow::Borrow;
use alloy_primitives::U256;
use alloy_rlp::Encodable;
use redb::{Key, Table, WriteTransaction};

use crate::draft::{AppliedBlock, Draft};
use crate::error::StoreError;
use crate::store::log_tags;
use crate::store::tables::{
    ACCOUNT_HISTORY, ACCOUNT_STEMS, ACCOUNTS, CANONICAL, CHANGED_KEYS, CODES, FACT_OLDEST_STATE,
    FACTS, HEADERS, LOG_INDEX, PLACES, RECEIPTS, SIDE_BLOCKS, SLOT_HISTORY, SLOT_STEMS, SLOTS,
    SNAPSHOTS, TRANSACTIONS, log_key, place,
};
use crate::store::view::{encode_transaction, slot_stem_key};
use crate::trie::{Stem, path_key};

/// Makes every table, so that readers find them.
pub(super) fn create_tables(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.open_table(ACCOUNTS)?;
    transaction.open_table(SLOTS)?;
    transaction.open_table(CODES)?;
    transaction.open_table(ACCOUNT_STEMS)?;
    transaction.open_table(SLOT_STEMS)?;
    transaction.open_table(ACCOUNT_HISTORY)?;
    transaction.open_table(SLOT_HISTORY)?;
    transaction.open_table(CHANGED_KEYS)?;
    transaction.open_table(HEADERS)?;
    transaction.open_table(CANONICAL)?;
    transaction.open_table(SIDE_BLOCKS)?;
    transaction.open_table(TRANSACTIONS)?;
    transaction.open_table(RECEIPTS)?;
    transaction.open_table(PLACES)?;
    transaction.open_table(LOG_INDEX)?;
    transaction.open_table(SNAPSHOTS)?;
    transaction.open_table(FACTS)?;
    Ok(())
}

/// Writes all changes of a draft.
pub(super) fn write(draft: &Draft, transaction: &WriteTransaction) -> Result<(), StoreError> {
    write_state(draft, transaction)?;
    write_history(draft, transaction)?;
    for applied in &draft.removed {
        remove_block(applied, transaction)?;
    }
    add_blocks(draft, transaction)?;
    write_chain(draft, transaction)
}

fn write_state(draft: &Draft, transaction: &WriteTransaction) -> Result<(), StoreError> {
    let mut accounts = transaction.open_table(ACCOUNTS)?;
    for (key, row) in &draft.accounts {
        set(&mut accounts, key, row.as_deref())?;
    }
    let mut slots = transaction.open_table(SLOTS)?;
    for (key, row) in &draft.slots {
        set(&mut slots, key, row.as_deref())?;
    }
    let mut codes = transaction.open_table(CODES)?;
    for (hash, code) in &draft.codes {
        codes.insert(&hash.0, code.as_slice())?;
    }
    let stems = draft.account_stems.iter();
    write_stems(
        &mut transaction.open_table(ACCOUNT_STEMS)?,
        stems.map(|(path, stem)| (path_key(path).as_ref().to_vec(), stem)),
    )?;
    let stems = draft.slot_stems.iter();
    write_stems(
        &mut transaction.open_table(SLOT_STEMS)?,
        stems.map(|((account, path), stem)| (slot_stem_key(account, path), stem)),
    )
}

/// Neighbours are written one after the other: a tree of pages likes that.
fn write_stems<'a>(
    table: &mut Table<'_, &'static [u8], &'static [u8]>,
    stems: impl Iterator<Item = (Vec<u8>, &'a Option<Box<Stem>>)>,
) -> Result<(), StoreError> {
    let mut stems: Vec<_> = stems.collect();
    stems.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    for (key, stem) in stems {
        match stem {
            Some(stem) => table.insert(key.as_slice(), stem.encode().as_slice())?,
            None => table.remove(key.as_slice())?,
        };
    }
    Ok(())
}

fn write_history(draft: &Draft, transaction: &WriteTransaction) -> Result<(), StoreError> {
    let mut accounts = transaction.open_table(ACCOUNT_HISTORY)?;
    for (key, row) in &draft.account_history {
        set(&mut accounts, key, row.as_deref())?;
    }
    let mut slots = transaction.open_table(SLOT_HISTORY)?;
    for (key, row) in &draft.slot_history {
        set(&mut slots, key, row.as_deref())?;
    }
    let mut changed = transaction.open_table(CHANGED_KEYS)?;
    for (block, keys) in &draft.changed_keys {
        match keys {
            Some(keys) => changed.insert(block, keys.encode().as_slice())?,
            None => changed.remove(block)?,
        };
    }
    if let Some(oldest) = draft.oldest_state {
        let mut facts = transaction.open_table(FACTS)?;
        facts.insert(FACT_OLDEST_STATE, oldest.to_be_bytes().as_slice())?;
    }
    Ok(())
}

fn remove_block(applied: &AppliedBlock, transaction: &WriteTransaction) -> Result<(), StoreError> {
    let number = applied.block.number();
    let mut transactions = transaction.open_table(TRANSACTIONS)?;
    let mut receipts = transaction.open_table(RECEIPTS)?;
    let mut places = transaction.open_table(PLACES)?;
    let mut log_index = transaction.open_table(LOG_INDEX)?;
    for (index, entry) in (0_u32..).zip(&applied.block.transactions) {
        let place = place(number, index);
        transactions.remove(&place)?;
        receipts.remove(&place)?;
        places.remove(&entry.hash().0)?;
    }
    for key in log_keys(applied) {
        log_index.remove(&key)?;
    }
    Ok(())
}

fn add_blocks(draft: &Draft, transaction: &WriteTransaction) -> Result<(), StoreError> {
    let mut transactions = transaction.open_table(TRANSACTIONS)?;
    let mut receipts = transaction.open_table(RECEIPTS)?;
    let mut new_places = Vec::new();
    let mut new_log_keys = Vec::new();
    let mut encoded = Vec::new();
    for applied in &draft.added {
        let number = applied.block.number();
        let outcomes = applied.block.transactions.iter().zip(&applied.receipts);
        for (index, (entry, receipt)) in (0_u32..).zip(outcomes) {
            let place = place(number, index);
            transactions.insert(&place, encode_transaction(entry).as_slice())?;
            encoded.clear();
            receipt.encode(&mut encoded);
            receipts.insert(&place, encoded.as_slice())?;
            new_places.push((entry.hash().0, place));
        }
        new_log_keys.extend(log_keys(applied));
    }
    new_places.sort_unstable();
    let mut places = transaction.open_table(PLACES)?;
    for (hash, place) in &new_places {
        places.insert(hash, place)?;
    }
    new_log_keys.sort_unstable();
    let mut log_index = transaction.open_table(LOG_INDEX)?;
    for key in &new_log_keys {
        log_index.insert(key, ())?;
    }
    Ok(())
}

fn log_keys(applied: &AppliedBlock) -> impl Iterator<Item = [u8; 20]> + '_ {
    let number = applied.block.number();
    let logs = applied.receipts.iter().flat_map(|receipt| &receipt.logs);
    (0_u32..).zip(logs).flat_map(move |(index, log)| {
        log_tags::tags(log).map(move |tag| log_key(tag, number, index))
    })
}

fn write_chain(draft: &Draft, transaction: &WriteTransaction) -> Result<(), StoreError> {
    let mut headers = transaction.open_table(HEADERS)?;
    for (hash, (header, total_difficulty)) in &draft.headers {
        headers.insert(&hash.0, header_row(header, *total_difficulty).as_slice())?;
    }
    let mut canonical = transaction.open_table(CANONICAL)?;
    for (number, hash) in &draft.canonical {
        match hash {
            Some(hash) => canonical.insert(number, &hash.0)?,
            None => canonical.remove(number)?,
        };
    }
    let mut side_blocks = transaction.open_table(SIDE_BLOCKS)?;
    for (hash, row) in &draft.side_blocks {
        set(&mut side_blocks, &hash.0, row.as_deref())?;
    }
    let mut snapshots = transaction.open_table(SNAPSHOTS)?;
    for (hash, snapshot) in &draft.snapshots {
        let json = serde_json::to_vec(snapshot)
            .map_err(|error| StoreError::damaged("a Clique snapshot", error))?;
        snapshots.insert(&hash.0, json.as_slice())?;
    }
    Ok(())
}

fn header_row(header: &alloy_consensus::Header, total_difficulty: U256) -> Vec<u8> {
    let mut row = Vec::with_capacity(32 + header.length());
    row.extend_from_slice(&total_difficulty.to_be_bytes::<32>());
    header.encode(&mut row);
    row
}

fn set<K: Key + 'static>(
    table: &mut Table<'_, K, &'static [u8]>,
    key: impl for<'k> Borrow<K::SelfType<'k>>,
    row: Option<&[u8]>,
) -> Result<(), StoreError> {
    match row {
        Some(row) => table.insert(key, row)?,
        None => table.remove(key)?,
    };
    Ok(())
}
