//! How often sign-ins may be tried, kept in memory and bounded.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use types::{ApiError, ErrorCode, WalletAddress};

use crate::config::RateLimits;

/// Keys that one limiter remembers; beyond, those that have recovered are forgotten.
const KEYS_MAX: usize = 50_000;

/// Sessions that arrivals may make for each sign-in that may be begun: most of those who look at
/// the sign-in page go on from it, or were led to it by a page that they had open.
const ARRIVALS_PER_CHALLENGE: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

/// The limits of one process.
pub(crate) struct RateLimiters {
    arrivals: Limiter<IpAddr>,
    challenges: Limiter<IpAddr>,
    proofs: Limiter<IpAddr>,
    addresses: Limiter<WalletAddress>,
}

struct Limiter<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>,
}

impl RateLimiters {
    pub(crate) fn new(limits: &RateLimits) -> Self {
        let arrivals = limits
            .challenges_per_minute_and_ip
            .saturating_mul(ARRIVALS_PER_CHALLENGE);
        Self {
            arrivals: Limiter::new(arrivals, Duration::from_secs(60)),
            challenges: Limiter::new(limits.challenges_per_minute_and_ip, Duration::from_secs(60)),
            proofs: Limiter::new(limits.proofs_per_minute_and_ip, Duration::from_secs(60)),
            addresses: Limiter::new(
                limits.proofs_per_hour_and_address,
                Duration::from_secs(60 * 60),
            ),
        }
    }

    /// Before a session is made for somebody who has none, to remember where they came from.
    pub(crate) fn arrival(&self, ip: IpAddr) -> Result<(), ApiError> {
        self.arrivals.check(&network_of(ip))
    }

    /// Before a sign-in is begun.
    pub(crate) fn challenge(&self, ip: IpAddr) -> Result<(), ApiError> {
        self.challenges.check(&network_of(ip))
    }

    /// Before a proof is looked at.
    pub(crate) fn proof(&self, ip: IpAddr) -> Result<(), ApiError> {
        self.proofs.check(&network_of(ip))
    }

    /// Before a proof that is not simply by the wallet's own key is looked at further.
    pub(crate) fn address(&self, address: WalletAddress) -> Result<(), ApiError> {
        self.addresses.check(&address)
    }
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(count: NonZeroU32, period: Duration) -> Self {
        let replenish = period / count.get();
        let quota = Quota::with_period(replenish.max(Duration::from_nanos(1)))
            .unwrap_or(Quota::per_hour(count))
            .allow_burst(count);
        Self {
            limiter: RateLimiter::keyed(quota),
        }
    }

    fn check(&self, key: &K) -> Result<(), ApiError> {
        if self.limiter.len() >= KEYS_MAX {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        // So many at once is an attack from many places: everyone waits rather than memory grows.
        if self.limiter.len() >= KEYS_MAX {
            return Err(too_many(1_000));
        }
        self.limiter.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            too_many(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1))
        })
    }
}

fn too_many(retry_after_ms: u64) -> ApiError {
    ApiError::new(
        ErrorCode::RateLimited,
        "too many sign-in attempts; wait a moment and try again",
    )
    .with_retry_after_ms(retry_after_ms)
}

/// One subscriber's network: an IPv6 line has a whole /64 to choose from.
#[must_use]
pub fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(network.into())
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_for_each_network() {
        let limiters = RateLimiters::new(&RateLimits::default());
        let home: IpAddr = "203.0.113.7".parse().unwrap();
        let results: Vec<_> = (0..12).map(|_| limiters.challenge(home).is_ok()).collect();
        assert_eq!(results.iter().filter(|is_ok| **is_ok).count(), 10);
        assert!(results[..10].iter().all(|is_ok| *is_ok));
        let refusal = limiters.challenge(home).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::RateLimited);
        assert!((1..=6_000).contains(&refusal.retry_after_ms.unwrap()));
        assert!(limiters.challenge("203.0.113.8".parse().unwrap()).is_ok());
        assert!(limiters.proof(home).is_ok());
    }

    #[test]
    fn addresses_of_one_line_count_together() {
        for (left, right, is_same) in [
            ("2001:db8::1", "2001:db8::2", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::ffff:203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
        ] {
            let same = network_of(left.parse().unwrap()) == network_of(right.parse().unwrap());
            assert_eq!(same, is_same, "{left} {right}");
        }
    }
}
