//! Tells all peers what is new here.

use std::sync::Arc;

use alloy_primitives::Bytes;
use tokio::sync::broadcast::error::RecvError;

use crate::draft::AppliedBlock;
use crate::events::{ChainEvent, HeadChange};
use crate::sync::Inner;
use crate::sync::protocol::{Head, PUSHED_BLOCK_BYTES_MAX};

/// A change of at most so many blocks is pushed; of a longer one the head is announced, and whoever
/// wants it asks.
const PUSHED_BLOCKS_MAX: usize = 8;

/// Follows the chain for as long as there is one.
pub(in crate::sync) async fn announce(inner: Arc<Inner>) {
    let mut events = inner.chain.events();
    loop {
        match events.recv().await {
            Ok(ChainEvent::Head(change)) => announce_head(&inner, &change),
            Ok(ChainEvent::Pending(transaction)) => {
                let hash = transaction.hash();
                for session in inner.sessions() {
                    session.send(|outbox| outbox.transactions([hash]));
                }
            }
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "peers are told late what is new");
                let waiting = inner.waiting();
                let head = inner.head();
                for session in inner.sessions() {
                    session.send(|outbox| {
                        outbox.head(head);
                        outbox.transactions(waiting.iter().copied());
                    });
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn announce_head(inner: &Inner, change: &HeadChange) {
    let Some(newest) = change.added.last() else {
        return;
    };
    let sessions = inner.sessions();
    let head = head_of(newest);
    let lacking: Vec<_> = sessions
        .iter()
        .filter(|session| !session.known().contains(&head.hash))
        .collect();
    if change.added.len() > PUSHED_BLOCKS_MAX {
        for session in lacking {
            session.send(|outbox| outbox.head(head));
        }
    } else if !lacking.is_empty() {
        for applied in &change.added {
            let rlp = Bytes::from(applied.block.encode());
            for session in &lacking {
                session.send(|outbox| {
                    if rlp.len() > PUSHED_BLOCK_BYTES_MAX {
                        outbox.head(head);
                    } else {
                        outbox.block(applied.block.hash, rlp.clone(), head);
                    }
                });
            }
        }
    }
    // What was on the branch that was left waits again, and peers may never have seen it.
    let orphaned: Vec<_> = change
        .removed
        .iter()
        .rev()
        .flat_map(|applied| applied.block.transactions.iter())
        .map(crate::transaction::Transaction::hash)
        .collect();
    if orphaned.is_empty() {
        return;
    }
    for session in &sessions {
        session.send(|outbox| outbox.transactions(orphaned.iter().copied()));
    }
}

fn head_of(applied: &AppliedBlock) -> Head {
    Head {
        number: applied.block.number(),
        hash: applied.block.hash,
        total_difficulty: applied.total_difficulty,
    }
}
