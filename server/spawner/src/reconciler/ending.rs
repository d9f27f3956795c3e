//! Stopping, deleting, failing, and clearing away after a failure.

use std::time::Duration;

use types::notebook::{ServerFailure, ServerState};

use super::Driver;
use super::call::Called;
use crate::core::{Core, WriteError};
use crate::engine::EngineError;
use crate::server::Server;
use crate::state::Event;
use crate::{failure, limits, measure};

impl Driver {
    /// Ends everything of the server.
    pub(super) async fn stop(&self, server: &Server) -> Result<(), WriteError> {
        match self
            .call(server, "stop", || {
                stop_if_there(&self.core, server, self.grace())
            })
            .await
        {
            Called::Done => {
                self.resident.forget_instance();
                self.core
                    .apply(&self.resident, Event::Ended, None)
                    .await
                    .map(|_| ())
            }
            other => self.not_called(server, other).await,
        }
    }

    /// Ends everything of the server and removes what only it has.
    pub(super) async fn destroy(&self, server: &Server) -> Result<(), WriteError> {
        let called = self
            .call(server, "destroy", || async {
                stop_if_there(&self.core, server, self.grace()).await?;
                match self.core.engine.destroy(server.id).await {
                    Err(EngineError::NotFound) => Ok(()),
                    other => other,
                }
            })
            .await;
        match called {
            Called::Done => self
                .core
                .apply(&self.resident, Event::Destroyed, None)
                .await
                .map(|_| ()),
            other => self.not_called(server, other).await,
        }
    }

    /// A call that did not succeed: the phase has failed, unless nobody wants it any more.
    pub(super) async fn not_called(
        &self,
        server: &Server,
        called: Called,
    ) -> Result<(), WriteError> {
        let now = self.core.now();
        match called {
            Called::Done | Called::Superseded => Ok(()),
            Called::Failed(error) => {
                self.fail(server, failure::by_engine(server.state(), &error, now))
                    .await
            }
            Called::Late => {
                self.fail(server, failure::by_time(server.state(), now))
                    .await
            }
        }
    }

    /// Writes the failure first, so that it is seen at once, then clears away what the phase left.
    /// Nothing is done if something else is wanted by now: that follows next.
    pub(super) async fn fail(
        &self,
        server: &Server,
        failure: ServerFailure,
    ) -> Result<(), WriteError> {
        let is_start = server.state().is_starting();
        tracing::warn!(server_id = %server.id, phase = failure.phase.as_str(), cause = failure.cause, "a phase of a server failed");
        let log = failure_log(&self.core, server).await;
        let failed = self
            .core
            .apply_in_step(&self.resident, server, Event::Failed(failure), |server| {
                server.failure_log.clone_from(&log);
            })
            .await;
        if let Err(WriteError::Refused(_)) = failed {
            return failed.map(|_| ());
        }
        if is_start {
            let began = server
                .life
                .state
                .deadline()
                .map_or(self.core.now(), |deadline| {
                    deadline.plus_ms(-self.core.durations().start_ms)
                });
            measure::start_failed(server.state(), self.core.now().since_ms(began));
        }
        clear_away(&self.core, server).await;
        failed.map(|_| ())
    }

    fn grace(&self) -> Duration {
        Duration::from_millis(self.core.settings.load().stop_grace_ms.unsigned_abs())
    }
}

async fn stop_if_there(core: &Core, server: &Server, grace: Duration) -> Result<(), EngineError> {
    match core.engine.stop(server.id, grace).await {
        Err(EngineError::NotFound) => Ok(()),
        other => other,
    }
}

/// The last lines of the log, short enough to keep.
pub(crate) async fn failure_log(core: &Core, server: &Server) -> Vec<String> {
    const LOG_TIMEOUT: Duration = Duration::from_secs(1);
    if server.state() == ServerState::Queued {
        return Vec::new();
    }
    let lines = core.engine.logs(server.id, limits::FAILURE_LOG_LINES);
    match tokio::time::timeout(LOG_TIMEOUT, lines).await {
        Ok(Ok(lines)) => {
            let surplus = lines.len().saturating_sub(limits::FAILURE_LOG_LINES);
            lines
                .into_iter()
                .skip(surplus)
                .map(|line| line.chars().take(limits::LOG_LINE_CHARS_MAX).collect())
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Ends what a failure left running. The sweep goes on with it if this does not succeed.
pub(crate) async fn clear_away(core: &Core, server: &Server) {
    let stopped = tokio::time::timeout(
        limits::CLEAN_UP_TIMEOUT,
        stop_if_there(core, server, Duration::ZERO),
    )
    .await;
    let problem = match stopped {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no end in time".to_owned(),
    };
    measure::engine_failed("stop");
    tracing::warn!(server_id = %server.id, problem, "a failed server could not be cleared away yet");
}
