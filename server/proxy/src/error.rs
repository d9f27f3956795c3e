//! Why a request was not forwarded, by what the client can do about it.

use http::StatusCode;

/// A request that got no answer from a server. The texts are shown to people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The request is malformed or ambiguous (RFC 9112 §11.2: request smuggling).
    #[error("The request is malformed: {0}.")]
    Malformed(&'static str),
    /// The method makes no sense for a reverse proxy (`CONNECT`, `TRACE`).
    #[error("This method is not supported.")]
    MethodNotAllowed,
    /// The host is not one of our servers' origins.
    #[error("No notebook server has this address.")]
    UnknownHost,
    /// The path belongs to the hub and never to a notebook server.
    #[error("There is nothing at this address.")]
    ReservedPath,
    #[error("The header fields of the request are too large. Clearing cookies helps.")]
    HeaderTooLarge,
    /// A browser sent it from another origin (OWASP: cross-site request forgery).
    #[error("The request comes from another site and was refused.")]
    CrossOrigin,
    /// The permission ended while the request was under way.
    #[error("Your access to this notebook server has ended. Sign in again.")]
    AccessEnded,
    /// The client stopped sending in the middle of a body.
    #[error("The request body did not arrive in time.")]
    BodyStalled,
    /// As many requests or WebSockets as allowed are under way.
    #[error("The notebook server is busy with too many requests. Try again in a moment.")]
    Busy,
    /// Nothing accepts connections there.
    #[error("The notebook server does not answer. It may be starting or stopping.")]
    Unreachable,
    /// It accepted the connection and then broke the protocol or went away.
    #[error("The notebook server ended the connection without an answer.")]
    Broken,
}

impl ProxyError {
    /// Status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnknownHost => StatusCode::MISDIRECTED_REQUEST,
            Self::ReservedPath => StatusCode::NOT_FOUND,
            Self::HeaderTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::CrossOrigin | Self::AccessEnded => StatusCode::FORBIDDEN,
            Self::BodyStalled => StatusCode::REQUEST_TIMEOUT,
            Self::Busy | Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::BAD_GATEWAY,
        }
    }
}
