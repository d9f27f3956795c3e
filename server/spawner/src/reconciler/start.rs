//! From the queue to an answer of JupyterLab.

use std::time::Duration;

use types::notebook::ServerState;

use super::Driver;
use super::call::{Called, time_until};
use crate::core::WriteError;
use crate::engine::{EngineError, Observed, ObservedPhase};
use crate::failure::{self, Memory};
use crate::jupyter::{self, Asker};
use crate::server::{STARTING_PROGRESS, Server};
use crate::starts::{Place, Starts, Turn};
use crate::state::{Event, Step};
use crate::{limits, measure};

impl Driver {
    /// Waits in the queue, and says where.
    pub(super) async fn await_turn(
        &self,
        server: &Server,
        turn: &mut Option<Turn>,
    ) -> Result<(), WriteError> {
        let mut moves = self.core.starts.subscribe();
        turn.get_or_insert_with(|| Starts::enter(&self.core, server.user_id, server.id));
        let deadline =
            tokio::time::Instant::now() + time_until(server.life.state.deadline(), self.core.now());
        let mut told: Option<usize> = None;
        loop {
            if self.core.starts.has_turn(server.id) {
                self.core
                    .apply(&self.resident, Event::TurnCame, None)
                    .await?;
                return Ok(());
            }
            if let Some(place) = self.core.starts.place(&self.core, server.id)
                && told != Some(place.ahead)
            {
                told = Some(place.ahead);
                self.tell_place(place).await?;
            }
            tokio::select! {
                // The position may change often: it is told every two seconds at most.
                () = self.next_move(&mut moves, server) => {}
                () = self.superseded(Step::AwaitTurn, Duration::ZERO) => return Ok(()),
                () = tokio::time::sleep_until(deadline) => {
                    let failure = failure::by_time(ServerState::Queued, self.core.now());
                    self.core
                        .apply_in_step(&self.resident, server, Event::Failed(failure), |_| {})
                        .await?;
                    return Ok(());
                }
            }
        }
    }

    /// Returns when it is this server's turn, or when there is something new to tell.
    async fn next_move(&self, moves: &mut tokio::sync::watch::Receiver<u64>, server: &Server) {
        let not_before = tokio::time::Instant::now()
            + Duration::from_millis(limits::PROGRESS_INTERVAL_MS.unsigned_abs());
        let mut has_moved = false;
        loop {
            tokio::select! {
                moved = moves.changed() => {
                    if moved.is_err() || self.core.starts.has_turn(server.id) {
                        return;
                    }
                    has_moved = true;
                }
                () = tokio::time::sleep_until(not_before), if has_moved => return,
            }
            if has_moved && tokio::time::Instant::now() >= not_before {
                return;
            }
        }
    }

    async fn tell_place(&self, place: Place) -> Result<(), WriteError> {
        let message = queue_message(place);
        self.report("queued", 5, &message).await
    }

    /// Tells of progress unless the server has moved on.
    async fn report(
        &self,
        phase: &'static str,
        progress: u8,
        message: &str,
    ) -> Result<(), WriteError> {
        let step = self.resident.server().life.step();
        self.core
            .amend(&self.resident, phase, |server| {
                if server.life.step() == step {
                    server.progress = progress;
                    message.clone_into(&mut server.message);
                }
            })
            .await?;
        Ok(())
    }

