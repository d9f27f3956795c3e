//! The body of a server's answer on its way to the client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use metrics::Counter;
use parking_lot::Mutex;
use tokio::sync::OwnedSemaphorePermit;

use crate::memory::Recorder;
use crate::upstream::{Connection, Upstream};
use crate::{BoxError, ProxyError};

/// Frames pass as they come, and only as fast as the client takes them. Whoever reads the body
/// drives the connection; at the end of the body it goes back to its pool, and if the reader goes
/// away earlier it is closed.
///
/// The lock is never contended: it makes the body shareable between threads, as the type of
/// answers demands.
pub(crate) struct ForwardedBody(Mutex<Forwarding>);

struct Forwarding {
    body: Incoming,
    source: Option<Source>,
    /// Resolves when the permission ends: then the body breaks off.
    ended: Option<BoxFuture<'static, ()>>,
    bytes_passed: Counter,
    /// Takes the answer down, to be given again.
    recorder: Option<Recorder>,
}

/// Where the body comes from, until its end.
struct Source {
    connection: Box<Connection>,
    upstream: Arc<Upstream>,
    _permit: OwnedSemaphorePermit,
}

impl ForwardedBody {
    pub(crate) fn new(
        body: Incoming,
        connection: Box<Connection>,
        upstream: Arc<Upstream>,
        permit: OwnedSemaphorePermit,
        ended: Option<BoxFuture<'static, ()>>,
        bytes_passed: Counter,
        recorder: Option<Recorder>,
    ) -> Self {
        let source = Some(Source {
            connection,
            upstream,
            _permit: permit,
        });
        let mut forwarding = Forwarding {
            body,
            source,
            ended,
            bytes_passed,
            recorder,
        };
        // Nobody reads an empty body.
        forwarding.release_at_end();
        Self(Mutex::new(forwarding))
    }
}

impl Body for ForwardedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.get_mut().0.get_mut().poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().body.size_hint()
    }
}

impl Forwarding {
    fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(ended) = &mut self.ended
            && ended.as_mut().poll(context).is_ready()
        {
            self.ended = None;
            self.source = None;
            return Poll::Ready(Some(Err(Box::new(ProxyError::AccessEnded))));
        }
        let mut body = Pin::new(&mut self.body);
        let frame = match &mut self.source {
            Some(source) => {
                let connection = &mut source.connection;
                connection.poll_with(context, |context| body.as_mut().poll_frame(context))
            }
            None => body.poll_frame(context),
        };
        let frame = ready!(frame);
        match &frame {
            Some(Ok(frame)) => {
                let data = frame.data_ref().map_or(&[][..], Bytes::as_ref);
                self.bytes_passed
                    .increment(u64::try_from(data.len()).unwrap_or(u64::MAX));
                if let Some(recorder) = &mut self.recorder {
                    recorder.take(data);
                }
                self.release_at_end();
            }
            Some(Err(_)) => self.source = None,
            None => self.release(),
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn release_at_end(&mut self) {
        if self.body.is_end_stream() {
            self.release();
        }
    }

    fn release(&mut self) {
        self.ended = None;
        if let Some(recorder) = self.recorder.take() {
            recorder.keep();
        }
        if let Some(source) = self.source.take() {
            source.upstream.keep(source.connection);
        }
    }
}
