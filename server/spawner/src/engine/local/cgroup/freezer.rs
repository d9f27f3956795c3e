//! Holding all processes of a group still.

use std::io;

use super::{Group, Placed, keyed, write};

/// What the kernel says of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Motion {
    Running,
    /// Asked to stand still; some process does not yet.
    Freezing,
    Frozen,
}

impl Group {
    /// Asks for it; [`Group::motion`] tells when it has happened.
    pub(crate) fn freeze(&self) -> io::Result<()> {
        self.set_frozen("1", "FROZEN")
    }

    pub(crate) fn thaw(&self) -> io::Result<()> {
        self.set_frozen("0", "THAWED")
    }

    fn set_frozen(&self, unified: &str, legacy: &str) -> io::Result<()> {
        match &self.freezer {
            Some(Placed::V2(directory)) => write(&directory.join("cgroup.freeze"), unified),
            Some(Placed::V1(directory)) => write(&directory.join("freezer.state"), legacy),
            None => Err(io::Error::from(io::ErrorKind::Unsupported)),
        }
    }

    /// None without a freezer.
    pub(crate) fn motion(&self) -> io::Result<Option<Motion>> {
        match &self.freezer {
            Some(Placed::V2(directory)) => {
                let asked = std::fs::read_to_string(directory.join("cgroup.freeze"))?;
                let done = keyed(&directory.join("cgroup.events"), "frozen")?;
                Ok(Some(match (asked.trim(), done) {
                    (_, Some(1)) => Motion::Frozen,
                    ("1", _) => Motion::Freezing,
                    _ => Motion::Running,
                }))
            }
            Some(Placed::V1(directory)) => {
                let state = std::fs::read_to_string(directory.join("freezer.state"))?;
                Ok(Some(match state.trim() {
                    "FROZEN" => Motion::Frozen,
                    "FREEZING" => Motion::Freezing,
                    _ => Motion::Running,
                }))
            }
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn motion_is_what_the_files_say() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let v2 = Group {
            freezer: Some(Placed::V2(directory.path().to_owned())),
            ..Group::default()
        };
        for (asked, done, motion) in [
            ("0\n", 0, Motion::Running),
            ("1\n", 0, Motion::Freezing),
            ("1\n", 1, Motion::Frozen),
            ("0\n", 1, Motion::Frozen),
        ] {
            std::fs::write(path("cgroup.freeze"), asked).unwrap();
            std::fs::write(
                path("cgroup.events"),
                format!("populated 1\nfrozen {done}\n"),
            )
            .unwrap();
            assert_eq!(v2.motion().unwrap(), Some(motion), "{asked:?} {done}");
        }
        let v1 = Group {
            freezer: Some(Placed::V1(directory.path().to_owned())),
            ..Group::default()
        };
        for (state, motion) in [
            ("THAWED\n", Motion::Running),
            ("FREEZING\n", Motion::Freezing),
            ("FROZEN\n", Motion::Frozen),
        ] {
            std::fs::write(path("freezer.state"), state).unwrap();
            assert_eq!(v1.motion().unwrap(), Some(motion), "{state:?}");
        }
        assert_eq!(Group::default().motion().unwrap(), None);
        assert!(Group::default().freeze().is_err());
    }
}
