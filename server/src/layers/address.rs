//! Which addresses a request may have.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use types::{ApiError, ErrorCode};

use crate::api::failure::Failure;

/// Bytes of path and query. Answers repeat it (`/sign-in?next=…`, percent-encoded), and clients
/// bound the head of an answer, often at 16 KiB.
const ADDRESS_BYTES_MAX: usize = 4 * 1024;

/// Answers 414 to an address that is longer than any of ours, and 400 to a request for a tunnel,
/// whose address is no path at all.
pub async fn refuse_foreign_address(request: Request, next: Next) -> Response {
    if request.method() == Method::CONNECT {
        let refused = ApiError::new(
            ErrorCode::BadRequest,
            "this is a site, and no proxy to others",
        );
        return Failure(refused).into_response();
    }
    let uri = request.uri();
    let bytes = uri
        .path_and_query()
        .map_or(0, |address| address.as_str().len());
    if bytes <= ADDRESS_BYTES_MAX {
        return next.run(request).await;
    }
    Failure(
        ApiError::new(
            ErrorCode::AddressTooLong,
            format!("this address has {bytes} bytes; at most {ADDRESS_BYTES_MAX} are accepted"),
        )
        .with_hint("open the page again from the dashboard"),
    )
    .into_response()
}
