//! Bounds on what one address may ask for; of IPv6, one /64, which is one subscriber's.

mod chain;
mod hub;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use identity::network_of;

pub use chain::{ChainRate, limit_chain_rate};
pub use hub::{RateLimits, limit_rate};

/// How often addresses that are quiet are forgotten.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// One bound, for each network by itself. Cheap to clone.
#[derive(Clone)]
struct AddressLimit(Option<Arc<DefaultKeyedRateLimiter<IpAddr>>>);

impl AddressLimit {
    /// Without a quota, nothing is bounded.
    fn new(quota: Option<Quota>) -> Self {
        Self(quota.map(|quota| Arc::new(RateLimiter::keyed(quota))))
    }

    /// Counts a request. How long its sender has to wait, if their network has asked for too much.
    fn check(&self, ip: IpAddr) -> Option<Duration> {
        let denied = self.0.as_ref()?.check_key(&network_of(ip)).err()?;
        Some(denied.wait_time_from(DefaultClock::default().now()))
    }

    fn forget_quiet(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}
