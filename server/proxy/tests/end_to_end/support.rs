//! A gatekeeper, servers and clients for the tests.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use proxy::{
    ActivityKind, Admission, ClientAddress, Gatekeeper, Passage, Proxy, ProxyLimits, ProxySettings,
    Target, Wake,
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use types::ServerId;

pub const HOST: &str = "ada.localhost:3000";
pub const ORIGIN: &str = "http://ada.localhost:3000";
pub const KEY: [u8; 32] = [7; 32];
pub const USER: &str = "ada";

/// Long enough for a busy machine; only a hanging test reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The outcome of `future`; fails the test if it never comes.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("it should have happened by now")
}

/// Returns once `condition` holds.
pub async fn until(mut condition: impl FnMut() -> bool) {
    soon(async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

type Ended = Shared<BoxFuture<'static, ()>>;

/// Admits everything for the label `ada` to one target.
pub struct Gate {
    pub server_id: ServerId,
    target: Target,
    notes: Mutex<Vec<ActivityKind>>,
    ended: Ended,
    /// Requests wait for it.
    thawed: tokio::sync::watch::Receiver<bool>,
    pub waiting: tokio::sync::watch::Sender<usize>,
}

impl Gate {
    pub fn notes(&self) -> Vec<ActivityKind> {
        self.notes.lock().clone()
    }
}

#[async_trait]
impl Gatekeeper for Gate {
    async fn admit(&self, _: &http::request::Parts, host_label: &str) -> Admission {
        if host_label != "ada" {
            let refusal = Full::from("not yours").map_err(|e| match e {}).boxed();
            return Admission::Respond(Box::new(
                Response::builder().status(404).body(refusal).unwrap(),
            ));
        }
        self.waiting.send_modify(|waiting| *waiting += 1);
        let mut thawed = self.thawed.clone();
        let is_frozen = !*thawed.borrow();
        let wake = is_frozen.then(|| -> Wake {
            Box::pin(async move {
                thawed.wait_for(|thawed| *thawed).await.unwrap();
                Ok(())
            })
        });
        Admission::Forward(Passage {
            server_id: self.server_id,
            target: self.target.clone(),
            user_name: USER.into(),
            identity_key: KEY,
            wake,
            ended: Some(self.ended.clone().boxed()),
        })
    }

    fn note_activity(&self, server_id: ServerId, kind: ActivityKind) {
        assert_eq!(server_id, self.server_id);
        self.notes.lock().push(kind);
    }
}

/// A proxy that listens, and the strings of its gatekeeper.
pub struct Site {
    pub address: SocketAddr,
    pub gate: Arc<Gate>,
    pub proxy: Proxy<Gate>,
    /// Ends the permission.
    pub end: Option<oneshot::Sender<()>>,
    pub thaw: tokio::sync::watch::Sender<bool>,
    listening: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A proxy before `target` with the usual limits.
pub async fn site(target: Target) -> Site {
    site_with(target, ProxyLimits::default()).await
}

pub async fn site_with(target: Target, limits: ProxyLimits) -> Site {
    let (end, ended) = oneshot::channel::<()>();
    let (thaw, thawed) = tokio::sync::watch::channel(true);
    // A dropped sender means that the test needs no end.
    let ended = async move {
        if ended.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let gate = Arc::new(Gate {
        server_id: ServerId::from_parts(1, 2),
        target,
        notes: Mutex::default(),
        ended: ended.boxed().shared(),
        thawed,
        waiting: tokio::sync::watch::channel(0).0,
    });
    let settings = ProxySettings {
        server_origin: "http://{label}.localhost:3000".parse().unwrap(),
        hub_origin: "http://localhost:3000".to_owned(),
        limits,
    };
    let proxy = Proxy::new(Arc::clone(&gate), settings);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let listening = tokio::spawn(listen(listener, proxy.clone()));
    Site {
        address,
        gate,
        proxy,
        end: Some(end),
        thaw,
        listening,
    }
}

async fn listen(listener: TcpListener, proxy: Proxy<Gate>) {
    loop {
        let (stream, peer) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let proxy = proxy.clone();
        let service = tower::service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ClientAddress(peer.ip()));
            let proxy = proxy.clone();
            async move { Ok::<_, std::convert::Infallible>(proxy.handle(request).await) }
        });
        tokio::spawn(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
                .with_upgrades(),
        );
    }
}

/// A server that ends with its value.
pub struct Server {
    pub target: Target,
    pub task: JoinHandle<()>,
    _folder: Option<TempDir>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn unix_path() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.sock");
    (folder, path)
}

pub fn on_unix_socket(router: Router) -> Server {
    let (folder, path) = unix_path();
    let listener = UnixListener::bind(&path).unwrap();
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Server {
        target: Target::Unix(Arc::new(path)),
        task,
        _folder: Some(folder),
    }
}

pub async fn on_tcp(router: Router) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::Tcp(listener.local_addr().unwrap());
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Server {
        target,
        task,
        _folder: None,
    }
}

/// A server that speaks bytes: `serve` gets each connection and its number.
pub async fn raw_server<F, Fut>(serve: F) -> Server
where
    F: Fn(TcpStream, usize) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::Tcp(listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, number));
        }
    });
    Server {
        target,
        task,
        _folder: None,
    }
}

/// Sends one request on a connection of its own.
pub async fn send<B>(site: &Site, request: Request<B>) -> Response<Incoming>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    soon(client(site).await.send_request(request))
        .await
        .unwrap()
}

/// A connection to the proxy that can be used again and again.
pub async fn client<B>(site: &Site) -> hyper::client::conn::http1::SendRequest<B>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    let stream = TcpStream::connect(site.address).await.unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

pub fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", HOST)
}

pub fn get(path: &str) -> Request<Full<Bytes>> {
    request("GET", path).body(Full::default()).unwrap()
}

pub fn post(path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    request("POST", path)
        .header("origin", ORIGIN)
        .body(Full::new(body.into()))
        .unwrap()
}

pub async fn text(response: Response<Incoming>) -> String {
    let body = soon(response.into_body().collect())
        .await
        .unwrap()
        .to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

/// Sends bytes and reads until the proxy closes, or until `enough` of the answer is there.
pub async fn send_bytes(site: &Site, bytes: &[u8], enough: impl Fn(&str) -> bool) -> String {
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    soon(read_until(&mut stream, enough)).await
}

pub async fn read_until(
    stream: &mut (impl AsyncReadExt + Unpin),
    enough: impl Fn(&str) -> bool,
) -> String {
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer).into_owned();
        if enough(&text) || stream.read_buf(&mut answer).await.unwrap_or(0) == 0 {
            return String::from_utf8_lossy(&answer).into_owned();
        }
    }
}
