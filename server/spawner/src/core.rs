//! What all parts of the service share, and the one way in which a server is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use sea_orm::DbErr;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use types::Timestamp;
use types::audit::{Actor, NewAuditEntry, Outcome};
use types::notebook::{ServerEvent, ServerState};

use crate::engine::{Engine, Observed};
use crate::registry::{Registry, Resident};
use crate::server::{Momentary, Server};
use crate::service::Recorder;
use crate::settings::{LadderSettings, SpawnerSettings};
use crate::spares::Spares;
use crate::starts::Starts;
use crate::state::{Durations, Event, Next, Refusal};
use crate::store::{Commit, Store};
use crate::{SpawnerError, ladder, limits, measure};

/// Shared by the handle and all loops.
pub(crate) struct Core {
    pub(crate) store: Store,
    pub(crate) settings: ArcSwap<SpawnerSettings>,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) registry: Registry,
    pub(crate) starts: Starts,
    pub(crate) spares: Spares,
    pub(crate) events: broadcast::Sender<ServerEvent>,
    pub(crate) orphans: Mutex<Vec<Observed>>,
    /// Serialises the making of servers, so that counting them and adding one is one step.
    pub(crate) making: tokio::sync::Mutex<()>,
    /// Since when the ladder has been looked at without a break.
    pub(crate) watched_since: AtomicI64,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// Who wants something, and why.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) actor: Actor,
    pub(crate) reason: String,
}

impl Note {
    pub(crate) fn new(actor: &Actor, reason: &str) -> Self {
        Self {
            actor: actor.clone(),
            reason: reason.chars().take(limits::REASON_CHARS_MAX).collect(),
        }
    }

    pub(crate) fn system(part: &str, reason: &str) -> Self {
        Self::new(&Actor::system(part), reason)
    }

    /// As shown beside the state.
    pub(crate) fn cause(&self) -> String {
        if self.reason.is_empty() {
            self.actor.name.clone()
        } else {
            format!("{}: {}", self.actor.name, self.reason)
        }
    }
}

/// Why a server was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("database")]
    Database(#[from] DbErr),
    /// It does not exist any more.
    #[error("the server is gone")]
    Gone,
    /// Others wrote again and again in between.
    #[error("too many writers")]
    Contended,
}

impl From<WriteError> for SpawnerError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(refusal) => refusal.into(),
            WriteError::Database(error) => Self::Database(error),
            WriteError::Gone => Self::not_found(),
            WriteError::Contended => Self::Bug("too many writers of one server".to_owned()),
        }
    }
}

/// A change to a row.
pub(crate) struct Change {
    pub(crate) server: Server,
    /// Of the event that tells of it.
    pub(crate) phase: &'static str,
    pub(crate) audit: Option<&'static str>,
    pub(crate) then: Then,
}

pub(crate) enum Then {
    Keep,
    Remove,
}

impl Core {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// Since when servers have been watched: what happened before was not seen, and nobody was
    /// warned.
    pub(crate) fn watched_since(&self) -> Timestamp {
        Timestamp(self.watched_since.load(Ordering::Relaxed))
    }

    pub(crate) fn durations(&self) -> Durations {
        let settings = self.settings.load();
        Durations {
            start_ms: settings.start_timeout_ms,
            stop_ms: settings
                .stop_grace_ms
                .saturating_add(limits::STOP_MARGIN_MS),
            archive_ms: settings.ladder.archive_after_ms,
        }
    }

    /// The ladder's times for one server: what cannot be frozen has no such step.
    pub(crate) fn ladder_of(&self, resident: &Resident) -> LadderSettings {
        let mut ladder = self.settings.load().ladder;
        if resident.watched.lock().cannot_freeze {
            ladder.freeze_after_ms = None;
        }
        ladder
    }

    /// What the moment knows of a server, for people to see.
    pub(crate) fn momentary(&self, resident: &Resident) -> Momentary {
        let decision = resident
            .signals(self.watched_since())
            .map(|signals| ladder::look(&signals, &self.ladder_of(resident), self.now()));
        let last_activity_at = resident.last_activity();
        let watched = resident.watched.lock();
        Momentary {
            busy: decision.as_ref().is_some_and(|decision| decision.busy),
            next_pause: decision.and_then(|decision| decision.next),
            usage: watched.samples.back().copied(),
            last_activity_at,
        }
    }

