//! The proxy alone, with routes in memory, for measurements.
//!
//! `bench_proxy <LISTEN PORT> <UPSTREAM ADDRESS:PORT | /path/of.sock> <ROUTES>`
//!
//! Serves `http://u0.localhost:PORT` … Everything that the program does per request beside
//! authorisation is done: checks, signature, filters, activity.

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use proxy::{
    ActivityKind, Admission, ClientAddress, Gatekeeper, Passage, Proxy, ProxyBody, ProxyLimits,
    ProxySettings, Target,
};
use tokio::net::TcpListener;
use types::ServerId;

/// As the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Routes {
    by_label: HashMap<String, (ServerId, Target)>,
    activity_notes: AtomicU64,
}

#[async_trait]
impl Gatekeeper for Routes {
    async fn admit(&self, _: &http::request::Parts, host_label: &str) -> Admission {
        let Some((server_id, target)) = self.by_label.get(host_label) else {
            let mut refusal =
                http::Response::new(ProxyBody::new(Empty::new().map_err(|never| match never {})));
            *refusal.status_mut() = http::StatusCode::NOT_FOUND;
            return Admission::Respond(Box::new(refusal));
        };
        Admission::Forward(Passage {
            server_id: *server_id,
            target: target.clone(),
            user_name: Arc::from("0x90f8bf6a479f320ead074411a4b0e7944ea8c9c1"),
            identity_key: [7; 32],
            // As in the program: each request knows when its permission ends.
            wake: None,
            ended: Some(Box::pin(std::future::pending())),
        })
    }

    fn note_activity(&self, _: ServerId, _: ActivityKind) {
        self.activity_notes.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |name: &str| arguments.next().ok_or_else(|| format!("{name} is missing"));
    let port: u16 = argument("the port")?.parse()?;
    let upstream = argument("the upstream")?;
    let routes: u64 = argument("the number of routes")?.parse()?;
    let target = match upstream.parse() {
        Ok(address) => Target::Tcp(address),
        Err(_) => Target::Unix(Arc::new(PathBuf::from(upstream))),
    };
    let by_label = (0..routes)
        .map(|n| {
            (
                format!("u{n}"),
                (ServerId::from_parts(1, n.into()), target.clone()),
            )
        })
        .collect();
    let gatekeeper = Arc::new(Routes {
        by_label,
        activity_notes: AtomicU64::new(0),
    });
    let settings = ProxySettings {
        server_origin: format!("http://{{label}}.localhost:{port}").parse()?,
        hub_origin: format!("http://localhost:{port}"),
        // All routes lead to one server here.
        limits: ProxyLimits {
            requests_per_server_max: 4_096,
            websockets_per_server_max: 20_000,
            idle_connections_per_server_max: 256,
            ..ProxyLimits::default()
        },
    };
    let proxy = Proxy::new(gatekeeper, settings);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).max_header_size(64 * 1024);
    loop {
        let (stream, peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let proxy = proxy.clone();
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ClientAddress(peer.ip()));
            let proxy = proxy.clone();
            async move { Ok::<_, Infallible>(proxy.handle(request).await) }
        });
        tokio::spawn(
            builder
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades(),
        );
    }
}
