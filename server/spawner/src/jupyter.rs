//! The few requests that the hub itself sends to a notebook server. None of them counts as
//! activity there: `/api` and `/api/status` never do, and the list of kernels is asked for with
//! `no_track_activity`.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use types::Timestamp;

use crate::engine::Endpoint;
use crate::identity_header::{self, IDENTITY_HEADER};
use crate::ladder::KernelState;
use crate::limits;

/// Why a server did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("no answer in time")]
    Late,
    #[error("connection")]
    Connection(#[from] std::io::Error),
    #[error("http")]
    Http(#[from] hyper::Error),
    #[error("request")]
    Request(#[from] http::Error),
    #[error("the answer cannot be read")]
    Unreadable,
    #[error("status {0}")]
    Status(StatusCode),
}

/// Who asks: the hub in the user's name.
pub(crate) struct Asker<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) identity_key: &'a [u8; 32],
    pub(crate) user_name: &'a str,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "version")]
    _version: String,
}

#[derive(Deserialize)]
struct KernelModel {
    id: String,
    #[serde(default)]
    execution_state: String,
}

/// Whether it is Jupyter that answers.
pub(crate) async fn is_up(asker: &Asker<'_>) -> Result<(), AskError> {
    let body = asker.get("/api").await?;
    serde_json::from_slice::<Version>(&body)
        .map(|_| ())
        .map_err(|_| AskError::Unreadable)
}

/// State of each kernel.
pub(crate) async fn kernels(asker: &Asker<'_>) -> Result<HashMap<String, KernelState>, AskError> {
    let body = asker.get("/api/kernels?no_track_activity=1").await?;
    let kernels: Vec<KernelModel> =
        serde_json::from_slice(&body).map_err(|_| AskError::Unreadable)?;
    Ok(kernels
        .into_iter()
        .map(|kernel| (kernel.id, kernel_state(&kernel.execution_state)))
        .collect())
}

/// A kernel that is dead or about to be computes nothing.
fn kernel_state(execution_state: &str) -> KernelState {
    match execution_state {
        "busy" => KernelState::Busy,
        "starting" | "restarting" | "autorestarting" | "unknown" => KernelState::Starting,
        _ => KernelState::Idle,
    }
}

impl Asker<'_> {
    async fn get(&self, path: &str) -> Result<Bytes, AskError> {
        let exchange = async {
            match self.endpoint {
                Endpoint::Unix(path_of_socket) => {
                    self.exchange(UnixStream::connect(path_of_socket).await?, path)
                        .await
                }
                Endpoint::Tcp(address) => {
                    self.exchange(TcpStream::connect(address).await?, path)
                        .await
                }
            }
        };
        tokio::time::timeout(limits::REQUEST_TIMEOUT, exchange)
            .await
            .map_err(|_| AskError::Late)?
    }

    async fn exchange<S>(&self, stream: S, path: &str) -> Result<Bytes, AskError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::get(path)
            .header(http::header::HOST, "localhost")
            .header(
                IDENTITY_HEADER,
                identity_header::sign(
                    self.identity_key,
                    self.user_name,
                    Timestamp::now(),
                    "GET",
                    path,
                ),
            )
            .body(Empty::<Bytes>::new())?;
        // The connection ends with the answer: it is dropped when this is.
        let answer = async {
            let response = sender.send_request(request).await?;
            if response.status() != StatusCode::OK {
                return Err(AskError::Status(response.status()));
            }
            let body = Limited::new(response.into_body(), limits::ANSWER_BYTES_MAX);
            let body = body.collect().await.map_err(|_| AskError::Unreadable)?;
            Ok(body.to_bytes())
        };
        tokio::pin!(answer);
        tokio::select! {
            answer = &mut answer => answer,
            ended = connection => {
                ended?;
                answer.await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_kernels_are_understood() {
        for (text, state) in [
            ("busy", KernelState::Busy),
            ("starting", KernelState::Starting),
            ("restarting", KernelState::Starting),
            ("idle", KernelState::Idle),
            ("dead", KernelState::Idle),
            ("", KernelState::Idle),
        ] {
            assert_eq!(kernel_state(text), state, "{text:?}");
        }
    }
}
