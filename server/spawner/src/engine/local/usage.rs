//! What servers use, and which limits they have hit.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use types::notebook::Usage;
use types::{ServerId, Timestamp};

use super::file::{is_missing, read_json, write_atomically};
use super::home::measure::{Unlinked, unlinked};
use super::home::{self, Home, HomeKind, Space};
use super::instance::{bound_files, inside, resident_bytes};
use super::process::signal_pid;
use super::record::Record;
use super::{Shared, passing};
use crate::engine::{EngineError, LimitEvent};

/// A directory is looked through no more often than this.
const DIRECTORY_LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// Part of the limit by which files without a name may exceed it.
const UNLINKED_PARTS: u64 = 4;

/// What the last look has left for the next.
#[derive(Debug, Default)]
pub(super) struct Samples {
    cpu: Option<(Instant, u64)>,
    space: Option<(Instant, Space)>,
    is_held_full: bool,
}

/// What [`crate::engine::Engine::limit_events`] has reported, kept with the instance so that a new
/// start of this program does not report it again.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Reported {
    out_of_memory_kills: u64,
    refused_forks: u64,
    disk_full: bool,
}

impl Shared {
    pub(super) fn usage(&self, server_id: ServerId) -> Result<Usage, EngineError> {
        let record = self
            .living_now(server_id)
            .map_err(passing("reading the server's record"))?;
        let record = record.ok_or(EngineError::NotFound)?;
        self.measure(&record)
            .map_err(gone_or("measuring the server"))
    }

    fn measure(&self, record: &Record) -> io::Result<Usage> {
        let group = &record.group;
        let bounds = record.bounds;
        let space = self.space(record)?;
        let memory_bytes = match group.memory_bytes()? {
            Some(bytes) => bytes,
            None => inside(record)?.into_iter().map(resident_bytes).sum(),
        };
        let processes = match group.tasks()? {
            Some(tasks) => tasks,
            None => inside(record)?.len() as u64,
        };
        Ok(Usage {
            time: Timestamp::now(),
            memory_bytes,
            memory_limit_bytes: bounds.memory_bytes,
            cpu_millis: self.cpu_millis(record)?,
            cpu_limit_millis: bounds.cpu_millis,
            disk_bytes: space.used_bytes,
            disk_limit_bytes: space.limit_bytes,
            processes: u32::try_from(processes).unwrap_or(u32::MAX),
            processes_max: bounds.processes_max,
        })
    }

    /// Over the time since the last look; 0 at the first.
    fn cpu_millis(&self, record: &Record) -> io::Result<u32> {
        let Some(cpu_time_us) = record.group.cpu_time_us()? else {
            return Ok(0);
        };
        let now = Instant::now();
        let before = self
            .samples
            .lock()
            .entry(record.server_id)
            .or_default()
            .cpu
            .replace((now, cpu_time_us));
        Ok(before.map_or(0, |(then, cpu_then_us)| {
            let elapsed_us = now.duration_since(then).as_micros().max(1);
            let used_us = u128::from(cpu_time_us.saturating_sub(cpu_then_us));
            u32::try_from(used_us * 1_000 / elapsed_us).unwrap_or(u32::MAX)
        }))
    }

    fn space(&self, record: &Record) -> io::Result<Space> {
        let home = home::locate(&self.layout, record.user_id, self.host.homes);
        let known = self
            .samples
            .lock()
            .entry(record.server_id)
            .or_default()
            .space;
        if let Some((then, space)) = known
            && home.kind == HomeKind::Directory
            && then.elapsed() < DIRECTORY_LOOK_INTERVAL
        {
            return Ok(space);
        }
        let space = match home.kind {
            HomeKind::Image => home::space(&home, record.bounds.disk_bytes)?,
            HomeKind::Directory => space_of_directory(&home, record)?,
        };
        self.samples
            .lock()
            .entry(record.server_id)
            .or_default()
            .space = Some((Instant::now(), space));
        Ok(space)
    }

    pub(super) fn limit_events(&self, server_id: ServerId) -> Result<Vec<LimitEvent>, EngineError> {
        let record = self
            .living_now(server_id)
            .map_err(passing("reading the server's record"))?;
        let record = record.ok_or(EngineError::NotFound)?;
        self.new_events(&record)
            .map_err(gone_or("looking for limits"))
    }

