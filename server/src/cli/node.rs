//! `ledgercloud node`: a node of the chain alone, without site, people and notebooks.

use std::convert::Infallible;
use std::process::ExitCode;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use hyper::body::Incoming;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use super::serve::{EndSignals, keep_up, make_data_folder};
use super::{Outcome, problem, start_log};
use crate::config::chain::ChainKind;
use crate::config::{Flags, check, load, secrets};
use crate::listener::{self, Handler};
use crate::node::{ChainPart, OwnNode};
use crate::router::chain_routes;

/// Opens the chain and serves its interfaces until it is asked to end.
pub async fn run(flags: &Flags) -> Outcome {
    let settings = load(flags)?;
    start_log(settings.log);
    let mut problems = check::problems(&settings);
    if settings.chain.kind != ChainKind::Own {
        problems.push("chain.kind: a node keeps a chain of its own; set it to \"own\"".to_owned());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let end = EndSignals::new().map_err(|error| problem(&error))?;
    make_data_folder(&settings)?;
    let secrets = secrets::load_or_create(&settings.data_dir)?;
    let listener = TcpListener::bind(settings.listen).await.map_err(|error| {
        vec![format!(
            "{}: {error}; is another program using the port? Choose one with --listen",
            settings.listen
        )]
    })?;
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new()
        .install_recorder()
        .map_err(|error| problem(&error))?;
    tokio::spawn(keep_up(metrics.clone()));
    let (stop, shutdown) = watch::channel(false);
    let part = ChainPart::open(&settings, &secrets, &shutdown).await?;
    let own = part
        .own()
        .cloned()
        .ok_or_else(|| vec!["the node's chain is not open".to_owned()])?;
    let render = move || async move {
        let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        (kind, metrics.render())
    };
    let router = Router::new()
        .route("/health", get(health(own.clone())))
        .route("/v1/health", get(health(own.clone())))
        .route("/metrics", get(render))
        .merge(chain_routes(&own, None, &settings))
        .layer(CatchPanicLayer::new());
    tracing::info!("the node answers at http://{}/rpc", settings.listen);
    tokio::spawn(async move {
        end.wait().await;
        tracing::info!("ending: open requests may finish");
        let _ = stop.send(true);
    });
    listener::serve(listener, Node(router), shutdown).await;
    Ok(ExitCode::SUCCESS)
}

fn health(
    own: OwnNode,
) -> impl Fn() -> std::future::Ready<Json<serde_json::Value>> + Clone + Send + Sync + 'static {
    move || {
        let tip = own.chain.tip();
        std::future::ready(Json(json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "chain_id": own.chain.spec().chain_id(),
            "height": tip.header.number,
            "peers": own.peers.count(),
        })))
    }
}

/// The node's routes, as the listener calls them.
#[derive(Clone)]
struct Node(Router);

impl Handler for Node {
    async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let answer: Result<_, Infallible> = self.0.clone().oneshot(request.map(Body::new)).await;
        match answer {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
