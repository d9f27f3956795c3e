//! Traces blocks for the calls between contracts. It follows the section of blocks and never
//! holds it back; a node without traces only leaves this section out.

use alloy_primitives::map::HashSet;
use alloy_primitives::{Address, B256};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::Round;
use crate::limits::{BLOCKS_PER_BATCH_MAX, CALL_FRAMES_MAX, TRANSACTIONS_PER_BATCH};
use crate::node::{EthereumNode, NodeError};
use crate::store::{Head, SectionName, Store, TracedBlock};
use crate::trace::{self, CallImages, CallRow, CallRows};
use crate::{ExplorerError, ExplorerSettings};

/// What the section of calls needs.
pub(crate) struct CallIndexer<'a> {
    pub store: &'a Store,
    pub node: &'a dyn EthereumNode,
    pub settings: &'a ExplorerSettings,
    /// How this node traces blocks, once it is known.
    pub method: &'a Mutex<TraceMethod>,
}

/// Ways to trace a block, best first: a hash cannot mean another block after a reorganisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TraceMethod {
    #[default]
    BlockByHash,
    BlockByNumber,
    EachTransaction,
}

impl TraceMethod {
    const fn next(self) -> Option<Self> {
        match self {
            Self::BlockByHash => Some(Self::BlockByNumber),
            Self::BlockByNumber => Some(Self::EachTransaction),
            Self::EachTransaction => None,
        }
    }
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traced {
    pub round: Round,
    pub head: Option<u64>,
}

/// Traces some blocks.
///
/// # Errors
/// The node or the database does not answer, or the node traces nothing at all
/// ([`NodeError::NotOffered`]).
pub(crate) async fn advance(indexer: &CallIndexer<'_>) -> Result<Traced, ExplorerError> {
    let traced = indexer.store.head(SectionName::Calls).await?;
    let known = indexer.store.head(SectionName::Blocks).await?;
    let first = traced.map_or(0, |head| head.number + 1);
    let Some(known) = known.filter(|known| known.number >= first) else {
        return Ok(Traced {
            round: Round::Done,
            head: traced.map(|head| head.number),
        });
    };
    let last = known.number.min(first + BLOCKS_PER_BATCH_MAX - 1);
    let mut blocks = Vec::new();
    let mut transactions = 0;
    let mut head = None;
    for number in first..=last {
        let Some(block) = indexer.store.traced_block(number).await? else {
            break;
        };
        blocks.push((number, trace_block(indexer, number, &block).await?));
        head = Some(Head {
            number,
            hash: block.hash,
        });
        transactions += block.transactions.len();
        if transactions >= TRANSACTIONS_PER_BATCH {
            break;
        }
    }
    let Some(head) = head else {
        return Ok(Traced {
            round: Round::Done,
            head: traced.map(|head| head.number),
        });
    };
    write(indexer, &blocks, head, known.number).await?;
    Ok(Traced {
        round: if head.number < known.number {
            Round::More
        } else {
            Round::Done
        },
        head: Some(head.number),
    })
}

/// Writes the calls of blocks unless a reorganisation has replaced them meanwhile.
async fn write(
    indexer: &CallIndexer<'_>,
    blocks: &[(u64, CallRows)],
    head: Head,
    tip: u64,
) -> Result<(), ExplorerError> {
    let writing = indexer.store.begin().await?;
    if writing.indexed_hash(head.number).await? != Some(head.hash) {
        return Ok(());
    }
    let keep_from = tip.saturating_sub(indexer.settings.reorganisation_depth);
    let calls = || blocks.iter().flat_map(|(_, rows)| &rows.calls);
    let touched: HashSet<Address> = calls().flat_map(CallRow::addresses).collect();
    let mut accounts = writing
        .load_account_calls(touched.into_iter().collect())
        .await?;
    let mut contracts = writing.internal_contracts().await?;
    let mut undo = Vec::new();
    for (number, rows) in blocks {
        let in_block: HashSet<Address> = rows.calls.iter().flat_map(CallRow::addresses).collect();
        if *number >= keep_from {
            let before = |address| (address, accounts.get(&address).copied().unwrap_or_default());
            let images = CallImages {
                accounts: in_block.into_iter().map(before).collect(),
                contracts,
            };
            undo.push((*number, images.encode()));
        }
        for call in &rows.calls {
            contracts += u64::from(call.created().is_some());
            for address in call.addresses() {
                accounts.entry(address).or_default().calls += 1;
            }
        }
    }
    let rows: Vec<CallRows> = blocks.iter().map(|(_, rows)| rows.clone()).collect();
    writing.write_calls(&rows).await?;
    writing
        .write_account_calls(accounts.into_iter().collect())
        .await?;
    writing.set_internal_contracts(contracts).await?;
    let paid = calls().filter(|call| call.moves_value());
    let paid: HashSet<Address> = paid.flat_map(CallRow::addresses).collect();
    writing
        .mark_balances(paid.into_iter().collect(), head.number)
        .await?;
    writing
        .keep_undo(SectionName::Calls, undo, keep_from)
        .await?;
    writing.set_head(SectionName::Calls, head).await?;
    writing.commit().await
}

async fn trace_block(
    indexer: &CallIndexer<'_>,
    number: u64,
    block: &TracedBlock,
) -> Result<CallRows, ExplorerError> {
    // The first block has no transactions, and nodes refuse to trace it.
    if block.transactions.is_empty() {
        return Ok(CallRows::default());
    }
    let mut method = *indexer.method.lock();
    let traces = loop {
        let error = match traces(indexer.node, method, number, block).await {
            Ok(traces) => break traces,
            Err(error) => error,
        };
        match error {
            NodeError::NotOffered { .. } => {
                method = method.next().ok_or(error)?;
                *indexer.method.lock() = method;
            }
            // One transaction that cannot be read must not hide the others of its block.
            NodeError::Malformed { .. } if method != TraceMethod::EachTransaction => {
                method = TraceMethod::EachTransaction;
            }
            error => return Err(error.into()),
        }
    };
    let mut calls = Vec::new();
    for (place, trace) in (0_u64..).zip(traces) {
        let frames = trace::frames(&trace, CALL_FRAMES_MAX).unwrap_or_default();
        calls.extend(trace::rows(number, place, &frames));
    }
    Ok(CallRows { calls })
}

/// One trace for each transaction; null where there is none.
async fn traces(
    node: &dyn EthereumNode,
    method: TraceMethod,
    number: u64,
    block: &TracedBlock,
) -> Result<Vec<Value>, NodeError> {
    let tracer = json!({"tracer": "callTracer"});
    let (name, params) = match method {
        TraceMethod::BlockByHash => ("debug_traceBlockByHash", json!([block.hash, tracer])),
        TraceMethod::BlockByNumber => {
            let number = format!("{number:#x}");
            ("debug_traceBlockByNumber", json!([number, tracer]))
        }
        TraceMethod::EachTransaction => return each_trace(node, &block.transactions).await,
    };
    let answer = node.request(name, params).await?;
    let Value::Array(mut traces) = answer else {
        return Err(NodeError::malformed(name, "not a list"));
    };
    if traces.len() != block.transactions.len() {
        return Err(NodeError::malformed(name, "another number of transactions"));
    }
    let belongs = |trace: &Value, hash: &B256| {
        // Older nodes do not say whose trace it is.
        trace["txHash"]
            .as_str()
            .is_none_or(|text| text.parse() == Ok(*hash))
    };
    if !traces
        .iter()
        .zip(&block.transactions)
        .all(|(trace, hash)| belongs(trace, hash))
    {
        return Err(NodeError::malformed(name, "another block"));
    }
    Ok(traces
        .iter_mut()
        .map(|trace| trace["result"].take())
        .collect())
}

async fn each_trace(
    node: &dyn EthereumNode,
    transactions: &[B256],
) -> Result<Vec<Value>, NodeError> {
    const METHOD: &str = "debug_traceTransaction";
    let mut traces = Vec::with_capacity(transactions.len());
    for hash in transactions {
        let params = json!([hash, {"tracer": "callTracer"}]);
        traces.push(match node.request(METHOD, params).await {
            Ok(trace) => trace,
            Err(NodeError::Malformed { problem, .. }) => {
                tracing::warn!(%hash, problem, "a trace cannot be read: its calls are left out");
                Value::Null
            }
            Err(error) => return Err(error),
        });
    }
    Ok(traces)
}
