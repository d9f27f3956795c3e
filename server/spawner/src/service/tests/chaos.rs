//! The hub is killed at random moments while twenty servers start and stop: whatever it was doing
//! ends at an await point, as with `kill -9`, and instances live on. After each death a new hub
//! opens the same database. In the end every server is what was last asked for, exactly once.

use std::collections::HashMap;
use std::time::Duration;

use migrations::testing::TestDatabase;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;
use crate::engine::{Engine, ObservedPhase};

const SERVERS: usize = 20;
const DEATHS: usize = 12;

/// One life of the hub, on a runtime of its own that can be killed.
struct Hub {
    runtime: tokio::runtime::Runtime,
    spawner: Spawner,
}

impl Hub {
    async fn begin(url: &str, engine: &StubEngine) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let (url, engine) = (url.to_owned(), engine.clone());
        let opening = runtime.spawn(async move {
            // Connections belong to the life that opened them.
            let database = migrations::open(&url).await.unwrap();
            let settings = SpawnerSettings {
                concurrent_starts_max: 6,
                ..testing::settings()
            };
            Spawner::open(database, settings, Arc::new(engine), testing::records())
                .await
                .unwrap()
        });
        let spawner = opening.await.unwrap();
        Self { runtime, spawner }
    }

    /// Every task ends where it is.
    fn kill(self) {
        self.runtime.shutdown_background();
    }

    /// Asks for something in the hub's own life; the answer may be lost with it.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl Future<Output = T> + Send + 'static,
    ) -> T {
        self.runtime.spawn(question).await.unwrap()
    }
}

async fn storm(database: TestDatabase, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let sockets = tempfile::tempdir().unwrap();
    let engine = StubEngine::open(sockets.path().to_owned()).unwrap();
    engine.set_boot_delay(Duration::from_millis(20));
    // More moments at which a call is under way.
    for call in [
        StubCall::Provision,
        StubCall::Boot,
        StubCall::Freeze,
        StubCall::Thaw,
        StubCall::Stop,
    ] {
        let kind = FaultKind::Delay(Duration::from_millis(random.random_range(0..15)));
        engine.inject(Fault {
            call,
            server_id: None,
            times: u32::MAX,
            kind,
        });
    }
    let hub = Hub::begin(&database.url, &engine).await;
    let mut ids = Vec::new();
    for number in 0..SERVERS {
        let spawner = hub.spawner.clone();
        let view = hub
            .ask(async move {
                let actor = actor("chaos");
                let name = format!("user{number}");
                spawner
                    .ensure_default(UserId::generate(), &name, None, &actor, StartAtSignIn::No)
                    .await
                    .unwrap()
            })
            .await;
        ids.push(view.server_id);
    }
    let mut hub = hub;
    let mut generations: HashMap<ServerId, u32> = HashMap::new();
    for _ in 0..DEATHS {
        for _ in 0..random.random_range(5..30) {
            let server_id = ids[random.random_range(0..ids.len())];
            let spawner = hub.spawner.clone();
            let command = match random.random_range(0..7) {
                0 | 1 => ServerCommand::Start,
                2 => ServerCommand::Stop,
                3 | 4 => ServerCommand::Freeze,
                5 => ServerCommand::Thaw,
                _ => {
                    hub.runtime.spawn(async move {
                        spawner
                            .thaw_for_request(server_id, ActivityKind::Presence)
                            .await
                    });
                    continue;
                }
            };
            // Some of these are in the middle of their write when the hub dies.
            hub.runtime.spawn(async move {
                spawner
                    .command(server_id, command, "chaos", &actor("chaos"))
                    .await
            });
            if random.random_range(0..4) == 0 {
                tokio::time::sleep(Duration::from_micros(random.random_range(0..20_000))).await;
            }
        }
        tokio::time::sleep(Duration::from_micros(random.random_range(0..60_000))).await;
        hub.kill();
        hub = Hub::begin(&database.url, &engine).await;
        for (server_id, generation) in engine.alive() {
            let before = generations.insert(server_id, generation).unwrap_or(0);
            assert!(
                generation >= before,
                "seed {seed}: {server_id} went from {before} to {generation}"
            );
        }
    }
    settle(&hub, &engine, &ids, seed).await;
    finish(&hub, &engine, &ids, seed).await;
    hub.kill();
}

/// Everything comes to rest, and database and engine agree.
async fn settle(hub: &Hub, engine: &StubEngine, ids: &[ServerId], seed: u64) {
    let agreement = || async {
        let mut expected = HashMap::new();
        for server_id in ids {
            let spawner = hub.spawner.clone();
            let server_id = *server_id;
            let view = hub
                .ask(async move { spawner.server(server_id).await })
                .await
                .expect("no server is lost");
            match view.state {
                ServerState::Ready | ServerState::Frozen => {
                    let door = hub.spawner.door(&view.host_label)?;
                    expected.insert(server_id, (door.way_in?.generation, view.state));
                }
                ServerState::Stopped => {}
                other => {
                    assert!(
                        !matches!(other, ServerState::Failed | ServerState::Lost),
                        "seed {seed}: {other:?} {}",
                        view.message
                    );
                    return None;
                }
            }
        }
        (found(engine).await == expected).then_some(())
    };
    eventually(
        &format!("seed {seed}: database and engine agree"),
        agreement,
    )
    .await;
    assert_eq!(engine.violations(), Vec::<String>::new(), "seed {seed}");
}

/// What the engine has: generation and state of each instance.
async fn found(engine: &StubEngine) -> HashMap<ServerId, (u32, ServerState)> {
    let observed = engine.observe().await.unwrap().into_iter();
    observed
        .map(|found| {
            let state = match found.phase {
                ObservedPhase::Running => ServerState::Ready,
                ObservedPhase::Frozen => ServerState::Frozen,
                ObservedPhase::Exited { .. } => ServerState::Failed,
            };
            (found.server_id, (found.generation, state))
        })
        .collect()
}

/// Each server can still be started and stopped.
async fn finish(hub: &Hub, engine: &StubEngine, ids: &[ServerId], seed: u64) {
    for (command, state) in [
        (ServerCommand::Start, ServerState::Ready),
        (ServerCommand::Stop, ServerState::Stopped),
    ] {
        for server_id in ids {
            let (spawner, server_id) = (hub.spawner.clone(), *server_id);
            hub.ask(async move {
                spawner
                    .command(server_id, command, "", &actor("chaos"))
                    .await
                    .unwrap()
            })
            .await;
        }
        for server_id in ids {
            eventually(
                &format!("seed {seed}: {server_id} becomes {state:?}"),
                || async {
                    let (spawner, server_id) = (hub.spawner.clone(), *server_id);
                    let view = hub
                        .ask(async move { spawner.server(server_id).await.unwrap() })
                        .await;
                    (view.state == state).then_some(())
                },
            )
            .await;
        }
    }
    assert!(engine.alive().is_empty(), "seed {seed}");
    assert_eq!(engine.violations(), Vec::<String>::new(), "seed {seed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_is_killed_loses_doubles_and_orphans_nothing() {
    for seed in [1, 2, 3] {
        for database in databases().await {
            storm(database, seed).await;
        }
    }
}
