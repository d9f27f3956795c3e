//! Follows the head: fetches blocks, applies them, and takes them back when the chain replaced
//! them.

use alloy_primitives::map::HashSet;
use alloy_primitives::{Address, B256, U64};
use futures::StreamExt as _;
use serde_json::json;
use types::Timestamp;

use super::Round;
use crate::aggregate::{apply_block, keys_of};
use crate::answer::read;
use crate::fetch;
use crate::limits::{BLOCKS_PER_BATCH_MAX, FETCHES_AT_ONCE, TRANSACTIONS_PER_BATCH};
use crate::node::{EthereumNode, NodeError};
use crate::row::{self, BlockRows};
use crate::store::{Head, RolledBack, SectionName, Store};
use crate::{ExplorerError, ExplorerSettings};

/// What the section of blocks needs.
pub(crate) struct BlockIndexer<'a> {
    pub store: &'a Store,
    pub node: &'a dyn EthereumNode,
    pub settings: &'a ExplorerSettings,
    /// Told after each commit: the node's newest block, the index's, and its time.
    pub written: &'a (dyn Fn(u64, u64, Timestamp) + Send + Sync),
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Indexed {
    pub round: Round,
    /// The newest block of the node.
    pub tip: u64,
    /// The newest block of the index, after the round.
    pub head: Option<Head>,
}

/// Blocks ready to be written.
struct Batch {
    blocks: Vec<BlockRows>,
    /// The last block does not follow the one before it: the chain was replaced meanwhile.
    is_broken: bool,
}

/// Opens the index for the node's chain, and empties it when it is another's.
///
/// # Errors
/// The node or the database does not answer.
pub(crate) async fn recognise(indexer: &BlockIndexer<'_>) -> Result<u64, ExplorerError> {
    let (chain_id, genesis) = identify(indexer.node).await?;
    let known = indexer.store.identity().await?;
    if known == Some((chain_id, genesis)) {
        return Ok(chain_id);
    }
    if let Some((known_id, known_genesis)) = known {
        tracing::warn!(known_id, %known_genesis, chain_id, %genesis, "the node is on another chain: its index is made anew");
    }
    indexer.store.begin_anew(chain_id, genesis).await?;
    Ok(chain_id)
}

/// The chain's id and the hash of its first block.
async fn identify(node: &dyn EthereumNode) -> Result<(u64, B256), ExplorerError> {
    let answer = node.request("eth_chainId", json!([])).await?;
    let chain_id: U64 = read("eth_chainId", answer)?;
    let genesis = fetch::block_hash(node, 0)
        .await?
        .ok_or_else(|| NodeError::malformed("eth_getBlockByNumber", "there is no block 0"))?;
    Ok((chain_id.to(), genesis))
}

/// Number of the node's newest block.
///
/// # Errors
/// The node does not answer.
pub(crate) async fn tip(node: &dyn EthereumNode) -> Result<u64, ExplorerError> {
    let answer = node.request("eth_blockNumber", json!([])).await?;
    let tip: U64 = read("eth_blockNumber", answer)?;
    Ok(tip.to())
}

/// Brings the index nearer to the node's head, by one batch of blocks or one reorganisation.
///
/// # Errors
/// The node or the database does not answer.
pub(crate) async fn advance(indexer: &BlockIndexer<'_>) -> Result<Indexed, ExplorerError> {
    let tip = tip(indexer.node).await?;
    let head = indexer.store.head(SectionName::Blocks).await?;
    if let Some(head) = head
        && fetch::block_hash(indexer.node, head.number).await? != Some(head.hash)
    {
        let head = reorganise(indexer, head).await?;
        return Ok(Indexed {
            round: Round::More,
            tip,
            head,
        });
    }
    let head = catch_up(indexer, head, tip).await?;
    Ok(Indexed {
        round: if head.is_some_and(|head| head.number >= tip) {
            Round::Done
        } else {
            Round::More
        },
        tip,
        head,
    })
}

/// Writes batch after batch up to `tip`, while the next one is fetched.
async fn catch_up(
    indexer: &BlockIndexer<'_>,
    mut head: Option<Head>,
    tip: u64,
) -> Result<Option<Head>, ExplorerError> {
    let mut batch = fetch_batch(indexer, head, tip).await?;
    while !batch.blocks.is_empty() {
        let last = batch.blocks.last().map(|rows| Head {
            number: rows.block.number,
            hash: rows.block.hash,
        });
        let is_last = batch.is_broken || last.is_none_or(|last| last.number >= tip);
        let following = async {
            match is_last {
                true => Ok(Batch::empty()),
                false => fetch_batch(indexer, last, tip).await,
            }
        };
        let (written, following) = tokio::join!(write(indexer, &batch.blocks, tip), following);
        written?;
        head = last;
        batch = following?;
    }
    Ok(head)
}

impl Batch {
    const fn empty() -> Self {
        Self {
            blocks: Vec::new(),
            is_broken: false,
        }
    }
}

