//! Runs each server as a sandboxed JupyterLab on this host.
//!
//! Invariants:
//! - What a server may see and use is fixed before its first instruction: namespaces, mounts,
//!   account, control group.
//! - Nothing that users can write is trusted: sockets, records and logs lie outside of sandboxes.
//! - An instance is known by its files and processes alone. This program may be killed at any
//!   moment; the next one finds every instance and how those that are gone have ended.
//! - At most one instance of a server runs: its supervisor holds the server's lock.

mod accounts;
mod cgroup;
mod config;
mod error;
mod file;
mod files;
mod home;
mod instance;
mod launch;
mod layout;
mod notebook;
mod plan;
mod probe;
mod process;
mod record;
mod sandbox;
mod spare;
mod start;
mod supervisor;
mod usage;

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;
use types::notebook::Usage;
use types::{ServerId, UserId};

pub use config::{LocalEngineConfig, SupervisorCommand};
pub use error::LocalEngineError;
pub use probe::{Finding, Probe, Verdict, probe};
pub use supervisor::supervise;

use super::{Capabilities, Endpoint, Engine, EngineError, LimitEvent, Observed, ServerSpec};
use accounts::Accounts;
use layout::Layout;
use probe::Host;
use usage::Samples;

/// How long a start waits for a predecessor's last breath.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
const LOCK_INTERVAL: Duration = Duration::from_millis(20);

/// The engine of one data directory. Cheap to clone.
#[derive(Clone)]
pub struct LocalEngine {
    shared: Arc<Shared>,
}

/// The right to mount, check, give away or unmount a user's home; it ends with its last share.
type HeldHome = Arc<OwnedMutexGuard<()>>;

struct Shared {
    config: LocalEngineConfig,
    layout: Layout,
    host: Host,
    capabilities: Capabilities,
    /// Our Jupyter files on the host.
    files: PathBuf,
    /// None: everything runs as the account of this program.
    accounts: Option<Accounts>,
    samples: Mutex<HashMap<ServerId, Samples>>,
    /// Taken by whoever mounts or unmounts a user's home, or starts something in it.
    home_locks: Mutex<HashMap<UserId, Arc<tokio::sync::Mutex<()>>>>,
    /// Locked as long as the engine exists.
    _lock: File,
}

impl LocalEngine {
    /// Looks at the host and takes the data directory. Blocks for about half a second.
    ///
    /// # Errors
    /// If servers could not run, or only without a sandbox and the operator has not asked for that.
    pub fn open(config: LocalEngineConfig) -> Result<Self, LocalEngineError> {
        let is_root = nix::unistd::geteuid().is_root();
        let layout = Layout::new(&config, is_root)?;
        prepare_directories(&layout)?;
        let lock_path = layout.data_dir.join("engine.lock");
        let lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(LocalEngineError::io(&lock_path))?;
        take(&lock).map_err(|_| LocalEngineError::InUse(layout.data_dir.clone()))?;

        let probe = probe::look(&config, &layout, is_root);
        if let Err(reason) = &probe.host.environment {
            return Err(LocalEngineError::Environment(reason.clone()));
        }
        if probe.host.sandbox.is_none() && !config.unsafe_no_sandbox {
            return Err(LocalEngineError::NoSandbox(reasons(&probe)));
        }
        let files = files::lay_out(&layout).map_err(LocalEngineError::io(&layout.data_dir))?;
        let accounts_file = layout.homes().join("accounts.json");
        let accounts = probe
            .host
            .account_ids
            .clone()
            .map(|ids| {
                Accounts::open(&accounts_file, ids).map_err(LocalEngineError::io(&accounts_file))
            })
            .transpose()?;
        let capabilities = probe.capabilities();
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                layout,
                host: probe.host,
                capabilities,
                files,
                accounts,
                samples: Mutex::default(),
                home_locks: Mutex::default(),
                _lock: lock,
            }),
        })
    }
}

/// A process that was killed may have left a child that is just about to become another program:
/// until then the child holds what its parent held.
fn take(lock: &File) -> Result<(), std::fs::TryLockError> {
    let started = Instant::now();
    loop {
        match lock.try_lock() {
            Err(error) if started.elapsed() > LOCK_TIMEOUT => return Err(error),
            Err(_) => std::thread::sleep(LOCK_INTERVAL),
            Ok(()) => return Ok(()),
        }
    }
}

fn reasons(probe: &Probe) -> String {
    let missing = probe
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Missing);
    missing
        .map(|finding| match &finding.mend {
            Some(mend) => format!("{}. {mend}", finding.detail),
            None => finding.detail.clone(),
        })
        .collect::<Vec<_>>()
        .join("; ")
}