    fn new_events(&self, record: &Record) -> io::Result<Vec<LimitEvent>> {
        let space = self.space(record)?;
        if self.host.homes == HomeKind::Directory {
            self.hold_full_directory(record, space)?;
        }
        let now = Reported {
            out_of_memory_kills: record.group.out_of_memory_kills()?,
            refused_forks: record.group.refused_forks()?,
            disk_full: space.is_full(),
        };
        let file = self
            .layout
            .instance(record.server_id, record.generation)
            .join("reported.json");
        let events = report(&file, now)?;
        Ok(events)
    }

    /// A directory has no limit of its own: files inside may not grow while it is full.
    fn hold_full_directory(&self, record: &Record, space: Space) -> io::Result<()> {
        let is_full = space.is_full();
        let was_held = self
            .samples
            .lock()
            .entry(record.server_id)
            .or_default()
            .is_held_full;
        if is_full {
            // Each time: processes that were started since do not inherit it from all others.
            bound_files(record, 0)?;
        } else if was_held {
            bound_files(record, record.bounds.disk_bytes)?;
        }
        self.samples
            .lock()
            .entry(record.server_id)
            .or_default()
            .is_held_full = is_full;
        Ok(())
    }
}

/// A file that has been deleted takes space as long as somebody has it open. Where such files alone
/// go well beyond the limit, who holds them is ended: their owner cannot delete them any more. Files
/// with names never end anything, so that a home that is too large for a smaller profile can be
/// tidied up.
fn space_of_directory(home: &Home, record: &Record) -> io::Result<Space> {
    let mut space = home::space(home, record.bounds.disk_bytes)?;
    let Unlinked { bytes, holders } = unlinked(&home.path, inside(record)?)?;
    space.used_bytes = space.used_bytes.saturating_add(bytes);
    let surplus_max = space.limit_bytes / UNLINKED_PARTS;
    if bytes > surplus_max && space.used_bytes > space.limit_bytes.saturating_add(surplus_max) {
        tracing::warn!(
            server_id = %record.server_id,
            bytes,
            "processes that hold deleted files beyond the limit are ended"
        );
        for pid in holders {
            signal_pid(pid, Signal::SIGKILL);
        }
    }
    Ok(space)
}

/// Compares with what the file says, and notes the new state in it.
fn report(file: &Path, now: Reported) -> io::Result<Vec<LimitEvent>> {
    let before: Reported = read_json(file)?.unwrap_or_default();
    if before == now {
        return Ok(Vec::new());
    }
    write_atomically(file, &serde_json::to_vec(&now)?)?;
    Ok(difference(before, now))
}

fn difference(before: Reported, now: Reported) -> Vec<LimitEvent> {
    let killed = now
        .out_of_memory_kills
        .saturating_sub(before.out_of_memory_kills);
    let mut events = Vec::new();
    if killed > 0 {
        events.push(LimitEvent::OutOfMemory { killed });
    }
    if now.refused_forks > before.refused_forks {
        events.push(LimitEvent::ProcessLimit);
    }
    if now.disk_full && !before.disk_full {
        events.push(LimitEvent::DiskFull);
    }
    events
}

/// Files of a server that ends while it is looked at are not there any more.
fn gone_or(what: &'static str) -> impl Fn(io::Error) -> EngineError {
    move |error| {
        if is_missing(&error) {
            EngineError::NotFound
        } else {
            passing(what)(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_reported_once_for_each_time_it_is_hit() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("reported.json");
        let state = |out_of_memory_kills, refused_forks, disk_full| Reported {
            out_of_memory_kills,
            refused_forks,
            disk_full,
        };
        for (now, events) in [
            (state(0, 0, false), vec![]),
            (
                state(2, 0, true),
                vec![LimitEvent::OutOfMemory { killed: 2 }, LimitEvent::DiskFull],
            ),
            (state(2, 0, true), vec![]),
            (
                state(3, 90, false),
                vec![
                    LimitEvent::OutOfMemory { killed: 1 },
                    LimitEvent::ProcessLimit,
                ],
            ),
            (state(3, 90, true), vec![LimitEvent::DiskFull]),
        ] {
            assert_eq!(report(&file, now).unwrap(), events, "{now:?}");
        }
    }
}
