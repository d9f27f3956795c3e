//! What a server may use at most.

use std::io;
use std::path::Path;

use super::super::record::Bounds;
use super::{Group, Placed, write};

/// Length of the window in which CPU time is handed out: the kernel's own default.
const CPU_PERIOD_US: u64 = 100_000;

impl Group {
    /// Sets what the host can enforce. May be called again with other limits.
    pub(crate) fn set_limits(&self, limits: Bounds) -> io::Result<()> {
        if let Some(memory) = &self.memory {
            set_memory(memory, limits.memory_bytes)?;
        }
        if let Some(cpu) = &self.cpu {
            set_cpu(cpu, u64::from(limits.cpu_millis) * CPU_PERIOD_US / 1_000)?;
        }
        if let Some(pids) = &self.pids {
            write(
                &pids.directory().join("pids.max"),
                &limits.processes_max.to_string(),
            )?;
        }
        Ok(())
    }
}

fn set_memory(memory: &Placed, bytes: u64) -> io::Result<()> {
    let bytes = bytes.to_string();
    match memory {
        Placed::V2(directory) => {
            // One process dies for lack of memory, not all: the server outlives its kernels.
            write_if_there(&directory.join("memory.oom.group"), "0")?;
            write_if_there(&directory.join("memory.swap.max"), "0")?;
            write(&directory.join("memory.max"), &bytes)
        }
        Placed::V1(directory) => {
            let memory_and_swap = directory.join("memory.memsw.limit_in_bytes");
            let plain = directory.join("memory.limit_in_bytes");
            // The one with swap may never be the smaller: which goes first depends on direction.
            if write(&plain, &bytes).is_err() {
                write_if_there(&memory_and_swap, &bytes)?;
                write(&plain, &bytes)?;
            }
            write_if_there(&memory_and_swap, &bytes)
        }
    }
}

fn set_cpu(cpu: &Placed, quota_us: u64) -> io::Result<()> {
    match cpu {
        Placed::V2(directory) => write(
            &directory.join("cpu.max"),
            &format!("{quota_us} {CPU_PERIOD_US}"),
        ),
        Placed::V1(directory) => {
            write(
                &directory.join("cpu.cfs_period_us"),
                &CPU_PERIOD_US.to_string(),
            )?;
            write(&directory.join("cpu.cfs_quota_us"), &quota_us.to_string())
        }
    }
}

fn write_if_there(path: &Path, value: &str) -> io::Result<()> {
    if path.exists() {
        write(path, value)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_gets_its_own_files() {
        let directory = tempfile::tempdir().unwrap();
        let limits = Bounds {
            memory_bytes: 1 << 30,
            cpu_millis: 1_500,
            disk_bytes: 0,
            processes_max: 256,
        };
        let check = |group: &Group, expected: &[(&str, &str)]| {
            for (name, _) in expected {
                std::fs::write(directory.path().join(name), "").unwrap();
            }
            group.set_limits(limits).unwrap();
            for (name, value) in expected {
                let path = directory.path().join(name);
                assert_eq!(std::fs::read_to_string(&path).unwrap(), *value, "{name}");
                std::fs::remove_file(path).unwrap();
            }
        };
        let at = |placed: fn(std::path::PathBuf) -> Placed| {
            let placed = Some(placed(directory.path().to_owned()));
            Group {
                memory: placed.clone(),
                cpu: placed.clone(),
                pids: placed,
                ..Group::default()
            }
        };
        check(
            &at(Placed::V2),
            &[
                ("memory.max", "1073741824"),
                ("memory.swap.max", "0"),
                ("memory.oom.group", "0"),
                ("cpu.max", "150000 100000"),
                ("pids.max", "256"),
            ],
        );
        check(
            &at(Placed::V1),
            &[
                ("memory.limit_in_bytes", "1073741824"),
                ("memory.memsw.limit_in_bytes", "1073741824"),
                ("cpu.cfs_period_us", "100000"),
                ("cpu.cfs_quota_us", "150000"),
                ("pids.max", "256"),
            ],
        );
        assert!(
            Group::default().set_limits(limits).is_ok(),
            "no controllers: nothing to set"
        );
    }
}
