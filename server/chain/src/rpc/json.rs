//! Answers as JSON text, bounded while they are written.

use std::io;

use serde::Serialize;

use super::error::RpcError;

/// The JSON text of one result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(pub(super) Vec<u8>);

/// A result or why there is none.
pub(super) type Answer = Result<Json, RpcError>;

/// Largest result of one request, in bytes.
pub const ANSWER_BYTES_MAX: usize = 25 << 20;

/// Writes a result down.
pub(super) fn answer<T: Serialize + ?Sized>(value: &T) -> Answer {
    let mut bounded = Bounded(Vec::with_capacity(128));
    match serde_json::to_writer(&mut bounded, value) {
        Ok(()) => Ok(Json(bounded.0)),
        Err(_) => Err(too_large()),
    }
}

/// Joins results to an array.
pub(super) fn array(items: impl IntoIterator<Item = Answer>) -> Answer {
    let mut bytes = vec![b'['];
    for item in items {
        if bytes.len() > 1 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(&item?.0);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(too_large());
        }
    }
    bytes.push(b']');
    Ok(Json(bytes))
}

/// The result is more than an answer holds.
pub(super) fn too_large() -> RpcError {
    RpcError::limit(format!(
        "the answer is larger than {} MiB: ask for less at once",
        ANSWER_BYTES_MAX >> 20
    ))
}

struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > ANSWER_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
