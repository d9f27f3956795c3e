//! One instance: an HTTP server on a Unix socket that answers like Jupyter where the hub asks.

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::UnixListener;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use types::Timestamp;

use crate::identity_header::{self, IDENTITY_HEADER};

/// The thread on which instances live; it ends when this is dropped.
pub(super) struct InstanceThread {
    handle: Handle,
    _end: oneshot::Sender<()>,
}

/// Whether an instance answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    After(Duration),
    Silent,
}

/// A running instance; it ends when this is dropped.
pub(super) struct Instance {
    shared: Arc<Shared>,
    frozen: watch::Sender<bool>,
    end: CancellationToken,
    path: PathBuf,
}

struct Shared {
    identity_key: [u8; 32],
    kernels: Mutex<Vec<String>>,
    requests: Mutex<HashMap<String, u64>>,
    frozen: watch::Receiver<bool>,
}

impl InstanceThread {
    pub(super) fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        std::thread::Builder::new()
            .name("stub-instances".to_owned())
            .spawn(move || {
                // The sender is never used: its end is the signal.
                runtime.block_on(ended).ok();
                runtime.shutdown_background();
            })?;
        Ok(Self { handle, _end: end })
    }

    pub(super) fn spawn(
        &self,
        path: PathBuf,
        identity_key: [u8; 32],
        manner: Manner,
    ) -> std::io::Result<Instance> {
        let (frozen, is_frozen) = watch::channel(false);
        let shared = Arc::new(Shared {
            identity_key,
            kernels: Mutex::default(),
            requests: Mutex::default(),
            frozen: is_frozen,
        });
        let end = CancellationToken::new();
        std::fs::remove_file(&path).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        if let Manner::After(delay) = manner {
            let work = serve(path.clone(), Arc::clone(&shared), delay, end.clone());
            let ended = end.clone();
            self.handle
                .spawn(async move { ended.run_until_cancelled(work).await });
        }
        Ok(Instance {
            shared,
            frozen,
            end,
            path,
        })
    }
}

impl Instance {
    pub(super) fn set_kernels(&self, execution_states: &[&str]) {
        *self.shared.kernels.lock() = execution_states.iter().map(ToString::to_string).collect();
    }

    pub(super) fn set_frozen(&self, frozen: bool) {
        self.frozen.send_replace(frozen);
    }

    pub(super) fn requests(&self, path: &str) -> u64 {
        self.shared.requests.lock().get(path).copied().unwrap_or(0)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.end.cancel();
        // It may be gone, or belong to a server that adopted it: neither is a problem.
        std::fs::remove_file(&self.path).ok();
    }
}

async fn serve(path: PathBuf, shared: Arc<Shared>, delay: Duration, end: CancellationToken) {
    tokio::time::sleep(delay).await;
    let Ok(listener) = UnixListener::bind(&path) else {
        return;
    };
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let ended = end.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            ended.run_until_cancelled(connection).await;
        });
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut frozen = shared.frozen.clone();
    frozen.wait_for(|frozen| !frozen).await.ok();
    *shared
        .requests
        .lock()
        .entry(request.uri().path().to_owned())
        .or_default() += 1;
    if request.uri().path() != "/api" && !is_from_the_hub(&shared, &request) {
        return Ok(reply(
            StatusCode::FORBIDDEN,
            "application/json",
            r#"{"message":"Forbidden"}"#.to_owned(),
        ));
    }
    Ok(match (request.method(), request.uri().path()) {
        (&Method::GET, "/api") => reply(
            StatusCode::OK,
            "application/json",
            r#"{"version":"2.21.1"}"#.to_owned(),
        ),
        (&Method::GET, "/api/status") => {
            let kernels = shared.kernels.lock().len();
            let status = serde_json::json!({ "connections": 0, "kernels": kernels });
            reply(StatusCode::OK, "application/json", status.to_string())
        }
        (&Method::GET, "/api/kernels") => {
            reply(StatusCode::OK, "application/json", kernels(&shared))
        }
        (&Method::GET, _) => reply(
            StatusCode::OK,
            "text/html",
            "<!doctype html><title>Stub notebook</title>".to_owned(),
        ),
        _ => reply(
            StatusCode::METHOD_NOT_ALLOWED,
            "application/json",
            "{}".to_owned(),
        ),
    })
}

fn kernels(shared: &Shared) -> String {
    let states = shared.kernels.lock();
    let kernels: Vec<_> = states
        .iter()
        .enumerate()
        .map(|(number, state)| {
            serde_json::json!({
                "id": format!("kernel-{number}"),
                "name": "python3",
                "execution_state": state,
                "last_activity": "2099-01-01T00:00:00.000000Z",
                "connections": 0,
            })
        })
        .collect();
    serde_json::Value::Array(kernels).to_string()
}

fn is_from_the_hub(shared: &Shared, request: &Request<Incoming>) -> bool {
    let value = request
        .headers()
        .get(IDENTITY_HEADER)
        .and_then(|value| value.to_str().ok());
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    value.is_some_and(|value| {
        identity_header::is_genuine(
            &shared.identity_key,
            value,
            Timestamp::now(),
            request.method().as_str(),
            path,
        )
    })
}

fn reply(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static(content_type),
    );
    response
}
