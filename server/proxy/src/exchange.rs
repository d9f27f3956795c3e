//! One request to a server and the head of its answer, repeated once where that is safe.

use http::header::HeaderMap;
use http::request::Parts;
use http::{HeaderValue, Request, Response, Uri, Version};
use hyper::body::Incoming;
use types::Timestamp;

use crate::ProxyError;
use crate::identity_header::{IDENTITY_HEADER, IdentityKey, SignedRequest, sign};
use crate::measure::Measure;
use crate::request_head::{Origin, RequestKind, forwarded_headers};
use crate::upload::{Upload, UploadStalled};
use crate::upstream::{Connection, ExchangeError, Repeatable, Upstream};

/// An admitted request on its way.
pub(crate) struct Outgoing<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) kind: RequestKind,
    pub(crate) origin: Origin<'a>,
    pub(crate) user_name: &'a str,
    pub(crate) identity_key: &'a IdentityKey,
}

/// Sends the request and returns the head of the answer, with the connection on which its body
/// will come.
///
/// A server may close a kept connection just as a request is sent on it. Then the request goes out
/// once more, on a new connection, if nothing of it was sent or if it is idempotent and has no
/// body (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
pub(crate) async fn exchange(
    upstream: &Upstream,
    outgoing: &Outgoing<'_>,
    body: Upload,
    measure: &Measure,
) -> Result<(Response<Incoming>, Box<Connection>), ProxyError> {
    let is_repeatable = body.is_empty() && outgoing.parts.method.is_idempotent();
    let repeatable = if is_repeatable {
        Repeatable::Yes
    } else {
        Repeatable::No
    };
    let connection = upstream.connection(repeatable).await?;
    let is_reused = connection.is_reused;
    let error = match connection.send(request(outgoing, body)?).await {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let again = match error {
        ExchangeError {
            unsent: Some(request),
            ..
        } => request,
        ExchangeError { .. } if is_reused && is_repeatable => request(outgoing, Upload::Empty)?,
        ExchangeError { cause, .. } => return Err(proxy_error(&cause)),
    };
    measure.requests_repeated.increment(1);
    let connection = upstream.new_connection().await?;
    connection
        .send(again)
        .await
        .map_err(|error| proxy_error(&error.cause))
}

fn request(outgoing: &Outgoing<'_>, body: Upload) -> Result<Request<Upload>, ProxyError> {
    let parts = outgoing.parts;
    let mut headers = forwarded_headers(parts, outgoing.kind, &outgoing.origin)?;
    let path_and_query = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    headers.insert(IDENTITY_HEADER, identity(outgoing, path_and_query));
    let mut request = Request::new(body);
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = origin_form(&parts.uri, path_and_query)?;
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = headers;
    Ok(request)
}

fn identity(outgoing: &Outgoing<'_>, path_and_query: &str) -> HeaderValue {
    let signed = SignedRequest {
        method: &outgoing.parts.method,
        path_and_query,
    };
    sign(
        outgoing.identity_key,
        outgoing.user_name,
        Timestamp::now(),
        signed,
    )
}

/// Path and query as they came, byte by byte.
fn origin_form(uri: &Uri, path_and_query: &str) -> Result<Uri, ProxyError> {
    if uri.authority().is_none() {
        return Ok(uri.clone());
    }
    Uri::try_from(path_and_query).map_err(|_| ProxyError::Malformed("its target is not a path"))
}

fn proxy_error(cause: &hyper::Error) -> ProxyError {
    let mut source = std::error::Error::source(cause);
    while let Some(error) = source {
        if error.is::<UploadStalled>() {
            return ProxyError::BodyStalled;
        }
        source = error.source();
    }
    if cause.is_user() {
        return ProxyError::Malformed("its body broke off");
    }
    tracing::debug!(%cause, "a notebook server broke an exchange");
    ProxyError::Broken
}

/// Whether the answer agrees to a WebSocket (RFC 6455 §4.2.2).
pub(crate) fn agrees_to_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(http::header::UPGRADE)
        .is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}
