//! The pages of blocks, and the first page.

use types::explorer::{
    Amount, BlockHash, BlockId, BlockLookup, BlockSummary, BlockView, ChainTotals, ChartPeriod,
    GasPrices, Home,
};
use types::{Page, PageRequest, Timestamp};

use alloy_primitives::{B256, U64, U256};
use serde::Deserialize;
use serde_json::json;

use super::part::part;
use super::{Explorer, Inner, Result};
use crate::answer::read;
use crate::convert::amount;
use crate::store::{Cursor, StoredBlock};

/// Blocks and transactions on the first page.
const HOME_ROWS: u32 = 10;
/// Blocks from which the time between blocks is taken.
const RATE_BLOCKS: u32 = 50;
/// Days on the first page's chart.
const HOME_DAYS: u32 = 14;

impl Explorer {
    /// The first page.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn home(&self) -> Result<Home> {
        let inner = &self.inner;
        let rows = PageRequest {
            limit: Some(HOME_ROWS),
            after: None,
        };
        let (recent, transactions, totals, chart, gas) = tokio::try_join!(
            inner.store.blocks(None, RATE_BLOCKS),
            self.transactions(&rows),
            inner.store.totals(),
            self.chart(ChartPeriod::Day, HOME_DAYS),
            async { Ok(part(gas_prices(inner).await)) },
        )?;
        let newest = recent.rows.iter().take(HOME_ROWS as usize);
        let blocks = inner.block_summaries(newest.cloned().collect()).await?;
        let speed = Speed::of(&recent.rows);
        let status = self.status();
        Ok(Home {
            totals: ChainTotals {
                blocks: status.indexed.map_or(0, |head| head + 1),
                transactions: totals.transactions,
                addresses: totals.addresses,
                contracts: totals.contracts,
                tokens: totals.tokens,
                token_transfers: totals.token_transfers,
            },
            status,
            blocks,
            transactions: transactions.items,
            chart,
            gas,
            block_time_ms: speed.as_ref().map(|speed| speed.block_time_ms),
            transactions_per_1000_s: speed.map(|speed| speed.transactions_per_1000_s),
        })
    }

    /// Blocks, newest first.
    ///
    /// # Errors
    /// The page's key is not one of ours, or the database does not answer.
    pub async fn blocks(&self, page: &PageRequest) -> Result<Page<BlockSummary>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .blocks(after.as_ref(), page.limit())
            .await?;
        let next = slice.next(|block| Cursor::write(&[&block.number]));
        let items = self.inner.block_summaries(slice.rows).await?;
        Ok(Page { items, next })
    }

    /// One block, or why there is none.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn block(&self, id: BlockId) -> Result<BlockLookup> {
        let store = &self.inner.store;
        let found = match id {
            BlockId::Number(number) => store.block_by_number(number).await?,
            BlockId::Hash(hash) => store.block_by_hash(B256::from(hash.0)).await?,
        };
        let status = self.status();
        let head = status.indexed.unwrap_or_default();
        if let Some(block) = found {
            let details = block.details.clone();
            let number = block.number;
            let mut summaries = self.inner.block_summaries(vec![block]).await?;
            let Some(summary) = summaries.pop() else {
                return Ok(BlockLookup::Unknown);
            };
            return Ok(BlockLookup::Block(Box::new(BlockView {
                summary,
                confirmations: head.saturating_sub(number),
                previous: number.checked_sub(1),
                next: (number < head).then(|| number + 1),
                details,
            })));
        }
        let BlockId::Number(number) = id else {
            return Ok(BlockLookup::Unknown);
        };
        let tip = status.tip.unwrap_or(head);
        if number <= tip {
            return Ok(BlockLookup::NotIndexed { number });
        }
        let blocks_left = number - tip;
        let recent = store.blocks(None, RATE_BLOCKS).await?;
        let expected_at = Speed::of(&recent.rows)
            .zip(status.indexed_at)
            .map(|(speed, at)| {
                let wait_ms = speed.block_time_ms.saturating_mul(number - head);
                at.plus_ms(i64::try_from(wait_ms).unwrap_or(i64::MAX))
            });
        Ok(BlockLookup::Future {
            number,
            blocks_left,
            expected_at,
        })
    }
}

