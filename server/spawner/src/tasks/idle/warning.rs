//! Tells owners what the ladder is about to do.

use types::Timestamp;
use types::notebook::{NextPause, Notice, NoticeKind, ServerState};

use super::readable;
use crate::core::{Core, WriteError};
use crate::ladder::Decision;
use crate::registry::Resident;

/// How far the next pause moves before everyone is told.
const PAUSE_MOVED_MS: i64 = 15_000;

/// Warns the owner once before a step, and takes the warning back when the server is used again.
pub(super) async fn warn_or_calm(
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
pub(super) fn tell(core: &Core, resident: &Resident, decision: &Decision) {
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