    /// Moves a server on. `note` says who wants it; reports of the reconciler have none.
    pub(crate) async fn apply(
        &self,
        resident: &Resident,
        event: Event,
        note: Option<&Note>,
    ) -> Result<Arc<Server>, WriteError> {
        self.apply_with(resident, event, note, |_| {}).await
    }

    /// The same, and changes the row on the way.
    pub(crate) async fn apply_with(
        &self,
        resident: &Resident,
        event: Event,
        note: Option<&Note>,
        edit: impl Fn(&mut Server),
    ) -> Result<Arc<Server>, WriteError> {
        let durations = self.durations();
        self.write(resident, note, |server, now| {
            moved(server, event.clone(), note, now, durations).map(|change| {
                change.map(|mut change| {
                    edit(&mut change.server);
                    change
                })
            })
        })
        .await
    }

    /// Moves a server on only if nobody wrote it since `version`: for reports about the past.
    pub(crate) async fn apply_to_version(
        &self,
        resident: &Resident,
        version: i64,
        event: Event,
        note: Option<&Note>,
    ) -> Result<Arc<Server>, WriteError> {
        let durations = self.durations();
        self.write(resident, note, |server, now| {
            if server.version != version {
                return Err(Refusal::OutOfOrder {
                    state: server.state().as_str(),
                });
            }
            moved(server, event.clone(), note, now, durations)
        })
        .await
    }

    /// Moves a server on, and changes the row on the way, only while it is where it was `seen`: what
    /// became of a call says nothing about a server of which something else is wanted by now.
    pub(crate) async fn apply_in_step(
        &self,
        resident: &Resident,
        seen: &Server,
        event: Event,
        edit: impl Fn(&mut Server),
    ) -> Result<Arc<Server>, WriteError> {
        let durations = self.durations();
        self.write(resident, None, |server, now| {
            let is_there = server.life.step() == seen.life.step()
                && server.life.generation == seen.life.generation
                && server.life.state == seen.life.state;
            if !is_there {
                return Err(Refusal::OutOfOrder {
                    state: server.state().as_str(),
                });
            }
            let change = moved(server, event.clone(), None, now, durations)?;
            Ok(change.map(|mut change| {
                edit(&mut change.server);
                change
            }))
        })
        .await
    }

    /// Changes a row without moving the server, and tells of it.
    pub(crate) async fn amend(
        &self,
        resident: &Resident,
        phase: &'static str,
        edit: impl Fn(&mut Server),
    ) -> Result<Arc<Server>, WriteError> {
        self.write(resident, None, |server, _| {
            let mut server = server.clone();
            edit(&mut server);
            Ok(Some(Change {
                server,
                phase,
                audit: None,
                then: Then::Keep,
            }))
        })
        .await
    }

    /// The one way in which a row changes: as a function of what it is, written under its version
    /// together with the event, then shown to everyone. `change` returns none if there is nothing
    /// to do.
    pub(crate) async fn write(
        &self,
        resident: &Resident,
        note: Option<&Note>,
        change: impl Fn(&Server, Timestamp) -> Result<Option<Change>, Refusal>,
    ) -> Result<Arc<Server>, WriteError> {
        let _writing = resident.writing.lock().await;
        for _ in 0..limits::CONFLICTS_MAX {
            if resident.is_gone() {
                return Err(WriteError::Gone);
            }
            let before = resident.server();
            let now = self.now();
            let Some(mut change) = change(&before, now)? else {
                return Ok(before);
            };
            if let Then::Remove = change.then {
                match self.store.remove(&before).await? {
                    Commit::Done => {
                        self.registry.remove(resident);
                        return Ok(self.tell(resident, &before, change, note, now));
                    }
                    Commit::Conflict => self.read_again(resident, &before).await?,
                }
                continue;
            }
            change.server.version = before.version + 1;
            change.server.last_event_seq = before.last_event_seq + 1;
            change.server.last_activity_at =
                change.server.last_activity_at.max(resident.last_activity());
            let event = change.server.event(change.phase, now);
            match self.store.commit(&change.server, &event).await? {
                Commit::Done => return Ok(self.tell(resident, &before, change, note, now)),
                Commit::Conflict => self.read_again(resident, &before).await?,
            }
        }
        Err(WriteError::Contended)
    }

    async fn read_again(&self, resident: &Resident, before: &Server) -> Result<(), WriteError> {
        match self.store.find(before.id).await? {
            Some(server) => {
                self.registry.replace(resident, Arc::new(server));
                Ok(())
            }
            None => {
                self.registry.remove(resident);
                Err(WriteError::Gone)
            }
        }
    }

