//! Reads what the kernels of ready servers do.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use types::notebook::ServerState;
use types::{ServerId, Timestamp};

use crate::core::Core;
use crate::jupyter::{self, Asker};
use crate::ladder::{self, Decision, Kernel, KernelState, LadderStep};
use crate::limits;
use crate::registry::{Resident, Watched};
use crate::settings::LadderSettings;

/// How old a look at the kernels may be when a step is taken because of idleness.
const FRESH_MS: i64 = 2_000;
/// Stands for all kernels of a server that does not answer.
const ALL_KERNELS: &str = "";

/// Asks for the kernels as soon as a permit is free. Who waits longest comes next: servers that found
/// none free again and again would never be asked, and never be paused.
pub(super) fn poll(core: &Arc<Core>, resident: &Arc<Resident>, polls: &Arc<Semaphore>) {
    resident.watched.lock().is_polling = true;
    let (work_core, resident, polls) = (Arc::clone(core), Arc::clone(resident), Arc::clone(polls));
    crate::tasks::spawn(core, async move {
        // It is never closed.
        let Ok(permit) = polls.acquire_owned().await else {
            return;
        };
        let server = resident.server();
        let endpoint = work_core.engine.endpoint(server.id, server.life.generation);
        let asker = Asker {
            endpoint: &endpoint,
            identity_key: &server.identity_key,
            user_name: &server.owner_name,
        };
        let answer = jupyter::kernels(&asker).await;
        if let Err(error) = &answer {
            tracing::debug!(server_id = %server.id, %error, "kernels could not be read");
        }
        // What a server said that was frozen or stopped meanwhile is about the past.
        let is_same = resident.server().life.generation == server.life.generation
            && resident.door_state() == ServerState::Ready;
        let settings = work_core.settings.load().ladder;
        let now = work_core.now();
        let mut watched = resident.watched.lock();
        watched.is_polling = false;
        if is_same {
            note_kernels(&mut watched, answer.ok(), now);
            let kernels: Vec<Kernel> = watched.kernels.values().copied().collect();
            watched.last_busy = watched
                .last_busy
                .max(ladder::busy_until(&kernels, &settings, now));
            watched.polled_at = Some(now);
        }
        drop(watched);
        drop(permit);
    });
}

/// Keeps since when each kernel is in its state, by our clock.
fn note_kernels(
    watched: &mut Watched,
    answer: Option<HashMap<String, KernelState>>,
    now: Timestamp,
) {
    let since = |kernels: &HashMap<String, Kernel>, id: &str, state: KernelState| {
        kernels
            .get(id)
            .filter(|kernel| kernel.state == state)
            .map_or(now, |kernel| kernel.since)
    };
    match answer {
        Some(states) => {
            watched.kernels = states
                .into_iter()
                .map(|(id, state)| {
                    let kernel = Kernel {
                        state,
                        since: since(&watched.kernels, &id, state),
                    };
                    (id, kernel)
                })
                .collect();
        }
        None => {
            let unknown = Kernel {
                state: KernelState::Unknown,
                since: since(&watched.kernels, ALL_KERNELS, KernelState::Unknown),
            };
            watched.kernels.insert(ALL_KERNELS.to_owned(), unknown);
        }
    }
}

pub(super) fn is_poll_due(
    resident: &Resident,
    decision: &Decision,
    settings: &LadderSettings,
    now: Timestamp,
) -> bool {
    let watched = resident.watched.lock();
    if watched.is_polling {
        return false;
    }
    let interval_ms = match decision.step {
        LadderStep::Stay => poll_interval_ms(resident.server().id, settings),
        LadderStep::Freeze | LadderStep::Stop(_) => FRESH_MS / 2,
    };
    watched
        .polled_at
        .is_none_or(|polled_at| now.since_ms(polled_at) >= interval_ms)
}

/// Four times in the shortest idle time at least. The interval has a tenth more or less, always the
/// same for a server, so that servers started together are not asked together.
fn poll_interval_ms(server_id: ServerId, settings: &LadderSettings) -> i64 {
    let idle_ms = settings
        .freeze_after_ms
        .into_iter()
        .chain(settings.stop_after_ms)
        .min();
    let usual_ms = limits::KERNEL_POLL_MS
        .min(idle_ms.unwrap_or(i64::MAX) / 4)
        .max(limits::KERNEL_POLL_MIN_MS);
    let spread_ms = usual_ms / 10;
    let sum: i64 = server_id.to_string().bytes().map(i64::from).sum();
    usual_ms - spread_ms + (sum * 7_919) % (2 * spread_ms)
}

pub(super) fn is_fresh(resident: &Resident, now: Timestamp) -> bool {
    let watched = resident.watched.lock();
    !watched.is_polling
        && watched
            .polled_at
            .is_some_and(|polled_at| now.since_ms(polled_at) <= FRESH_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_keep_the_moment_their_state_began() {
        let mut watched = Watched::default();
        let states = |state| Some(HashMap::from([("a".to_owned(), state)]));
        for (at, answer, expected) in [
            (10, states(KernelState::Busy), (KernelState::Busy, 10)),
            (20, states(KernelState::Busy), (KernelState::Busy, 10)),
            (30, None, (KernelState::Busy, 10)),
            (40, states(KernelState::Idle), (KernelState::Idle, 40)),
            (50, states(KernelState::Busy), (KernelState::Busy, 50)),
        ] {
            note_kernels(&mut watched, answer, Timestamp(at));
            let kernel = watched.kernels["a"];
            assert_eq!((kernel.state, kernel.since.0), expected);
        }
        note_kernels(&mut watched, Some(HashMap::new()), Timestamp(60));
        assert!(watched.kernels.is_empty());
    }

    #[test]
    fn a_server_that_does_not_answer_is_unknown_since_the_first_time() {
        let mut watched = Watched::default();
        note_kernels(&mut watched, None, Timestamp(10));
        note_kernels(&mut watched, None, Timestamp(20));
        let kernel = watched.kernels[ALL_KERNELS];
        assert_eq!((kernel.state, kernel.since.0), (KernelState::Unknown, 10));
    }

    #[test]
    fn polls_are_spread_by_a_tenth_and_fit_the_idle_time() {
        let settings = |stop_after_ms| LadderSettings {
            freeze_after_ms: None,
            stop_after_ms,
            ..LadderSettings::default()
        };
        for (stop_after_ms, usual_ms) in [
            (None, 30_000),
            (Some(3_600_000), 30_000),
            (Some(8_000), 2_000),
            (Some(1), 500),
        ] {
            let intervals: Vec<i64> = (0..200)
                .map(|_| poll_interval_ms(ServerId::generate(), &settings(stop_after_ms)))
                .collect();
            let expected = usual_ms * 9 / 10..usual_ms * 11 / 10;
            assert!(
                intervals
                    .iter()
                    .all(|interval_ms| expected.contains(interval_ms)),
                "{stop_after_ms:?}"
            );
            assert!(
                intervals
                    .iter()
                    .any(|interval_ms| *interval_ms != intervals[0])
            );
        }
    }
}
