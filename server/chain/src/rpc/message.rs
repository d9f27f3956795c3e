//! Requests and answers as JSON-RPC 2.0 writes them.

use serde_json::Value;

use super::error::RpcError;
use super::json::{Answer, answer};

/// One request.
#[derive(Debug)]
pub(super) struct Request {
    /// None for a notification, which is not answered.
    pub id: Option<Value>,
    pub method: String,
    pub params: Value,
}

impl Request {
    /// Reads a request; on failure the id under which to say so comes along.
    pub fn read(value: Value) -> Result<Self, (Value, RpcError)> {
        let refuse = |id: Option<Value>, message: &str| {
            (
                id.unwrap_or(Value::Null),
                RpcError::invalid_request(message),
            )
        };
        let Value::Object(mut fields) = value else {
            return Err(refuse(None, "a request is an object"));
        };
        let id = match fields.remove("id") {
            None => None,
            Some(id @ (Value::Null | Value::Number(_) | Value::String(_))) => Some(id),
            Some(_) => return Err(refuse(None, "id is a string, a number or null")),
        };
        if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(refuse(id, "jsonrpc must be \"2.0\""));
        }
        let Some(Value::String(method)) = fields.remove("method") else {
            return Err(refuse(id, "method must be a string"));
        };
        let params = fields.remove("params").unwrap_or(Value::Null);
        if !matches!(params, Value::Null | Value::Array(_) | Value::Object(_)) {
            return Err(refuse(id, "params must be an array"));
        }
        Ok(Self { id, method, params })
    }
}

/// The response to the request with this id.
pub(super) fn response(id: &Value, outcome: Answer) -> Vec<u8> {
    let (name, bytes) = match outcome {
        Ok(result) => ("result", result.0),
        Err(error) => ("error", error_text(&error)),
    };
    let id = id.to_string();
    let mut text = Vec::with_capacity(bytes.len() + id.len() + 40);
    text.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    text.extend_from_slice(id.as_bytes());
    text.extend_from_slice(b",\"");
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(b"\":");
    text.extend_from_slice(&bytes);
    text.push(b'}');
    text
}

/// An error's JSON. What does not fit loses its `data`.
fn error_text(error: &RpcError) -> Vec<u8> {
    let whole = answer(error);
    let bare = || answer(&RpcError::new(error.code, error.message.clone()));
    whole
        .or_else(|_| bare())
        .map(|json| json.0)
        .unwrap_or_else(|_| b"{}".to_vec())
}
