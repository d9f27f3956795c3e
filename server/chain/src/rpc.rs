//! Ethereum's JSON-RPC, without a transport: bytes in, bytes out.
//!
//! Methods, parameters, results and errors are those of the Ethereum execution API specification
//! and, where it is silent, of geth. Everything is bounded: bodies, batches, answers, filters,
//! subscriptions, and what is computed at once.
//!
//! Cheap methods are answered where they are asked; those that may compute for long wait for one
//! of a few places on the blocking threads of tokio.

mod access_list;
mod blocks;
mod call;
mod clique;
mod debug;
mod error;
mod estimate;
mod fees;
mod filters;
mod json;
mod log_search;
mod logs;
mod message;
mod methods;
mod mine;
mod params;
mod pool;
mod position;
mod proof;
mod receipts;
mod revert;
mod session;
mod simulation;
mod state;
mod transactions;
mod web3;

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{Address, B256};
use arc_swap::ArcSwapOption;
use futures::StreamExt;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc};

use crate::service::Chain;
use crate::tasks::block_maker::MineRequest;
use filters::Filters;
use message::{Request, response};
use params::Params;

pub use error::{
    EXECUTION_REVERTED, INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, LIMIT_EXCEEDED,
    METHOD_NOT_FOUND, PARSE_ERROR, RpcError, SERVER_ERROR,
};
pub use json::ANSWER_BYTES_MAX;
pub use log_search::{LogLimits, LogSearchError, search_logs};
pub use revert::revert_reason;
pub use session::{CloseReason, Message, SESSION_QUEUE_MAX, serve_session};

/// Largest request body, in bytes.
pub const BODY_BYTES_MAX: usize = 10 << 20;
/// Requests in one batch.
pub const BATCH_MAX: usize = 1_000;
/// Largest answer to one batch, in bytes.
pub const BATCH_ANSWER_BYTES_MAX: usize = 64 << 20;
/// Requests of one batch that are worked on at once.
const BATCH_CONCURRENCY: usize = 8;
/// Methods that may compute for long and run at once, for each processor.
const HEAVY_PER_PROCESSOR: usize = 2;
/// How long such a method waits for its turn.
const HEAVY_WAIT: Duration = Duration::from_secs(10);

/// What the dispatcher may do besides answering everyone.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where `evm_mine` sends its wishes; without it there is no such method.
    pub mine: Option<mpsc::Sender<MineRequest>>,
    /// The address that seals our blocks, for `eth_coinbase` and `eth_mining`.
    pub signer: Option<Address>,
    /// How far behind its peers the node is; always up to date where there are none.
    pub sync: Option<Arc<dyn SyncState>>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    /// Anybody.
    Public,
    /// Whoever runs the node.
    Operator,
}

/// What the node knows of its peers.
pub trait SyncState: std::fmt::Debug + Send + Sync {
    /// The highest block that a peer has told of; none when we have it.
    fn highest_block(&self) -> Option<u64>;
    /// Peers that are connected.
    fn peers(&self) -> u64;
}

/// Answers JSON-RPC. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Dispatcher {
    node: Arc<Node>,
    rights: Rights,
}

/// What the methods work with.
#[derive(Debug)]
struct Node {
    chain: Chain,
    options: Options,
    filters: Filters,
    heavy: Arc<Semaphore>,
    /// Who sealed the newest block that was asked about: recovering costs more than many a call.
    author: ArcSwapOption<(B256, Address)>,
    /// The suggested tip after a block.
    tip_suggestion: ArcSwapOption<(B256, u128)>,
}

impl Dispatcher {
    /// Answers anybody for this chain.
    #[must_use]
    pub fn new(chain: Chain, options: Options) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            node: Arc::new(Node {
                chain,
                options,
                filters: Filters::default(),
                heavy: Arc::new(Semaphore::new(processors * HEAVY_PER_PROCESSOR)),
                author: ArcSwapOption::empty(),
                tip_suggestion: ArcSwapOption::empty(),
            }),
            rights: Rights::Public,
        }
    }

    /// The same node as whoever runs it asks it: `clique_propose` and `clique_discard` are
    /// answered too.
    #[must_use]
    pub fn for_operator(&self) -> Self {
        Self {
            node: self.node.clone(),
            rights: Rights::Operator,
        }
    }

    /// The chain that it answers for.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.node.chain
    }

    /// Answers a request or a batch of them (JSON-RPC 2.0). None when there is nothing to answer:
    /// all were notifications.
    pub async fn handle(&self, body: &[u8]) -> Option<Vec<u8>> {
        if body.len() > BODY_BYTES_MAX {
            let limit = BODY_BYTES_MAX >> 20;
            return refuse(RpcError::invalid_request(format!(
                "the request is larger than {limit} MiB"
            )));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Array(batch)) => self.handle_batch(batch).await,
            Ok(request) => self.handle_one(request).await,
            Err(error) => refuse(RpcError::new(PARSE_ERROR, format!("parse error: {error}"))),
        }
    }

    /// Answers one method, for callers inside the program.
    ///
    /// # Errors
    /// As a client would be told.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        let json = methods::answer(&self.node, self.rights, method, Params::new(params)?).await?;
        // A trace is as deep as its calls, and they go a thousand deep.
        let mut reader = serde_json::Deserializer::from_slice(&json.0);
        reader.disable_recursion_limit();
        Value::deserialize(serde_stacker::Deserializer::new(&mut reader))
            .map_err(|error| RpcError::new(INTERNAL_ERROR, error.to_string()))
    }

    async fn handle_one(&self, request: Value) -> Option<Vec<u8>> {
        let request = match Request::read(request) {
            Ok(request) => request,
            Err((id, error)) => return Some(response(&id, Err(error))),
        };
        let outcome = match Params::new(request.params) {
            Ok(params) => methods::answer(&self.node, self.rights, &request.method, params).await,
            Err(error) => Err(error),
        };
        request.id.map(|id| response(&id, outcome))
    }

    async fn handle_batch(&self, batch: Vec<Value>) -> Option<Vec<u8>> {
        if batch.is_empty() {
            return refuse(RpcError::invalid_request("empty batch"));
        }
        if batch.len() > BATCH_MAX {
            return refuse(RpcError::invalid_request(format!(
                "batch too large: {} requests, at most {BATCH_MAX}",
                batch.len()
            )));
        }
        let mut answers = futures::stream::iter(batch)
            .map(|request| self.handle_one(request))
            .buffered(BATCH_CONCURRENCY);
        let mut text = vec![b'['];
        while let Some(one) = answers.next().await {
            let Some(one) = one else { continue };
            if text.len() + one.len() > BATCH_ANSWER_BYTES_MAX {
                return refuse(RpcError::limit(format!(
                    "the answers of the batch are larger than {} MiB together",
                    BATCH_ANSWER_BYTES_MAX >> 20
                )));
            }
            if text.len() > 1 {
                text.push(b',');
            }
            text.extend_from_slice(&one);
        }
        text.push(b']');
        (text.len() > 2).then_some(text)
    }
}

fn refuse(error: RpcError) -> Option<Vec<u8>> {
    Some(response(&Value::Null, Err(error)))
}
