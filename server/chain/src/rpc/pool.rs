//! The mempool, as geth's `txpool_*` tells of it.

use std::collections::BTreeMap;

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, U64};
use serde::Serialize;
use serde_json::json;

use super::Node;
use super::json::{Answer, answer};
use super::params::Params;
use super::transactions::transaction_object;
use crate::mempool::{Mempool, Place};
use crate::transaction::Transaction;

pub(super) fn status(node: &Node, params: Params) -> Answer {
    params.end()?;
    let status = node.chain.with_mempool(Mempool::status);
    answer(&json!({
        "pending": U64::from(status.pending),
        "queued": U64::from(status.queued),
    }))
}

pub(super) fn content(node: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&whole(node).map(|transaction| transaction_object(transaction, None)))
}

/// A line for each transaction: geth's summary.
pub(super) fn inspect(node: &Node, params: Params) -> Answer {
    params.end()?;
    answer(&whole(node).map(summary))
}

pub(super) fn content_from(node: &Node, mut params: Params) -> Answer {
    let sender: Address = params.required()?;
    params.end()?;
    let (mut pending, mut queued) = (ByNonce::new(), ByNonce::new());
    node.chain.with_mempool(|mempool| {
        for (place, transaction) in mempool.by_sender(&sender) {
            let list = match place {
                Place::Pending => &mut pending,
                Place::Queued => &mut queued,
            };
            list.insert(Nonce(transaction.nonce()), transaction.clone());
        }
    });
    let objects = |list: ByNonce<Transaction>| -> ByNonce<_> {
        list.into_iter()
            .map(|(nonce, transaction)| (nonce, transaction_object(&transaction, None)))
            .collect()
    };
    answer(&json!({ "pending": objects(pending), "queued": objects(queued) }))
}

type ByNonce<T> = BTreeMap<Nonce, T>;

/// Written in decimal, sorted as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Nonce(u64);

impl Serialize for Nonce {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Serialize)]
struct Content<T> {
    pending: BTreeMap<Address, ByNonce<T>>,
    queued: BTreeMap<Address, ByNonce<T>>,
}

/// Everything that waits. The lock is held only while the handles are copied.
fn whole(node: &Node) -> Content<Transaction> {
    node.chain.with_mempool(|mempool| Content {
        pending: mempool
            .pending()
            .map(|(sender, held)| (sender, by_nonce(held)))
            .collect(),
        queued: mempool
            .queued()
            .map(|(sender, held)| (sender, by_nonce(held)))
            .collect(),
    })
}

fn by_nonce<'a>(held: impl Iterator<Item = &'a Transaction>) -> ByNonce<Transaction> {
    held.map(|transaction| (Nonce(transaction.nonce()), transaction.clone()))
        .collect()
}

impl Content<Transaction> {
    fn map<T>(self, show: impl Fn(&Transaction) -> T + Copy) -> Content<T> {
        let senders = |list: BTreeMap<Address, ByNonce<Transaction>>| {
            list.into_iter()
                .map(|(sender, held)| {
                    let shown = held.into_iter().map(|(nonce, held)| (nonce, show(&held)));
                    (sender, shown.collect())
                })
                .collect()
        };
        Content {
            pending: senders(self.pending),
            queued: senders(self.queued),
        }
    }
}

fn summary(transaction: &Transaction) -> String {
    let envelope = transaction.envelope();
    let to = match envelope.to() {
        Some(to) => to.to_string(),
        None => "contract creation".to_owned(),
    };
    format!(
        "{to}: {} wei + {} gas × {} wei",
        envelope.value(),
        envelope.gas_limit(),
        envelope.max_fee_per_gas()
    )
}
