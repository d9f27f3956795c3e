//! Both directions of one WebSocket.
//!
//! An idle WebSocket holds no buffer: bytes are read into a buffer of the thread and written on
//! from there; only what the other side does not take at once is kept.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use metrics::Counter;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::close;
use super::frame::{FrameKind, FrameScanner};

/// How long the second direction may outlive the first.
const HALF_CLOSED_MAX: Duration = Duration::from_secs(30);

/// How long an ended WebSocket may take to finish the frame under way and to say goodbye.
const CLOSING_MAX: Duration = Duration::from_secs(1);

/// Most bytes read at once.
const SCRATCH_BYTES: usize = 64 * 1024;

/// Reads of one direction before the other gets its turn.
const READS_PER_TURN: usize = 16;

/// What a tunnel joins.
pub(crate) struct TunnelEnds<C, U> {
    pub(crate) client: C,
    pub(crate) upstream: U,
    /// What the server has sent right after its handshake.
    pub(crate) from_upstream: Bytes,
    /// Resolves when the permission ends.
    pub(crate) ended: Option<BoxFuture<'static, ()>>,
}

/// Resolves when both directions have ended.
pub(crate) struct Tunnel<C, U, F> {
    client: C,
    upstream: U,
    to_upstream: Direction,
    to_client: Direction,
    ended: Option<BoxFuture<'static, ()>>,
    deadline: Option<Pin<Box<Sleep>>>,
    on_client_frame: F,
}

impl<C, U, F> Tunnel<C, U, F>
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
    F: FnMut(FrameKind) + Unpin,
{
    pub(crate) fn new(
        ends: TunnelEnds<C, U>,
        bytes_from_client: Counter,
        bytes_to_client: Counter,
        on_client_frame: F,
    ) -> Self {
        let mut to_client = Direction::new(bytes_to_client);
        to_client.scanner.scan(&ends.from_upstream, |_| {});
        to_client.kept = ends.from_upstream.into();
        Self {
            client: ends.client,
            upstream: ends.upstream,
            to_upstream: Direction::new(bytes_from_client),
            to_client,
            ended: ends.ended,
            deadline: None,
            on_client_frame,
        }
    }

    fn begin_closing(&mut self) {
        self.to_client.farewell = Some(close::frame_to_client());
        self.to_upstream.farewell = Some(close::frame_to_server());
        self.deadline = Some(Box::pin(sleep(CLOSING_MAX)));
    }

    /// After our last frame: what the client still sends is read and dropped, because closing a
    /// socket with unread bytes resets it and the frame would be lost (RFC 9112 §9.6).
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<()> {
        with_scratch(|scratch| {
            loop {
                let mut buffer = ReadBuf::new(scratch);
                let read = ready!(Pin::new(&mut self.client).poll_read(context, &mut buffer));
                if read.is_err() || buffer.filled().is_empty() {
                    return Poll::Ready(());
                }
            }
        })
    }
}

