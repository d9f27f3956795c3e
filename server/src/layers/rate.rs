//! Bounds on what one address may ask for.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use types::{ApiError, ErrorCode};

use super::client::address_of;
use crate::api::failure::Failure;
use crate::config::LimitSettings;

/// How often addresses that are quiet are forgotten.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// Reads that may come at once, as a multiple of a second's: a page loads several files.
const READ_BURST: u32 = 4;

/// The limits of the hub's origin. Cheap to clone.
#[derive(Clone)]
pub struct RateLimits {
    reads: Option<Arc<DefaultKeyedRateLimiter<IpAddr>>>,
    writes: Option<Arc<DefaultKeyedRateLimiter<IpAddr>>>,
    trusted_proxies: Arc<[IpAddr]>,
}

impl RateLimits {
    /// Limits by the settings; 0 means no limit.
    #[must_use]
    pub fn new(limits: &LimitSettings, trusted_proxies: &[IpAddr]) -> Self {
        let limiter = |quota: Option<Quota>| quota.map(|quota| Arc::new(RateLimiter::keyed(quota)));
        let reads = NonZeroU32::new(limits.reads_per_second).map(|per_second| {
            Quota::per_second(per_second).allow_burst(
                per_second.saturating_mul(NonZeroU32::MIN.saturating_add(READ_BURST - 1)),
            )
        });
        let writes = NonZeroU32::new(limits.writes_per_minute).map(Quota::per_minute);
        Self {
            reads: limiter(reads),
            writes: limiter(writes),
            trusted_proxies: trusted_proxies.into(),
        }
    }

    /// Forgets addresses that have been quiet, until the program ends.
    pub async fn sweep(self) {
        loop {
            tokio::time::sleep(SWEEP_INTERVAL).await;
            for limiter in [&self.reads, &self.writes].into_iter().flatten() {
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
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
    let limiter = if parts.method.is_safe() {
        &limits.reads
    } else {
        &limits.writes
    };
    if let Some(limiter) = limiter
        && let Err(denied) = limiter.check_key(&address_of(&parts, &limits.trusted_proxies))
    {
        let wait = denied.wait_time_from(DefaultClock::default().now());
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
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
