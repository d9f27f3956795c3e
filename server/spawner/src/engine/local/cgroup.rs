//! Control groups: limits, freezing, killing and measuring of one server's processes.
//!
//! Version 2 is used where it has the controllers, else version 1, per controller: hosts that run
//! both ("hybrid") have the controllers on one side and freezing and killing on the other. See
//! `Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/` of Linux.

pub(crate) mod detect;
pub(crate) mod freezer;
pub(crate) mod limits;
pub(crate) mod usage;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::is_missing;

/// A directory that holds a controller's files, by the version of its interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Placed {
    V1(PathBuf),
    V2(PathBuf),
}

impl Placed {
    fn directory(&self) -> &Path {
        match self {
            Self::V1(directory) | Self::V2(directory) => directory,
        }
    }

    fn child(&self, name: &str) -> Self {
        match self {
            Self::V1(directory) => Self::V1(directory.join(name)),
            Self::V2(directory) => Self::V2(directory.join(name)),
        }
    }
}

/// Where each function of a group is found; none: the host does not offer it.
///
/// The same shape describes the engine's base directories and one server's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) memory: Option<Placed>,
    pub(crate) cpu: Option<Placed>,
    /// Measures CPU time; version 2 does so without a controller.
    pub(crate) cpu_account: Option<Placed>,
    pub(crate) pids: Option<Placed>,
    pub(crate) freezer: Option<Placed>,
    /// The version 2 directory, for killing.
    pub(crate) unified: Option<PathBuf>,
}

/// Below the base: where supervisors are.
const KEEPERS: &str = "keepers";

/// How often removal is tried while the kernel still takes a group's last processes apart.
const REMOVE_ATTEMPTS_MAX: u32 = 200;

impl Group {
    /// The group of one server below this base, made if it is not there.
    pub(crate) fn create(&self, name: &str) -> io::Result<Self> {
        let group = self.named(name);
        for directory in group.directories() {
            create_directory(&directory)?;
        }
        Ok(group)
    }

    /// The group of that name, whether it exists or not.
    pub(crate) fn named(&self, name: &str) -> Self {
        let child = |placed: &Option<Placed>| placed.as_ref().map(|base| base.child(name));
        Self {
            memory: child(&self.memory),
            cpu: child(&self.cpu),
            cpu_account: child(&self.cpu_account),
            pids: child(&self.pids),
            freezer: child(&self.freezer),
            unified: self.unified.as_ref().map(|base| base.join(name)),
        }
    }

    /// Each directory once: controllers may share one.
    pub(crate) fn directories(&self) -> BTreeSet<PathBuf> {
        [
            &self.memory,
            &self.cpu,
            &self.cpu_account,
            &self.pids,
            &self.freezer,
        ]
        .into_iter()
        .flatten()
        .map(|placed| placed.directory().to_owned())
        .chain(self.unified.clone())
        .collect()
    }

    /// Moves the calling process into the group; its future children follow.
    pub(crate) fn join(&self) -> io::Result<()> {
        for directory in self.directories() {
            write(&directory.join("cgroup.procs"), "0")?;
        }
        Ok(())
    }

    /// Moves the supervisor of one server's group, and what it starts beside the server, out of the
    /// unit of whoever started it: a service manager that stops the unit ends all that is in it.
    pub(crate) fn keep_apart(&self) -> io::Result<()> {
        let Some(base) = self.unified.as_deref().and_then(Path::parent) else {
            return Ok(());
        };
        let keepers = base.join(KEEPERS);
        create_directory(&keepers)?;
        write(&keepers.join("cgroup.procs"), "0")
    }

    /// Removes the directories of a base, if no server and no supervisor is in them.
    pub(crate) fn remove_empty_base(&self) {
        let keepers = self.unified.as_ref().map(|base| base.join(KEEPERS));
        for directory in keepers.into_iter().chain(self.directories()) {
            let _ = std::fs::remove_dir(directory);
        }
    }

    /// Every process in any of the directories.
    pub(crate) fn processes(&self) -> io::Result<BTreeSet<i32>> {
        let mut found = BTreeSet::new();
        for directory in self.directories() {
            match std::fs::read_to_string(directory.join("cgroup.procs")) {
                Ok(list) => found.extend(list.lines().filter_map(|line| line.parse::<i32>().ok())),
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Kills everything inside at once where the kernel can (version 2, Linux 5.14); the caller
    /// signals what [`Group::processes`] lists otherwise.
    pub(crate) fn kill(&self) {
        if let Some(unified) = &self.unified {
            let _ = write(&unified.join("cgroup.kill"), "1");
        }
    }

    /// Removes the empty directories.
    ///
    /// # Errors
    /// If something still lives in one of them.
    pub(crate) fn remove(&self) -> io::Result<()> {
        for directory in self.directories() {
            remove_directory(&directory)?;
        }
        Ok(())
    }
}

fn create_directory(directory: &Path) -> io::Result<()> {
    match std::fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn remove_directory(directory: &Path) -> io::Result<()> {
    let mut attempt = 0;
    loop {
        match std::fs::remove_dir(directory) {
            Ok(()) => return Ok(()),
            Err(error) if is_missing(&error) => return Ok(()),
            // A process that has been reaped may still be on its way out of the group.
            Err(error)
                if error.raw_os_error() == Some(nix::libc::EBUSY)
                    && attempt < REMOVE_ATTEMPTS_MAX =>
            {
                attempt += 1;
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            Err(error) => return Err(error),
        }
    }
}

/// Control files take each write as one command, so the file is neither made nor cut.
fn write(path: &Path, value: &str) -> io::Result<()> {
    use std::io::Write;
    std::fs::OpenOptions::new()
        .write(true)
        .open(path)?
        .write_all(value.as_bytes())
}

/// `key value` of a flat keyed file such as `memory.events`.
fn keyed(path: &Path, key: &str) -> io::Result<Option<u64>> {
    let content = std::fs::read_to_string(path)?;
    Ok(content.lines().find_map(|line| {
        let (name, value) = line.split_once(' ')?;
        (name == key).then(|| value.trim().parse().ok())?
    }))
}

fn number(path: &Path) -> io::Result<u64> {
    let content = std::fs::read_to_string(path)?;
    content
        .trim()
        .parse()
        .map_err(|_| io::Error::other(format!("{}: not a number", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supervisors_are_kept_below_the_base_and_not_with_the_hub() {
        let directory = tempfile::tempdir().unwrap();
        let base = Group {
            unified: Some(directory.path().join("base")),
            ..Group::default()
        };
        let keepers = directory.path().join("base").join(KEEPERS);
        let server = base.named("server.1");
        // The kernel puts the file into each directory that is made.
        assert!(server.keep_apart().is_err());
        std::fs::create_dir_all(&keepers).unwrap();
        std::fs::write(keepers.join("cgroup.procs"), "").unwrap();
        server.keep_apart().unwrap();
        let moved = std::fs::read_to_string(keepers.join("cgroup.procs")).unwrap();
        assert_eq!(moved, "0");

        base.remove_empty_base();
        assert!(keepers.exists(), "somebody is in it");
        std::fs::remove_file(keepers.join("cgroup.procs")).unwrap();
        base.remove_empty_base();
        assert!(!directory.path().join("base").exists());
        Group::default().keep_apart().unwrap();
    }
}
