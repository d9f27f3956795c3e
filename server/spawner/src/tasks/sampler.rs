//! Samples what servers use, and tells their owners of limits that they hit.

use std::sync::Arc;

use futures::StreamExt;
use types::notebook::{Notice, NoticeKind, ServerState, Usage};

use crate::core::Core;
use crate::engine::LimitEvent;
use crate::limits;
use crate::registry::Resident;

pub(crate) async fn run(core: Arc<Core>) {
    loop {
        tokio::time::sleep(limits::SAMPLE_INTERVAL).await;
        futures::stream::iter(core.registry.awake())
            .for_each_concurrent(limits::SAMPLES_AT_ONCE_MAX, |resident| {
                let core = &core;
                async move {
                    let looked = tokio::time::timeout(limits::REQUEST_TIMEOUT, look(core, &resident)).await;
                    if looked.is_err() {
                        tracing::debug!(server_id = %resident.server().id, "usage was not told in time");
                    }
                }
            })
            .await;
    }
}

async fn look(core: &Core, resident: &Resident) {
    let server = resident.server();
    let is_due = match server.state() {
        ServerState::Ready => true,
        ServerState::Frozen => resident
            .watched
            .lock()
            .samples
            .back()
            .is_none_or(|last| core.now().since_ms(last.time) >= limits::SAMPLE_FROZEN_MS),
        _ => false,
    };
    if !is_due {
        return;
    }
    // A failure here is no event: if the server has died, the sweep finds it and says why.
    if let Ok(usage) = core.engine.usage(server.id).await {
        resident.keep_sample(usage);
        tell_usage(core, resident, usage);
    }
    if let Ok(events) = core.engine.limit_events(server.id).await {
        for event in events {
            tell_limit(core, resident, &event).await;
        }
    }
}

fn tell_usage(core: &Core, resident: &Resident, usage: Usage) {
    let is_significant = {
        let mut watched = resident.watched.lock();
        let is_significant = watched.usage_told.is_none_or(|told| differs(&told, &usage));
        if is_significant {
            watched.usage_told = Some(usage);
        }
        is_significant
    };
    if is_significant {
        core.tick(resident, "usage");
    }
}

/// Whether a meter would look different: by two hundredths of its length.
fn differs(told: &Usage, usage: &Usage) -> bool {
    let moved = |before: u64, after: u64, limit: u64| before.abs_diff(after) * 50 >= limit.max(1);
    moved(
        told.memory_bytes,
        usage.memory_bytes,
        usage.memory_limit_bytes,
    ) || moved(
        told.cpu_millis.into(),
        usage.cpu_millis.into(),
        usage.cpu_limit_millis.into(),
    ) || moved(told.disk_bytes, usage.disk_bytes, usage.disk_limit_bytes)
        || moved(
            told.processes.into(),
            usage.processes.into(),
            usage.processes_max.into(),
        )
}

async fn tell_limit(core: &Core, resident: &Resident, event: &LimitEvent) {
    let now = core.now();
    let notice = |server: &crate::server::Server| Notice {
        time: now,
        kind: kind_of(event),
        message: message_of(event, server),
    };
    let written = core
        .amend(resident, "limit", |server| {
            let notice = notice(server);
            server.message.clone_from(&notice.message);
            server.notify(notice);
        })
        .await;
    if let Err(error) = written {
        tracing::error!(server_id = %resident.server().id, %error, "a limit that was hit could not be written");
    }
}

const fn kind_of(event: &LimitEvent) -> NoticeKind {
    match event {
        LimitEvent::OutOfMemory { .. } => NoticeKind::OutOfMemory,
        LimitEvent::ProcessLimit => NoticeKind::ProcessLimit,
        LimitEvent::DiskFull => NoticeKind::DiskFull,
    }
}

fn message_of(event: &LimitEvent, server: &crate::server::Server) -> String {
    let profile = &server.profile;
    match event {
        LimitEvent::OutOfMemory { killed: 0 | 1 } => format!(
            "The memory limit of {} was reached: a kernel was ended, and its variables are lost",
            readable_bytes(profile.memory_bytes)
        ),
        LimitEvent::OutOfMemory { killed } => format!(
            "The memory limit of {} was reached: {killed} processes were ended, and their variables are lost",
            readable_bytes(profile.memory_bytes)
        ),
        LimitEvent::ProcessLimit => {
            format!(
                "The limit of {} processes was reached: new ones are refused",
                profile.processes_max
            )
        }
        LimitEvent::DiskFull => format!(
            "The home folder is full ({}): delete files before you save",
            readable_bytes(profile.disk_bytes)
        ),
    }
}

/// Binary units with at most one decimal: `512 MiB`, `1.5 GiB`.
fn readable_bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    for (unit, size) in UNITS {
        if bytes >= size {
            let tenths = bytes / (size / 10);
            return match tenths % 10 {
                0 => format!("{} {unit}", tenths / 10),
                tenth => format!("{}.{tenth} {unit}", tenths / 10),
            };
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn limits_are_told_in_words() {
        let mut server = testing::server("alice", "");
        server.profile.memory_bytes = 2 << 30;
        for (event, expected) in [
            (
                LimitEvent::OutOfMemory { killed: 1 },
                "The memory limit of 2 GiB was reached: a kernel was ended, and its variables are lost",
            ),
            (
                LimitEvent::OutOfMemory { killed: 3 },
                "The memory limit of 2 GiB was reached: 3 processes were ended, and their variables are lost",
            ),
            (
                LimitEvent::ProcessLimit,
                "The limit of 256 processes was reached: new ones are refused",
            ),
        ] {
            assert_eq!(message_of(&event, &server), expected);
        }
    }

    #[test]
    fn bytes_are_readable() {
        for (bytes, text) in [
            (5, "5 B"),
            (1 << 20, "1 MiB"),
            (3 << 29, "1.5 GiB"),
            (512 << 20, "512 MiB"),
        ] {
            assert_eq!(readable_bytes(bytes), text);
        }
    }

    #[test]
    fn only_visible_changes_are_told() {
        let usage = Usage {
            memory_bytes: 100,
            memory_limit_bytes: 1_000,
            ..Usage::default()
        };
        let with = |memory_bytes| Usage {
            memory_bytes,
            ..usage
        };
        // Limits of 0 mean that any change shows.
        assert!(!differs(&usage, &with(119)));
        assert!(differs(&usage, &with(120)));
        assert!(differs(
            &usage,
            &Usage {
                processes: 1,
                ..usage
            }
        ));
    }
}
