//! Compares what should run with what does, both ways: servers that died behind our back are found,
//! and so are instances that nobody owns.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use types::audit::{Actor, NewAuditEntry, Outcome};
use types::notebook::ServerState;
use types::{ServerId, Timestamp};

use crate::core::{Core, Note, WriteError};
use crate::engine::{EngineError, Observed, ObservedPhase};
use crate::failure::{self, Memory};
use crate::registry::{Hold, Resident};
use crate::state::{AfterLoss, Desired, Event, Step};
use crate::{limits, measure, reconciler};

pub(crate) async fn run(core: Arc<Core>) {
    loop {
        tokio::time::sleep(limits::OBSERVE_INTERVAL).await;
        if let Err(error) = sweep(&core).await {
            tracing::warn!(%error, "the engine does not say what runs");
        }
        measure::show(&core);
    }
}

/// One look at everything.
pub(crate) async fn sweep(core: &Arc<Core>) -> Result<(), EngineError> {
    let began = core.now();
    let expected: Vec<_> = core
        .registry
        .awake()
        .into_iter()
        .map(|resident| (resident.server().version, resident))
        .collect();
    let observed = match tokio::time::timeout(limits::OBSERVE_TIMEOUT, core.engine.observe()).await
    {
        Ok(Ok(observed)) => observed,
        Ok(Err(error)) => {
            measure::engine_failed("observe");
            return Err(error);
        }
        Err(_) => {
            measure::engine_failed("observe");
            return Err(EngineError::Transient("no answer in time".to_owned()));
        }
    };
    let duration_ms = core.now().since_ms(began);
    let found: HashMap<ServerId, &Observed> = observed
        .iter()
        .map(|observed| (observed.server_id, observed))
        .collect();
    for (version, resident) in expected {
        if !is_untouched(&resident, version) {
            continue;
        }
        let verdict = judge(core, &resident, found.get(&resident.server().id).copied()).await;
        measure::polled(
            if matches!(verdict, Verdict::Gone(_)) {
                "stopped"
            } else {
                "running"
            },
            duration_ms,
        );
        if let Err(error) = carry_out(core, &resident, version, verdict).await {
            tracing::error!(server_id = %resident.server().id, %error, "what was found could not be written");
        }
    }
    for spare_id in core.spares.ids() {
        let runs = found
            .get(&spare_id)
            .is_some_and(|spare| !matches!(spare.phase, ObservedPhase::Exited { .. }));
        if !runs {
            core.spares.forget(spare_id);
        }
    }
    clear_away_ended(core, &observed, began);
    look_after_orphans(core, observed, began);
    Ok(())
}

/// Nobody wrote it or works on it since the look began: what was seen is about this row.
fn is_untouched(resident: &Resident, version: i64) -> bool {
    resident.server().version == version
        && !resident.driven.load(Ordering::SeqCst)
        && resident.hold() == Hold::AsWritten
}

/// What a look says about a server that should not be at rest.
enum Verdict {
    AsExpected,
    /// Work is left, and nobody is at it.
    Drive,
    /// It is held, though the row says that it runs.
    FoundFrozen,
    /// It runs, though the row says that it is held.
    FoundRunning,
    Gone(Event),
}

async fn judge(core: &Core, resident: &Resident, found: Option<&Observed>) -> Verdict {
    let server = resident.server();
    let state = server.state();
    if !state.is_alive() {
        return if server.life.step() == Step::Rest {
            Verdict::AsExpected
        } else {
            Verdict::Drive
        };
    }
    let found = found.filter(|found| found.generation == server.life.generation);
    match (found.map(|found| &found.phase), state) {
        (Some(ObservedPhase::Running), ServerState::Frozen) => Verdict::FoundRunning,
        (Some(ObservedPhase::Frozen), ServerState::Ready) => Verdict::FoundFrozen,
        (Some(ObservedPhase::Running | ObservedPhase::Frozen), _) => {
            if server.life.step() == Step::Rest {
                Verdict::AsExpected
            } else {
                Verdict::Drive
            }
        }
        (
            Some(ObservedPhase::Exited {
                cause,
                out_of_memory,
            }),
            _,
        ) => {
            let memory = if *out_of_memory {
                Memory::Exhausted
            } else {
                Memory::Fine
            };
            Verdict::Gone(Event::Died(failure::by_death(
                state,
                cause,
                memory,
                core.now(),
            )))
        }
        (None, _) => missing(core, resident).await,
    }
}

/// Not among those that were seen: looked for once more before it is given up.
async fn missing(core: &Core, resident: &Resident) -> Verdict {
    let server = resident.server();
    let inspected =
        tokio::time::timeout(limits::PAUSE_TIMEOUT, core.engine.inspect(server.id)).await;
    match inspected {
        Ok(Ok(Some(found))) if found.generation == server.life.generation => {
            return Verdict::AsExpected;
        }
        Ok(Ok(_)) => {}
        Ok(Err(_)) | Err(_) => return Verdict::AsExpected,
    }
    let now = core.now();
    let may_restart = server
        .restarted_at
        .is_none_or(|last| now.since_ms(last) > limits::RESTART_WINDOW_MS);
    // What a frozen server held is lost either way; it starts when somebody comes back.
    let after = match (server.state(), server.life.desired) {
        (ServerState::Ready, Desired::Running) if may_restart => AfterLoss::StartAgain,
        _ => AfterLoss::Rest,
    };
    Verdict::Gone(Event::Vanished(
        failure::by_loss(server.state(), now),
        after,
    ))
}

