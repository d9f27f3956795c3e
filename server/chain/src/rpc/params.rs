//! The positional parameters of a request, read one after the other.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::RpcError;

/// Parameters that are yet to be read.
#[derive(Debug, Clone)]
pub(super) struct Params {
    values: std::vec::IntoIter<Value>,
    read: usize,
}

impl Params {
    /// From the `params` of a request: an array, or nothing.
    pub fn new(params: Value) -> Result<Self, RpcError> {
        let values = match params {
            Value::Null => Vec::new(),
            Value::Array(values) => values,
            _ => return Err(RpcError::invalid_params("non-array args")),
        };
        Ok(Self {
            values: values.into_iter(),
            read: 0,
        })
    }

    /// The next parameter.
    pub fn required<T: DeserializeOwned>(&mut self) -> Result<T, RpcError> {
        let index = self.read;
        self.optional()?.ok_or_else(|| {
            RpcError::invalid_params(format!("missing value for required argument {index}"))
        })
    }

    /// The next parameter, which may be missing or null.
    pub fn optional<T: DeserializeOwned>(&mut self) -> Result<Option<T>, RpcError> {
        let index = self.read;
        self.read += 1;
        match self.values.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value).map(Some).map_err(|error| {
                RpcError::invalid_params(format!("invalid argument {index}: {error}"))
            }),
        }
    }

    /// Whether the second parameter is true: that of a block's transactions in full.
    pub fn asks_for_all(&self) -> bool {
        self.values.as_slice().get(1) == Some(&Value::Bool(true))
    }

    /// That nothing is left.
    pub fn end(mut self) -> Result<(), RpcError> {
        match self.values.next() {
            None => Ok(()),
            Some(_) => Err(RpcError::invalid_params(format!(
                "too many arguments, want at most {}",
                self.read
            ))),
        }
    }
}
