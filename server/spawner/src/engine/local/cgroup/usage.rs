//! What a server uses, and which limits it has hit.

use std::io;

use super::{Group, Placed, keyed, number};

impl Group {
    /// Memory that is in use and cannot simply be dropped: without the file cache that nobody has
    /// touched for a while.
    pub(crate) fn memory_bytes(&self) -> io::Result<Option<u64>> {
        let (current, reclaimable) = match &self.memory {
            Some(Placed::V2(directory)) => (
                number(&directory.join("memory.current"))?,
                keyed(&directory.join("memory.stat"), "inactive_file")?,
            ),
            Some(Placed::V1(directory)) => (
                number(&directory.join("memory.usage_in_bytes"))?,
                keyed(&directory.join("memory.stat"), "total_inactive_file")?,
            ),
            None => return Ok(None),
        };
        Ok(Some(current.saturating_sub(reclaimable.unwrap_or(0))))
    }

    /// CPU time since the group was made, in microseconds.
    pub(crate) fn cpu_time_us(&self) -> io::Result<Option<u64>> {
        match &self.cpu_account {
            Some(Placed::V2(directory)) => keyed(&directory.join("cpu.stat"), "usage_usec"),
            Some(Placed::V1(directory)) => {
                Ok(Some(number(&directory.join("cpuacct.usage"))? / 1_000))
            }
            None => Ok(None),
        }
    }

    /// Processes and threads: both count towards the limit.
    pub(crate) fn tasks(&self) -> io::Result<Option<u64>> {
        match &self.pids {
            Some(placed) => number(&placed.directory().join("pids.current")).map(Some),
            None => Ok(None),
        }
    }

    /// Processes killed for lack of memory since the group was made.
    pub(crate) fn out_of_memory_kills(&self) -> io::Result<u64> {
        let kills = match &self.memory {
            Some(Placed::V2(directory)) => keyed(&directory.join("memory.events"), "oom_kill")?,
            Some(Placed::V1(directory)) => {
                keyed(&directory.join("memory.oom_control"), "oom_kill")?
            }
            None => None,
        };
        Ok(kills.unwrap_or(0))
    }

    /// Forks refused since the group was made.
    pub(crate) fn refused_forks(&self) -> io::Result<u64> {
        let refused = match &self.pids {
            Some(placed) => keyed(&placed.directory().join("pids.events"), "max")?,
            None => None,
        };
        Ok(refused.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_read() {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("memory.current", "5000\n"),
            ("memory.usage_in_bytes", "7000\n"),
            (
                "memory.stat",
                "anon 1\ninactive_file 1000\ntotal_inactive_file 3000\n",
            ),
            ("memory.events", "low 0\noom 3\noom_kill 2\n"),
            (
                "memory.oom_control",
                "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
            ),
            ("cpu.stat", "usage_usec 99\nuser_usec 50\n"),
            ("cpuacct.usage", "123456\n"),
            ("pids.current", "17\n"),
            ("pids.events", "max 6\n"),
        ] {
            std::fs::write(directory.path().join(name), content).unwrap();
        }
        for (placed, memory, cpu, kills) in [
            (Placed::V2(directory.path().to_owned()), 4_000, 99, 2),
            (Placed::V1(directory.path().to_owned()), 4_000, 123, 4),
        ] {
            let placed = Some(placed);
            let group = Group {
                memory: placed.clone(),
                cpu_account: placed.clone(),
                pids: placed,
                ..Group::default()
            };
            assert_eq!(group.memory_bytes().unwrap(), Some(memory));
            assert_eq!(group.cpu_time_us().unwrap(), Some(cpu));
            assert_eq!(group.out_of_memory_kills().unwrap(), kills);
            assert_eq!(group.tasks().unwrap(), Some(17));
            assert_eq!(group.refused_forks().unwrap(), 6);
        }
    }
}
