//! What forms that were posted without JavaScript came to, until the page after them shows it. It
//! holds whole links that open something, so it is kept in memory alone, and briefly.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use types::SessionKey;

/// How long a result waits for its page.
const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// Most results that wait at a time; the oldest go first.
const RESULTS_MAX: usize = 1_000;

/// The results that wait. Cheap to clone.
#[derive(Clone, Default)]
pub struct FormResults(Arc<Mutex<Waiting>>);

type Waiting = HashMap<(SessionKey, String), Kept>;

struct Kept {
    value: Value,
    kept_at: Instant,
}

impl FormResults {
    /// Keeps a result for the page of this session that takes it by this name, in the place of an
    /// earlier one.
    pub(crate) fn keep(&self, session: SessionKey, name: &str, value: Value, now: Instant) {
        let mut waiting = self.waiting();
        waiting.retain(|_, kept| !kept.is_over(now));
        if waiting.len() >= RESULTS_MAX
            && let Some(oldest) = waiting
                .iter()
                .min_by_key(|(_, kept)| kept.kept_at)
                .map(|(key, _)| key.clone())
        {
            waiting.remove(&oldest);
        }
        let kept = Kept {
            value,
            kept_at: now,
        };
        waiting.insert((session, name.to_owned()), kept);
    }

    /// The result that waits, which then waits no longer.
    pub(crate) fn take(&self, session: SessionKey, name: &str, now: Instant) -> Option<Value> {
        let kept = self.waiting().remove(&(session, name.to_owned()))?;
        (!kept.is_over(now)).then_some(kept.value)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // No change is made in several steps, so that one which was broken off is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.kept_at) >= LIFETIME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: u128) -> SessionKey {
        SessionKey::from_parts(1, number)
    }

    #[test]
    fn a_result_is_taken_once_by_its_own_session_and_name() {
        let results = FormResults::default();
        let now = Instant::now();
        results.keep(session(1), "page.a", Value::from("old"), now);
        results.keep(session(1), "page.a", Value::from("new"), now);
        assert_eq!(results.take(session(2), "page.a", now), None);
        assert_eq!(results.take(session(1), "page.b", now), None);
        let taken = results.take(session(1), "page.a", now);
        assert_eq!(taken, Some(Value::from("new")));
        assert_eq!(results.take(session(1), "page.a", now), None);
    }

    #[test]
    fn results_are_forgotten_in_time_and_bounded() {
        let results = FormResults::default();
        let begun = Instant::now();
        results.keep(session(0), "page.a", Value::Null, begun);
        assert_eq!(results.take(session(0), "page.a", begun + LIFETIME), None);
        for number in 0..1_010_u32 {
            let moment = begun + Duration::from_millis(number.into());
            results.keep(session(number.into()), "page.a", Value::Null, moment);
        }
        assert_eq!(results.waiting().len(), RESULTS_MAX);
        let moment = begun + Duration::from_secs(2);
        assert_eq!(results.take(session(9), "page.a", moment), None);
        assert_eq!(
            results.take(session(10), "page.a", moment),
            Some(Value::Null)
        );
        results.keep(session(1), "page.a", Value::Null, begun + LIFETIME * 2);
        assert_eq!(results.waiting().len(), 1);
    }
}
