//! Provisioning and starting.

use std::collections::BTreeSet;
use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use types::notebook::NetworkKind;

use super::accounts::Account;
use super::home::{self, Home};
use super::launch::{LaunchPlan, Started};
use super::plan::PlannedHome;
use super::process::{INSTANCE_VARIABLE, mark};
use super::record::{Exit, Record, generations};
use super::supervisor::SUPERVISOR;
use super::{HeldHome, Shared, blocking, passing};
use crate::engine::{EngineError, ServerSpec};

/// From starting the supervisor to its answer: the sandbox runs, Jupyter may not answer yet.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a supervisor's first record is looked for.
const HOLDER_LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// Generations whose log and exit are kept.
const GENERATIONS_KEPT_MAX: usize = 3;

impl Shared {
    pub(super) async fn provision(self: &Arc<Self>, spec: &ServerSpec) -> Result<(), EngineError> {
        if spec.profile.network == NetworkKind::Nat && self.host.nat.is_none() {
            return Err(EngineError::Fatal(
                "this size needs the Internet, which the host cannot give to notebooks; choose another size".to_owned(),
            ));
        }
        let held = self.take_home(spec.user_id).await;
        self.provide_home(spec, held).await.map(drop)
    }

    pub(super) async fn boot(self: &Arc<Self>, spec: &ServerSpec) -> Result<(), EngineError> {
        // Nobody may unmount the home until the server's record says that it is in use.
        let held = self.take_home(spec.user_id).await;
        let instance = self.layout.instance(spec.server_id, spec.generation);
        if let Some(living) = self.living(spec.server_id).await? {
            return same_generation(&living, spec);
        }
        if Exit::read(&instance)
            .map_err(passing("reading the server's record"))?
            .is_some()
        {
            return Ok(());
        }
        let (account, home) = self.provide_home(spec, held.clone()).await?;
        let plan = self.plan(spec, account, PlannedHome::Of(home.path))?;
        self.samples.lock().remove(&spec.server_id);
        self.clone().prune(spec).await?;
        let launched = self.launch(spec, &plan).await;
        drop(held);
        launched
    }

    pub(super) async fn provide_home(
        self: &Arc<Self>,
        spec: &ServerSpec,
        held: HeldHome,
    ) -> Result<(Option<Account>, Home), EngineError> {
        let shared = self.clone();
        let (user_id, disk_bytes) = (spec.user_id, spec.profile.disk_bytes);
        blocking(move || {
            let account = shared
                .accounts
                .as_ref()
                .map(|accounts| accounts.account_of(user_id))
                .transpose()?;
            let home = home::provide(
                &shared.layout,
                user_id,
                shared.host.homes,
                account,
                disk_bytes,
            )?;
            drop(held);
            Ok((account, home))
        })
        .await?
        .map_err(passing("preparing the home"))
    }

    pub(super) async fn launch(
        self: &Arc<Self>,
        spec: &ServerSpec,
        plan: &LaunchPlan,
    ) -> Result<(), EngineError> {
        let plan =
            serde_json::to_vec(plan).map_err(|error| EngineError::Fatal(error.to_string()))?;
        let supervisor = &self.config.supervisor;
        let mut child = tokio::process::Command::new(&supervisor.program)
            .args(&supervisor.arguments)
            .args([
                SUPERVISOR,
                "--server",
                &spec.server_id.to_string(),
                "--generation",
                &spec.generation.to_string(),
            ])
            .env_clear()
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .env(
                INSTANCE_VARIABLE,
                mark(&self.layout.engine_name, spec.server_id, spec.generation),
            )
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(passing("starting the supervisor"))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        // Nobody waits for it here: tokio reaps it when it ends.
        drop(child);
        let talk = async move {
            if let Some(mut stdin) = stdin {
                stdin.write_all(&plan).await?;
                stdin.shutdown().await?;
            }
            let mut line = String::new();
            if let Some(stdout) = stdout {
                BufReader::new(stdout).read_line(&mut line).await?;
            }
            Ok::<String, io::Error>(line)
        };
        let line = tokio::time::timeout(HANDSHAKE_TIMEOUT, talk)
            .await
            .map_err(|_| {
                EngineError::Transient("the supervisor did not answer in time".to_owned())
            })?
            .map_err(passing("talking to the supervisor"))?;
        match serde_json::from_str(&line) {
            Ok(Started::Running | Started::RanBefore) => Ok(()),
            Ok(Started::Held) => self.wait_for_holder(spec).await,
            Ok(Started::Failed(reason)) => Err(EngineError::Fatal(reason)),
            Err(_) => Err(EngineError::Fatal(
                "the supervisor ended without an answer".to_owned(),
            )),
        }
    }

    /// A supervisor that an earlier process of ours has started holds the server: it will say
    /// shortly for which generation.
    async fn wait_for_holder(self: &Arc<Self>, spec: &ServerSpec) -> Result<(), EngineError> {
        let started = Instant::now();
        while started.elapsed() < HANDSHAKE_TIMEOUT {
            if let Some(living) = self.living(spec.server_id).await? {
                return same_generation(&living, spec);
            }
            tokio::time::sleep(HOLDER_LOOK_INTERVAL).await;
        }
        Err(EngineError::Transient(
            "another start of this server has not finished".to_owned(),
        ))
    }

    /// Forgets old generations. What is left of a living one is never touched.
    async fn prune(self: Arc<Self>, spec: &ServerSpec) -> Result<(), EngineError> {
        let server_id = spec.server_id;
        blocking(move || {
            let server = self.layout.server(server_id);
            let old: BTreeSet<u32> = generations(&server)?
                .into_iter()
                .skip(GENERATIONS_KEPT_MAX)
                .collect();
            for generation in old {
                let directory = server.join(generation.to_string());
                if !Record::read(&directory)?.is_some_and(|record| record.is_alive()) {
                    std::fs::remove_dir_all(directory)?;
                }
            }
            Ok(())
        })
        .await?
        .map_err(passing("removing old logs"))
    }
}

pub(super) fn same_generation(living: &Record, spec: &ServerSpec) -> Result<(), EngineError> {
    if living.generation == spec.generation {
        return Ok(());
    }
    Err(EngineError::Conflict(
        "an earlier start of this server is still running".to_owned(),
    ))
}
