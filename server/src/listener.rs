//! Accepts connections and serves HTTP/1.1 on them, within bounds, until the program is asked to
//! end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};

/// Connections that are open at a time; more wait to be accepted. Fewer where the host allows the
/// program fewer files.
const CONNECTIONS_MAX: u64 = 20_000;
/// Connections that are tried on any host.
const CONNECTIONS_MIN: u64 = 64;
/// Files that connections leave to the database, the engine and the logs.
const FILES_RESERVED: u64 = 512;
/// Files that one connection may cost: itself, its upstream, and both again for what it upgrades
/// to, which no longer counts as a connection.
const FILES_PER_CONNECTION: u64 = 4;
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection may go without a new request before it is closed, once its last answer
/// has been sent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// When a silent peer is asked whether it is still there, and how often.
const PROBE_AFTER: Duration = Duration::from_secs(60);
const PROBE_INTERVAL: Duration = Duration::from_secs(20);
/// The pause after a connection that could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Bytes of a request's head. Cookie jars of notebooks are large.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long connections may take to finish when the program ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Answers requests. Called on every request of every connection.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Never fails: failures are answers.
    fn handle(&self, request: Request<Incoming>) -> impl Future<Output = Response<Body>> + Send;
}

/// Serves until `shutdown` turns true, then lets open requests finish.
pub async fn serve<H: Handler>(
    listener: TcpListener,
    handler: H,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .keep_alive(true);
    let connections_max = connections_max();
    let slots = Arc::new(Semaphore::new(connections_max as usize));
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else {
            break;
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(connection) => connection,
                Err(error) => {
                    // Out of file descriptors, most likely: others must close first.
                    tracing::error!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            _ = shutdown.changed() => break,
        };
        let connection = serve_connection(
            builder.clone(),
            stream,
            peer,
            handler.clone(),
            shutdown.clone(),
        );
        tokio::spawn(async move {
            let _slot = slot;
            connection.await;
        });
    }
    drop(listener);
    // Every connection gives its slot back at its end.
    if tokio::time::timeout(DRAIN_TIMEOUT, slots.acquire_many(connections_max))
        .await
        .is_err()
    {
        tracing::info!("some connections were still open at the end");
    }
}

/// How many connections the host has files for, after the soft limit has been raised to the hard.
fn connections_max() -> u32 {
    let limit = getrlimit(Resource::RLIMIT_NOFILE);
    let files = limit.map_or(FILES_RESERVED, |(soft, hard)| {
        match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
            Ok(()) => hard,
            Err(_) => soft,
        }
    });
    let connections = files.saturating_sub(FILES_RESERVED) / FILES_PER_CONNECTION;
    let connections = connections.clamp(CONNECTIONS_MIN, CONNECTIONS_MAX);
    tracing::debug!(files, connections, "connections");
    u32::try_from(connections).unwrap_or(u32::MAX)
}

async fn serve_connection<H: Handler>(
    builder: http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    handler: H,
    mut shutdown: watch::Receiver<bool>,
) {
    if let Err(error) = set_options(&stream) {
        tracing::trace!(%error, "socket options");
    }
    let request_began = Arc::new(Notify::new());
    let began = request_began.clone();
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        began.notify_one();
        request.extensions_mut().insert(ConnectInfo(peer));
        let handler = handler.clone();
        async move { Ok::<_, Infallible>(handler.handle(request).await) }
    });
    let mut connection = pin!(
        builder
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let mut is_ending = false;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::trace!(%error, "connection ended");
                }
                return;
            }
            () = request_began.notified() => continue,
            () = tokio::time::sleep(IDLE_TIMEOUT), if !is_ending => {}
            _ = shutdown.wait_for(|is_asked| *is_asked), if !is_ending => {}
        }
        // An answer that is still being sent is finished first.
        is_ending = true;
        connection.as_mut().graceful_shutdown();
    }
}

/// Small answers do not wait for more to come, and peers that are gone are noticed.
fn set_options(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(PROBE_AFTER)
        .with_interval(PROBE_INTERVAL);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}
