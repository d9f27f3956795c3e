//! The limit of the chain's interfaces. This computer and the configured peers have none: one
//! wallet or one notebook asks little, but a node that catches up asks for block after block.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chain::rpc::LIMIT_EXCEEDED;
use governor::Quota;
use http::header::RETRY_AFTER;
use http::{Method, StatusCode};
use serde_json::json;

use super::{AddressLimit, SWEEP_INTERVAL};
use crate::layers::client::address_of;

/// The limit of the chain's interfaces. Cheap to clone.
#[derive(Clone)]
pub struct ChainRate {
    limit: AddressLimit,
    exempt: Arc<[IpAddr]>,
    trusted_proxies: Arc<[IpAddr]>,
}

impl ChainRate {
    /// So many requests a minute from one address; 0 means no limit.
    #[must_use]
    pub fn new(per_minute: u32, exempt: &[IpAddr], trusted_proxies: &[IpAddr]) -> Self {
        Self {
            limit: AddressLimit::new(NonZeroU32::new(per_minute).map(Quota::per_minute)),
            exempt: exempt.iter().map(IpAddr::to_canonical).collect(),
            trusted_proxies: trusted_proxies.into(),
        }
    }

    fn check(&self, ip: IpAddr) -> Option<Duration> {
        if ip.is_loopback() || self.exempt.contains(&ip) {
            return None;
        }
        self.limit.check(ip)
    }

    /// Forgets addresses that have been quiet, until the program ends.
    pub async fn sweep(self) {
        loop {
            tokio::time::sleep(SWEEP_INTERVAL).await;
            self.limit.forget_quiet();
        }
    }
}

/// Answers 429 with the seconds to wait when an address asks for too much, in the words of the
/// interface that was asked.
pub async fn limit_chain_rate(
    State(rate): State<ChainRate>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(wait) = rate.check(address_of(&parts, &rate.trusted_proxies)) else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    metrics::counter!("rpc_rate_limited_total").increment(1);
    let seconds = wait.as_secs() + 1;
    let answer = if parts.method == Method::POST && parts.uri.path() == "/rpc" {
        let message = format!("too many requests from this address: wait {seconds} s");
        let error = json!({ "code": LIMIT_EXCEEDED, "message": message });
        json!({ "jsonrpc": "2.0", "id": null, "error": error })
    } else {
        json!({ "detail": "Rate limit exceeded" })
    };
    let wait = [(RETRY_AFTER, seconds.to_string())];
    (StatusCode::TOO_MANY_REQUESTS, wait, Json(answer)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::ConnectInfo;
    use axum::middleware::from_fn_with_state;
    use axum::routing::{get, post};
    use http_body_util::BodyExt;
    use serde_json::Value;
    use std::net::SocketAddr;
    use tower::ServiceExt;

    use super::*;

    async fn ask(router: &Router, method: Method, path: &str, ip: &str) -> Response {
        let client: SocketAddr = (ip.parse::<IpAddr>().unwrap(), 1).into();
        let request = Request::builder().method(method).uri(path);
        let request = request.extension(ConnectInfo(client));
        let request = request.body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    }

    async fn json_of(response: Response) -> Value {
        let body = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap()
    }

    #[tokio::test]
    async fn an_address_that_asks_too_much_is_told_to_wait() {
        let peer: IpAddr = "198.51.100.9".parse().unwrap();
        let rate = ChainRate::new(2, &[peer], &[]);
        let router = Router::new()
            .route("/rpc", post(async || "{}"))
            .route("/rpc/head", get(async || "{}"))
            .layer(from_fn_with_state(rate, limit_chain_rate));
        for _ in 0..2 {
            let answer = ask(&router, Method::GET, "/rpc/head", "203.0.113.7").await;
            assert_eq!(answer.status(), StatusCode::OK);
        }
        let refused = ask(&router, Method::GET, "/rpc/head", "203.0.113.7").await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait: u64 = refused.headers()[RETRY_AFTER]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=31).contains(&wait), "{wait} s");
        assert_eq!(json_of(refused).await["detail"], "Rate limit exceeded");
        let refused = ask(&router, Method::POST, "/rpc", "203.0.113.7").await;
        assert_eq!(json_of(refused).await["error"]["code"], LIMIT_EXCEEDED);
        for ip in ["203.0.113.8", "127.0.0.1", "198.51.100.9", "::1"] {
            for _ in 0..2 {
                let answer = ask(&router, Method::GET, "/rpc/head", ip).await;
                assert_eq!(answer.status(), StatusCode::OK, "{ip}");
            }
        }
        let answer = ask(&router, Method::GET, "/rpc/head", "198.51.100.9").await;
        assert_eq!(answer.status(), StatusCode::OK, "a peer has no limit");
    }
}
