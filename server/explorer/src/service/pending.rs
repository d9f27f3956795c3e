//! Transactions that wait in the node.

use std::time::Instant;

use alloy_primitives::{B256, U64, U256};
use serde_json::{Value, json};
use types::explorer::{HexBytes, MethodName, Part, PendingTransaction, TransactionLookup};
use types::{Page, PageRequest, Timestamp};

use super::part::part;
use super::{Explorer, Inner, Result};
use crate::answer::{TransactionAnswer, read};
use crate::convert::{amount, transaction_hash};
use crate::decode;
use crate::limits::{PENDING_AGE_MAX, PENDING_MAX};
use crate::node::NodeError;

/// A transaction in the node, and whether it waits for others.
type Waiting = (TransactionAnswer, bool);

/// What was read from the node last.
pub(super) struct PendingList {
    read_at: Instant,
    seen_at: Timestamp,
    waiting: std::result::Result<Vec<Waiting>, NodeError>,
}

impl Explorer {
    /// Transactions that no block has yet, best paying first, at most [`PENDING_MAX`]. However many
    /// people look, the node is asked twice a second at most.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn pending(&self, page: &PageRequest) -> Result<Part<Page<PendingTransaction>>> {
        let inner = &self.inner;
        let limit = page.limit() as usize;
        let (rows, next, seen_at) = {
            let mut list = inner.pending.lock().await;
            if list
                .as_ref()
                .is_none_or(|list| list.read_at.elapsed() > PENDING_AGE_MAX)
            {
                let waiting = waiting(inner).await;
                *list = Some(PendingList {
                    read_at: Instant::now(),
                    seen_at: Timestamp::now(),
                    waiting,
                });
            }
            let Some(list) = list.as_ref() else {
                return Ok(Part::Known(Page::default()));
            };
            let all = match &list.waiting {
                Ok(all) => all,
                Err(error) => return Ok(part(Err(error.clone()))),
            };
            // The list changes while someone reads it: a page begins after a transaction that may
            // be mined by now, and then at the first that pays no more.
            let start = match page.after.as_deref() {
                Some(after) => start_after(all, after),
                None => 0,
            };
            let rows: Vec<Waiting> = all.iter().skip(start).take(limit).cloned().collect();
            let has_more = all.len() > start + rows.len();
            let next = rows.last().filter(|_| has_more).map(|(row, _)| key(row));
            (rows, next, list.seen_at)
        };
        let items = inner.pending_views(&rows, seen_at).await?;
        Ok(Part::Known(Page { items, next }))
    }
}

impl Inner {
    /// A transaction that the node knows and the index does not.
    pub(super) async fn waiting_transaction(&self, hash: B256) -> Result<TransactionLookup> {
        let Ok(answer) = self.transaction_answer(hash).await else {
            return Ok(TransactionLookup::Unknown);
        };
        if let Some(block) = answer.block_number {
            let block = block.to();
            return Ok(TransactionLookup::NotIndexed { block });
        }
        let is_queued = self.waits_for_others(&answer).await;
        let rows = [(answer, is_queued)];
        let pending = self.pending_views(&rows, Timestamp::now()).await?.pop();
        Ok(pending.map_or(TransactionLookup::Unknown, |pending| {
            TransactionLookup::Pending(Box::new(pending))
        }))
    }

    /// Whether a transaction before it is missing, as far as the node says.
    async fn waits_for_others(&self, answer: &TransactionAnswer) -> bool {
        const METHOD: &str = "eth_getTransactionCount";
        let next = self
            .node
            .request(METHOD, json!([answer.from, "pending"]))
            .await
            .and_then(|next| read::<U64>(METHOD, next));
        next.is_ok_and(|next| answer.nonce > next)
    }

    async fn pending_views(
        &self,
        rows: &[Waiting],
        seen_at: Timestamp,
    ) -> Result<Vec<PendingTransaction>> {
        let sides = rows.iter().flat_map(|(row, _)| [Some(row.from), row.to]);
        let labels = self.labels(sides.flatten().collect()).await?;
        let interfaces = self
            .interfaces(rows.iter().filter_map(|(row, _)| row.to).collect())
            .await?;
        Ok(rows
            .iter()
            .map(|(row, is_queued)| PendingTransaction {
                hash: transaction_hash(row.hash),
                from: labels.party(row.from),
                to: row.to.map(|to| labels.party(to)),
                nonce: row.nonce.to(),
                value: amount(row.value),
                gas_limit: row.gas.to(),
                max_fee_per_gas: amount(price(row)),
                method: row.to.zip(row.input.get(..4)).map(|(to, selector)| {
                    let selector = alloy_primitives::Selector::from_slice(selector);
                    MethodName {
                        selector: selector.to_string(),
                        name: decode::function_name(
                            interfaces.get(&to).map(AsRef::as_ref),
                            selector,
                        ),
                    }
                }),
                input: HexBytes(row.input.to_vec()),
                is_queued: *is_queued,
                seen_at,
            })
            .collect())
    }
}

/// Everything that waits, best paying first; what waits for others comes last.
async fn waiting(inner: &Inner) -> std::result::Result<Vec<Waiting>, NodeError> {
    let mut waiting = match inner.node.request("txpool_content", json!([])).await {
        Ok(content) => ["pending", "queued"]
            .iter()
            .flat_map(|name| {
                let senders = content[*name]
                    .as_object()
                    .into_iter()
                    .flat_map(|map| map.values());
                let rows = senders
                    .filter_map(Value::as_object)
                    .flat_map(|map| map.values());
                rows.take(PENDING_MAX)
                    .filter_map(|row| serde_json::from_value(row.clone()).ok())
                    .map(|row| (row, *name == "queued"))
                    .collect::<Vec<Waiting>>()
            })
            .collect(),
        Err(NodeError::NotOffered { .. }) => {
            const METHOD: &str = "eth_getBlockByNumber";
            let block = inner.node.request(METHOD, json!(["pending", true])).await?;
            let rows: Vec<TransactionAnswer> = read(METHOD, block["transactions"].clone())?;
            rows.into_iter().map(|row| (row, false)).collect::<Vec<_>>()
        }
        Err(error) => return Err(error),
    };
    waiting.sort_by_cached_key(|(row, is_queued)| rank(row, *is_queued));
    waiting.truncate(PENDING_MAX);
    Ok(waiting)
}

/// Smaller is earlier in the list.
fn rank(row: &TransactionAnswer, is_queued: bool) -> (bool, U256, B256) {
    (is_queued, U256::MAX - price(row), row.hash)
}

fn price(row: &TransactionAnswer) -> U256 {
    row.max_fee_per_gas.or(row.gas_price).unwrap_or_default()
}

fn key(row: &TransactionAnswer) -> String {
    format!("{}-{}", price(row), row.hash)
}

fn start_after(all: &[Waiting], after: &str) -> usize {
    let Some((price_digits, hash)) = after.split_once('-') else {
        return 0;
    };
    let position = all.iter().position(|(row, _)| row.hash.to_string() == hash);
    let paid: U256 = price_digits.parse().unwrap_or(U256::MAX);
    position.map_or_else(
        || all.iter().take_while(|(row, _)| price(row) > paid).count(),
        |position| position + 1,
    )
}