/// The blocks after `head`, as many as are written at once.
async fn fetch_batch(
    indexer: &BlockIndexer<'_>,
    head: Option<Head>,
    tip: u64,
) -> Result<Batch, ExplorerError> {
    let first = head.map_or(0, |head| head.number + 1);
    let last = tip.min(first.saturating_add(BLOCKS_PER_BATCH_MAX - 1));
    let mut fetched = futures::stream::iter(first..=last)
        .map(|number| fetch::block(indexer.node, number))
        .buffered(FETCHES_AT_ONCE);
    let mut batch = Batch::empty();
    let mut parent = head.map(|head| head.hash);
    let mut transactions = 0;
    while let Some(block) = fetched.next().await {
        let Some(block) = block? else {
            batch.is_broken = true;
            break;
        };
        if parent.is_some_and(|parent| parent != block.block.parent_hash) {
            batch.is_broken = true;
            break;
        }
        parent = Some(block.block.hash);
        transactions += block.block.transactions.len();
        batch.blocks.push(row::of_block(&block));
        if transactions >= TRANSACTIONS_PER_BATCH {
            break;
        }
    }
    Ok(batch)
}

/// Writes blocks and everything that follows from them, all or nothing.
pub(crate) async fn write(
    indexer: &BlockIndexer<'_>,
    blocks: &[BlockRows],
    tip: u64,
) -> Result<(), ExplorerError> {
    let Some(last) = blocks.last() else {
        return Ok(());
    };
    let keep_from = tip.saturating_sub(indexer.settings.reorganisation_depth);
    let writing = indexer.store.begin().await?;
    let keys = keys_of(blocks);
    let mut aggregates = writing.load_aggregates(&keys).await?;
    let mut tokens = supplies_changed(blocks);
    let mut new_tokens = keys.tokens.clone();
    new_tokens.retain(|token| aggregates.tokens.get(token).is_none());
    tokens.extend(new_tokens);
    let mut undo = Vec::new();
    for rows in blocks {
        apply_block(&mut aggregates, rows);
        let images = aggregates.take_images();
        if rows.block.number >= keep_from {
            undo.push((rows.block.number, images.encode()));
        }
    }
    writing.write_blocks(blocks).await?;
    writing.write_aggregates(aggregates).await?;
    let number = last.block.number;
    writing
        .mark_balances(keys.accounts.into_iter().collect(), number)
        .await?;
    writing
        .mark_tokens(tokens.into_iter().collect(), number)
        .await?;
    writing
        .keep_undo(SectionName::Blocks, undo, keep_from)
        .await?;
    let head = Head {
        number,
        hash: last.block.hash,
    };
    writing.set_head(SectionName::Blocks, head).await?;
    writing.commit().await?;
    (indexer.written)(tip, number, last.block.timestamp);
    metrics::counter!("explorer_transactions_indexed_total").increment(
        blocks
            .iter()
            .map(|rows| rows.transactions.len() as u64)
            .sum(),
    );
    metrics::gauge!("explorer_block_indexed").set(number as f64);
    Ok(())
}

/// Tokens of which some were made or burnt: their contract says another supply now.
fn supplies_changed(blocks: &[BlockRows]) -> HashSet<Address> {
    let transfers = blocks.iter().flat_map(|rows| &rows.transfers);
    transfers
        .map(|row| &row.movement)
        .filter(|movement| movement.from.is_zero() || movement.to.is_zero())
        .map(|movement| movement.token)
        .collect()
}

/// Finds the newest block that index and node share and takes back all after it.
async fn reorganise(indexer: &BlockIndexer<'_>, head: Head) -> Result<Option<Head>, ExplorerError> {
    let deepest = head
        .number
        .saturating_sub(indexer.settings.reorganisation_depth);
    let mut number = head.number;
    let fork = loop {
        if number <= deepest {
            break None;
        }
        number -= 1;
        let ours = indexer.store.block_hash(number).await?;
        if ours.is_some() && fetch::block_hash(indexer.node, number).await? == ours {
            break Some(number);
        }
    };
    let rolled_back = match fork {
        Some(fork) => indexer.store.roll_back(fork).await?,
        None => RolledBack::TooDeep,
    };
    match (rolled_back, fork) {
        (RolledBack::Done, Some(fork)) => {
            tracing::info!(
                from_block = head.number,
                to_block = fork,
                "the chain reorganised"
            );
            metrics::counter!("explorer_reorganisations_total").increment(1);
        }
        _ => {
            tracing::warn!(
                from_block = head.number,
                depth = indexer.settings.reorganisation_depth,
                "the chain reorganised deeper than the index keeps: it is made anew"
            );
            let (chain_id, genesis) = identify(indexer.node).await?;
            indexer.store.begin_anew(chain_id, genesis).await?;
        }
    }
    indexer.store.head(SectionName::Blocks).await
}
