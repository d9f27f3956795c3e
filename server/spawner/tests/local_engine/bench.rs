//! An engine on a directory of its own, and servers on it.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use spawner::engine::local::{LocalEngine, LocalEngineConfig, SupervisorCommand};
use spawner::engine::{Endpoint, Engine, Observed, ObservedPhase, ServerSpec};
use tempfile::TempDir;
use types::notebook::{NetworkKind, ProfileSummary};
use types::{ServerId, UserId};

use super::http::Client;
use super::kernel::Kernel;

/// Generous: the machine may be building at the same time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn environment_dir() -> PathBuf {
    std::env::var_os("LEDGERCLOUD_NOTEBOOK_ENVIRONMENT").map_or_else(
        || PathBuf::from("/var/cache/ledgercloud/notebook-environment"),
        PathBuf::from,
    )
}

pub(crate) fn config(data_dir: &Path) -> LocalEngineConfig {
    LocalEngineConfig {
        supervisor: SupervisorCommand {
            program: PathBuf::from(env!("CARGO_BIN_EXE_notebook-supervisor")),
            arguments: Vec::new(),
        },
        ..LocalEngineConfig::new(data_dir, environment_dir())
    }
}

/// Ends everything that it has started when it is dropped, also by a failed test.
pub(crate) struct Bench {
    pub(crate) engine: LocalEngine,
    directory: Option<TempDir>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    pub(crate) fn at(directory: TempDir) -> Self {
        Self::with(config(directory.path()), directory)
    }

    pub(crate) fn with(config: LocalEngineConfig, directory: TempDir) -> Self {
        let engine = LocalEngine::open(config).unwrap();
        Self {
            engine,
            directory: Some(directory),
        }
    }

    pub(crate) fn data_dir(&self) -> &Path {
        self.directory.as_ref().unwrap().path()
    }

    /// The program that holds the engine goes, the servers stay.
    pub(crate) fn forget(mut self) -> TempDir {
        self.directory.take().unwrap()
    }

    pub(crate) async fn start(&self, spec: ServerSpec) -> Server {
        self.engine.provision(&spec).await.unwrap();
        self.engine.boot(&spec).await.unwrap();
        let server = Server::of(&self.engine, spec);
        server.wait_until_ready(&self.engine).await;
        server
    }

    pub(crate) async fn phase(&self, server_id: ServerId) -> Option<ObservedPhase> {
        self.engine
            .inspect(server_id)
            .await
            .unwrap()
            .map(|observed| observed.phase)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let Some(directory) = self.directory.take() else {
            return;
        };
        let engine = self.engine.clone();
        let cleared = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                for Observed { server_id, .. } in engine.observe().await.unwrap() {
                    engine.stop(server_id, Duration::ZERO).await.unwrap();
                }
            });
        })
        .join();
        drop(directory);
        // A panic on the way would hide the test's own.
        if !std::thread::panicking() {
            cleared.unwrap();
        }
    }
}

pub(crate) fn spec() -> ServerSpec {
    ServerSpec {
        server_id: ServerId::generate(),
        user_id: UserId::generate(),
        user_name: "Ada Lovelace é".to_owned(),
        server_name: String::new(),
        generation: 1,
        profile: ProfileSummary {
            slug: "test".to_owned(),
            display_name: "Test".to_owned(),
            description: String::new(),
            memory_bytes: 1 << 30,
            cpu_millis: 2_000,
            disk_bytes: 256 << 20,
            processes_max: 256,
            network: NetworkKind::Off,
            is_default: true,
        },
        safe_mode: false,
        identity_key: *b"0123456789abcdef0123456789abcdef",
        origin: "http://ada.localhost:3000".to_owned(),
        hub_origin: "http://localhost:3000".to_owned(),
    }
}

/// A server that was asked to start.
pub(crate) struct Server {
    pub(crate) spec: ServerSpec,
    pub(crate) socket: PathBuf,
}

impl Server {
    pub(crate) fn of(engine: &LocalEngine, spec: ServerSpec) -> Self {
        let Endpoint::Unix(socket) = engine.endpoint(spec.server_id, spec.generation) else {
            panic!("local servers answer on Unix sockets");
        };
        Self { spec, socket }
    }

    pub(crate) fn id(&self) -> ServerId {
        self.spec.server_id
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.socket, self.spec.identity_key, &self.spec.user_name)
    }

    pub(crate) async fn kernel(&self) -> Kernel {
        Kernel::start(self.client()).await
    }

    /// One request that waits in the socket's queue until Jupyter takes it.
    pub(crate) async fn wait_until_ready(&self, engine: &LocalEngine) {
        let answer = tokio::time::timeout(PATIENCE, self.client().get("/api")).await;
        if !matches!(&answer, Ok(Ok(answer)) if answer.status == 200) {
            let log = engine.logs(self.id(), 50).await.unwrap().join("\n");
            panic!("the server does not answer: {answer:?}\n{log}");
        }
    }
}

/// Looks until it is true; fails the test if it never is.
pub(crate) async fn until<Condition, Answer>(what: &str, condition: Condition)
where
    Condition: Fn() -> Answer,
    Answer: Future<Output = bool>,
{
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// No processes.
pub(crate) const NOTHING: [i32; 0] = [];

/// Processes of the host whose environment holds this server's mark: everything of an instance.
pub(crate) fn processes_of(server_id: ServerId) -> Vec<i32> {
    let needle = format!("/{server_id}/");
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            std::fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|environment| String::from_utf8_lossy(&environment).contains(&needle))
        })
        .collect()
}
