//! Finding, holding, thawing and ending instances.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use types::{ServerId, UserId};

use super::cgroup::Group;
use super::cgroup::freezer::Motion;
use super::file::is_missing;
use super::home;
use super::process::{
    self, MarkedProcess, NamespaceOwners, ProcessKey, children, descendants, marked, namespace,
    namespace_members, signal_pid,
};
use super::record::{Exit, Record, ask_to_stop, generations};
use super::{Shared, blocking, passing};
use crate::engine::{EngineError, Observed, ObservedPhase};

/// A process in an uninterruptible call may take this long to stand still.
const FREEZE_TIMEOUT: Duration = Duration::from_secs(5);
/// From SIGKILL to the end of the last process.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);
/// From the end of the last process to the supervisor's note of it.
const SUPERVISOR_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a condition is looked at that the kernel does not announce.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);
const LOOK_INTERVAL_LONG: Duration = Duration::from_millis(10);
/// Written into an instance's directory when it has been stopped and everything is cleared away.
const COLLECTED: &str = "collected";
/// Exists while an instance is held by SIGSTOP.
const SIGNALLED: &str = "signalled";

impl Shared {
    /// The record of the instance that runs, if one does.
    pub(super) async fn living(
        self: &Arc<Self>,
        server_id: ServerId,
    ) -> Result<Option<Record>, EngineError> {
        let shared = self.clone();
        blocking(move || shared.living_now(server_id))
            .await?
            .map_err(passing("reading the server's record"))
    }

