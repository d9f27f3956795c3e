//! The Ethereum node that is indexed, seen through JSON-RPC alone.

mod http;

pub use http::HttpNode;

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

/// A node that answers the Ethereum execution API, in this process or elsewhere.
#[async_trait::async_trait]
pub trait EthereumNode: Send + Sync + 'static {
    /// Asks one question.
    ///
    /// # Errors
    /// The node refused or did not answer.
    async fn request(&self, method: &str, params: Value) -> Result<Value, NodeError>;

    /// Asks several questions, answered in their order.
    ///
    /// # Errors
    /// No answer at all; a single refusal is in its place of the list.
    async fn request_all(
        &self,
        questions: Vec<(&'static str, Value)>,
    ) -> Result<Vec<Result<Value, NodeError>>, NodeError> {
        let answers = questions
            .into_iter()
            .map(|(method, params)| self.request(method, params));
        Ok(futures::future::join_all(answers).await)
    }

    /// Changes with each new head; the newest known one is there at once.
    fn heads(&self) -> watch::Receiver<Option<HeadNotice>>;
}

/// The node that several parts share.
pub type SharedNode = Arc<dyn EthereumNode>;

/// A node has a new newest block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadNotice {
    pub number: u64,
    pub hash: alloy_primitives::B256,
}

/// Why a node gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    /// It does not offer the method (JSON-RPC error -32601, or a namespace that is closed).
    #[error("the node does not offer {method}")]
    NotOffered { method: String },
    /// It understood and refused, for example because a call reverted or a state is pruned.
    #[error("{message} ({code})")]
    Refused {
        code: i64,
        message: String,
        /// For a revert: what the contract gave back.
        data: Option<Value>,
    },
    /// It cannot be reached, or took too long. Try again.
    #[error("{0}")]
    Unreachable(String),
    /// It answered something else than asked. Trying again may help: it may have reorganised.
    #[error("the node's answer to {method} is not understood: {problem}")]
    Malformed { method: String, problem: String },
}

/// JSON-RPC: the method does not exist.
const METHOD_NOT_FOUND: i64 = -32_601;

impl NodeError {
    /// Reads the `error` of a JSON-RPC answer.
    #[must_use]
    pub fn from_json(method: &str, error: &Value) -> Self {
        let code = error["code"].as_i64().unwrap_or_default();
        let message = error["message"].as_str().unwrap_or("no message").to_owned();
        let is_closed = message.contains("does not exist") && message.contains("method");
        if code == METHOD_NOT_FOUND || is_closed {
            return Self::NotOffered {
                method: method.to_owned(),
            };
        }
        Self::Refused {
            code,
            message,
            data: error.get("data").cloned(),
        }
    }

    /// An answer that does not fit the question.
    pub(crate) fn malformed(method: &str, problem: impl ToString) -> Self {
        Self::Malformed {
            method: method.to_owned(),
            problem: problem.to_string(),
        }
    }

    /// Whether the node says that it has dropped the state of that block.
    #[must_use]
    pub fn is_pruned(&self) -> bool {
        let Self::Refused { message, .. } = self else {
            return false;
        };
        let message = message.to_ascii_lowercase();
        [
            "missing trie node",
            "pruned",
            "historical state",
            "state not available",
            "not available",
        ]
        .iter()
        .any(|sign| message.contains(sign))
    }
}
