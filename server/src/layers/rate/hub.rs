//! The limits of the hub's origin.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::Quota;
use http::Method;
use types::{ApiError, ErrorCode};

use super::{AddressLimit, SWEEP_INTERVAL};
use crate::api::failure::Failure;
use crate::config::LimitSettings;
use crate::layers::client::address_of;

/// Reads that may come at once, as a multiple of a second's: a page loads several files.
const READ_BURST: u32 = 4;

/// The limits, by what is asked. Cheap to clone.
#[derive(Clone)]
pub struct RateLimits {
    reads: AddressLimit,
    writes: AddressLimit,
    trusted_proxies: Arc<[IpAddr]>,
}

impl RateLimits {
    /// Limits by the settings; 0 means no limit.
    #[must_use]
    pub fn new(limits: &LimitSettings, trusted_proxies: &[IpAddr]) -> Self {
        let reads = NonZeroU32::new(limits.reads_per_second).map(|per_second| {
            Quota::per_second(per_second).allow_burst(
                per_second.saturating_mul(NonZeroU32::MIN.saturating_add(READ_BURST - 1)),
            )
        });
        let writes = NonZeroU32::new(limits.writes_per_minute).map(Quota::per_minute);
        Self {
            reads: AddressLimit::new(reads),
            writes: AddressLimit::new(writes),
            trusted_proxies: trusted_proxies.into(),
        }
    }

    /// How long the sender has to wait in milliseconds, if their network has asked for too much.
    fn wait_ms(&self, method: &Method, ip: IpAddr) -> Option<u64> {
        let limit = if method.is_safe() {
            &self.reads
        } else {
            &self.writes
        };
        let wait = limit.check(ip)?;
        Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1))
    }

    /// Forgets addresses that have been quiet, until the program ends.
    pub async fn sweep(self) {
        loop {
            tokio::time::sleep(SWEEP_INTERVAL).await;
            self.reads.forget_quiet();
            self.writes.forget_quiet();
        }
    }
}

/// Answers 429 with the time to wait when an address asks for too much.
pub async fn limit_rate(
    State(limits): State<RateLimits>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let ip = address_of(&parts, &limits.trusted_proxies);
    if let Some(wait_ms) = limits.wait_ms(&parts.method, ip) {
        return Failure(
            ApiError::new(
                ErrorCode::RateLimited,
                "too many requests from this address",
            )
            .with_hint("wait a moment, then try again")
            .with_retry_after_ms(wait_ms),
        )
        .into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_one_line_share_its_limit() {
        let settings = LimitSettings {
            writes_per_minute: 1,
            ..LimitSettings::default()
        };
        let limits = RateLimits::new(&settings, &[]);
        let is_refused =
            |method: Method, ip: &str| limits.wait_ms(&method, ip.parse().unwrap()).is_some();
        assert!(!is_refused(Method::POST, "2001:db8::1"));
        assert!(is_refused(Method::POST, "2001:db8::2"));
        assert!(!is_refused(Method::GET, "2001:db8::2"));
        assert!(!is_refused(Method::POST, "2001:db8:0:1::1"));
        assert!(!is_refused(Method::POST, "203.0.113.7"));
        assert!(is_refused(Method::POST, "::ffff:203.0.113.7"));
    }
}
