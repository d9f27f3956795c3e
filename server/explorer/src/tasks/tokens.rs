//! Asks tokens what they say of themselves: name, symbol, decimals, total supply.

use alloy_primitives::{Address, Bytes};
use serde_json::{Value, json};

use super::Round;
use super::balances::Asked;
use crate::ExplorerError;
use crate::limits::{TOKEN_CALL_GAS, TOKENS_PER_ROUND};
use crate::node::{EthereumNode, NodeError};
use crate::store::{DetailsRow, Store};
use crate::token_details;

/// Asks some tokens.
///
/// # Errors
/// The node or the database does not answer. A token that does not answer is no error.
pub(crate) async fn advance(
    store: &Store,
    node: &dyn EthereumNode,
) -> Result<Asked, ExplorerError> {
    let due = store.due_tokens(TOKENS_PER_ROUND).await?;
    if due.is_empty() {
        return Ok(Asked {
            round: Round::Done,
            due: 0,
        });
    }
    let mut details = Vec::with_capacity(due.len());
    for (token, touched_block) in &due {
        details.push((*token, *touched_block, ask(node, *token).await?));
    }
    let writing = store.begin().await?;
    writing.write_details(details).await?;
    writing.commit().await?;
    let is_full = due.len() as u64 == TOKENS_PER_ROUND;
    Ok(Asked {
        round: if is_full { Round::More } else { Round::Done },
        due: due.len() as u64,
    })
}

/// Selectors of `name()`, `symbol()`, `decimals()` and `totalSupply()`.
const QUESTIONS: [&str; 4] = ["0x06fdde03", "0x95d89b41", "0x313ce567", "0x18160ddd"];

async fn ask(node: &dyn EthereumNode, token: Address) -> Result<DetailsRow, NodeError> {
    let gas = format!("{TOKEN_CALL_GAS:#x}");
    let questions = QUESTIONS
        .iter()
        .map(|data| {
            let call = json!({"to": token, "data": data, "input": data, "gas": gas});
            ("eth_call", json!([call, "latest"]))
        })
        .collect();
    let mut answers = Vec::with_capacity(QUESTIONS.len());
    for answer in node.request_all(questions).await? {
        answers.push(match answer {
            Ok(Value::String(text)) => text.parse::<Bytes>().unwrap_or_default(),
            Ok(_) | Err(NodeError::Refused { .. } | NodeError::NotOffered { .. }) => Bytes::new(),
            Err(error) => return Err(error),
        });
    }
    let [name, symbol, decimals, supply] = answers.as_slice() else {
        return Err(NodeError::malformed("eth_call", "not four answers"));
    };
    Ok(DetailsRow {
        name: token_details::name(name),
        symbol: token_details::symbol(symbol),
        decimals: token_details::decimals(decimals),
        total_supply: token_details::number(supply),
    })
}
