//! What is written about an instance, so that it is known without anybody's memory.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use types::{ServerId, Timestamp, UserId};

use super::cgroup::Group;
use super::file::{read_json, write_atomically};
use super::launch::{Confinement, LaunchPlan};
use super::process::{ProcessKey, boot_id};

/// Written by the supervisor before anything is started, and again when it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) server_id: ServerId,
    pub(crate) user_id: UserId,
    pub(crate) generation: u32,
    pub(crate) started_at: Timestamp,
    boot_id: String,
    pub(crate) supervisor: Option<ProcessKey>,
    /// First process inside: everything else in a sandbox ends with it.
    pub(crate) init: Option<ProcessKey>,
    /// Whether `init` has a process id namespace of its own.
    pub(crate) isolated: bool,
    pub(crate) group: Group,
    pub(crate) bounds: Bounds,
    /// What its processes are marked with: another server than its own if it was a spare.
    pub(crate) marked_as: (ServerId, u32),
    /// It waits for a user.
    pub(crate) is_spare: bool,
}

/// What was granted, to report against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bounds {
    pub(crate) memory_bytes: u64,
    /// Thousandths of a core.
    pub(crate) cpu_millis: u32,
    pub(crate) disk_bytes: u64,
    pub(crate) processes_max: u32,
}

impl Record {
    /// Of the calling process as the supervisor.
    pub(crate) fn new(plan: &LaunchPlan) -> Self {
        Self {
            server_id: plan.server_id,
            user_id: plan.user_id,
            generation: plan.generation,
            started_at: Timestamp::now(),
            boot_id: boot_id().to_owned(),
            supervisor: ProcessKey::of(std::process::id().cast_signed()),
            init: None,
            isolated: matches!(plan.confinement, Confinement::Sandbox(_)),
            group: plan.group.clone(),
            bounds: plan.bounds,
            marked_as: (plan.server_id, plan.generation),
            is_spare: plan.control.is_some(),
        }
    }

    pub(crate) fn read(instance: &Path) -> io::Result<Option<Self>> {
        read_json(&path(instance))
    }

    pub(crate) fn write(&self, instance: &Path) -> io::Result<()> {
        write_atomically(&path(instance), &serde_json::to_vec(self)?)
    }

    /// Whether anything of it still runs.
    pub(crate) fn is_alive(&self) -> bool {
        self.boot_id == boot_id()
            && [self.supervisor, self.init]
                .into_iter()
                .flatten()
                .any(ProcessKey::is_alive)
    }

    /// Whether the host has been restarted since.
    pub(crate) fn is_of_this_boot(&self) -> bool {
        self.boot_id == boot_id()
    }
}

fn path(instance: &Path) -> PathBuf {
    instance.join("instance.json")
}

/// How an instance ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exit {
    /// In plain words.
    pub(crate) cause: String,
    pub(crate) out_of_memory: bool,
    pub(crate) at: Timestamp,
}

impl Exit {
    pub(crate) fn read(instance: &Path) -> io::Result<Option<Self>> {
        read_json(&instance.join("exit.json"))
    }

    pub(crate) fn write(&self, instance: &Path) -> io::Result<()> {
        write_atomically(&instance.join("exit.json"), &serde_json::to_vec(self)?)
    }

    /// From what wait(2) and the control group tell.
    pub(crate) fn from_status(
        status: Status,
        out_of_memory_kills: u64,
        asked_to_stop: bool,
    ) -> Self {
        let out_of_memory = matches!(status, Status::Signal(nix::libc::SIGKILL))
            && out_of_memory_kills > 0
            && !asked_to_stop;
        let cause = match status {
            _ if out_of_memory => "killed: out of memory".to_owned(),
            _ if asked_to_stop => "stopped".to_owned(),
            Status::Code(0) => "ended by itself".to_owned(),
            Status::Code(code) => format!("exited with code {code}"),
            Status::Signal(number) => format!("killed by signal {number}{}", signal_name(number)),
        };
        Self {
            cause,
            out_of_memory,
            at: Timestamp::now(),
        }
    }

