//! Asks for the balances of addresses that blocks have touched.
//!
//! The answer is the newest balance, whatever block the index is at: a later change is in a later
//! block, which makes the address due again. So the ranking is right once everything is indexed,
//! and needs no old state of the node.

use alloy_primitives::U256;
use serde_json::json;

use super::Round;
use crate::ExplorerError;
use crate::answer::read;
use crate::limits::BALANCES_PER_ROUND;
use crate::node::{EthereumNode, NodeError};
use crate::store::{SectionName, Store};

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub round: Round,
    /// Addresses that were due when the round began, up to a round's bound.
    pub due: u64,
}

/// Asks for some balances.
///
/// # Errors
/// The node or the database does not answer.
pub(crate) async fn advance(
    store: &Store,
    node: &dyn EthereumNode,
) -> Result<Asked, ExplorerError> {
    const METHOD: &str = "eth_getBalance";
    let head = store.head(SectionName::Blocks).await?;
    let due = store.due_balances(BALANCES_PER_ROUND).await?;
    let Some(head) = head.filter(|_| !due.is_empty()) else {
        return Ok(Asked {
            round: Round::Done,
            due: 0,
        });
    };
    let questions = due
        .iter()
        .map(|due| (METHOD, json!([due.address, "latest"])))
        .collect();
    let answers = node.request_all(questions).await?;
    let balances = due
        .iter()
        .zip(answers)
        .map(|(due, answer)| Ok((due.address, read::<U256>(METHOD, answer?)?)))
        .collect::<Result<Vec<_>, NodeError>>()?;
    let writing = store.begin().await?;
    // What was touched after `head` was read is in a later block, and stays due.
    let known_block = due
        .iter()
        .map(|due| due.touched_block)
        .fold(head.number, u64::max);
    writing.write_balances(balances, known_block).await?;
    writing.commit().await?;
    let is_full = due.len() as u64 == BALANCES_PER_ROUND;
    Ok(Asked {
        round: if is_full { Round::More } else { Round::Done },
        due: due.len() as u64,
    })
}
