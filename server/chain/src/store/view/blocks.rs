//! Reads blocks and what is found by their contents.

use std::ops::RangeInclusive;

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, U256};
use alloy_rlp::Decodable;

use crate::error::StoreError;
use crate::receipt::StoredReceipt;
use crate::store::page;
use crate::store::tables::{Table, from_place, log_key, place};
use crate::store::view::{View, exactly};
use crate::transaction::{self, Transaction};

impl View {
    /// A header of any branch, and the total difficulty up to and with it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn header(&self, hash: &B256) -> Result<Option<(Header, U256)>, StoreError> {
        let Some(row) = self.get(Table::Headers, hash.as_slice())? else {
            return Ok(None);
        };
        let (difficulty, mut rlp) = row
            .split_first_chunk::<32>()
            .ok_or_else(|| StoreError::Damaged(format!("header {hash}")))?;
        let header = Header::decode(&mut rlp)
            .map_err(|error| StoreError::damaged(&format!("header {hash}"), error))?;
        Ok(Some((header, U256::from_be_bytes(*difficulty))))
    }

    /// Hash of the block with this number on the branch in force.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn canonical(&self, number: u64) -> Result<Option<B256>, StoreError> {
        self.get(Table::Canonical, &number.to_be_bytes())?
            .map(|row| exactly(&row, "the hash of a block").map(B256::new))
            .transpose()
    }

    /// The newest block of the branch in force.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn tip(&self) -> Result<Option<(u64, B256)>, StoreError> {
        let (first, last) = (u64::MIN.to_be_bytes(), u64::MAX.to_be_bytes());
        let Some(newest) = self.rows(Table::Canonical, &first, &last).next_back() else {
            return Ok(None);
        };
        let (number, hash) = newest?;
        let number = u64::from_be_bytes(exactly(&number, "the number of a block")?);
        Ok(Some((
            number,
            exactly(&hash, "the hash of a block")?.into(),
        )))
    }

    /// RLP of a block that is not on the branch in force.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn side_block(&self, hash: &B256) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.get(Table::SideBlocks, hash.as_slice())?;
        Ok(row.map(|row| row.to_vec()))
    }

    /// The transaction at a place of the branch in force.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn transaction(&self, number: u64, index: u32) -> Result<Option<Transaction>, StoreError> {
        self.row_of_page(Table::Transactions, number, index, decode_transaction)
    }

    /// All transactions of a block of the branch in force.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn transactions(&self, number: u64) -> Result<Vec<Transaction>, StoreError> {
        self.rows_of_pages(Table::Transactions, number, decode_transaction)
    }

    /// How many transactions a block of the branch in force has.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn transactions_count(&self, number: u64) -> Result<u32, StoreError> {
        let (first, last) = (place(number, 0), place(number, u32::MAX));
        let Some(page) = self.rows(Table::Transactions, &first, &last).next_back() else {
            return Ok(0);
        };
        let (key, page) = page?;
        let (_, first_index) = from_place(&exactly(&key, "the place of a page")?);
        page::rows(&page).try_fold(first_index, |count, row| row.map(|_| count + 1))
    }

    /// The receipt at a place of the branch in force.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn receipt(&self, number: u64, index: u32) -> Result<Option<StoredReceipt>, StoreError> {
        self.row_of_page(Table::Receipts, number, index, decode_receipt)
    }

    /// All receipts of a block of the branch in force.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn receipts(&self, number: u64) -> Result<Vec<StoredReceipt>, StoreError> {
        self.rows_of_pages(Table::Receipts, number, decode_receipt)
    }

    /// Where a transaction is on the branch in force: block number and index.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn place_of(&self, transaction: &B256) -> Result<Option<(u64, u32)>, StoreError> {
        self.get(Table::Places, transaction.as_slice())?
            .map(|row| exactly(&row, "the place of a transaction").map(|key| from_place(&key)))
            .transpose()
    }

    /// Places (block number, index in the block) of logs under a tag, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn logs_under(
        &self,
        tag: u64,
        blocks: RangeInclusive<u64>,
    ) -> Result<impl Iterator<Item = Result<(u64, u32), StoreError>> + use<>, StoreError> {
        self.logs_under_from(tag, (*blocks.start(), 0), *blocks.end())
    }

    /// Places of logs under a tag, beginning with the one at or after `from`, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn logs_under_from(
        &self,
        tag: u64,
        from: (u64, u32),
        last_block: u64,
    ) -> Result<impl Iterator<Item = Result<(u64, u32), StoreError>> + use<>, StoreError> {
        let last = log_key(tag, last_block, u32::MAX);
        // The database knows no range that ends before it begins: one that would is empty.
        let first = log_key(tag, from.0, from.1).min(last);
        let is_empty = from.0 > last_block;
        let places = self.rows(Table::LogIndex, &first, &last).map(|entry| {
            let key: [u8; 20] = exactly(&entry?.0, "the key of a log")?;
            let (_, place) = key.split_at(8);
            Ok(from_place(&exactly(place, "the place of a log")?))
        });
        Ok(places.take(if is_empty { 0 } else { usize::MAX }))
    }

    /// The newest stored Clique snapshot of a block, as JSON.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn snapshot(&self, hash: &B256) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.get(Table::Snapshots, hash.as_slice())?;
        Ok(row.map(|row| row.to_vec()))
    }

    fn row_of_page<T>(
        &self,
        table: Table,
        number: u64,
        index: u32,
        decode: impl Fn(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let first_index = page::first_index(index);
        let Some(page) = self.get(table, &place(number, first_index))? else {
            return Ok(None);
        };
        page::row(&page, index - first_index)?
            .map(decode)
            .transpose()
    }

    fn rows_of_pages<T>(
        &self,
        table: Table,
        number: u64,
        decode: impl Fn(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let (first, last) = (place(number, 0), place(number, u32::MAX));
        let mut all = Vec::new();
        for page in self.rows(table, &first, &last) {
            for row in page::rows(&page?.1) {
                all.push(decode(row?)?);
            }
        }
        Ok(all)
    }
}

fn decode_transaction(row: &[u8]) -> Result<Transaction, StoreError> {
    let (sender, encoded) = row
        .split_first_chunk::<20>()
        .ok_or_else(|| StoreError::Damaged("a transaction".to_owned()))?;
    transaction::decode_recovered(encoded, Address::from(*sender))
        .map_err(|error| StoreError::damaged("a transaction", error))
}

fn decode_receipt(mut row: &[u8]) -> Result<StoredReceipt, StoreError> {
    StoredReceipt::decode(&mut row).map_err(|error| StoreError::damaged("a receipt", error))
}
