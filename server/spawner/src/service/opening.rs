//! Beginning and ending.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use sea_orm::DatabaseConnection;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use types::Timestamp;

use super::{Recorder, Result, Spawner, SpawnerSettings};
use crate::core::Core;
use crate::engine::{Capabilities, Engine};
use crate::registry::Registry;
use crate::spares::Spares;
use crate::starts::Starts;
use crate::state::Step;
use crate::store::Store;
use crate::{SpawnerError, limits, measure, reconciler, tasks};

impl Spawner {
    /// Adopts what runs, starts the reconciler, the idle ladder and the sampler. They end with
    /// [`Spawner::shutdown`]; servers go on running.
    ///
    /// # Errors
    /// The settings cannot be used, or the database cannot be read.
    pub async fn open(
        database: DatabaseConnection,
        settings: SpawnerSettings,
        engine: Arc<dyn Engine>,
        recorder: Arc<dyn Recorder>,
    ) -> Result<Self> {
        let began = Timestamp::now();
        let problems = settings.problems();
        if !problems.is_empty() {
            return Err(SpawnerError::Settings(problems));
        }
        measure::prepare();
        let core = Arc::new(Core {
            store: Store::new(database),
            settings: ArcSwap::from_pointee(settings),
            engine,
            recorder,
            registry: Registry::default(),
            starts: Starts::new(),
            spares: Spares::default(),
            events: broadcast::Sender::new(limits::WATCH_BUFFER),
            orphans: Mutex::default(),
            making: tokio::sync::Mutex::default(),
            watched_since: AtomicI64::new(began.0),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        for server in core.store.load().await? {
            core.registry.add(server);
        }
        go_on(&core).await?;
        tasks::start(&core);
        measure::started_up(Timestamp::now().since_ms(began));
        Ok(Self { core })
    }

    /// Live settings: a changed idle time takes effect at once. Settings with problems (see
    /// [`SpawnerSettings::problems`]) are not taken, and the ones before stay in force.
    pub fn apply_settings(&self, settings: SpawnerSettings) {
        let problems = settings.problems();
        if !problems.is_empty() {
            tracing::error!(
                ?problems,
                "new settings cannot be used: the ones before stay in force"
            );
            return;
        }
        self.core.settings.store(Arc::new(settings));
        self.core.starts.look(&self.core);
    }

    #[must_use]
    pub fn settings(&self) -> Arc<SpawnerSettings> {
        self.core.settings.load_full()
    }

    /// What the engine can do here.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.core.engine.capabilities()
    }

    /// Ends the loops and waits for them. Servers go on running.
    pub async fn shutdown(&self) {
        self.core.shutdown.cancel();
        self.core.tasks.close();
        self.core.tasks.wait().await;
    }
}

/// Takes up every server where it was: looks at what runs, then goes on with what was under way.
/// The time in which the hub was away does not count against a deadline.
async fn go_on(core: &Arc<Core>) -> Result<()> {
    let durations = core.durations();
    for resident in core.registry.awake() {
        let server = resident.server();
        if server.life.step() != Step::Rest && server.life.step() != Step::StartAgain {
            let now = core.now();
            let phase = crate::server::phase_of(server.state());
            core.amend(&resident, phase, |server| {
                server.life.state = server.life.state.with_new_deadline(now, durations);
            })
            .await?;
        }
    }
    if let Err(error) = tasks::sweep::sweep(core).await {
        tracing::error!(%error, "the engine does not say what runs; it is asked again");
    }
    for resident in core.registry.awake() {
        reconciler::drive(core, &resident);
    }
    Ok(())
}
