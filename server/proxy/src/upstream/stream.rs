//! A byte stream to a server, over a Unix socket or TCP.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{sleep, timeout};

use crate::{ProxyError, Target};

/// Pause before trying again a Unix socket whose queue of connections is full.
const FULL_QUEUE_PAUSE: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(crate) struct UpstreamStream {
    socket: Socket,
    probe: Probe,
}

#[derive(Debug)]
enum Socket {
    Unix(UnixStream),
    Tcp(TcpStream),
}

/// Makes the next fruitless read ask the kernel whether the peer has closed: the runtime learns of
/// it only when it next waits for events, which may be after a request would have been sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Probe(Arc<AtomicBool>);

impl Probe {
    pub(crate) fn arm(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn take(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

/// Connects, waiting at most `connect_timeout` for a server that is there but busy.
pub(super) async fn connect(
    target: &Target,
    connect_timeout: Duration,
) -> Result<(UpstreamStream, Probe), ProxyError> {
    let socket = match timeout(connect_timeout, connect_socket(target)).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => {
            tracing::debug!(?target, %error, "a notebook server refused a connection");
            return Err(ProxyError::Unreachable);
        }
        Err(_) => {
            tracing::debug!(
                ?target,
                "a notebook server did not accept a connection in time"
            );
            return Err(ProxyError::Unreachable);
        }
    };
    let probe = Probe::default();
    Ok((
        UpstreamStream {
            socket,
            probe: probe.clone(),
        },
        probe,
    ))
}

async fn connect_socket(target: &Target) -> io::Result<Socket> {
    match target {
        Target::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Socket::Tcp(stream))
        }
        Target::Unix(path) => loop {
            match UnixStream::connect(path.as_path()).await {
                Ok(stream) => return Ok(Socket::Unix(stream)),
                // unix(7): a full queue is EAGAIN, and nothing tells when it has room again.
                // The caller's timeout ends this loop.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    sleep(FULL_QUEUE_PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        },
    }
}

impl Socket {
    /// Whether the peer has closed or reset the connection, by the kernel's word.
    fn is_closed_by_peer(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        let peeked = match self {
            Self::Unix(stream) => SockRef::from(stream).peek(&mut byte),
            Self::Tcp(stream) => SockRef::from(stream).peek(&mut byte),
        };
        match peeked {
            Ok(length) => length == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

impl AsyncRead for UpstreamStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = match &mut this.socket {
            Socket::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
            Socket::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        if read.is_pending() && this.probe.take() && this.socket.is_closed_by_peer() {
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl AsyncWrite for UpstreamStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().socket {
            Socket::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
            Socket::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().socket {
            Socket::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Socket::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            Socket::Unix(stream) => Pin::new(stream).poll_shutdown(context),
            Socket::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
