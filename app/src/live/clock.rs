//! The present moment, for countdowns: the same on both sides in the first render, ticking after.

use leptos::prelude::*;
use types::Timestamp;

/// A difference below this is the way of the page to the browser, not a wrong clock.
#[cfg(any(feature = "hydrate", test))]
const SKEW_MIN_MS: i64 = 60_000;

/// The server's present moment. Starts as `read_at`, the moment at which the server read the
/// page's data, so that the browser's first render equals the server's; then ticks each second.
pub fn use_server_clock(read_at: Timestamp) -> ReadSignal<Timestamp> {
    let (now, set_now) = signal(read_at);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let skew_ms = skew_ms(read_at, browser_now());
        let tick = move || {
            set_now.try_set(browser_now().plus_ms(skew_ms));
        };
        tick();
        if let Ok(interval) = set_interval_with_handle(tick, std::time::Duration::from_secs(1)) {
            on_cleanup(move || interval.clear());
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = set_now;
    now
}

#[cfg(feature = "hydrate")]
fn browser_now() -> Timestamp {
    // Milliseconds since 1970 are far below 2^53.
    Timestamp(js_sys::Date::now() as i64)
}

/// How far the browser's clock is behind the server's; 0 when the difference may be the way.
#[cfg(any(feature = "hydrate", test))]
fn skew_ms(server: Timestamp, browser: Timestamp) -> i64 {
    let difference_ms = server.since_ms(browser);
    if difference_ms.abs() < SKEW_MIN_MS {
        0
    } else {
        difference_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wrong_clock_is_corrected() {
        let server = Timestamp(1_000_000_000);
        for (browser_ahead_ms, expected) in [
            (0, 0),
            (1_500, 0),
            (-59_999, 0),
            (60_000, -60_000),
            (-3_600_000, 3_600_000),
        ] {
            assert_eq!(
                skew_ms(server, server.plus_ms(browser_ahead_ms)),
                expected,
                "{browser_ahead_ms}"
            );
        }
    }
}
