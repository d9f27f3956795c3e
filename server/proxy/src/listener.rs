//! Accepting connections: the bounds that HTTP itself does not set.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::{BoxError, ClientAddress};

/// Pause after a failure to accept that time may mend, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Silence after which the kernel asks whether a client is still there.
const KEEPALIVE_TIME: Duration = Duration::from_secs(60);

/// Bounds of the accepting side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenerLimits {
    /// Connections open at the same time, WebSockets not counted; more wait in the kernel's queue.
    pub connections_max: usize,
    /// Size of a request's head in bytes.
    pub head_bytes_max: usize,
    /// How long a head may take to arrive, and how long a connection may wait for its next.
    pub head_timeout: Duration,
    /// How long requests under way may take to end at shutdown.
    pub shutdown_grace: Duration,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            connections_max: 16_384,
            head_bytes_max: 64 * 1024,
            head_timeout: Duration::from_secs(30),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// Serves HTTP/1.1 with upgrades until `shutdown`, then lets requests under way end. Each request
/// carries its [`ClientAddress`]. Slow and oversized heads are cut off here (408, 431), before any
/// service sees them.
pub async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    limits: ListenerLimits,
    shutdown: CancellationToken,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let connections = TaskTracker::new();
    let permits = Arc::new(Semaphore::new(limits.connections_max));
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_header_size(limits.head_bytes_max);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            () = shutdown.cancelled() => break,
        };
        let Some((stream, address, permit)) = accepted else {
            return;
        };
        let service = WithClientAddress {
            service: service.clone(),
            address,
        };
        let connection = builder
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .with_upgrades();
        let shutdown = shutdown.clone();
        connections.spawn(async move {
            let _permit = permit;
            let mut connection = std::pin::pin!(connection);
            let served = tokio::select! {
                served = connection.as_mut() => served,
                () = shutdown.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = served {
                tracing::debug!(%address, %error, "a connection broke");
            }
        });
    }
    connections.close();
    if tokio::time::timeout(limits.shutdown_grace, connections.wait())
        .await
        .is_err()
    {
        tracing::info!(
            connections = connections.len(),
            "shut down with requests under way"
        );
    }
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                if let Err(error) = prepare(&stream) {
                    tracing::debug!(%address, %error, "a client left before it was served");
                    continue;
                }
                return Some((stream, address, permit));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    // A laptop that fell asleep never says goodbye.
    SockRef::from(stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE_TIME))
}

#[derive(Clone)]
struct WithClientAddress<S> {
    service: S,
    address: SocketAddr,
}

impl<S, B> Service<Request<B>> for WithClientAddress<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(
        &mut self,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request
            .extensions_mut()
            .insert(ClientAddress(self.address.ip().to_canonical()));
        self.service.call(request)
    }
}