    /// Makes home and limits. Whatever still runs of this server belongs to an older generation.
    pub(super) async fn provision(
        &self,
        server: &Server,
        turn: &mut Option<Turn>,
    ) -> Result<(), WriteError> {
        self.keep_turn(server, turn);
        self.resident.forget_instance();
        let spec = server.spec(&self.core.settings.load());
        let called = self
            .call(server, "provision", || async {
                match self.core.engine.stop(server.id, Duration::ZERO).await {
                    Ok(()) | Err(EngineError::NotFound) => {}
                    Err(error) => return Err(error),
                }
                self.core.engine.provision(&spec).await
            })
            .await;
        match called {
            Called::Done => {
                let spare = self.core.spares.take(server);
                let identity_key = spare.as_ref().map(|spare| spare.identity_key);
                let booting = self
                    .core
                    .apply_with(&self.resident, Event::Provisioned, None, |server| {
                        if let Some(identity_key) = identity_key {
                            server.identity_key = identity_key;
                        }
                    })
                    .await;
                match (booting, spare) {
                    (Ok(server), Some(spare)) => self.adopt(&server, spare.server_id).await,
                    (Err(error), Some(spare)) => {
                        self.core.spares.end(spare.server_id, Some(spare));
                        Err(error)
                    }
                    (outcome, None) => outcome.map(|_| ()),
                }
            }
            other => self.not_called(server, other).await,
        }
    }