async fn carry_out(
    core: &Arc<Core>,
    resident: &Arc<Resident>,
    version: i64,
    verdict: Verdict,
) -> Result<(), WriteError> {
    let written = match verdict {
        Verdict::AsExpected => return Ok(()),
        Verdict::Drive => {
            reconciler::drive(core, resident);
            return Ok(());
        }
        Verdict::FoundFrozen => {
            core.apply_to_version(resident, version, Event::Froze, None)
                .await
        }
        Verdict::FoundRunning => {
            let note = Note::system("reconciler", "it was found running");
            core.apply_to_version(resident, version, Event::Thawed, Some(&note))
                .await
        }
        Verdict::Gone(event) => {
            let note = gone_note(&event);
            let log = reconciler::failure_log(core, &resident.server()).await;
            let written = core
                .apply_to_version(resident, version, event, Some(&note))
                .await;
            if written.is_ok() {
                resident.forget_instance();
                keep_log(core, resident, log).await?;
            }
            written
        }
    };
    reconciler::drive(core, resident);
    match written {
        // Something happened in between: the next look sees it.
        Ok(_) | Err(WriteError::Refused(_) | WriteError::Gone) => Ok(()),
        Err(error) => Err(error),
    }
}

fn gone_note(event: &Event) -> Note {
    let reason = match event {
        Event::Died(failure) | Event::Vanished(failure, _) => failure.cause.as_str(),
        _ => "",
    };
    Note::system("reconciler", reason)
}

async fn keep_log(core: &Core, resident: &Resident, log: Vec<String>) -> Result<(), WriteError> {
    if log.is_empty() {
        return Ok(());
    }
    core.amend(resident, "stop", |server| {
        server.failure_log.clone_from(&log);
    })
    .await
    .map(|_| ())
}

/// An instance that ended by itself leaves its control group, its mounted home and its sockets: they
/// go once its server rests. The engine tells of it once only, as of anything that was stopped.
fn clear_away_ended(core: &Arc<Core>, observed: &[Observed], began: Timestamp) {
    let is_left = |ended: &&Observed| {
        matches!(ended.phase, ObservedPhase::Exited { .. })
            && core
                .registry
                .get(ended.server_id)
                .is_some_and(|resident| rests_since_before(&resident, began))
    };
    let left = observed.iter().filter(is_left);
    for ended in left.take(limits::CLEARED_AT_ONCE_MAX) {
        stop_orphan(core, ended);
    }
}

/// It was at rest when the look began, and nobody works on it.
fn rests_since_before(resident: &Resident, began: Timestamp) -> bool {
    let server = resident.server();
    server.state().is_startable()
        && server.life.step() == Step::Rest
        && server.state_since < began
        && !resident.driven.load(Ordering::SeqCst)
}

/// Lists instances that no server owns; those that were listed before are stopped.
fn look_after_orphans(core: &Arc<Core>, observed: Vec<Observed>, began: Timestamp) {
    let orphans: Vec<Observed> = observed
        .into_iter()
        .filter(|observed| is_orphan(core, observed, began))
        .collect();
    let known = std::mem::replace(&mut *core.orphans.lock(), orphans.clone());
    for orphan in orphans {
        if known
            .iter()
            .any(|earlier| earlier.server_id == orphan.server_id)
        {
            stop_orphan(core, &orphan);
        } else {
            report_orphan(core, &orphan);
        }
    }
}

fn is_orphan(core: &Core, observed: &Observed, began: Timestamp) -> bool {
    if core.spares.is_known(observed.server_id) {
        return false;
    }
    let Some(resident) = core.registry.get(observed.server_id) else {
        return true;
    };
    !matches!(observed.phase, ObservedPhase::Exited { .. }) && rests_since_before(&resident, began)
}

fn report_orphan(core: &Core, orphan: &Observed) {
    measure::orphan_found();
    tracing::warn!(server_id = %orphan.server_id, generation = orphan.generation, "an instance that no server owns was found");
    core.recorder.record(
        None,
        NewAuditEntry {
            request_id: String::new(),
            actor: Actor::system("reconciler"),
            action: "server.orphan",
            target: format!("server:{}", orphan.server_id),
            outcome: Outcome::Ok,
            reason: "an instance that no server owns was found; it is stopped at the next look"
                .to_owned(),
            change: serde_json::json!({ "generation": orphan.generation }).to_string(),
        },
    );
}

/// Stops it, and clears away what it leaves, unless somebody starts the server at this moment.
fn stop_orphan(core: &Arc<Core>, orphan: &Observed) {
    let server_id = orphan.server_id;
    let resident = core.registry.get(server_id);
    let claim = match resident {
        Some(resident) => match reconciler::Claim::take(core, &resident) {
            Some(claim) => Some(claim),
            None => return,
        },
        None => None,
    };
    let work_core = Arc::clone(core);
    super::spawn(core, async move {
        let ended = tokio::time::timeout(limits::CLEAN_UP_TIMEOUT, async {
            let stopped = work_core.engine.stop(server_id, Duration::ZERO).await;
            if claim.is_none() {
                work_core.engine.destroy(server_id).await?;
            }
            stopped
        })
        .await;
        match ended {
            Ok(Ok(()) | Err(EngineError::NotFound)) => {
                tracing::info!(%server_id, "what was left of an instance was cleared away");
            }
            Ok(Err(error)) => {
                tracing::warn!(%server_id, %error, "what is left of an instance could not be cleared away");
            }
            Err(_) => {
                tracing::warn!(%server_id, "what is left of an instance was not cleared away in time");
            }
        }
        drop(claim);
    });
}
