//! Fetches the blocks of a heavier branch: while one batch is imported the next is decoded and the
//! one after it is on its way.

use std::time::{Duration, Instant};

use alloy_primitives::{B256, U256};
use bytes::Bytes;
use rayon::prelude::*;
use tokio::sync::mpsc;
use tokio::task::{JoinError, spawn_blocking};

use super::ancestor::{AncestorSearch, Contradiction, Step};
use super::client::{AskError, PeerClient};
use super::clock::unix_time_s;
use super::progress::Progress;
use super::protocol::{BLOCKS_MAX, Head};
use super::serve::{BlocksRequest, hashes_from};
use super::standing::Fault;
use super::{audit, measure};
use crate::block::{Block, MalformedBlock};
use crate::error::StoreError;
use crate::header_rules::ALLOWED_FUTURE_S;
use crate::service::{Chain, ImportError};

/// Blocks that are fetched from one peer before others get their turn.
const ROUND_BLOCKS_MAX: u64 = 64 * BLOCKS_MAX as u64;
/// Time after which others get their turn, though there may be few blocks in it.
const ROUND_TIME_MAX: Duration = Duration::from_secs(60);
/// Batches that wait between two stages.
const WAITING_BATCHES: usize = 1;

/// What became of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downloaded {
    /// The peer has nothing that we want.
    Nothing,
    /// All that it announced is in.
    All,
    /// There is more; it is another's turn first.
    Part,
}

/// Why a download ended early. What was imported until then stays.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error("its branch has changed meanwhile: {0}")]
    Changed(String),
    #[error("block {number} of the answer: {error}")]
    Malformed {
        number: u64,
        error: Box<MalformedBlock>,
    },
    #[error("{0}")]
    Lie(String),
    #[error("block {number} is of a time {ahead_s} s ahead of our clock")]
    Future { number: u64, ahead_s: u64 },
    #[error("{0}")]
    Invalid(String),
    /// Neither side is at fault; people have to choose.
    #[error(
        "its branch is heavier and leaves ours more than {max} blocks back, which is not followed; to follow it, raise the depth of reorganisations or begin this node anew"
    )]
    TooDeep { max: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The program is about to end.
    #[error("the work was cancelled")]
    Cancelled(#[from] JoinError),
}

impl From<Contradiction> for DownloadError {
    fn from(error: Contradiction) -> Self {
        Self::Lie(error.to_string())
    }
}

impl DownloadError {
    /// The peer's fault, if it is one.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        match self {
            Self::Ask(error) if error.is_fault() => Some(Fault::Malformed),
            Self::Malformed { .. } => Some(Fault::Malformed),
            Self::Lie(_) => Some(Fault::Lie),
            Self::Future { .. } => Some(Fault::FutureBlock),
            Self::Invalid(_) => Some(Fault::InvalidBlock),
            Self::Ask(_)
            | Self::Changed(_)
            | Self::TooDeep { .. }
            | Self::Store(_)
            | Self::Cancelled(_) => None,
        }
    }
}

/// Fetches and imports the branch of a peer that ends with `target`, if it is heavier than ours.
///
/// # Errors
/// Why it ended early.
pub async fn download(
    chain: &Chain,
    client: &PeerClient,
    target: Head,
    progress: &Progress,
) -> Result<Downloaded, DownloadError> {
    if let Some(known) = total_difficulty_of(chain, target.hash)? {
        return check_claim(target, known).map(|()| Downloaded::Nothing);
    }
    let tip = chain.tip();
    if target.total_difficulty <= tip.total_difficulty {
        return Ok(Downloaded::Nothing);
    }
    let ancestor = find_ancestor(chain, client, target.number).await?;
    if ancestor < tip.header.number {
        metrics::counter!("sync_forks_detected_total").increment(1);
    }
    if ancestor >= target.number {
        return Err(DownloadError::Changed(format!(
            "its block {} is not the one that it announced",
            target.number
        )));
    }
    let last = target.number.min(ancestor.saturating_add(ROUND_BLOCKS_MAX));
    progress.began(ancestor, target.number);
    let (fetched_in, fetched_out) = mpsc::channel(WAITING_BATCHES);
    let (decoded_in, decoded_out) = mpsc::channel(WAITING_BATCHES);
    let plan = Plan {
        target,
        ancestor,
        last,
    };
    let join = tip.view.canonical(ancestor)?.unwrap_or_default();
    let (fetched, (), ()) = tokio::try_join!(
        fetch(client, plan, fetched_in),
        decode(ancestor, join, fetched_out, decoded_in),
        import(chain, decoded_out),
    )?;
    if fetched < target.number {
        return Ok(Downloaded::Part);
    }
    progress.ended();
    let Some(known) = total_difficulty_of(chain, target.hash)? else {
        return Err(DownloadError::Changed(format!(
            "its block {} is not {} any more",
            target.number, target.hash
        )));
    };
    check_claim(target, known)?;
    Ok(Downloaded::All)
}

#[derive(Debug, Clone, Copy)]
struct Plan {
    target: Head,
    ancestor: u64,
    /// The last block of this round.
    last: u64,
}

fn total_difficulty_of(chain: &Chain, hash: B256) -> Result<Option<U256>, StoreError> {
    Ok(chain
        .tip()
        .view
        .header(&hash)?
        .map(|(_, total_difficulty)| total_difficulty))
}

fn check_claim(claimed: Head, known: U256) -> Result<(), DownloadError> {
    if claimed.total_difficulty == known {
        return Ok(());
    }
    Err(DownloadError::Lie(format!(
        "it claims total difficulty {} for block {} ({}), which has {known}",
        claimed.total_difficulty, claimed.number, claimed.hash
    )))
}