/// How fast the chain goes by its newest blocks, newest first.
struct Speed {
    block_time_ms: u64,
    transactions_per_1000_s: u64,
}

impl Speed {
    fn of(blocks: &[StoredBlock]) -> Option<Self> {
        // The genesis block has whatever time its maker wrote.
        let mut mined = blocks.iter().filter(|block| block.number > 0);
        let (newest, oldest) = (blocks.first()?, mined.next_back()?);
        let count = newest
            .number
            .checked_sub(oldest.number)
            .filter(|count| *count > 0)?;
        let span_ms = u64::try_from(newest.timestamp.since_ms(oldest.timestamp)).ok()?;
        let transactions: u64 = blocks
            .iter()
            .filter(|block| block.number > oldest.number)
            .map(|block| block.transactions)
            .sum();
        Some(Self {
            block_time_ms: span_ms / count,
            transactions_per_1000_s: transactions.saturating_mul(1_000_000) / span_ms.max(1),
        })
    }
}

impl Inner {
    pub(super) async fn block_summaries(
        &self,
        blocks: Vec<StoredBlock>,
    ) -> Result<Vec<BlockSummary>> {
        let labels = self
            .labels(blocks.iter().map(|block| block.signer).collect())
            .await?;
        Ok(blocks
            .into_iter()
            .map(|block| BlockSummary {
                number: block.number,
                hash: BlockHash(block.hash.0),
                timestamp: block.timestamp,
                signer: labels.party(block.signer),
                transactions: block.transactions,
                gas_used: block.gas_used,
                gas_limit: block.gas_limit,
                base_fee_per_gas: block.base_fee.map(amount),
                fees: amount(block.fees),
                burnt: amount(block.burnt),
            })
            .collect())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeeHistory {
    base_fee_per_gas: Vec<U256>,
    gas_used_ratio: Vec<f64>,
    #[serde(default)]
    reward: Option<Vec<Vec<U256>>>,
    #[serde(rename = "oldestBlock")]
    _oldest_block: U64,
}

/// Tips of the newest blocks at three percentiles; a block's median counts once.
async fn gas_prices(inner: &Inner) -> std::result::Result<GasPrices, crate::NodeError> {
    const METHOD: &str = "eth_feeHistory";
    const PERCENTILES: [u64; 3] = [10, 50, 90];
    let answer = inner
        .node
        .request(METHOD, json!(["0x14", "latest", PERCENTILES]))
        .await?;
    let history: FeeHistory = read(METHOD, answer)?;
    let rewards = history.reward.unwrap_or_default();
    let tip = |column: usize| -> Amount {
        let mut tips: Vec<U256> = rewards
            .iter()
            .zip(&history.gas_used_ratio)
            // An empty block tells nothing of what is paid.
            .filter(|(_, ratio)| **ratio > 0.0)
            .filter_map(|(tips, _)| tips.get(column).copied())
            .collect();
        tips.sort_unstable();
        amount(tips.get(tips.len() / 2).copied().unwrap_or_default())
    };
    let used: f64 = history.gas_used_ratio.iter().sum();
    let blocks = history.gas_used_ratio.len().max(1);
    Ok(GasPrices {
        base_fee_per_gas: amount(history.base_fee_per_gas.last().copied().unwrap_or_default()),
        slow_tip: tip(0),
        usual_tip: tip(1),
        fast_tip: tip(2),
        used_percent: (used * 100.0 / blocks as f64).clamp(0.0, 100.0) as u8,
    })
}

/// The block's time, for rows that carry it.
pub(super) const fn moment(block: u64, at: Timestamp) -> types::explorer::Moment {
    types::explorer::Moment { block, at }
}