    /// Nothing ran.
    pub(crate) fn of_failed_start(cause: String) -> Self {
        Self {
            cause,
            out_of_memory: false,
            at: Timestamp::now(),
        }
    }

    /// For an instance whose supervisor could not write down how it ended.
    pub(crate) fn unseen(record: Option<&Record>) -> Self {
        let cause = match record {
            Some(record) if !record.is_of_this_boot() => "the machine was restarted",
            _ => "killed together with its supervisor",
        };
        Self {
            cause: cause.to_owned(),
            out_of_memory: false,
            at: Timestamp::now(),
        }
    }
}

/// How the first process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Code(i32),
    Signal(i32),
}

impl Status {
    /// A shell's and bubblewrap's way of telling a signal is 128 plus its number.
    pub(crate) fn of(status: std::process::ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        const SIGNAL_BASE: i32 = 128;
        const SIGNAL_MAX: i32 = 64;
        match (status.code(), status.signal()) {
            (Some(code), _) if code > SIGNAL_BASE && code <= SIGNAL_BASE + SIGNAL_MAX => {
                Self::Signal(code - SIGNAL_BASE)
            }
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Code(0),
        }
    }
}

fn signal_name(number: i32) -> String {
    nix::sys::signal::Signal::try_from(number)
        .map(|signal| format!(" ({signal})"))
        .unwrap_or_default()
}

/// Marks that somebody has asked the instance to stop.
pub(crate) fn ask_to_stop(instance: &Path) -> io::Result<()> {
    write_atomically(&instance.join("stop"), b"")
}

pub(crate) fn is_asked_to_stop(instance: &Path) -> bool {
    instance.join("stop").exists()
}

/// Generations of a server that have left something, newest first.
pub(crate) fn generations(server: &Path) -> io::Result<Vec<u32>> {
    let entries = match std::fs::read_dir(server) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found: Vec<u32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    found.sort_unstable_by(|left, right| right.cmp(left));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn causes_are_plain() {
        let code = |code: i32| ExitStatus::from_raw(code << 8);
        for (status, kills, asked, cause, out_of_memory) in [
            (code(0), 0, false, "ended by itself", false),
            (code(0), 0, true, "stopped", false),
            (code(1), 0, false, "exited with code 1", false),
            (code(1), 3, false, "exited with code 1", false),
            (code(137), 1, false, "killed: out of memory", true),
            (code(137), 0, false, "killed by signal 9 (SIGKILL)", false),
            (
                ExitStatus::from_raw(9),
                2,
                false,
                "killed: out of memory",
                true,
            ),
            (ExitStatus::from_raw(9), 2, true, "stopped", false),
            (
                ExitStatus::from_raw(11),
                2,
                false,
                "killed by signal 11 (SIGSEGV)",
                false,
            ),
            (code(255), 0, false, "exited with code 255", false),
        ] {
            let exit = Exit::from_status(Status::of(status), kills, asked);
            assert_eq!(
                (exit.cause.as_str(), exit.out_of_memory),
                (cause, out_of_memory),
                "{status:?}"
            );
        }
    }

    #[test]
    fn records_read_back_and_know_whether_they_live() {
        let directory = tempfile::tempdir().unwrap();
        let plan = LaunchPlan::without_sandbox(ServerId::generate(), UserId::generate(), 3);
        let record = Record::new(&plan);
        record.write(directory.path()).unwrap();
        let mut read = Record::read(directory.path()).unwrap().unwrap();
        assert_eq!(read, record);
        assert!(read.is_alive(), "its supervisor is this test");
        read.boot_id = "another".to_owned();
        assert!(!read.is_alive());
        assert_eq!(Exit::unseen(Some(&read)).cause, "the machine was restarted");
        assert_eq!(Exit::read(directory.path()).unwrap(), None);
    }

    #[test]
    fn generations_come_newest_first() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["2", "10", "lock", "1"] {
            std::fs::create_dir(directory.path().join(name)).unwrap();
        }
        assert_eq!(generations(directory.path()).unwrap(), [10, 2, 1]);
        assert!(
            generations(&directory.path().join("missing"))
                .unwrap()
                .is_empty()
        );
    }
}
