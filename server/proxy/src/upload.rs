//! The body of a request on its way to a server.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use metrics::Counter;
use tokio::time::{Instant, Sleep, sleep};

use crate::BoxError;

/// A request's body: nothing, which needs no allocation, or a stream.
pub(crate) enum Upload {
    Empty,
    Streaming(Box<StreamingUpload>),
}

/// Frames pass as they come, and only as fast as the server takes them.
pub(crate) struct StreamingUpload {
    body: UnsyncBoxBody<Bytes, BoxError>,
    stall_timeout: Duration,
    /// Runs while the client owes us bytes.
    stalled: Option<Pin<Box<Sleep>>>,
    bytes_passed: Counter,
}

/// The client has sent nothing for too long in the middle of a body.
#[derive(Debug, thiserror::Error)]
#[error("the client stopped sending in the middle of a body")]
pub(crate) struct UploadStalled;

impl Upload {
    pub(crate) fn new<B>(body: B, stall_timeout: Duration, bytes_passed: Counter) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if body.is_end_stream() {
            return Self::Empty;
        }
        Self::Streaming(Box::new(StreamingUpload {
            body: body.map_err(Into::into).boxed_unsync(),
            stall_timeout,
            stalled: None,
            bytes_passed,
        }))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Streaming(upload) => upload.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Streaming(upload) => upload.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Streaming(upload) => upload.body.size_hint(),
        }
    }
}

impl StreamingUpload {
    fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            let timeout = self.stall_timeout;
            let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(timeout)));
            ready!(stalled.as_mut().poll(context));
            return Poll::Ready(Some(Err(Box::new(UploadStalled))));
        };
        if let Some(stalled) = &mut self.stalled {
            stalled.as_mut().reset(Instant::now() + self.stall_timeout);
        }
        if let Some(Ok(frame)) = &frame {
            let length = frame.data_ref().map_or(0, Bytes::len);
            self.bytes_passed
                .increment(u64::try_from(length).unwrap_or(u64::MAX));
        }
        Poll::Ready(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::channel::mpsc;
    use futures::{SinkExt, StreamExt};
    use http_body_util::{Empty, StreamBody};

    const TIMEOUT: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_stalled_body_ends_and_a_slow_one_does_not() {
        let (mut sender, receiver) = mpsc::channel::<Bytes>(0);
        let body = StreamBody::new(receiver.map(|data| Ok::<_, BoxError>(Frame::data(data))));
        let mut upload = Upload::new(body, TIMEOUT, Counter::noop());
        let client = tokio::spawn(async move {
            for _ in 0..5 {
                tokio::time::sleep(TIMEOUT - Duration::from_secs(1)).await;
                sender.send(Bytes::from_static(b"x")).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        for _ in 0..5 {
            let frame = upload.frame().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), "x");
        }
        let error = upload.frame().await.unwrap().unwrap_err();
        assert!(error.is::<UploadStalled>());
        client.abort();
    }

    #[tokio::test]
    async fn nothing_is_nothing() {
        let mut upload = Upload::new(Empty::<Bytes>::new(), TIMEOUT, Counter::noop());
        assert!(upload.is_empty() && upload.is_end_stream());
        assert!(upload.frame().await.is_none());
    }
}
