//! What the engine tells the supervisor of one instance, through a pipe: nothing of it is in an
//! argument list or on a disk.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use types::{ServerId, UserId};

use super::accounts::Account;
use super::cgroup::Group;
use super::record::Bounds;
use super::sandbox::Sandbox;

/// Everything that one start needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LaunchPlan {
    pub(crate) server_id: ServerId,
    pub(crate) user_id: UserId,
    pub(crate) generation: u32,
    /// Directory of record, log and exit status.
    pub(crate) instance: PathBuf,
    /// Held while the instance lives.
    pub(crate) lock: PathBuf,
    /// Where the server will answer.
    pub(crate) socket: PathBuf,
    pub(crate) group: Group,
    /// None: keep the account of this program.
    pub(crate) account: Option<Account>,
    pub(crate) identity_key: IdentityKey,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// The whole environment.
    pub(crate) environment: BTreeMap<String, String>,
    /// What the whole server may use; enforced by its group.
    pub(crate) bounds: Bounds,
    pub(crate) process_bounds: ProcessBounds,
    pub(crate) confinement: Confinement,
    /// Where the supervisor of a spare can be told whom it is for; none: it is somebody's already.
    pub(crate) control: Option<PathBuf>,
}

/// What makes a spare somebody's server.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Adoption {
    pub(crate) server_id: ServerId,
    pub(crate) user_id: UserId,
    pub(crate) generation: u32,
    pub(crate) instance: PathBuf,
    pub(crate) lock: PathBuf,
    pub(crate) socket: PathBuf,
    /// The user's home on the host.
    pub(crate) home: PathBuf,
    /// What the server is to be told, over what it was told at its start.
    pub(crate) environment: BTreeMap<String, String>,
}

/// What stands between the server and the host.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Confinement {
    Sandbox(Box<Sandbox>),
    /// Nothing: only with `--unsafe-no-sandbox`. Directory in which the server starts.
    None {
        directory: PathBuf,
    },
}

/// Bounds of each single process, see setrlimit(2); none: the host's.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct ProcessBounds {
    pub(crate) file_bytes_max: Option<u64>,
    /// Only where no control group bounds memory.
    pub(crate) data_bytes_max: Option<u64>,
    /// Only where no control group bounds processes.
    pub(crate) processes_max: Option<u64>,
}

/// HMAC key that proxy and server share.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct IdentityKey(String);

impl IdentityKey {
    pub(crate) fn new(bytes: &[u8; 32]) -> Self {
        Self(hex::encode(bytes))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        hex::decode(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IdentityKey(…)")
    }
}

/// The supervisor's one line of answer.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Started {
    /// The server's process runs.
    Running,
    /// This generation has run and ended before.
    RanBefore,
    /// Another supervisor holds the server.
    Held,
    /// In plain words.
    Failed(String),
}

#[cfg(test)]
impl LaunchPlan {
    pub(crate) fn without_sandbox(server_id: ServerId, user_id: UserId, generation: u32) -> Self {
        Self {
            server_id,
            user_id,
            generation,
            instance: PathBuf::new(),
            lock: PathBuf::new(),
            socket: PathBuf::new(),
            group: Group::default(),
            account: None,
            identity_key: IdentityKey::new(&[0; 32]),
            program: PathBuf::new(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            bounds: Bounds::default(),
            process_bounds: ProcessBounds::default(),
            confinement: Confinement::None {
                directory: PathBuf::new(),
            },
            control: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_shown() {
        let key = IdentityKey::new(&[7; 32]);
        assert!(!format!("{key:?}").contains("07"));
        assert_eq!(key.bytes(), [7; 32]);
    }
}
