//! What an operator decides about the local engine.

use std::ffi::OsString;
use std::ops::Range;
use std::path::PathBuf;

/// Everything that [`super::LocalEngine::open`] needs.
#[derive(Debug, Clone)]
pub struct LocalEngineConfig {
    /// Homes, records and logs live under it. One engine at a time may use it.
    pub data_dir: PathBuf,
    /// The notebooks' Python environment: a `venv` with the packages of
    /// `server/spawner/environment/requirements.txt`. It is never written to.
    pub environment_dir: PathBuf,
    /// Run servers as plain processes where no sandbox is possible. Everyone who may run a notebook
    /// can then do what the account that runs this program can do.
    pub unsafe_no_sandbox: bool,
    /// How this program is started again as the keeper of one server (see [`super::supervise`]).
    pub supervisor: SupervisorCommand,
    /// User ids that sandboxes may have when this program runs as root; none: chosen from what the
    /// host can map.
    pub account_ids: Option<Range<u32>>,
    /// Directory of the control group hierarchy under which groups are made; none: found.
    pub cgroup_parent: Option<PathBuf>,
    /// Directory of sockets and mount points; none: `/run/ledgercloud/…` for root, `data_dir/run`
    /// otherwise. Socket paths must fit into 107 bytes.
    pub run_dir: Option<PathBuf>,
}

impl LocalEngineConfig {
    /// The usual choices.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>, environment_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            environment_dir: environment_dir.into(),
            unsafe_no_sandbox: false,
            supervisor: SupervisorCommand::default(),
            account_ids: None,
            cgroup_parent: None,
            run_dir: None,
        }
    }
}

/// A command that ends up in [`super::supervise`].
#[derive(Debug, Clone)]
pub struct SupervisorCommand {
    pub program: PathBuf,
    /// Put before the supervisor's own arguments.
    pub arguments: Vec<OsString>,
}

impl Default for SupervisorCommand {
    /// This very program, even if its file has been replaced meanwhile.
    fn default() -> Self {
        Self {
            program: PathBuf::from("/proc/self/exe"),
            arguments: Vec::new(),
        }
    }
}
