//! Steps the pause ladder: reads the kernels of ready servers, warns, freezes, stops and archives.

mod kernels;
mod warning;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::Semaphore;
use types::Timestamp;
use types::notebook::ServerState;

use crate::core::{Core, Note, WriteError};
use crate::ladder::{self, LadderStep, Liveness, StopCause};
use crate::registry::Resident;
use crate::state::{Event, Step, Wish};
use crate::{limits, reconciler};
use kernels::{is_fresh, is_poll_due, poll};
use warning::{tell, warn_or_calm};

/// How often servers at rest are looked at.
const ARCHIVE_INTERVAL_MS: i64 = 60_000;

pub(crate) async fn run(core: Arc<Core>) {
    let polls = Arc::new(Semaphore::new(limits::KERNEL_POLLS_MAX));
    let mut archived_at = Timestamp(0);
    let mut looked_at = core.now();
    loop {
        tokio::time::sleep(limits::LADDER_TICK).await;
        let now = core.now();
        note_break(&core, looked_at, now);
        looked_at = now;
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

/// Notes that nobody looked for a while (the host slept), or that the clock was set.
fn note_break(core: &Core, looked_at: Timestamp, now: Timestamp) {
    if now.since_ms(looked_at).abs() > limits::LADDER_BREAK_MS {
        core.watched_since.store(now.0, Ordering::Relaxed);
    }
    if now < looked_at {
        core.watched_since.fetch_min(now.0, Ordering::Relaxed);
        for resident in core.registry.all() {
            resident.forget_future(now);
        }
    }
}

/// One look at one server.
async fn look(
    core: &Arc<Core>,
    resident: &Arc<Resident>,
    polls: &Arc<Semaphore>,
) -> Result<(), WriteError> {
    // Before the look: what comes later than this was not seen by the decision.
    let now = core.now();
    let Some(signals) = resident.signals(core.watched_since()) else {
        return Ok(());
    };
    let settings = core.ladder_of(resident);
    let decision = ladder::look(&signals, &settings, now);
    let is_ready = signals.liveness == Liveness::Ready;
    if is_ready && is_poll_due(resident, &decision, &settings, now) {
        poll(core, resident, polls);
    }
    match decision.step {
        LadderStep::Stay => {
            warn_or_calm(core, resident, &decision, now).await?;
            tell(core, resident, &decision);
            write_activity(core, resident).await
        }
        LadderStep::Stop(StopCause::MaxAge) => {
            let age = readable(settings.max_age_ms.unwrap_or_default());
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
            resident.watched.lock().freeze_decided = Some(now);
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

/// No request came a moment ago that may still be under way.
fn is_quiet(resident: &Resident, now: Timestamp) -> bool {
    resident
        .last_presence()
        .is_none_or(|presence| now.since_ms(presence) >= limits::FREEZE_QUIET_MS)
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
            && server.life.step() == Step::Rest;
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