    /// Takes over a spare instance. If that fails, the boot that follows makes a new one.
    async fn adopt(&self, server: &Server, spare_id: types::ServerId) -> Result<(), WriteError> {
        let spec = server.spec(&self.core.settings.load());
        let adopted = tokio::time::timeout(
            limits::PAUSE_TIMEOUT,
            self.core.engine.adopt(spare_id, &spec),
        )
        .await;
        self.core.spares.end(spare_id, None);
        let problem = match adopted {
            Ok(Ok(())) => {
                self.core.apply(&self.resident, Event::Booted, None).await?;
                return Ok(());
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no end in time".to_owned(),
        };
        measure::engine_failed("adopt");
        tracing::warn!(server_id = %server.id, %spare_id, problem, "a spare could not be adopted; a new instance is booted");
        for leftover in [spare_id, server.id] {
            self.core.engine.stop(leftover, Duration::ZERO).await.ok();
        }
        // Nobody knows the spare any more: its records and its account go with it.
        self.core.engine.destroy(spare_id).await.ok();
        Ok(())
    }

    /// Starts the instance of this generation unless it is there.
    pub(super) async fn boot(
        &self,
        server: &Server,
        turn: &mut Option<Turn>,
    ) -> Result<(), WriteError> {
        self.keep_turn(server, turn);
        let spec = server.spec(&self.core.settings.load());
        match self
            .call(server, "boot", || self.core.engine.boot(&spec))
            .await
        {
            Called::Done => self
                .core
                .apply(&self.resident, Event::Booted, None)
                .await
                .map(|_| ()),
            other => self.not_called(server, other).await,
        }
    }

    /// Asks JupyterLab until it answers, and tells how long that has taken.
    pub(super) async fn probe(
        &self,
        server: &Server,
        turn: &mut Option<Turn>,
    ) -> Result<(), WriteError> {
        self.keep_turn(server, turn);
        let deadline = time_until(server.life.state.deadline(), self.core.now());
        let answered = tokio::select! {
            answered = tokio::time::timeout(deadline, self.answer(server)) => answered,
            () = self.superseded(Step::Probe, Duration::ZERO) => return Ok(()),
        };
        match answered {
            Ok(Ok(())) => {
                // The deadline was set when the turn came.
                let start_ms = server.life.state.deadline().map_or(0, |deadline| {
                    self.core.durations().start_ms - deadline.since_ms(self.core.now())
                });
                self.core
                    .apply(&self.resident, Event::Answered, None)
                    .await?;
                self.core.starts.note_duration(start_ms);
                measure::start_succeeded(start_ms);
                Ok(())
            }
            Ok(Err(Unanswered::Died { cause, memory })) => {
                let failure =
                    failure::by_death(ServerState::Starting, &cause, memory, self.core.now());
                self.fail(server, failure).await
            }
            Ok(Err(Unanswered::Write(error))) => Err(error),
            Err(_) => self.not_called(server, Called::Late).await,
        }
    }

    async fn answer(&self, server: &Server) -> Result<(), Unanswered> {
        let endpoint = self.core.engine.endpoint(server.id, server.life.generation);
        let asker = Asker {
            endpoint: &endpoint,
            identity_key: &server.identity_key,
            user_name: &server.owner_name,
        };
        let began = self.core.now();
        let (mut checked_at, mut told_at) = (began, began);
        let mut delay_ms = limits::PROBE_DELAY_MS;
        loop {
            if jupyter::is_up(&asker).await.is_ok() {
                return Ok(());
            }
            let now = self.core.now();
            if now.since_ms(checked_at) >= limits::STARTING_CHECK_MS {
                checked_at = now;
                self.check_alive(server).await?;
            }
            if now.since_ms(told_at) >= limits::PROGRESS_INTERVAL_MS {
                told_at = now;
                self.tell_loading(now.since_ms(began))
                    .await
                    .map_err(Unanswered::Write)?;
            }
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            delay_ms = (delay_ms * 2).min(limits::PROBE_DELAY_MAX_MS);
        }
    }

    async fn check_alive(&self, server: &Server) -> Result<(), Unanswered> {
        let found = self.core.engine.inspect(server.id).await;
        match found {
            Ok(Some(Observed {
                phase:
                    ObservedPhase::Exited {
                        cause,
                        out_of_memory,
                    },
                generation,
                ..
            })) if generation == server.life.generation => {
                let memory = if out_of_memory {
                    Memory::Exhausted
                } else {
                    Memory::Fine
                };
                Err(Unanswered::Died { cause, memory })
            }
            Ok(Some(_)) | Err(_) => Ok(()),
            Ok(None) => Err(Unanswered::Died {
                cause: "its instance is not there any more".to_owned(),
                memory: Memory::Fine,
            }),
        }
    }

    async fn tell_loading(&self, elapsed_ms: i64) -> Result<(), WriteError> {
        let progress = loading_progress(elapsed_ms, self.core.starts.average_ms());
        self.report(
            "jupyter",
            progress,
            &format!("Loading JupyterLab: {} s so far", elapsed_ms / 1_000),
        )
        .await
    }

    fn keep_turn(&self, server: &Server, turn: &mut Option<Turn>) {
        turn.get_or_insert_with(|| Starts::resume(&self.core, server.id));
    }
}

enum Unanswered {
    Died { cause: String, memory: Memory },
    Write(WriteError),
}

/// Rises from the beginning of the phase towards 95, half of the way in the usual time.
fn loading_progress(elapsed_ms: i64, usual_ms: i64) -> u8 {
    let (elapsed_ms, usual_ms) = (elapsed_ms.max(0), usual_ms.max(1));
    let room = i64::from(95 - STARTING_PROGRESS);
    let gained = room * elapsed_ms / (elapsed_ms.saturating_add(usual_ms)).max(1);
    STARTING_PROGRESS + u8::try_from(gained).unwrap_or(0)
}

fn queue_message(place: Place) -> String {
    let position = match place.ahead {
        0 => "Next in the queue".to_owned(),
        ahead => format!("Number {} in the queue", ahead + 1),
    };
    match place.wait_ms {
        Some(wait_ms) => format!("{position}: about {} s", (wait_ms + 999) / 1_000),
        None => format!("{position}: waiting until another server stops"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_queue_is_told_in_words() {
        for (ahead, wait_ms, message) in [
            (0, Some(1_200), "Next in the queue: about 2 s"),
            (2, Some(9_000), "Number 3 in the queue: about 9 s"),
            (
                1,
                None,
                "Number 2 in the queue: waiting until another server stops",
            ),
        ] {
            assert_eq!(queue_message(Place { ahead, wait_ms }), message);
        }
    }

    proptest! {
        #[test]
        fn loading_creeps_up_and_never_arrives(a in 0_i64..10_000_000, b in 0_i64..10_000_000, usual in 0_i64..100_000) {
            let (earlier, later) = (a.min(b), a.max(b));
            prop_assert!(loading_progress(earlier, usual) <= loading_progress(later, usual));
            prop_assert!((STARTING_PROGRESS..=95).contains(&loading_progress(later, usual)));
        }
    }
}