/// Readable by us alone: users reach what is theirs by other ways.
fn prepare_directories(layout: &Layout) -> Result<(), LocalEngineError> {
    use std::os::unix::fs::PermissionsExt;

    for directory in [
        layout.servers(),
        layout.homes(),
        layout.data_dir.join("engine"),
        layout.run_dir.clone(),
    ] {
        std::fs::create_dir_all(&directory).map_err(LocalEngineError::io(&directory))?;
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o700))
            .map_err(LocalEngineError::io(&directory))?;
    }
    Ok(())
}

impl Shared {
    /// Takes a user's home. A call that is given up leaves its blocking work behind, which goes on:
    /// that work keeps a share of this, so that nobody else touches the home until it has ended.
    async fn take_home(&self, user_id: UserId) -> HeldHome {
        let lock = {
            let mut locks = self.home_locks.lock();
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
            locks.entry(user_id).or_default().clone()
        };
        Arc::new(lock.lock_owned().await)
    }
}

/// An engine without servers leaves nothing outside of its data directory: only empty directories
/// are removed here.
impl Drop for Shared {
    fn drop(&mut self) {
        self.host.groups.remove_empty_base();
        for directory in [self.layout.home_mounts(), self.layout.run_dir.clone()] {
            let _ = std::fs::remove_dir(directory);
        }
    }
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| EngineError::Fatal(error.to_string()))
}

/// A failure of the host that may pass.
fn passing(what: &'static str) -> impl Fn(std::io::Error) -> EngineError {
    move |error| match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            EngineError::Capacity(format!("{what}: the host's disk is full"))
        }
        _ => EngineError::Transient(format!("{what}: {error}")),
    }
}

#[async_trait]
impl Engine for LocalEngine {
    fn capabilities(&self) -> Capabilities {
        self.shared.capabilities.clone()
    }

    async fn provision(&self, spec: &ServerSpec) -> Result<(), EngineError> {
        self.shared.provision(spec).await
    }

    async fn boot(&self, spec: &ServerSpec) -> Result<(), EngineError> {
        self.shared.boot(spec).await
    }

    fn endpoint(&self, server_id: ServerId, generation: u32) -> Endpoint {
        Endpoint::Unix(self.shared.layout.socket(server_id, generation))
    }

    async fn freeze(&self, server_id: ServerId) -> Result<(), EngineError> {
        self.shared.freeze(server_id).await
    }

    async fn thaw(&self, server_id: ServerId) -> Result<(), EngineError> {
        self.shared.thaw(server_id).await
    }

    async fn stop(&self, server_id: ServerId, grace: Duration) -> Result<(), EngineError> {
        self.shared.stop(server_id, grace).await
    }

    async fn destroy(&self, server_id: ServerId) -> Result<(), EngineError> {
        self.shared.stop(server_id, Duration::ZERO).await?;
        self.shared.samples.lock().remove(&server_id);
        let shared = self.shared.clone();
        blocking(move || {
            shared.forget_spare(server_id)?;
            match std::fs::remove_dir_all(shared.layout.server(server_id)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        })
        .await?
        .map_err(passing("removing the server's records"))
    }

    async fn observe(&self) -> Result<Vec<Observed>, EngineError> {
        let shared = self.shared.clone();
        blocking(move || shared.observe())
            .await?
            .map_err(passing("reading the records of servers"))
    }

    async fn inspect(&self, server_id: ServerId) -> Result<Option<Observed>, EngineError> {
        let shared = self.shared.clone();
        blocking(move || shared.inspect(server_id))
            .await?
            .map_err(passing("reading the server's record"))
    }

    async fn usage(&self, server_id: ServerId) -> Result<Usage, EngineError> {
        let shared = self.shared.clone();
        blocking(move || shared.usage(server_id)).await?
    }

    async fn limit_events(&self, server_id: ServerId) -> Result<Vec<LimitEvent>, EngineError> {
        let shared = self.shared.clone();
        blocking(move || shared.limit_events(server_id)).await?
    }

    async fn logs(
        &self,
        server_id: ServerId,
        lines_max: usize,
    ) -> Result<Vec<String>, EngineError> {
        let server = self.shared.layout.server(server_id);
        blocking(move || {
            let newest = record::generations(&server)?.into_iter().next();
            Ok(newest.map_or_else(Vec::new, |generation| {
                supervisor::tail(&server.join(generation.to_string()), lines_max)
            }))
        })
        .await?
        .map_err(passing("reading the log"))
    }

    fn keeps_spares(&self) -> bool {
        self.shared.keeps_spares()
    }

    async fn prewarm(&self, spec: &ServerSpec) -> Result<(), EngineError> {
        self.shared.prewarm(spec).await
    }

    async fn adopt(&self, spare: ServerId, spec: &ServerSpec) -> Result<(), EngineError> {
        self.shared.adopt(spare, spec).await
    }
}
