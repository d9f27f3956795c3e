//! Which traffic is worth telling the gatekeeper, and how often.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::request::Parts;

use crate::ActivityKind;
use crate::automatic::automatic;

/// The same kind of activity of one server is told at most this often: idle times are minutes.
pub const ACTIVITY_INTERVAL: Duration = Duration::from_secs(1);

/// What a request without a WebSocket says about the person behind it.
#[must_use]
pub fn activity_of_request(parts: &Parts) -> ActivityKind {
    if parts.method.is_safe() || automatic(parts).is_some() {
        ActivityKind::Presence
    } else {
        ActivityKind::Interaction
    }
}

/// Remembers when each kind was last told.
#[derive(Debug)]
pub struct ActivityMeter {
    created: Instant,
    interaction_ms: AtomicU64,
    presence_ms: AtomicU64,
}

/// Not yet told.
const NEVER_MS: u64 = u64::MAX;

impl ActivityMeter {
    #[must_use]
    pub fn new(created: Instant) -> Self {
        Self {
            created,
            interaction_ms: AtomicU64::new(NEVER_MS),
            presence_ms: AtomicU64::new(NEVER_MS),
        }
    }

    /// Whether activity at `now` should be told; then it counts as told.
    pub fn is_due(&self, kind: ActivityKind, now: Instant) -> bool {
        let told = match kind {
            ActivityKind::Interaction => &self.interaction_ms,
            ActivityKind::Presence => &self.presence_ms,
        };
        let now_ms = u64::try_from(now.saturating_duration_since(self.created).as_millis())
            .unwrap_or(NEVER_MS - 1);
        let last_ms = told.load(Ordering::Relaxed);
        let is_recent = last_ms != NEVER_MS
            && u128::from(now_ms.saturating_sub(last_ms)) < ACTIVITY_INTERVAL.as_millis();
        if is_recent {
            return false;
        }
        // Of several at the same moment, one tells.
        told.compare_exchange(last_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_once_an_interval() {
        let start = Instant::now();
        let meter = ActivityMeter::new(start);
        let check = |kind, after_ms, expected| {
            let due = meter.is_due(kind, start + Duration::from_millis(after_ms));
            assert_eq!(due, expected, "{kind:?} after {after_ms} ms");
        };
        check(ActivityKind::Presence, 0, true);
        check(ActivityKind::Presence, 1, false);
        check(ActivityKind::Interaction, 2, true);
        check(ActivityKind::Interaction, 1_001, false);
        check(ActivityKind::Presence, 1_000, true);
        check(ActivityKind::Interaction, 1_002, true);
        check(ActivityKind::Interaction, 90_000, true);
        check(ActivityKind::Interaction, 89_000, false);
    }

    #[test]
    fn reading_is_presence_and_writing_is_interaction() {
        let layout = "/lab/api/workspaces/default";
        for (method, path, kind) in [
            ("GET", "/", ActivityKind::Presence),
            ("HEAD", "/", ActivityKind::Presence),
            ("OPTIONS", "/", ActivityKind::Presence),
            ("POST", "/", ActivityKind::Interaction),
            ("PUT", "/", ActivityKind::Interaction),
            ("PATCH", "/", ActivityKind::Interaction),
            ("DELETE", "/", ActivityKind::Interaction),
            // An open page writes this every ten seconds.
            ("PUT", layout, ActivityKind::Presence),
            ("DELETE", layout, ActivityKind::Interaction),
        ] {
            let request = http::Request::builder().method(method).uri(path);
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(activity_of_request(&parts), kind, "{method} {path}");
        }
    }
}
