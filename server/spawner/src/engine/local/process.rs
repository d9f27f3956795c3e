//! Processes of the host as `/proc` shows them, see proc(5).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use types::ServerId;

/// Environment variable by which a server's processes can be told even if every record of them is
/// lost: `<engine>/<server>/<generation>`.
pub(crate) const INSTANCE_VARIABLE: &str = "LEDGERCLOUD_INSTANCE";

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessKey {
    pub(crate) pid: i32,
    /// Clock ticks after boot.
    start_time: u64,
}

impl ProcessKey {
    /// The process that has this number now; none if there is none.
    pub(crate) fn of(pid: i32) -> Option<Self> {
        let stat = Stat::read(pid)?;
        Some(Self {
            pid,
            start_time: stat.start_time,
        })
    }

    /// Whether this very process exists and has not ended.
    pub(crate) fn is_alive(self) -> bool {
        Stat::read(self.pid)
            .is_some_and(|stat| stat.start_time == self.start_time && !stat.has_ended())
    }

    /// Sends a signal if the process is still this one.
    pub(crate) fn signal(self, signal: Signal) {
        if self.is_alive() {
            signal_pid(self.pid, signal);
        }
    }
}

/// Sends a signal to a process that was just listed; one that is gone needs none.
pub(crate) fn signal_pid(pid: i32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid), signal);
}

/// Fields of `/proc/<pid>/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    state: char,
    start_time: u64,
}

impl Stat {
    fn read(pid: i32) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name in parentheses may itself hold parentheses and spaces: fields count from the last.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.rsplit_once(')')?.1.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        // `starttime` is field 22; the state was field 3.
        let start_time = fields.nth(18)?.parse().ok()?;
        Some(Self { state, start_time })
    }

    const fn has_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x')
    }
}

/// Whether a process stands still by a signal, or is no more.
pub(crate) fn is_stopped(pid: i32) -> bool {
    Stat::read(pid).is_none_or(|stat| stat.has_ended() || matches!(stat.state, 'T' | 't'))
}

/// Direct children of a process, of all its threads.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    threads
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|list| {
            list.split_ascii_whitespace()
                .filter_map(|child| child.parse().ok())
                .collect::<Vec<i32>>()
        })
        .collect()
}

/// A process and everything below it.
pub(crate) fn descendants(pid: i32) -> BTreeSet<i32> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![pid];
    while let Some(next) = waiting.pop() {
        for child in children(next) {
            if found.insert(child) {
                waiting.push(child);
            }
        }
    }
    found
}

/// Names the process id namespace in which a process is.
pub(crate) fn namespace(pid: i32) -> Option<PathBuf> {
    std::fs::read_link(proc_path(pid, "ns/pid")).ok()
}

/// Every process in the same process id namespace as `pid`.
pub(crate) fn namespace_members(pid: i32) -> BTreeSet<i32> {
    let own = namespace(std::process::id().cast_signed());
    let Some(wanted) = namespace(pid).filter(|wanted| Some(wanted) != own.as_ref()) else {
        return BTreeSet::new();
    };
    all()
        .filter(|candidate| namespace(*candidate).as_ref() == Some(&wanted))
        .collect()
}

/// A process of one of our instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MarkedProcess {
    pub(crate) pid: i32,
    pub(crate) server_id: ServerId,
    pub(crate) generation: u32,
}

/// Whose each process id namespace of a sandbox is.
pub(crate) type NamespaceOwners = BTreeMap<PathBuf, (ServerId, u32)>;

/// Every living process of this engine: by the namespace that it is in, else by the mark that it
/// carries. A process writes its own environment, so inside a sandbox a mark may be anybody's;
/// nobody leaves a namespace.
pub(crate) fn marked(engine_name: &str, owners: &NamespaceOwners) -> Vec<MarkedProcess> {
    all()
        .filter(|pid| Stat::read(*pid).is_some_and(|stat| !stat.has_ended()))
        .filter_map(|pid| {
            let owner = namespace(pid).and_then(|namespace| owners.get(&namespace).copied());
            let (server_id, generation) = owner.or_else(|| {
                let environment = std::fs::read(proc_path(pid, "environ")).ok()?;
                mark_in(&environment, engine_name)
            })?;
            Some(MarkedProcess {
                pid,
                server_id,
                generation,
            })
        })
        .collect()
}