    fn tell(
        &self,
        resident: &Resident,
        before: &Server,
        change: Change,
        note: Option<&Note>,
        now: Timestamp,
    ) -> Arc<Server> {
        let event = change.server.event(change.phase, now);
        let server = Arc::new(change.server);
        if server.state() != before.state() {
            measure::state_changed(before, &server, now);
        }
        if let Then::Keep = change.then {
            self.registry.replace(resident, Arc::clone(&server));
        }
        tracing::info!(
            server_id = %server.id,
            user_id = %server.user_id,
            state = server.state().as_str(),
            generation = server.life.generation,
            phase = event.phase,
            what = event.message,
            cause = event.cause,
            "server"
        );
        // Nobody listens: that is fine.
        let _ = self.events.send(event);
        if let Some(action) = change.audit {
            self.recorder.record(
                Some(server.user_id),
                audit_entry(action, before, &server, note),
            );
        }
        if before.state() != server.state() {
            self.starts.look(self);
        }
        server
    }

    /// Tells of something that is not kept: usage, a moved idle clock.
    pub(crate) fn tick(&self, resident: &Resident, phase: &str) {
        let _ = self.events.send(resident.server().event(phase, self.now()));
    }
}

fn moved(
    before: &Server,
    event: Event,
    note: Option<&Note>,
    now: Timestamp,
    durations: Durations,
) -> Result<Option<Change>, Refusal> {
    let pending = pending_message(&event);
    let (next, effects) = before.life.after(event, now, durations)?;
    let mut server = before.clone();
    let life = match next {
        Next::Life(life) if effects.quiet && life == before.life => return Ok(None),
        Next::Life(life) => life,
        Next::Gone => {
            "Deleted".clone_into(&mut server.message);
            server.progress = 100;
            return Ok(Some(Change {
                server,
                phase: "stop",
                audit: effects.audit,
                then: Then::Remove,
            }));
        }
    };
    let generation_before = server.life.generation;
    server.life = life;
    if let Some(note) = note {
        server.cause = note.cause();
    }
    let phase = if effects.quiet {
        pending.unwrap_or_default().clone_into(&mut server.message);
        crate::server::phase_of(server.state())
    } else {
        server.state_since = now;
        server.announce()
    };
    begin_or_end(&mut server, before, generation_before, now);
    Ok(Some(Change {
        server,
        phase,
        audit: effects.audit,
        then: Then::Keep,
    }))
}

/// What a new generation starts with, and what a new run begins with.
fn begin_or_end(server: &mut Server, before: &Server, generation_before: u32, now: Timestamp) {
    if server.life.generation != generation_before {
        server.identity_key = rand::random();
        server.started_at = None;
        server.notices.clear();
        server.failure_log.clear();
    }
    if server.state() == ServerState::Ready && before.state() == ServerState::Starting {
        server.started_at = Some(now);
    }
}

/// What a wish that does not change the state yet says.
fn pending_message(event: &Event) -> Option<&'static str> {
    use crate::state::Wish;
    match event {
        Event::Wanted(Wish::Freeze) => Some("Freezing"),
        Event::Wanted(Wish::Thaw) => Some("Thawing"),
        Event::Wanted(Wish::Start | Wish::StartSafeMode) => Some("Starts as soon as it can"),
        Event::Wanted(Wish::Stop) => Some("Stopping"),
        _ => None,
    }
}

fn audit_entry(
    action: &'static str,
    before: &Server,
    after: &Server,
    note: Option<&Note>,
) -> NewAuditEntry {
    let outcome = match action {
        "server.fail" | "server.lost" => Outcome::Failed,
        _ => Outcome::Ok,
    };
    let failure = after.life.state.failure();
    let change = serde_json::json!({
        "name": after.name,
        "owner": after.user_id,
        "state": { "from": before.state(), "to": after.state() },
        "generation": after.life.generation,
    });
    NewAuditEntry {
        request_id: String::new(),
        actor: note.map_or_else(|| Actor::system("reconciler"), |note| note.actor.clone()),
        action,
        target: format!("server:{}", after.id),
        outcome,
        reason: match (failure, note) {
            (Some(failure), _) => failure.cause.clone(),
            (None, Some(note)) => note.reason.clone(),
            (None, None) => after.cause.clone(),
        },
        change: change.to_string(),
    }
}
