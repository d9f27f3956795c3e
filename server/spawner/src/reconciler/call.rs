//! Calls of the engine: in time, repeated while that can help, given up when no longer wanted.

use std::sync::Arc;
use std::time::Duration;

use types::Timestamp;

use super::Driver;
use crate::engine::EngineError;
use crate::server::Server;
use crate::state::Step;
use crate::{limits, measure};

/// What became of a call.
pub(super) enum Called {
    Done,
    /// The server's row has moved to another step: the result does not matter any more.
    Superseded,
    Failed(EngineError),
    /// The deadline passed.
    Late,
}

impl Driver {
    /// Calls the engine until it succeeds, fails for good or the state's deadline passes.
    pub(super) async fn call<F>(
        &self,
        server: &Server,
        name: &'static str,
        call: impl Fn() -> F,
    ) -> Called
    where
        F: Future<Output = Result<(), EngineError>>,
    {
        let step = server.life.step();
        let deadline = time_until(server.life.state.deadline(), self.core.now());
        let called = tokio::select! {
            called = tokio::time::timeout(deadline, retried(name, call)) => called,
            () = self.superseded(step, limits::CANCEL_GRACE) => return Called::Superseded,
        };
        match called {
            Ok(Ok(())) => Called::Done,
            Ok(Err(error)) => Called::Failed(error),
            Err(_) => {
                measure::engine_failed(name);
                Called::Late
            }
        }
    }

    /// Waits until the row asks for another step than `step`, and `grace` more, so that a call
    /// that is about to end can.
    pub(super) async fn superseded(&self, step: Step, grace: Duration) {
        let mut changes = self.resident.subscribe();
        let other = |server: &Arc<Server>| server.life.step() != step;
        if changes.wait_for(other).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(grace).await;
    }
}

/// The time from `now` to a deadline; states without one get what pausing may take.
pub(super) fn time_until(deadline: Option<Timestamp>, now: Timestamp) -> Duration {
    deadline.map_or(limits::PAUSE_TIMEOUT, |deadline| {
        Duration::from_millis(u64::try_from(deadline.since_ms(now)).unwrap_or(0))
    })
}

/// Repeats a call while its failure may pass. Every engine call may be repeated without harm.
pub(super) async fn retried<F>(name: &'static str, call: impl Fn() -> F) -> Result<(), EngineError>
where
    F: Future<Output = Result<(), EngineError>>,
{
    let mut attempt = 1;
    loop {
        let error = match call().await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        measure::engine_failed(name);
        if !error.is_passing() || attempt >= limits::ENGINE_TRIES_MAX {
            return Err(error);
        }
        tracing::warn!(call = name, attempt, %error, "an engine call failed and is repeated");
        tokio::time::sleep(retry_delay(attempt, rand::random())).await;
        attempt += 1;
    }
}

/// The wait after `attempt` failures: doubling, between half and the whole of the value, so that
/// many servers do not come back at the same moment.
fn retry_delay(attempt: u32, random: u32) -> Duration {
    let exponent = attempt.saturating_sub(1).min(16);
    let full_ms = (limits::RETRY_DELAY_MS << exponent).min(limits::RETRY_DELAY_MAX_MS);
    Duration::from_millis(full_ms / 2 + u64::from(random) % (full_ms / 2 + 1))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use proptest::prelude::*;

    use super::*;

    async fn check(failures: u32, error: EngineError, expected_calls: u32, succeeds: bool) {
        let calls = AtomicU32::new(0);
        let outcome = retried("boot", || {
            let number = calls.fetch_add(1, Ordering::SeqCst);
            let error = error.clone();
            async move {
                if number < failures {
                    Err(error)
                } else {
                    Ok(())
                }
            }
        })
        .await;
        assert_eq!(
            (calls.load(Ordering::SeqCst), outcome.is_ok()),
            (expected_calls, succeeds)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn passing_failures_are_repeated_five_times_at_most() {
        let passing = || EngineError::Transient("busy".into());
        check(0, passing(), 1, true).await;
        check(2, passing(), 3, true).await;
        check(4, passing(), 5, true).await;
        check(5, passing(), 5, false).await;
        check(1, EngineError::Capacity("memory".into()), 2, true).await;
        check(1, EngineError::Fatal("broken".into()), 1, false).await;
        check(1, EngineError::QuotaExceeded("disk".into()), 1, false).await;
    }

    proptest! {
        #[test]
        fn waits_grow_within_their_bounds(attempt in 1_u32..100, random in any::<u32>()) {
            let delay_ms = retry_delay(attempt, random).as_millis() as u64;
            prop_assert!(delay_ms >= limits::RETRY_DELAY_MS / 2);
            prop_assert!(delay_ms <= limits::RETRY_DELAY_MAX_MS);
            prop_assert!(delay_ms <= limits::RETRY_DELAY_MS << (attempt - 1).min(16));
        }
    }
}
