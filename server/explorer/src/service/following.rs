//! Following the chain: runs the sections and tells how far each is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use types::Timestamp;
use types::explorer::{Freshness, IndexStatus, NodeState, Section, SectionStatus};

use super::{Explorer, Inner};
use crate::ExplorerError;
use crate::limits::BLOCKS_PER_BATCH_MAX;
use crate::node::NodeError;
use crate::store::SectionName;
use crate::tasks::blocks::{self, BlockIndexer};
use crate::tasks::calls::{self, CallIndexer};
use crate::tasks::{Round, balances, repeat, tokens};

impl Explorer {
    /// Follows the chain until `stop` becomes true. Failures are logged, shown in the status and
    /// tried again; what is indexed can be read meanwhile.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        let inner = &self.inner;
        let changes = || inner.status.subscribe();
        let (wake, rounds) = watch::channel(());
        tokio::join!(
            watch_node(inner, stop.clone(), wake),
            repeat(
                "blocks",
                stop.clone(),
                rounds,
                || follow_blocks(Arc::clone(inner)),
                |error| inner.node_failed(error),
            ),
            repeat(
                "internal_calls",
                stop.clone(),
                changes(),
                || follow_calls(Arc::clone(inner)),
                |error| inner.section_failed(Section::InternalCalls, error),
            ),
            repeat(
                "balances",
                stop.clone(),
                changes(),
                || follow_balances(Arc::clone(inner)),
                |error| inner.section_failed(Section::Balances, error),
            ),
            repeat(
                "token_details",
                stop,
                changes(),
                || follow_tokens(Arc::clone(inner)),
                |error| inner.section_failed(Section::TokenDetails, error),
            ),
        );
    }
}

/// How often the node is asked whether it is there, and how far it is.
const NODE_CHECK: Duration = Duration::from_secs(1);

/// Wakes the blocks' round with each new head, and tells the status what no round would: that the
/// node does not answer though it has nothing new, and how far behind the index is while a round
/// takes long.
async fn watch_node(inner: &Inner, mut stop: watch::Receiver<bool>, wake: watch::Sender<()>) {
    let mut heads = inner.node.heads();
    let mut checks = tokio::time::interval(NODE_CHECK);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_lost = false;
    let mut tip_before = None;
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            changed = heads.changed() => {
                if changed.is_err() {
                    return;
                }
                wake.send_replace(());
                continue;
            }
            _ = checks.tick() => {}
        }
        match blocks::tip(&*inner.node).await {
            Ok(tip) => {
                if std::mem::take(&mut is_lost) {
                    // The round finds out whose chain it is now.
                    wake.send_replace(());
                }
                inner.tip_is(tip_before.replace(tip), tip);
            }
            Err(error) => {
                if !is_lost {
                    tracing::warn!(%error, "the chain's node does not answer");
                }
                is_lost = true;
                inner.node_failed(&error);
            }
        }
    }
}

/// What the index knows of itself before the node was asked.
pub(super) async fn first_status(inner: &Inner) -> Result<IndexStatus, ExplorerError> {
    let identity = inner.store.identity().await?;
    let blocks = inner.store.head(SectionName::Blocks).await?;
    let calls = inner.store.head(SectionName::Calls).await?;
    let indexed_at = match blocks {
        Some(head) => inner.store.block_by_number(head.number).await?,
        None => None,
    };
    let section = |section, indexed| SectionStatus {
        section,
        indexed,
        freshness: Freshness::Current,
    };
    let blocks = blocks.map(|head| head.number);
    Ok(IndexStatus {
        chain_id: identity.map(|(chain_id, _)| chain_id),
        node: NodeState::Connecting,
        tip: None,
        indexed: blocks,
        indexed_at: indexed_at.map(|block| block.timestamp),
        lag_blocks: 0,
        sections: vec![
            section(Section::Blocks, blocks),
            section(Section::InternalCalls, calls.map(|head| head.number)),
            section(Section::Balances, None),
            section(Section::TokenDetails, None),
        ],
    })
}

async fn follow_blocks(inner: Arc<Inner>) -> Result<Round, ExplorerError> {
    let indexer = BlockIndexer {
        store: &inner.store,
        node: &*inner.node,
        settings: &inner.settings,
        written: &|tip, head, timestamp| inner.blocks_written(tip, head, timestamp),
    };
    if inner.status.borrow().chain_id.is_none() || !inner.status.borrow().is_connected() {
        let chain_id = blocks::recognise(&indexer).await?;
        inner.status.send_if_modified(|status| {
            status.chain_id = Some(chain_id);
            status.node = NodeState::Connected;
            true
        });
    }
    let indexed = blocks::advance(&indexer).await?;
    inner.blocks_followed(indexed.tip, indexed.head.map(|head| head.number));
    Ok(indexed.round)
}

async fn follow_calls(inner: Arc<Inner>) -> Result<Round, ExplorerError> {
    let indexer = CallIndexer {
        store: &inner.store,
        node: &*inner.node,
        settings: &inner.settings,
        method: &inner.trace_method,
    };
    let known = inner.status.borrow().indexed;
    match calls::advance(&indexer).await {
        Ok(traced) => {
            let done = traced.head.map_or(0, |head| head + 1);
            let remaining = known.map_or(0, |known| (known + 1).saturating_sub(done));
            inner.section_is(Section::InternalCalls, traced.head, remaining);
            Ok(traced.round)
        }
        Err(ExplorerError::Node(NodeError::NotOffered { .. })) => {
            inner.change_section(Section::InternalCalls, |section| {
                section.freshness = Freshness::NotOffered;
            });
            Ok(Round::Done)
        }
        Err(error) => Err(error),
    }
}

