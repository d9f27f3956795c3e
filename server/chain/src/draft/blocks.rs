//! The blocks of the draft: which are known, which are on the branch in force.

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_primitives::{B256, U256};

use crate::block::Block;
use crate::draft::{AppliedBlock, Draft};
use crate::error::StoreError;

impl Draft {
    /// A header of any branch, and the total difficulty up to and with it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn header(&self, hash: &B256) -> Result<Option<(Header, U256)>, StoreError> {
        match self.headers.get(hash) {
            Some(known) => Ok(Some(known.clone())),
            None => self.view.header(hash),
        }
    }

    /// Hash of the block with this number on the branch in force.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn canonical(&self, number: u64) -> Result<Option<B256>, StoreError> {
        match self.canonical.get(&number) {
            Some(hash) => Ok(*hash),
            None => self.view.canonical(number),
        }
    }

    /// Remembers a valid header.
    pub fn add_header(&mut self, hash: B256, header: Header, total_difficulty: U256) {
        self.headers.insert(hash, (header, total_difficulty));
    }

    /// Keeps a block that is not on the branch in force.
    pub fn add_side_block(&mut self, block: &Block) {
        self.side_blocks.insert(block.hash, Some(block.encode()));
    }

    /// A block that is not on the branch in force.
    ///
    /// # Errors
    /// The database cannot be read, or what it holds is not the block.
    pub fn side_block(&self, hash: &B256) -> Result<Option<Block>, StoreError> {
        let rlp = match self.side_blocks.get(hash) {
            Some(row) => row.clone(),
            None => self.view.side_block(hash)?,
        };
        rlp.map(|rlp| {
            Block::decode(&rlp).map_err(|error| StoreError::damaged("a block aside", error))
        })
        .transpose()
    }

    /// Puts a block on top of the branch in force, whose state the draft holds already.
    pub fn add_block(&mut self, applied: AppliedBlock) {
        let (number, hash) = (applied.block.number(), applied.block.hash);
        self.canonical.insert(number, Some(hash));
        self.side_blocks.insert(hash, None);
        self.headers.insert(
            hash,
            (applied.block.header.clone(), applied.total_difficulty),
        );
        self.added.push(Arc::new(applied));
    }

    /// Takes the newest stored block off the branch in force, and its effects off the state.
    ///
    /// # Errors
    /// The database cannot be read or its history is not kept that far back.
    pub fn remove_tip(&mut self, number: u64) -> Result<Arc<AppliedBlock>, StoreError> {
        let missing = |what: &str| StoreError::Damaged(format!("{what} of block {number}"));
        let hash = self.canonical(number)?.ok_or_else(|| missing("hash"))?;
        let (header, total_difficulty) = self.header(&hash)?.ok_or_else(|| missing("header"))?;
        self.unwind_state(number)?;
        let removed = Arc::new(AppliedBlock {
            block: Block {
                header,
                hash,
                transactions: self.view.transactions(number)?,
            },
            receipts: self.view.receipts(number)?,
            total_difficulty,
        });
        self.canonical.insert(number, None);
        self.add_side_block(&removed.block);
        self.removed.push(removed.clone());
        Ok(removed)
    }
}
