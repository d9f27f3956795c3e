//! Freezing and thawing. Both hold the server's gate, where requests wait.

use std::sync::Arc;

use types::ServerId;
use types::notebook::{ServerFailure, ServerState};

use super::call::retried;
use super::{Driver, drive};
use crate::core::{Core, Note, WriteError};
use crate::engine::EngineError;
use crate::registry::{Hold, Resident};
use crate::server::Server;
use crate::state::{Event, Wish};
use crate::{SpawnerError, failure, limits, measure};

impl Driver {
    pub(super) async fn freeze(&self, server: &Server) -> Result<(), WriteError> {
        let _gate = self.resident.gate.lock().await;
        let began = self.core.now();
        let decided = self.resident.watched.lock().freeze_decided.take();
        self.resident.set_hold(Hold::Closing);
        let frozen = self
            .in_time("freeze", || self.core.engine.freeze(server.id))
            .await;
        let written = match frozen {
            Ok(()) => self
                .core
                .apply(&self.resident, Event::Froze, None)
                .await
                .map(|_| ()),
            Err(problem) => self.unfreeze(server, &problem).await,
        };
        self.resident.set_hold(Hold::AsWritten);
        written?;
        measure::paused(self.core.now().since_ms(began));
        // Also who came after the decision and before the freeze has been frozen while working.
        if self.resident.last_interaction() >= Some(decided.unwrap_or(began)) {
            let note = Note::system("proxy", "somebody came back at the same moment");
            self.core
                .apply(&self.resident, Event::Wanted(Wish::Thaw), Some(&note))
                .await?;
        }
        Ok(())
    }

    /// It did not freeze: it goes on running, and the ladder will stop it in time.
    async fn unfreeze(&self, server: &Server, problem: &str) -> Result<(), WriteError> {
        tracing::warn!(server_id = %server.id, problem, "a server could not be frozen");
        self.resident.watched.lock().cannot_freeze = true;
        self.in_time("thaw", || self.core.engine.thaw(server.id))
            .await
            .ok();
        let note = Note::system("reconciler", &format!("it could not be frozen: {problem}"));
        self.core
            .apply(&self.resident, Event::Wanted(Wish::Thaw), Some(&note))
            .await
            .map(|_| ())
    }

    pub(super) async fn thaw(&self, server: &Server) -> Result<(), WriteError> {
        let _gate = self.resident.gate.lock().await;
        if self.resident.server().state() != ServerState::Frozen {
            return Ok(());
        }
        let began = self.core.now();
        if self.resident.hold() != Hold::Open
            && let Err(problem) = self
                .in_time("thaw", || self.core.engine.thaw(server.id))
                .await
        {
            let failure = failure_of_thaw(&problem, &self.core);
            return self.fail(server, failure).await;
        }
        self.core.apply(&self.resident, Event::Thawed, None).await?;
        self.resident.set_hold(Hold::AsWritten);
        measure::resumed(self.core.now().since_ms(began));
        Ok(())
    }

    async fn in_time<F>(&self, name: &'static str, call: impl Fn() -> F) -> Result<(), String>
    where
        F: Future<Output = Result<(), EngineError>>,
    {
        in_time(name, call).await.map_err(|error| error.to_string())
    }
}

fn failure_of_thaw(problem: &str, core: &Core) -> ServerFailure {
    failure::by_engine(
        ServerState::Frozen,
        &EngineError::Transient(problem.to_owned()),
        core.now(),
    )
}

async fn in_time<F>(name: &'static str, call: impl Fn() -> F) -> Result<(), EngineError>
where
    F: Future<Output = Result<(), EngineError>>,
{
    match tokio::time::timeout(limits::PAUSE_TIMEOUT, retried(name, call)).await {
        Ok(outcome) => outcome,
        Err(_) => {
            measure::engine_failed(name);
            Err(EngineError::Transient("no end in time".to_owned()))
        }
    }
}

/// The fast path of a request that waits: thaws first, writes afterwards. Many requests at the same
/// time cause one thaw.
pub(crate) async fn thaw_for_request(
    core: &Arc<Core>,
    server_id: ServerId,
) -> Result<(), SpawnerError> {
    let resident = core
        .registry
        .get(server_id)
        .ok_or_else(SpawnerError::not_found)?;
    let gate = tokio::time::timeout(
        limits::PAUSE_TIMEOUT,
        Arc::clone(&resident.gate).lock_owned(),
    )
    .await
    .map_err(|_| {
        SpawnerError::Engine(EngineError::Transient(
            "the server does not thaw".to_owned(),
        ))
    })?;
    match (resident.server().state(), resident.hold()) {
        (ServerState::Ready, _) | (ServerState::Frozen, Hold::Open) => return Ok(()),
        (ServerState::Frozen, _) => {}
        (state, _) => {
            let message = format!("the server is {}", state.as_str());
            return Err(SpawnerError::refused(
                types::ErrorCode::ServerState,
                message,
            ));
        }
    }
    let began = core.now();
    if let Err(error) = in_time("thaw", || core.engine.thaw(server_id)).await {
        // The reconciler tries again, and says so if it is hopeless.
        drop(gate);
        let note = Note::system("proxy", "a request arrived");
        core.apply(&resident, Event::Wanted(Wish::Thaw), Some(&note))
            .await?;
        drive(core, &resident);
        return Err(error.into());
    }
    resident.set_hold(Hold::Open);
    resident.note_thaw(core.now());
    measure::resumed(core.now().since_ms(began));
    let (core, resident) = (Arc::clone(core), Arc::clone(&resident));
    core.tasks.clone().spawn(async move {
        write_thawed(&core, &resident).await;
        drop(gate);
    });
    Ok(())
}

async fn write_thawed(core: &Arc<Core>, resident: &Arc<Resident>) {
    let note = Note::system("proxy", "a request arrived");
    let written = core.apply(resident, Event::Thawed, Some(&note)).await;
    resident.set_hold(Hold::AsWritten);
    if let Err(WriteError::Database(error)) = written {
        // The sweep finds it running and writes it then.
        tracing::error!(server_id = %resident.server().id, %error, "a thaw could not be written");
    }
    drive(core, resident);
}
