//! Steps the pause ladder: reads the kernels of ready servers, warns, freezes, stops and archives.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use types::notebook::{NextPause, Notice, NoticeKind, ServerState};
use types::{ServerId, Timestamp};

use crate::core::{Core, Note, WriteError};
use crate::jupyter::{self, Asker};
use crate::ladder::{self, Decision, Kernel, KernelState, LadderStep, StopCause};
use crate::registry::{Resident, Watched};
use crate::settings::LadderSettings;
use crate::state::{Event, Wish};
use crate::{limits, reconciler};

/// How old a look at the kernels may be when a step is taken because of idleness.
const FRESH_MS: i64 = 2_000;
/// How far the next pause moves before everyone is told.
const PAUSE_MOVED_MS: i64 = 15_000;
/// How often servers at rest are looked at.
const ARCHIVE_INTERVAL_MS: i64 = 60_000;
/// Stands for all kernels of a server that does not answer.
const ALL_KERNELS: &str = "";

pub(crate) async fn run(core: Arc<Core>) {
    let polls = Arc::new(Semaphore::new(limits::KERNEL_POLLS_MAX));
    let mut archived_at = Timestamp(0);
    loop {
        tokio::time::sleep(limits::LADDER_TICK).await;
        for resident in core.registry.awake() {
            if let Err(error) = look(&core, &resident, &polls).await {
                tracing::error!(server_id = %resident.server().id, %error, "a step of the ladder could not be written");
            }
        }
        if core.now().since_ms(archived_at) >= ARCHIVE_INTERVAL_MS {
            archived_at = core.now();
            archive(&core).await;
        }
    }
}

/// One look at one server.
async fn look(
    core: &Arc<Core>,
    resident: &Arc<Resident>,
    polls: &Arc<Semaphore>,
) -> Result<(), WriteError> {
    let Some(signals) = resident.signals() else {
        return Ok(());
    };
    let now = core.now();
    let settings = core.settings.load_full();
    let decision = ladder::look(&signals, &settings.ladder, now);
    let is_ready = signals.liveness == ladder::Liveness::Ready;
    if is_ready && is_poll_due(resident, &decision, &settings.ladder, now) {
        poll(core, resident, polls);
    }
    match decision.step {
        LadderStep::Stay => {
            warn_or_calm(core, resident, &decision, now).await?;
            tell(core, resident, &decision);
            write_activity(core, resident).await
        }
        LadderStep::Stop(StopCause::MaxAge) => {
            let age = readable(settings.ladder.max_age_ms.unwrap_or_default());
            pause(
                core,
                resident,
                Wish::Stop,
                &format!("it had run for {age}, the longest time allowed"),
            )
            .await
        }
        // Kernels are asked once more before anything is done for idleness.
        LadderStep::Freeze | LadderStep::Stop(StopCause::Idle)
            if is_ready && !is_fresh(resident, now) =>
        {
            Ok(())
        }
        LadderStep::Freeze if !is_quiet(resident, now) => Ok(()),
        LadderStep::Freeze => {
            let idle = readable(now.since_ms(decision.idle_since));
            pause(
                core,
                resident,
                Wish::Freeze,
                &format!("nothing was done for {idle}"),
            )
            .await
        }
        LadderStep::Stop(StopCause::Idle) => {
            let idle = readable(now.since_ms(decision.idle_since));
            pause(
                core,
                resident,
                Wish::Stop,
                &format!("nothing was done for {idle}"),
            )
            .await
        }
    }
}

