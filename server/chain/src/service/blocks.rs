//! Reads blocks.

use alloy_primitives::B256;

use super::Chain;
use crate::block::Block;
use crate::error::StoreError;
use crate::tip::Tip;

impl Tip {
    /// A block of the branch in force.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn block(&self, number: u64) -> Result<Option<Block>, StoreError> {
        let Some(hash) = self.view.canonical(number)? else {
            return Ok(None);
        };
        let Some((header, _)) = self.view.header(&hash)? else {
            return Ok(None);
        };
        Ok(Some(Block {
            header,
            hash,
            transactions: self.view.transactions(number)?,
        }))
    }

    /// Number of a block of the branch in force by its hash.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn number_of(&self, hash: &B256) -> Result<Option<u64>, StoreError> {
        let Some((header, _)) = self.view.header(hash)? else {
            return Ok(None);
        };
        let is_canonical = self.view.canonical(header.number)? == Some(*hash);
        Ok(is_canonical.then_some(header.number))
    }
}

impl Chain {
    /// A block of any branch by its hash.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn block_by_hash(&self, hash: &B256) -> Result<Option<Block>, StoreError> {
        let tip = self.tip();
        if let Some(number) = tip.number_of(hash)? {
            return tip.block(number);
        }
        self.draft().side_block(hash)
    }
}