impl<C, U, F> Future for Tunnel<C, U, F>
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
    F: FnMut(FrameKind) + Unpin,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if let Some(ended) = &mut this.ended
            && ended.as_mut().poll(context).is_ready()
        {
            this.ended = None;
            this.begin_closing();
        }
        let is_closing = this.to_client.farewell.is_some() || this.to_client.has_said_farewell;
        let to_upstream = this.to_upstream.poll_copy(
            context,
            &mut this.client,
            &mut this.upstream,
            &mut this.on_client_frame,
        );
        let to_client =
            this.to_client
                .poll_copy(context, &mut this.upstream, &mut this.client, &mut |_| {});
        let done = match (to_upstream, to_client) {
            // While closing, one side's failure must not cost the other its last frame.
            (Poll::Ready(Err(_)), _) | (_, Poll::Ready(Err(_))) if !is_closing => {
                return Poll::Ready(());
            }
            (Poll::Ready(_), Poll::Ready(_)) => true,
            (Poll::Pending, Poll::Pending) => false,
            _ => {
                this.deadline
                    .get_or_insert_with(|| Box::pin(sleep(HALF_CLOSED_MAX)));
                false
            }
        };
        if done && (!is_closing || this.poll_drain(context).is_ready()) {
            return Poll::Ready(());
        }
        match &mut this.deadline {
            Some(deadline) => deadline.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

/// One direction.
struct Direction {
    scanner: FrameScanner,
    /// Read but not yet taken by the writer; `kept_start` of it is.
    kept: Vec<u8>,
    kept_start: usize,
    /// To be sent instead of anything more, once the frame under way is complete.
    farewell: Option<Vec<u8>>,
    has_said_farewell: bool,
    reading: Reading,
    needs_flush: bool,
    bytes_passed: Counter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Open,
    /// Nothing more comes; what is kept must still go out.
    AtEnd,
    /// The writer is shut down, or has failed.
    Done,
}

impl Direction {
    fn new(bytes_passed: Counter) -> Self {
        Self {
            scanner: FrameScanner::default(),
            kept: Vec::new(),
            kept_start: 0,
            farewell: None,
            has_said_farewell: false,
            reading: Reading::Open,
            needs_flush: false,
            bytes_passed,
        }
    }

    /// Ready when this direction has ended; it may be polled again.
    fn poll_copy(
        &mut self,
        context: &mut Context<'_>,
        reader: &mut (impl AsyncRead + Unpin),
        writer: &mut (impl AsyncWrite + Unpin),
        on_frame: &mut impl FnMut(FrameKind),
    ) -> Poll<io::Result<()>> {
        let copied = self.poll_copy_inner(context, reader, writer, on_frame);
        if let Poll::Ready(Err(_)) = copied {
            self.reading = Reading::Done;
        }
        copied
    }

    fn poll_copy_inner(
        &mut self,
        context: &mut Context<'_>,
        reader: &mut (impl AsyncRead + Unpin),
        writer: &mut (impl AsyncWrite + Unpin),
        on_frame: &mut impl FnMut(FrameKind),
    ) -> Poll<io::Result<()>> {
        if self.reading == Reading::Done {
            return Poll::Ready(Ok(()));
        }
        for _ in 0..READS_PER_TURN {
            ready!(self.poll_write_kept(context, writer))?;
            self.say_farewell_between_frames();
            if !self.kept.is_empty() {
                continue;
            }
            if self.reading == Reading::AtEnd {
                ready!(Pin::new(&mut *writer).poll_flush(context))?;
                ready!(Pin::new(&mut *writer).poll_shutdown(context))?;
                self.reading = Reading::Done;
                return Poll::Ready(Ok(()));
            }
            let read = self.poll_pass_on(context, reader, writer, on_frame);
            if read.is_pending() && self.needs_flush {
                self.needs_flush = Pin::new(&mut *writer).poll_flush(context)?.is_pending();
            }
            ready!(read)?;
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads once and writes on at once.
    fn poll_pass_on(
        &mut self,
        context: &mut Context<'_>,
        reader: &mut (impl AsyncRead + Unpin),
        writer: &mut (impl AsyncWrite + Unpin),
        on_frame: &mut impl FnMut(FrameKind),
    ) -> Poll<io::Result<()>> {
        with_scratch(|scratch| {
            let length_max = match self.farewell {
                // Up to the end of the frame under way and no further.
                Some(_) => self.scanner.bytes_within_frame().min(scratch.len()),
                None => scratch.len(),
            };
            let mut buffer = ReadBuf::new(&mut scratch[..length_max]);
            ready!(Pin::new(reader).poll_read(context, &mut buffer))?;
            let bytes = buffer.filled();
            if bytes.is_empty() {
                self.reading = Reading::AtEnd;
                return Poll::Ready(Ok(()));
            }
            self.scanner.scan(bytes, &mut *on_frame);
            self.bytes_passed.increment(bytes.len() as u64);
            let mut rest = bytes;
            while !rest.is_empty() {
                match Pin::new(&mut *writer).poll_write(context, rest) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    Poll::Ready(Ok(written)) => rest = &rest[written..],
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => {
                        self.kept.extend_from_slice(rest);
                        break;
                    }
                }
                self.needs_flush = true;
            }
            Poll::Ready(Ok(()))
        })
    }

    fn poll_write_kept(
        &mut self,
        context: &mut Context<'_>,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<()>> {
        while self.kept_start < self.kept.len() {
            let rest = &self.kept[self.kept_start..];
            let written = ready!(Pin::new(&mut *writer).poll_write(context, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.kept_start += written;
            self.needs_flush = true;
        }
        // The memory is given back, too.
        self.kept = Vec::new();
        self.kept_start = 0;
        Poll::Ready(Ok(()))
    }

    /// Called when nothing is kept. In the middle of a frame it waits for the rest.
    fn say_farewell_between_frames(&mut self) {
        let Some(farewell) = self.farewell.take() else {
            return;
        };
        if self.scanner.is_between_frames() {
            self.kept = farewell;
        } else if self.reading == Reading::Open && !self.scanner.is_lost() {
            self.farewell = Some(farewell);
            return;
        }
        self.has_said_farewell = true;
        self.reading = Reading::AtEnd;
    }
}

thread_local! {
    static SCRATCH: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Lends the thread's buffer; its contents are undefined.
fn with_scratch<T>(use_scratch: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut scratch = SCRATCH
        .take()
        .unwrap_or_else(|| vec![0; SCRATCH_BYTES].into_boxed_slice());
    let result = use_scratch(&mut scratch);
    SCRATCH.set(Some(scratch));
    result
}
