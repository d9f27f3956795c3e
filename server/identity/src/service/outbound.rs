//! Requests to the endpoints that the operator configured: bounded in time and size, without
//! redirects, so that no answer can lead us anywhere else.

use std::time::Duration;

use crate::IdentityError;

/// For a chain's endpoint, from the first byte sent to the last one read.
pub(crate) const CHAIN_TIMEOUT: Duration = Duration::from_secs(3);
/// For an OpenID provider, which may have to wake up.
pub(crate) const PROVIDER_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 256 * 1_024;

/// A client for such requests, each of which may take that long.
///
/// # Errors
/// The machine has no usable store of root certificates.
pub(crate) fn client(timeout: Duration) -> Result<reqwest::Client, IdentityError> {
    // Another part of the program may have chosen a provider already: then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent("ledgercloud")
        .build()
        .map_err(|error| IdentityError::Bug(format!("the HTTP client: {error}")))
}

/// Status and body of an answer.
pub(crate) struct Answer {
    pub(crate) status: reqwest::StatusCode,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutboundError {
    #[error("the request failed")]
    Request(#[source] reqwest::Error),
    #[error("the answer is longer than {ANSWER_BYTES_MAX} bytes")]
    TooLong,
}

impl From<reqwest::Error> for OutboundError {
    fn from(error: reqwest::Error) -> Self {
        // Addresses of nodes often hold the operator's key, and causes are logged.
        Self::Request(error.without_url())
    }
}

/// Sends a request and reads its answer, up to the bound.
pub(crate) async fn send(request: reqwest::RequestBuilder) -> Result<Answer, OutboundError> {
    let mut response = request.send().await?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(OutboundError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

/// A failure of somebody else's service, for whoever waits.
pub(crate) fn unavailable(
    what: impl Into<String>,
    source: impl std::error::Error + Send + Sync + 'static,
) -> IdentityError {
    IdentityError::Unavailable {
        what: what.into(),
        source: Some(Box::new(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failure_does_not_tell_the_address() {
        // A port that was free a moment ago: nobody answers there.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/v3/k3y", listener.local_addr().unwrap());
        drop(listener);
        let client = client(CHAIN_TIMEOUT).unwrap();
        let Err(error) = send(client.get(endpoint)).await else {
            panic!("nobody answers there");
        };
        let mut told = format!("{error:?} {error}");
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            told.push_str(&error.to_string());
            cause = error.source();
        }
        assert!(!told.contains("k3y"), "{told}");
    }
}
