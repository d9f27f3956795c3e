//! Answers of the node that a page can do without.

use types::explorer::Part;

use crate::NodeError;

/// The answer, or why it is missing.
pub(super) fn part<T>(answer: Result<T, NodeError>) -> Part<T> {
    match answer {
        Ok(value) => Part::Known(value),
        Err(NodeError::NotOffered { .. }) => Part::NotOffered,
        Err(error) if error.is_pruned() => Part::Pruned,
        Err(error) => Part::Unavailable(error.to_string()),
    }
}
