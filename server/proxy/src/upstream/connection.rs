//! One HTTP/1.1 connection to a server.
//!
//! No task of its own drives it: whoever waits for its answer polls it. That saves two switches
//! between tasks per request, and a client that goes away takes its connection along.

use std::future::poll_fn;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::calm_waker::CalmWaker;
use super::stream::{Probe, UpstreamStream, connect};
use crate::settings::ProxyLimits;
use crate::upload::Upload;
use crate::{ProxyError, Target};

type Http1 = http1::Connection<TokioIo<UpstreamStream>, Upload>;

/// A connection, possibly in the middle of an exchange.
pub(crate) struct Connection {
    sender: http1::SendRequest<Upload>,
    /// None once it has ended and nothing more can be got from it.
    http: Option<Http1>,
    /// `http` must not be polled after its end.
    has_ended: bool,
    probe: Probe,
    calm_waker: CalmWaker,
}

/// A connection on which a request can be sent now.
pub(crate) struct ReadyConnection {
    connection: Box<Connection>,
    pub(super) idle_since: Instant,
    /// It has carried a request before, so that the server may be closing it at this moment.
    pub(crate) is_reused: bool,
}

/// A request that failed, and with it the connection.
pub(crate) struct ExchangeError {
    pub(crate) cause: hyper::Error,
    /// The request itself if not one byte of it was sent.
    pub(crate) unsent: Option<Request<Upload>>,
}

impl ReadyConnection {
    pub(super) async fn open(target: &Target, limits: &ProxyLimits) -> Result<Self, ProxyError> {
        let (stream, probe) = connect(target, limits.connect_timeout).await?;
        let (sender, http) = http1::Builder::new()
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| ProxyError::Unreachable)?;
        let mut connection = Box::new(Connection {
            sender,
            http: Some(http),
            has_ended: false,
            probe,
            calm_waker: CalmWaker::new(),
        });
        poll_fn(|context| {
            let _ = connection.poll_drive(context);
            Poll::Ready(())
        })
        .await;
        Ok(Self {
            connection,
            idle_since: Instant::now(),
            is_reused: false,
        })
    }

    /// Whether the server still keeps it open.
    pub(super) fn is_alive(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        self.connection.poll_drive(&mut context).is_pending() && self.connection.sender.is_ready()
    }

    /// The same, by the kernel's word.
    pub(super) fn is_alive_for_certain(&mut self) -> bool {
        self.connection.probe.arm();
        self.is_alive()
    }

    /// Sends a request and waits for the head of its answer. Dropping the future closes the
    /// connection.
    pub(crate) async fn send(
        self,
        request: Request<Upload>,
    ) -> Result<(Response<Incoming>, Box<Connection>), ExchangeError> {
        let mut connection = self.connection;
        let mut answer = std::pin::pin!(connection.sender.try_send_request(request));
        let calm_waker = connection.calm_waker.clone();
        let mut poll_answer = |context: &mut Context<'_>| {
            let has_ended = connection.poll_drive(context).is_ready();
            let answered = answer.as_mut().poll(context);
            if !has_ended || answered.is_ready() {
                return answered;
            }
            // The server closed it before the request left the queue: that goes with it.
            connection.http = None;
            answer.as_mut().poll(context)
        };
        let answered = poll_fn(|context| calm_waker.poll(context, &mut poll_answer)).await;
        match answered {
            Ok(response) => Ok((response, connection)),
            Err(mut error) => Err(ExchangeError {
                unsent: error.take_message(),
                cause: error.into_error(),
            }),
        }
    }
}

impl Connection {
    /// Moves bytes and then polls what they are for, to the end of what is possible now.
    pub(crate) fn poll_with<T>(
        &mut self,
        context: &mut Context<'_>,
        mut reader: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let calm_waker = self.calm_waker.clone();
        calm_waker.poll(context, |context| {
            // Its failure comes through the reader.
            let _ = self.poll_drive(context);
            reader(context)
        })
    }

    /// Moves bytes; ready when the connection is of no further use.
    fn poll_drive(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.has_ended {
            return Poll::Ready(());
        }
        self.has_ended = self
            .http
            .as_mut()
            .is_none_or(|http| http.poll_without_shutdown(context).is_ready());
        if self.has_ended {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// After the end of an answer: the connection for the next request, unless the server closes
    /// it or has not yet taken the whole request.
    pub(super) fn into_ready(self: Box<Self>, now: Instant) -> Option<ReadyConnection> {
        let mut ready = ReadyConnection {
            connection: self,
            idle_since: now,
            is_reused: true,
        };
        ready.is_alive().then_some(ready)
    }

    /// After an answer that switched protocols: the stream and what was read of it already.
    pub(crate) async fn into_stream(mut self: Box<Self>) -> Option<(UpstreamStream, Bytes)> {
        poll_fn(|context| self.poll_drive(context)).await;
        let parts = self.http?.into_parts();
        Some((parts.io.into_inner(), parts.read_buf))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_closed_connection_is_found_out_before_the_runtime_hears_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let target = Target::Unix(Arc::new(path));
        let opened = ReadyConnection::open(&target, &ProxyLimits::default()).await;
        let mut connection = opened.ok().unwrap();
        // From here on the runtime does not get to wait for events.
        let (peer, _) = listener.accept().unwrap();
        assert!(connection.is_alive() && connection.is_alive_for_certain());
        drop(peer);
        assert!(!connection.is_alive_for_certain());
        assert!(!connection.is_alive());
    }
}
