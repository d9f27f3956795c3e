//! What one start is made of, from what a server asks for and what the host offers.

use std::path::{Path, PathBuf};

use types::notebook::NetworkKind;

use super::accounts::Account;
use super::launch::{Confinement, IdentityKey, LaunchPlan, ProcessBounds};
use super::notebook::{self, Places};
use super::probe::SandboxSupport;
use super::process::mark;
use super::record::Bounds;
use super::sandbox::{
    self, INNER_FILES, INNER_HOME, INNER_NAME, INNER_RUNTIME, InnerHome, Sandbox, SandboxNetwork,
};
use super::{Shared, passing};
use crate::engine::{EngineError, ServerSpec};

/// Part of the memory that each of `/tmp` and `/dev/shm` may take: full, they leave the server room.
const SCRATCH_PARTS: u64 = 4;

/// Whose home is inside.
#[derive(Debug, Clone)]
pub(super) enum PlannedHome {
    /// The user's, by its path on the host.
    Of(PathBuf),
    /// Nobody's yet.
    Spare,
}

impl Shared {
    /// Makes the instance's directory and its control group, and lays down everything else.
    pub(super) fn plan(
        &self,
        spec: &ServerSpec,
        account: Option<Account>,
        home: PlannedHome,
    ) -> Result<LaunchPlan, EngineError> {
        let instance = self.layout.instance(spec.server_id, spec.generation);
        std::fs::create_dir_all(&instance).map_err(passing("making the server's directory"))?;
        let group = self
            .host
            .groups
            .create(&format!("{}.{}", spec.server_id, spec.generation))
            .map_err(passing("making the control group"))?;
        let bounds = Bounds {
            memory_bytes: spec.profile.memory_bytes,
            cpu_millis: spec.profile.cpu_millis,
            disk_bytes: spec.profile.disk_bytes,
            processes_max: spec.profile.processes_max,
        };
        group
            .set_limits(bounds)
            .map_err(passing("setting the limits"))?;
        let process_bounds = ProcessBounds {
            file_bytes_max: Some(spec.profile.disk_bytes),
            data_bytes_max: group.memory.is_none().then_some(spec.profile.memory_bytes),
            // Counted for the whole account: only useful where each user has one.
            processes_max: (group.pids.is_none() && account.is_some())
                .then_some(u64::from(spec.profile.processes_max)),
        };
        let control = matches!(home, PlannedHome::Spare)
            .then(|| self.layout.control(spec.server_id, spec.generation));
        let mark = mark(&self.layout.engine_name, spec.server_id, spec.generation);
        let (confinement, environment, arguments) = match &self.host.sandbox {
            Some(support) => {
                let sandbox = self.sandbox(spec, support, home);
                let places = self.inner_places();
                (
                    Confinement::Sandbox(Box::new(sandbox)),
                    notebook::environment(spec, places, mark),
                    notebook::arguments(places),
                )
            }
            None => {
                let PlannedHome::Of(home) = home else {
                    return Err(EngineError::Fatal("spares need a sandbox".to_owned()));
                };
                let home_path = home.display().to_string();
                let (scratch, runtime) = (
                    instance.join("scratch"),
                    self.layout.runtime(spec.server_id),
                );
                for directory in [&scratch, &runtime] {
                    std::fs::create_dir_all(directory)
                        .map_err(passing("making the runtime directory"))?;
                }
                let places = Places {
                    environment: &self.config.environment_dir,
                    files: &self.files,
                    home: &home_path,
                    user_name: "root",
                    runtime: &runtime.display().to_string(),
                    scratch: &scratch.display().to_string(),
                };
                (
                    Confinement::None {
                        directory: home.clone(),
                    },
                    notebook::environment(spec, places, mark),
                    notebook::arguments(places),
                )
            }
        };
        Ok(LaunchPlan {
            server_id: spec.server_id,
            user_id: spec.user_id,
            generation: spec.generation,
            instance,
            lock: self.layout.server_lock(spec.server_id),
            socket: self.layout.socket(spec.server_id, spec.generation),
            group,
            account,
            identity_key: IdentityKey::new(&spec.identity_key),
            program: self.config.environment_dir.join("bin/python"),
            arguments,
            environment,
            bounds,
            process_bounds,
            confinement,
            control,
        })
    }

    /// As a server in a sandbox sees them.
    pub(super) fn inner_places(&self) -> Places<'_> {
        Places {
            environment: &self.config.environment_dir,
            files: Path::new(INNER_FILES),
            home: INNER_HOME,
            user_name: INNER_NAME,
            runtime: INNER_RUNTIME,
            scratch: "/tmp",
        }
    }

    fn sandbox(&self, spec: &ServerSpec, support: &SandboxSupport, home: PlannedHome) -> Sandbox {
        let network = match (&self.host.nat, spec.profile.network) {
            _ if !support.own_network => SandboxNetwork::Shared,
            (Some(tool), NetworkKind::Nat) => SandboxNetwork::Nat(tool.clone()),
            _ => SandboxNetwork::Off,
        };
        Sandbox {
            bubblewrap: support.bubblewrap.clone(),
            other_homes: self.layout.home_mounts(),
            home: match home {
                PlannedHome::Of(path) => InnerHome::Directory(path),
                PlannedHome::Spare => InnerHome::Empty,
            },
            read_only: sandbox::read_only_directories(
                &self.config.environment_dir,
                self.host.interpreter_home.as_deref(),
                &self.files,
            ),
            network,
            scratch_bytes_max: spec.profile.memory_bytes / SCRATCH_PARTS,
        }
    }
}