/// The value of [`INSTANCE_VARIABLE`].
pub(crate) fn mark(engine_name: &str, server_id: ServerId, generation: u32) -> String {
    format!("{engine_name}/{server_id}/{generation}")
}

fn mark_in(environment: &[u8], engine_name: &str) -> Option<(ServerId, u32)> {
    let value = environment
        .split(|byte| *byte == 0)
        .filter_map(|entry| std::str::from_utf8(entry).ok())
        .find_map(|entry| entry.strip_prefix(INSTANCE_VARIABLE)?.strip_prefix('='))?;
    let mut parts = value.split('/');
    let (engine, server_id, generation) = (parts.next()?, parts.next()?, parts.next()?);
    if engine != engine_name || parts.next().is_some() {
        return None;
    }
    Some((server_id.parse().ok()?, generation.parse().ok()?))
}

fn all() -> impl Iterator<Item = i32> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A name for one uptime of the host: processes of another one are gone.
pub(crate) fn boot_id() -> &'static str {
    static BOOT_ID: OnceLock<String> = OnceLock::new();
    BOOT_ID.get_or_init(|| {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        id.unwrap_or_default().trim().to_owned()
    })
}

/// Where a process's files are seen by others.
pub(crate) fn proc_path(pid: i32, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_from_a_later_one_of_its_number() {
        let mut child = std::process::Command::new("/bin/sleep")
            .arg("600")
            .spawn()
            .unwrap();
        let pid = child.id().cast_signed();
        let key = ProcessKey::of(pid).unwrap();
        assert!(key.is_alive());
        assert!(
            !ProcessKey {
                start_time: key.start_time + 1,
                ..key
            }
            .is_alive()
        );
        child.kill().unwrap();
        // Until it is waited for it is a zombie, which is not alive.
        while Stat::read(pid).is_some_and(|stat| !stat.has_ended()) {
            std::thread::yield_now();
        }
        assert!(!key.is_alive());
        child.wait().unwrap();
        assert_eq!(ProcessKey::of(pid), None);
    }

    #[test]
    fn names_with_parentheses_do_not_shift_fields() {
        let line = "71 (a) R (b)) S 1 71 71 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 9 9 9";
        assert_eq!(
            Stat::parse(line),
            Some(Stat {
                state: 'S',
                start_time: 12_345
            })
        );
        assert_eq!(Stat::parse("71 (short) S 1"), None);
    }

    #[test]
    fn marks_read_back_and_others_do_not() {
        let server_id = ServerId::generate();
        let value = mark("abcd", server_id, 7);
        let environment = format!("HOME=/home\0{INSTANCE_VARIABLE}={value}\0TERM=dumb\0");
        assert_eq!(
            mark_in(environment.as_bytes(), "abcd"),
            Some((server_id, 7))
        );
        assert_eq!(mark_in(environment.as_bytes(), "abce"), None);
        for broken in [
            "LEDGERCLOUD_INSTANCE=abcd",
            "LEDGERCLOUD_INSTANCE=abcd/x/7",
            "X=1",
            "",
        ] {
            assert_eq!(mark_in(broken.as_bytes(), "abcd"), None, "{broken}");
        }
    }

    #[test]
    fn a_forged_mark_does_not_move_a_process_out_of_its_sandbox() {
        let (forged, owner) = (ServerId::generate(), ServerId::generate());
        let mut child = std::process::Command::new("/bin/sleep")
            .arg("600")
            .env(INSTANCE_VARIABLE, mark("forgery", forged, 1))
            .spawn()
            .unwrap();
        let pid = child.id().cast_signed();
        let found = |owners: &NamespaceOwners| {
            marked("forgery", owners)
                .into_iter()
                .find(|process| process.pid == pid)
                .map(|process| (process.server_id, process.generation))
        };
        assert_eq!(found(&NamespaceOwners::new()), Some((forged, 1)));
        let owners = NamespaceOwners::from([(namespace(pid).unwrap(), (owner, 3))]);
        assert_eq!(found(&owners), Some((owner, 3)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