    pub(super) fn living_now(&self, server_id: ServerId) -> io::Result<Option<Record>> {
        for generation in generations(&self.layout.server(server_id))? {
            let instance = self.layout.instance(server_id, generation);
            // Most servers are at rest: they are passed over without being read.
            if instance.join(COLLECTED).exists() {
                continue;
            }
            let record = Record::read(&instance)?;
            if let Some(record) = record.filter(Record::is_alive) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// Every instance of ours: by its record, or by its mark if the record is lost.
    pub(super) fn observe(&self) -> io::Result<Vec<Observed>> {
        let mut found = Vec::new();
        let mut known = BTreeSet::new();
        for server_id in self.recorded()? {
            if let Some(observed) = self.inspect(server_id)? {
                known.insert(server_id);
                found.push(observed);
            }
        }
        let mut unknown = BTreeSet::new();
        for process in self.marked_by_owner()? {
            if !known.contains(&process.server_id)
                && unknown.insert((process.server_id, process.generation))
            {
                found.push(Observed {
                    server_id: process.server_id,
                    generation: process.generation,
                    phase: ObservedPhase::Running,
                });
            }
        }
        Ok(found)
    }

    /// Servers that have left something.
    fn recorded(&self) -> io::Result<Vec<ServerId>> {
        let entries = std::fs::read_dir(self.layout.servers())?;
        Ok(entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect())
    }

    /// Our processes by the server that they belong to: those of a spare that was adopted still
    /// carry the spare's mark, and those in a recorded sandbox may carry any.
    fn marked_by_owner(&self) -> io::Result<Vec<MarkedProcess>> {
        let mut owners = BTreeMap::new();
        let mut namespaces = NamespaceOwners::new();
        let own = namespace(std::process::id().cast_signed());
        for server_id in self.recorded()? {
            let Some(record) = self.living_now(server_id)? else {
                continue;
            };
            owners.insert(record.marked_as, (server_id, record.generation));
            let init = record
                .init
                .filter(|init| record.isolated && init.is_alive());
            let inner = init.and_then(|init| namespace(init.pid));
            if let Some(inner) = inner.filter(|inner| Some(inner) != own.as_ref()) {
                namespaces.insert(inner, (server_id, record.generation));
            }
        }
        let mut processes = marked(&self.layout.engine_name, &namespaces);
        for process in &mut processes {
            if let Some((server_id, generation)) =
                owners.get(&(process.server_id, process.generation))
            {
                (process.server_id, process.generation) = (*server_id, *generation);
            }
        }
        Ok(processes)
    }

    pub(super) fn has_living_server(&self, owner: UserId) -> io::Result<bool> {
        for server_id in self.recorded()? {
            if self
                .living_now(server_id)?
                .is_some_and(|record| record.user_id == owner)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The instance that runs, else how the newest one has ended, until that has been dealt with.
    pub(super) fn inspect(&self, server_id: ServerId) -> io::Result<Option<Observed>> {
        if let Some(record) = self.living_now(server_id)? {
            let instance = self.layout.instance(server_id, record.generation);
            // The supervisor may still be at its last duties.
            let phase = match Exit::read(&instance)? {
                Some(exit) => exited(exit),
                None if self.is_frozen(&record)? => ObservedPhase::Frozen,
                None => ObservedPhase::Running,
            };
            return Ok(Some(Observed {
                server_id,
                generation: record.generation,
                phase,
            }));
        }
        let Some(generation) = generations(&self.layout.server(server_id))?
            .into_iter()
            .next()
        else {
            return Ok(None);
        };
        let instance = self.layout.instance(server_id, generation);
        if instance.join(COLLECTED).exists() {
            return Ok(None);
        }
        let record = Record::read(&instance)?;
        // The host has been restarted since, which is nobody's failure: the server was lost, also if
        // its supervisor still saw how the restart ended it. Nobody misses a spare: of it something
        // has to be told, so that what it leaves is cleared away.
        if record
            .as_ref()
            .is_some_and(|record| !record.is_of_this_boot() && !record.is_spare)
        {
            return Ok(None);
        }
        let exit = match (Exit::read(&instance)?, record) {
            (Some(exit), _) => exit,
            (None, Some(record)) => {
                let exit = Exit::unseen(Some(&record));
                exit.write(&instance)?;
                exit
            }
            // Nothing has begun: the supervisor was killed first, or is just coming up.
            (None, None) => return Ok(None),
        };
        Ok(Some(Observed {
            server_id,
            generation,
            phase: exited(exit),
        }))
    }

    fn is_frozen(&self, record: &Record) -> io::Result<bool> {
        match record.group.motion() {
            Ok(Some(motion)) => Ok(motion == Motion::Frozen),
            Ok(None) => Ok(self
                .layout
                .instance(record.server_id, record.generation)
                .join(SIGNALLED)
                .exists()),
            // It ends while we look.
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn freeze(self: &Arc<Self>, server_id: ServerId) -> Result<(), EngineError> {
        let record = self.living(server_id).await?.ok_or(EngineError::NotFound)?;
        if record.group.freezer.is_none() {
            return self.hold_by_signal(&record).await;
        }
        record.group.freeze().map_err(passing("freezing"))?;
        match wait_for(&record.group, Motion::Frozen).await {
            Ok(()) => Ok(()),
            Err(error) => {
                // Half frozen it would neither run nor count as frozen.
                let _ = record.group.thaw();
                Err(error)
            }
        }
    }

    pub(super) async fn thaw(self: &Arc<Self>, server_id: ServerId) -> Result<(), EngineError> {
        let record = self.living(server_id).await?.ok_or(EngineError::NotFound)?;
        self.thaw_record(&record).await
    }

    async fn thaw_record(self: &Arc<Self>, record: &Record) -> Result<(), EngineError> {
        if record.group.freezer.is_none() {
            return self.release_by_signal(record).await;
        }
        record.group.thaw().map_err(passing("thawing"))?;
        wait_for(&record.group, Motion::Running).await
    }

    /// Without a freezer: every process stops, and those that were just being born as well.
    async fn hold_by_signal(self: &Arc<Self>, record: &Record) -> Result<(), EngineError> {
        let (shared, record) = (self.clone(), record.clone());
        let outcome = blocking(move || {
            std::fs::write(
                shared
                    .layout
                    .instance(record.server_id, record.generation)
                    .join(SIGNALLED),
                "",
            )?;
            // Until a look finds nothing that moves: what was born meanwhile included.
            let started = Instant::now();
            loop {
                let moving: Vec<i32> = inside(&record)?
                    .into_iter()
                    .filter(|pid| !process::is_stopped(*pid))
                    .collect();
                if moving.is_empty() {
                    return Ok(());
                }
                if started.elapsed() > FREEZE_TIMEOUT {
                    return Err(io::Error::from(io::ErrorKind::TimedOut));
                }
                for pid in moving {
                    signal_pid(pid, Signal::SIGSTOP);
                }
                std::thread::sleep(LOOK_INTERVAL);
            }
        });
        outcome.await?.map_err(passing("freezing"))
    }

    async fn release_by_signal(self: &Arc<Self>, record: &Record) -> Result<(), EngineError> {
        let (shared, record) = (self.clone(), record.clone());
        let outcome = blocking(move || {
            for pid in inside(&record)? {
                signal_pid(pid, Signal::SIGCONT);
            }
            match std::fs::remove_file(
                shared
                    .layout
                    .instance(record.server_id, record.generation)
                    .join(SIGNALLED),
            ) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        });
        outcome.await?.map_err(passing("thawing"))
    }

    /// Asks, waits, kills, and clears away. May be called for what has ended or never began.
    pub(super) async fn stop(
        self: &Arc<Self>,
        server_id: ServerId,
        grace: Duration,
    ) -> Result<(), EngineError> {
        if let Some(record) = self.living(server_id).await? {
            let instance = self.layout.instance(server_id, record.generation);
            ask_to_stop(&instance).map_err(passing("noting the stop"))?;
            if !grace.is_zero() {
                // Frozen it could not end by itself; if it cannot be thawed, it is killed below.
                let _ = self.thaw_record(&record).await;
                end_politely(&record);
                until(grace, || !record.is_alive()).await;
            }
            if record.is_alive() {
                self.kill(&record).await?;
            }
        }
        let shared = self.clone();
        blocking(move || shared.kill_marked(server_id))
            .await?
            .map_err(passing("ending what is left"))?;
        let shared = self.clone();
        let owner = blocking(move || shared.clear_away(server_id))
            .await?
            .map_err(passing("clearing away"))?;
        let Some(owner) = owner else {
            return Ok(());
        };
        let held = self.take_home(owner).await;
        let shared = self.clone();
        blocking(move || {
            let released = shared.release_home(owner);
            drop(held);
            released
        })
        .await?
        .map_err(passing("unmounting the home"))
    }

    async fn kill(self: &Arc<Self>, record: &Record) -> Result<(), EngineError> {
        // Version 1 delivers the signal only when the group runs again.
        let _ = record.group.thaw();
        let gone = until(KILL_TIMEOUT, || {
            record.group.kill();
            if let Some(init) = record.init {
                init.signal(Signal::SIGKILL);
            }
            let left = inside(record).unwrap_or_default();
            for pid in &left {
                signal_pid(*pid, Signal::SIGKILL);
            }
            left.is_empty() && !record.init.is_some_and(ProcessKey::is_alive)
        })
        .await;
        if !gone {
            return Err(EngineError::Transient(
                "the server's processes do not end".to_owned(),
            ));
        }
        // It has nothing to wait for any more and writes down the end.
        if !until(SUPERVISOR_TIMEOUT, || !record.is_alive()).await
            && let Some(supervisor) = record.supervisor
        {
            supervisor.signal(Signal::SIGKILL);
            until(SUPERVISOR_TIMEOUT, || !supervisor.is_alive()).await;
        }
        Ok(())
    }

    /// What carries the server's mark without a record that leads to it.
    fn kill_marked(&self, server_id: ServerId) -> io::Result<()> {
        let started = Instant::now();
        loop {
            let left: Vec<_> = self
                .marked_by_owner()?
                .into_iter()
                .filter(|process| process.server_id == server_id)
                .collect();
            if left.is_empty() {
                return Ok(());
            }
            if started.elapsed() > KILL_TIMEOUT {
                return Err(io::Error::from(io::ErrorKind::TimedOut));
            }
            for process in left {
                let group = self
                    .host
                    .groups
                    .named(&format!("{}.{}", process.server_id, process.generation));
                let _ = group.thaw();
                signal_pid(process.pid, Signal::SIGKILL);
            }
            std::thread::sleep(LOOK_INTERVAL_LONG);
        }
    }

    /// Removes control groups and sockets of all generations; returns whose server it was.
    fn clear_away(&self, server_id: ServerId) -> io::Result<Option<UserId>> {
        let mut owner = None;
        for generation in generations(&self.layout.server(server_id))? {
            let instance = self.layout.instance(server_id, generation);
            let record = Record::read(&instance)?;
            let group = match &record {
                Some(record) => record.group.clone(),
                None => self.host.groups.named(&format!("{server_id}.{generation}")),
            };
            group.remove()?;
            remove_if_there(&self.layout.socket(server_id, generation))?;
            remove_if_there(&self.layout.control(server_id, generation))?;
            for scratch in [self.layout.runtime(server_id), instance.join("scratch")] {
                if scratch.exists() {
                    std::fs::remove_dir_all(scratch)?;
                }
            }
            if record.is_some() && Exit::read(&instance)?.is_none() {
                Exit::unseen(record.as_ref()).write(&instance)?;
            }
            std::fs::write(instance.join(COLLECTED), "")?;
            owner = owner.or(record.map(|record| record.user_id));
        }
        Ok(owner)
    }

    /// Unmounts the home unless another server of its owner runs.
    fn release_home(&self, owner: UserId) -> io::Result<()> {
        if self.has_living_server(owner)? {
            return Ok(());
        }
        home::release(&self.layout, owner, self.host.homes)
    }
}

fn exited(exit: Exit) -> ObservedPhase {
    ObservedPhase::Exited {
        cause: exit.cause,
        out_of_memory: exit.out_of_memory,
    }
}

/// Every process of the instance, except its supervisor.
pub(super) fn inside(record: &Record) -> io::Result<BTreeSet<i32>> {
    let mut found = record.group.processes()?;
    let init = record.init.filter(|init| init.is_alive());
    if let Some(init) = init {
        if record.isolated {
            found.extend(namespace_members(init.pid));
        } else {
            found.insert(init.pid);
            found.extend(descendants(init.pid));
        }
    }
    if !record.isolated
        && let Some(supervisor) = record.supervisor.filter(|supervisor| supervisor.is_alive())
    {
        found.extend(descendants(supervisor.pid));
    }
    Ok(found)
}

/// SIGTERM to Jupyter itself: it saves nothing by itself, but ends kernels and terminals in order.
/// bubblewrap's own first process would take the signal as the end of everything.
fn end_politely(record: &Record) {
    let Some(init) = record.init.filter(|init| init.is_alive()) else {
        return;
    };
    if !record.isolated {
        init.signal(Signal::SIGTERM);
        return;
    }
    for server in children(init.pid) {
        signal_pid(server, Signal::SIGTERM);
    }
}

async fn wait_for(group: &Group, wanted: Motion) -> Result<(), EngineError> {
    let started = Instant::now();
    loop {
        match group.motion() {
            Ok(Some(motion)) if motion == wanted => return Ok(()),
            Ok(_) => {}
            Err(error) if is_missing(&error) => return Err(EngineError::NotFound),
            Err(error) => return Err(passing("asking the freezer")(error)),
        }
        if started.elapsed() > FREEZE_TIMEOUT {
            return Err(EngineError::Transient(
                "a process did not stand still in time".to_owned(),
            ));
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

/// Whether the condition came true in time.
async fn until(timeout: Duration, condition: impl Fn() -> bool) -> bool {
    let started = Instant::now();
    while !condition() {
        if started.elapsed() > timeout {
            return false;
        }
        tokio::time::sleep(LOOK_INTERVAL_LONG).await;
    }
    true
}

fn remove_if_there(path: &PathBuf) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Sets the size to which files may grow, of every process inside: 0 keeps a full home from getting
/// fuller while things can still be deleted. Only the soft limit, so that it can be given back.
pub(super) fn bound_files(record: &Record, bytes: u64) -> io::Result<()> {
    for pid in inside(record)? {
        // One that has just ended needs none.
        let _ = std::process::Command::new("prlimit")
            .arg(format!("--pid={pid}"))
            .arg(format!("--fsize={bytes}:"))
            .stderr(std::process::Stdio::null())
            .status()?;
    }
    Ok(())
}

/// Resident memory of a process: where no control group measures.
pub(super) fn resident_bytes(pid: i32) -> u64 {
    let status = std::fs::read_to_string(process::proc_path(pid, "status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: u64 = line
        .and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or(0);
    kib * 1024
}