async fn find_ancestor(
    chain: &Chain,
    client: &PeerClient,
    theirs: u64,
) -> Result<u64, DownloadError> {
    let tip = chain.tip();
    let ours = tip.header.number;
    let max = chain.settings().reorg_depth_max;
    let floor = ours.saturating_sub(max).min(theirs);
    let mut search = AncestorSearch::new(floor, ours.min(theirs));
    loop {
        let (start, count) = match search.step() {
            Step::Found(number) => return Ok(number),
            Step::TooDeep => return Err(DownloadError::TooDeep { max }),
            Step::Compare { start, count } => (start, count),
        };
        let found = client.hashes(start, count).await?;
        if found.is_empty() {
            let text = format!("it has no block {start} any more");
            return Err(DownloadError::Changed(text));
        }
        let known = hashes_from(&tip, start, found.len())?;
        let agree: Vec<bool> = known
            .iter()
            .zip(&found)
            .map(|(known, found)| known == found)
            .collect();
        search.learn(start, &agree)?;
        if start == 0 && agree.first() == Some(&false) {
            return Err(DownloadError::Lie(
                "its block 0 is not its genesis block".to_owned(),
            ));
        }
    }
}

/// The first stage: asks for one batch after the other. Returns the number of the last block.
async fn fetch(
    client: &PeerClient,
    plan: Plan,
    out: mpsc::Sender<Vec<Bytes>>,
) -> Result<u64, DownloadError> {
    let began = Instant::now();
    // A branch that fits into one answer is named by its end, so that it cannot change meanwhile.
    let whole = usize::try_from(plan.target.number - plan.ancestor)
        .ok()
        .filter(|count| *count <= BLOCKS_MAX);
    if let Some(count) = whole {
        let hash = plan.target.hash;
        let blocks = client.blocks(BlocksRequest::Ending { hash, count }).await?;
        if blocks.len() == count {
            // The next stage has ended early: it says why.
            let _ = out.send(blocks).await;
            return Ok(plan.target.number);
        }
    }
    let mut start = plan.ancestor + 1;
    while start <= plan.last && began.elapsed() < ROUND_TIME_MAX {
        let left = plan.last - start + 1;
        let count = usize::try_from(left).unwrap_or(BLOCKS_MAX).min(BLOCKS_MAX);
        let mut blocks = client.blocks(BlocksRequest::From { start, count }).await?;
        blocks.truncate(count);
        if blocks.is_empty() {
            let text = format!("it has no block {start} any more");
            return Err(DownloadError::Changed(text));
        }
        start += blocks.len() as u64;
        if out.send(blocks).await.is_err() {
            break;
        }
    }
    Ok(start - 1)
}

/// The second stage: recovers senders on all cores, and checks that each block follows the one
/// before it.
async fn decode(
    ancestor: u64,
    mut parent: B256,
    mut batches: mpsc::Receiver<Vec<Bytes>>,
    out: mpsc::Sender<Vec<Block>>,
) -> Result<(), DownloadError> {
    let mut number = ancestor;
    while let Some(batch) = batches.recv().await {
        measure::received(batch.len());
        let first = number + 1;
        let blocks = spawn_blocking(move || decode_batch(&batch, first)).await??;
        for block in &blocks {
            number += 1;
            if block.number() != number || block.header.parent_hash != parent {
                return Err(DownloadError::Changed(format!(
                    "block {} ({}) does not follow block {} ({parent})",
                    block.number(),
                    block.hash,
                    number - 1
                )));
            }
            parent = block.hash;
        }
        if out.send(blocks).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The last stage.
async fn import(
    chain: &Chain,
    mut batches: mpsc::Receiver<Vec<Block>>,
) -> Result<(), DownloadError> {
    while let Some(blocks) = batches.recv().await {
        let now_s = unix_time_s();
        let early = blocks
            .iter()
            .position(|block| is_of_the_future(block, now_s));
        let future = early.map(|index| DownloadError::Future {
            number: blocks[index].number(),
            ahead_s: blocks[index].header.timestamp - now_s,
        });
        let chain = chain.clone();
        let end = early.unwrap_or(blocks.len());
        spawn_blocking(move || import_batch(&chain, &blocks[..end], now_s)).await??;
        if let Some(error) = future {
            return Err(error);
        }
    }
    Ok(())
}

fn import_batch(chain: &Chain, blocks: &[Block], now_s: u64) -> Result<(), DownloadError> {
    let began = Instant::now();
    let result = chain.import(blocks, now_s);
    measure::imported(chain, blocks.len(), began.elapsed(), &result);
    audit::imported(blocks, &result);
    match result {
        Ok(_) => {
            measure::seals_validated(blocks.len());
            Ok(())
        }
        Err(error @ ImportError::Invalid { .. }) => Err(DownloadError::Invalid(error.to_string())),
        Err(ImportError::TooDeep { max, .. }) => Err(DownloadError::TooDeep { max }),
        Err(error @ ImportError::UnknownParent { .. }) => {
            Err(DownloadError::Changed(error.to_string()))
        }
        Err(ImportError::Store(error)) => Err(DownloadError::Store(error)),
    }
}

/// Whether a block may be valid later, but not yet. It is kept away from the import, which would
/// remember it as invalid.
pub(super) fn is_of_the_future(block: &Block, now_s: u64) -> bool {
    block.header.timestamp > now_s.saturating_add(ALLOWED_FUTURE_S)
}

/// Decodes blocks of which many are small, on all cores.
fn decode_batch(batch: &[Bytes], first: u64) -> Result<Vec<Block>, DownloadError> {
    batch
        .par_iter()
        .enumerate()
        .map(|(index, rlp)| {
            Block::decode(rlp).map_err(|error| DownloadError::Malformed {
                number: first + index as u64,
                error: Box::new(error),
            })
        })
        .collect()
}
