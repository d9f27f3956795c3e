//! Answers peers from what is stored. Nothing here waits for anything but the disk.

use alloy_primitives::B256;

use super::protocol::{BLOCKS_BYTES_MAX, BLOCKS_MAX, HASHES_MAX, encode_blocks, encode_hashes};
use crate::error::StoreError;
use crate::service::Chain;
use crate::tip::Tip;

/// Which blocks a peer wants, at most [`BLOCKS_MAX`] of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlocksRequest {
    /// Of the branch in force, from this number on.
    From { start: u64, count: usize },
    /// Of any branch, the block with this hash and those before it.
    Ending { hash: B256, count: usize },
}

impl BlocksRequest {
    /// Reads the query of `GET /rpc/sync/blocks`: `start` or `hash`, and `count`.
    ///
    /// # Errors
    /// What is wrong with it, for the `400` of the answer.
    pub fn from_query(
        start: Option<u64>,
        hash: Option<B256>,
        count: usize,
    ) -> Result<Self, &'static str> {
        if count == 0 {
            return Err("count must be at least 1");
        }
        let count = count.min(BLOCKS_MAX);
        match (start, hash) {
            (Some(start), None) => Ok(Self::From { start, count }),
            (None, Some(hash)) => Ok(Self::Ending { hash, count }),
            _ => Err("either start or hash must be given"),
        }
    }

    pub(super) fn to_query(self) -> String {
        match self {
            Self::From { start, count } => format!("start={start}&count={count}"),
            Self::Ending { hash, count } => format!("hash={hash}&count={count}"),
        }
    }
}

/// RLP list of the blocks that are there, oldest first: at most [`BLOCKS_BYTES_MAX`] bytes, or one
/// block. Of blocks that end with a hash, the newest are in it.
///
/// # Errors
/// The database cannot be read.
pub fn answer_blocks(chain: &Chain, wanted: BlocksRequest) -> Result<Vec<u8>, StoreError> {
    let blocks = match wanted {
        BlocksRequest::From { start, count } => {
            let tip = chain.tip();
            fill((start..).take(count), |number| {
                Ok(tip.block(number)?.map(|block| block.encode()))
            })?
        }
        BlocksRequest::Ending { hash, count } => {
            let mut next = hash;
            let mut blocks = fill(0..count, |_| {
                let Some(block) = chain.block_by_hash(&next)? else {
                    return Ok(None);
                };
                next = block.header.parent_hash;
                Ok(Some(block.encode()))
            })?;
            blocks.reverse();
            blocks
        }
    };
    Ok(encode_blocks(&blocks))
}

/// Hashes of the branch in force from `start` on, at most [`HASHES_MAX`].
///
/// # Errors
/// The database cannot be read.
pub fn answer_hashes(tip: &Tip, start: u64, count: usize) -> Result<Vec<u8>, StoreError> {
    Ok(encode_hashes(&hashes_from(
        tip,
        start,
        count.min(HASHES_MAX),
    )?))
}

/// Hashes of the branch in force from `start` on: as many as there are, at most `count`.
pub(super) fn hashes_from(tip: &Tip, start: u64, count: usize) -> Result<Vec<B256>, StoreError> {
    (start..)
        .take(count)
        .map_while(|number| tip.view.canonical(number).transpose())
        .collect()
}

/// Takes blocks until there are no more or they are too many bytes.
fn fill<T>(
    places: impl Iterator<Item = T>,
    mut read: impl FnMut(T) -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0;
    for place in places {
        let Some(block) = read(place)? else {
            break;
        };
        bytes += block.len();
        if bytes > BLOCKS_BYTES_MAX && !blocks.is_empty() {
            break;
        }
        blocks.push(block);
    }
    Ok(blocks)
}
