//! Whole lives of servers, on every database, with the stub engine in place of sandboxes.

mod chaos;
mod faults;
mod life;
mod pausing;
mod queue;

use std::sync::Arc;

use migrations::testing::{TestDatabase, databases};
use types::audit::Actor;
use types::notebook::{ServerCommand, ServerState, ServerView};
use types::{ServerId, UserId};

use super::*;
use crate::engine::stub::{Fault, FaultKind, StubCall, StubEngine};
use crate::settings::SpawnerSettings;
use crate::testing::{self, Records, actor, eventually};

/// A spawner with everything around it.
struct Bench {
    spawner: Spawner,
    engine: StubEngine,
    records: Arc<Records>,
    actor: Actor,
    database: TestDatabase,
    _sockets: tempfile::TempDir,
}

impl Bench {
    async fn new(database: TestDatabase, settings: SpawnerSettings) -> Self {
        let sockets = tempfile::tempdir().unwrap();
        let engine = StubEngine::open(sockets.path().to_owned()).unwrap();
        let records = testing::records();
        let spawner = Spawner::open(
            database.connection.clone(),
            settings,
            Arc::new(engine.clone()),
            Arc::clone(&records) as Arc<dyn Recorder>,
        )
        .await
        .unwrap();
        Self {
            spawner,
            engine,
            records,
            actor: actor("alice"),
            database,
            _sockets: sockets,
        }
    }

    /// The same database and engine with a new spawner, as after a restart.
    async fn reopened(mut self, settings: SpawnerSettings) -> Self {
        self.spawner.shutdown().await;
        self.records = testing::records();
        self.spawner = Spawner::open(
            self.database.connection.clone(),
            settings,
            Arc::new(self.engine.clone()),
            Arc::clone(&self.records) as Arc<dyn Recorder>,
        )
        .await
        .unwrap();
        self
    }

    /// The default server of a new user.
    async fn made(&self, user_name: &str) -> ServerView {
        self.signed_in(user_name, StartAtSignIn::No).await
    }

    async fn signed_in(&self, user_name: &str, start: StartAtSignIn) -> ServerView {
        self.spawner
            .ensure_default(
                UserId::generate(),
                user_name,
                None,
                &actor(user_name),
                start,
            )
            .await
            .unwrap()
    }

    /// A ready default server of a new user.
    async fn ready(&self, user_name: &str) -> ServerView {
        let view = self.signed_in(user_name, StartAtSignIn::Yes).await;
        self.reaches(view.server_id, ServerState::Ready).await
    }

    async fn command(&self, server_id: ServerId, command: ServerCommand) -> ServerView {
        self.spawner
            .command(server_id, command, "asked to", &self.actor)
            .await
            .unwrap()
    }

    async fn reaches(&self, server_id: ServerId, state: ServerState) -> ServerView {
        eventually(&format!("{server_id} becomes {state:?}"), || async {
            self.spawner
                .server(server_id)
                .await
                .ok()
                .filter(|view| view.state == state)
        })
        .await
    }

    async fn is_gone(&self, server_id: ServerId) {
        eventually("it is gone", || async {
            self.spawner.server(server_id).await.err()
        })
        .await;
    }

    fn inject(&self, call: StubCall, times: u32, kind: FaultKind) {
        self.engine.inject(Fault {
            call,
            server_id: None,
            times,
            kind,
        });
    }

    /// Messages of its history, oldest first.
    async fn history(&self, server_id: ServerId) -> Vec<String> {
        let events = self.spawner.events(server_id, 0).await.unwrap();
        assert!(events.windows(2).all(|pair| pair[0].seq < pair[1].seq));
        events.into_iter().map(|event| event.message).collect()
    }

    /// Nothing was done that no caller may do.
    fn is_sound(&self) {
        assert_eq!(self.engine.violations(), Vec::<String>::new());
    }
}

/// Runs a scenario on every database.
async fn on_each<F: Future<Output = ()>>(settings: SpawnerSettings, scenario: impl Fn(Bench) -> F) {
    for database in databases().await {
        scenario(Bench::new(database, settings.clone()).await).await;
    }
}
