//! Answers for addresses that name nothing.

use types::{ApiError, ErrorCode};

/// The same words as the server's, for an address whose id cannot be one.
pub(crate) fn no_such_server() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "There is no such server.")
        .with_hint("It may have been deleted. Your dashboard lists the servers that you have.")
}

/// An address of the administration whose id cannot be one.
pub(crate) fn no_such_user() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "There is no such user.")
        .with_hint("The list of users shows those whom you may see.")
}