async fn pause(
    core: &Arc<Core>,
    resident: &Arc<Resident>,
    wish: Wish,
    reason: &str,
) -> Result<(), WriteError> {
    let version = resident.server().version;
    let note = Note::system("idle", reason);
    let written = core
        .apply_to_version(resident, version, Event::Wanted(wish), Some(&note))
        .await;
    reconciler::drive(core, resident);
    match written {
        Ok(_) | Err(WriteError::Refused(_) | WriteError::Gone) => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_poll_due(
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

fn is_fresh(resident: &Resident, now: Timestamp) -> bool {
    let watched = resident.watched.lock();
    !watched.is_polling
        && watched
            .polled_at
            .is_some_and(|polled_at| now.since_ms(polled_at) <= FRESH_MS)
}

/// No request came a moment ago that may still be under way.
fn is_quiet(resident: &Resident, now: Timestamp) -> bool {
    resident
        .last_presence()
        .is_none_or(|presence| now.since_ms(presence) >= limits::FREEZE_QUIET_MS)
}

fn poll(core: &Arc<Core>, resident: &Arc<Resident>, polls: &Arc<Semaphore>) {
    let Ok(permit) = Arc::clone(polls).try_acquire_owned() else {
        return;
    };
    resident.watched.lock().is_polling = true;
    let (work_core, resident) = (Arc::clone(core), Arc::clone(resident));
    super::spawn(core, async move {
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

/// Warns the owner once before a step, and takes the warning back when the server is used again.
async fn warn_or_calm(
    core: &Core,
    resident: &Resident,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), WriteError> {
    let warning = decision.next.filter(|next| next.warn);
    let was_warned = std::mem::replace(&mut resident.watched.lock().is_warned, warning.is_some());
    match (warning, was_warned) {
        (Some(next), false) => {
            let message = warning_message(next, now);
            core.amend(resident, "idle", |server| {
                if server.state().is_alive() {
                    server.notify(Notice {
                        time: now,
                        kind: NoticeKind::IdleWarning,
                        message: message.clone(),
                    });
                    server.message.clone_from(&message);
                }
            })
            .await?;
        }
        (None, true) => {
            core.amend(resident, "idle", |server| {
                if server.state().is_alive() {
                    server
                        .notices
                        .retain(|notice| notice.kind != NoticeKind::IdleWarning);
                    server.announce();
                }
            })
            .await?;
        }
        _ => {}
    }
    Ok(())
}

fn warning_message(next: NextPause, now: Timestamp) -> String {
    let what = match next.becomes {
        ServerState::Frozen => "Freezes",
        _ => "Stops",
    };
    format!(
        "{what} in {} unless it is used",
        readable(next.at.since_ms(now))
    )
}

/// Lets pages know that what they show of the ladder has changed.
fn tell(core: &Core, resident: &Resident, decision: &Decision) {
    let has_changed = {
        let mut watched = resident.watched.lock();
        let has_changed = match watched.told {
            None => true,
            Some((busy, next)) => busy != decision.busy || has_moved(next, decision.next),
        };
        if has_changed {
            watched.told = Some((decision.busy, decision.next));
        }
        has_changed
    };
    if has_changed {
        core.tick(resident, "idle");
    }
}

fn has_moved(told: Option<NextPause>, next: Option<NextPause>) -> bool {
    match (told, next) {
        (None, None) => false,
        (Some(told), Some(next)) => {
            told.becomes != next.becomes
                || told.warn != next.warn
                || next.at.since_ms(told.at).abs() >= PAUSE_MOVED_MS
        }
        _ => true,
    }
}

/// Keeps the last activity, so that a restart of the hub does not forget it.
async fn write_activity(core: &Core, resident: &Resident) -> Result<(), WriteError> {
    let Some(last) = resident.last_activity() else {
        return Ok(());
    };
    let is_old = resident
        .watched
        .lock()
        .activity_written
        .is_none_or(|written| last.since_ms(written) >= limits::ACTIVITY_RESOLUTION_MS);
    if is_old {
        core.store.note_activity(resident.server().id, last).await?;
        resident.watched.lock().activity_written = Some(last);
    }
    Ok(())
}

/// Archives what has rested long enough.
async fn archive(core: &Arc<Core>) {
    let settings = core.settings.load_full();
    for resident in core.registry.all() {
        let server = resident.server();
        let rests = server.state().is_startable()
            && server.state() != ServerState::Archived
            && server.life.step() == crate::state::Step::Rest;
        if !rests || !ladder::is_archive_due(server.state_since, &settings.ladder, core.now()) {
            continue;
        }
        let reason = format!("unused for {}", readable(settings.ladder.archive_after_ms));
        let note = Note::system("idle", &reason);
        if let Err(WriteError::Database(error)) = core
            .apply_to_version(&resident, server.version, Event::ArchiveDue, Some(&note))
            .await
        {
            tracing::error!(server_id = %server.id, %error, "a server could not be archived");
        }
    }
}

/// `45 s`, `12 min`, `3 h`, `30 d`.
fn readable(duration_ms: i64) -> String {
    let seconds = duration_ms.max(0) / 1_000;
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
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

    #[test]
    fn durations_are_readable() {
        for (ms, text) in [
            (0, "0 s"),
            (90_000, "90 s"),
            (600_000, "10 min"),
            (7_200_000, "2 h"),
            (2_592_000_000, "30 d"),
        ] {
            assert_eq!(readable(ms), text);
        }
    }
}
