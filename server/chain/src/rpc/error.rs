//! Errors as JSON-RPC 2.0, EIP-1474 and geth number them.

use alloy_primitives::{Bytes, hex};
use serde::Serialize;
use serde_json::Value;

use super::revert::revert_reason;
use crate::error::StoreError;

/// Why a request was not answered.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct RpcError {
    pub code: i64,
    pub message: String,
    /// What a revert returned, for instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// JSON-RPC 2.0: the bytes are not JSON.
pub const PARSE_ERROR: i64 = -32700;
/// JSON-RPC 2.0: the JSON is not a request.
pub const INVALID_REQUEST: i64 = -32600;
/// JSON-RPC 2.0: there is no such method.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// JSON-RPC 2.0: a parameter is missing or not what the method takes.
pub const INVALID_PARAMS: i64 = -32602;
/// JSON-RPC 2.0: the node failed.
pub const INTERNAL_ERROR: i64 = -32603;
/// EIP-1474: well-formed and not carried out; geth's code for whatever has no other.
pub const SERVER_ERROR: i64 = -32000;
/// EIP-1474: more was asked for than the node answers at once.
pub const LIMIT_EXCEEDED: i64 = -32005;
/// geth: the call was reverted; `data` is what it returned.
pub const EXECUTION_REVERTED: i64 = 3;

impl RpcError {
    /// An error with this code.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// The JSON is not a request.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(INVALID_REQUEST, message)
    }

    /// A parameter is missing or not what the method takes.
    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    /// The request is fine and cannot be carried out.
    pub fn server(message: impl Into<String>) -> Self {
        Self::new(SERVER_ERROR, message)
    }

    /// Ask for less.
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new(LIMIT_EXCEEDED, message)
    }

    /// There is no such method, in geth's words.
    #[must_use]
    pub fn method_not_found(method: &str) -> Self {
        let message = format!("the method {method} does not exist/is not available");
        Self::new(METHOD_NOT_FOUND, message)
    }

    /// A call was reverted with this output.
    #[must_use]
    pub fn reverted(output: &Bytes) -> Self {
        let message = match revert_reason(output) {
            Some(reason) => format!("execution reverted: {reason}"),
            None => "execution reverted".to_owned(),
        };
        Self {
            code: EXECUTION_REVERTED,
            message,
            data: Some(Value::String(hex::encode_prefixed(output))),
        }
    }
}

impl From<StoreError> for RpcError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a JSON-RPC request failed");
        Self::new(INTERNAL_ERROR, "the node cannot read its database")
    }
}