async fn follow_balances(inner: Arc<Inner>) -> Result<Round, ExplorerError> {
    // While catching up the same addresses become due again and again: they are asked at the end.
    if inner.status.borrow().lag_blocks > BLOCKS_PER_BATCH_MAX {
        return Ok(Round::Done);
    }
    let known = inner.status.borrow().indexed;
    let asked = balances::advance(&inner.store, &*inner.node).await?;
    let remaining = if asked.round == Round::Done {
        0
    } else {
        asked.due
    };
    inner.section_is(Section::Balances, known, remaining);
    Ok(asked.round)
}

async fn follow_tokens(inner: Arc<Inner>) -> Result<Round, ExplorerError> {
    let known = inner.status.borrow().indexed;
    let asked = tokens::advance(&inner.store, &*inner.node).await?;
    let remaining = if asked.round == Round::Done {
        0
    } else {
        asked.due
    };
    inner.section_is(Section::TokenDetails, known, remaining);
    Ok(asked.round)
}

impl Inner {
    /// Blocks were committed: pages that are live show them now.
    fn blocks_written(&self, tip: u64, head: u64, timestamp: Timestamp) {
        self.status.send_if_modified(|status| {
            status.indexed_at = Some(timestamp);
            true
        });
        self.blocks_followed(tip, Some(head));
    }

    fn blocks_followed(&self, tip: u64, head: Option<u64>) {
        let remaining = (tip + 1).saturating_sub(head.map_or(0, |head| head + 1));
        let rate = self.rate.lock().blocks_per_1000_s(head.unwrap_or_default());
        self.status.send_if_modified(|status| {
            let before = status.clone();
            status.node = NodeState::Connected;
            status.tip = Some(tip);
            status.indexed = head;
            status.lag_blocks = remaining;
            if let Some(section) = status.section_mut(Section::Blocks) {
                section.indexed = head;
                section.freshness = freshness(remaining, rate);
            }
            *status != before
        });
        metrics::gauge!("explorer_lag_blocks").set(remaining as f64);
    }

    /// The node's newest block, now and at the check before. That the index lacks one is worth
    /// telling only if it had the time to read it.
    fn tip_is(&self, tip_before: Option<u64>, tip: u64) {
        let status = self.status.borrow();
        let indexed = status.indexed;
        let is_late = tip_before.is_some_and(|before| indexed.is_none_or(|head| head < before));
        if !is_late || !status.is_connected() {
            return;
        }
        drop(status);
        self.blocks_followed(tip, indexed);
    }

    fn section_is(&self, name: Section, indexed: Option<u64>, remaining: u64) {
        self.change_section(name, |section| {
            section.indexed = indexed;
            section.freshness = freshness(remaining, None);
        });
    }

    fn change_section(&self, name: Section, change: impl FnOnce(&mut SectionStatus)) {
        self.status.send_if_modified(|status| {
            let Some(section) = status.section_mut(name) else {
                return false;
            };
            let before = section.clone();
            change(section);
            *section != before
        });
    }

    fn section_failed(&self, name: Section, error: &ExplorerError) {
        let message = error.to_string();
        self.change_section(name, |section| {
            section.freshness = Freshness::Failing { message };
        });
    }

    fn node_failed(&self, error: &ExplorerError) {
        let message = error.to_string();
        self.status.send_modify(|status| {
            status.node = NodeState::Failing {
                message: message.clone(),
            };
            if let Some(section) = status.section_mut(Section::Blocks) {
                section.freshness = Freshness::Failing { message };
            }
        });
    }
}

fn freshness(remaining: u64, blocks_per_1000_s: Option<u64>) -> Freshness {
    if remaining == 0 {
        return Freshness::Current;
    }
    Freshness::CatchingUp {
        remaining,
        ready_in_ms: blocks_per_1000_s
            .filter(|rate| *rate > 0)
            .map(|rate| remaining.saturating_mul(1_000_000) / rate),
    }
}

/// How fast blocks are indexed, from where the index was some time ago.
pub(super) struct Rate {
    from_block: u64,
    from: Instant,
}

impl Rate {
    pub(super) fn new() -> Self {
        Self {
            from_block: 0,
            from: Instant::now(),
        }
    }

    fn blocks_per_1000_s(&mut self, head: u64) -> Option<u64> {
        /// Measured over at least this time, and begun anew after ten times of it.
        const WINDOW_MS: u64 = 2_000;
        let elapsed_ms = u64::try_from(self.from.elapsed().as_millis()).unwrap_or(u64::MAX);
        if self.from_block == 0 || head < self.from_block || elapsed_ms > 10 * WINDOW_MS {
            self.from_block = head;
            self.from = Instant::now();
            return None;
        }
        if elapsed_ms < WINDOW_MS {
            return None;
        }
        Some((head - self.from_block).saturating_mul(1_000_000) / elapsed_ms)
    }
}
