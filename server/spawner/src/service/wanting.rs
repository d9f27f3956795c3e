//! Writing what is wanted. Engines are never asked here.

use std::sync::Arc;

use types::audit::{Actor, NewAuditEntry, Outcome};
use types::notebook::{ServerCommand, ServerState, ServerView};
use types::{ErrorCode, ServerId, UserId};

use super::making::checked_display_name;
use super::{Result, Spawner};
use crate::core::{Change, Note, Then};
use crate::registry::Resident;
use crate::server::{Server, phase_of};
use crate::state::{Event, Refusal, Wish};
use crate::{SpawnerError, limits, profile, reconciler};

impl Spawner {
    /// Writes what is wanted and returns at once; progress comes as events. `reason` is said beside
    /// the state: who asked is said by `actor`.
    ///
    /// # Errors
    /// `not_found`; `notebook.server_state` when the server is in a state in which this cannot be
    /// done; the database failed.
    pub async fn command(
        &self,
        server_id: ServerId,
        command: ServerCommand,
        reason: &str,
        actor: &Actor,
    ) -> Result<ServerView> {
        let resident = self.resident(server_id)?;
        let wish = match command {
            ServerCommand::Start => Wish::Start,
            ServerCommand::StartSafeMode => Wish::StartSafeMode,
            ServerCommand::Stop => Wish::Stop,
            ServerCommand::Freeze => Wish::Freeze,
            ServerCommand::Thaw => Wish::Thaw,
            ServerCommand::Delete => Wish::Destroy,
            ServerCommand::KeepActive => return self.keep_active(&resident),
        };
        self.want(&resident, wish, Note::new(actor, reason)).await?;
        Ok(self.view(&resident))
    }

    /// Stops every server of a user: suspension.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stop_all_of(&self, user_id: UserId, reason: &str, actor: &Actor) -> Result<()> {
        for resident in self.core.registry.of_user(user_id) {
            match self
                .want(&resident, Wish::Stop, Note::new(actor, reason))
                .await
            {
                // One that is being deleted or is gone does not run on.
                Ok(()) | Err(SpawnerError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Changes what people call it. Name and address stay.
    ///
    /// # Errors
    /// `not_found`, `bad_request`; the database failed.
    pub async fn rename(
        &self,
        server_id: ServerId,
        display_name: &str,
        actor: &Actor,
    ) -> Result<ServerView> {
        let resident = self.resident(server_id)?;
        let before = resident.server();
        let display_name = checked_display_name(display_name, &before.name)?;
        self.edit(&resident, move |server| {
            server.display_name.clone_from(&display_name);
            Ok(())
        })
        .await?;
        let after = resident.server();
        let change = serde_json::json!({ "display_name": { "from": before.display_name, "to": after.display_name } });
        self.record_edit("server.rename", &after, actor, change);
        Ok(self.view(&resident))
    }

    /// Changes the instance size. Only while it is at rest.
    ///
    /// # Errors
    /// `not_found`, `notebook.profile_invalid`, `notebook.server_state`; the database failed.
    pub async fn set_profile(
        &self,
        server_id: ServerId,
        profile: &str,
        actor: &Actor,
    ) -> Result<ServerView> {
        let resident = self.resident(server_id)?;
        let before = resident.server();
        let profile = profile::find(&self.core.settings.load().profiles, profile)?.clone();
        self.edit(&resident, move |server| {
            if !server.state().is_startable() {
                return Err(Refusal::NotAtRest);
            }
            server.profile = profile.clone();
            Ok(())
        })
        .await?;
        let after = resident.server();
        let change = serde_json::json!({ "profile": { "from": before.profile.slug, "to": after.profile.slug } });
        self.record_edit("server.set_profile", &after, actor, change);
        Ok(self.view(&resident))
    }

    /// Writes a wish and has it worked on. It is done to the end even if the caller goes away.
    pub(super) async fn want(
        &self,
        resident: &Arc<Resident>,
        wish: Wish,
        note: Note,
    ) -> Result<()> {
        let wants_start = matches!(wish, Wish::Start | Wish::StartSafeMode);
        if wants_start && self.core.starts.depth() >= limits::QUEUE_MAX {
            return Err(queue_full());
        }
        let (core, resident) = (Arc::clone(&self.core), Arc::clone(resident));
        let writing = self.core.tasks.spawn(async move {
            if matches!(wish, Wish::Thaw | Wish::Start) {
                resident.note_interaction(core.now());
            }
            if wish == Wish::Freeze {
                resident.watched.lock().freeze_decided = Some(core.now());
            }
            let written = core
                .apply(&resident, Event::Wanted(wish), Some(&note))
                .await;
            reconciler::drive(&core, &resident);
            written
        });
        let written = writing
            .await
            .map_err(|error| SpawnerError::Bug(error.to_string()))?;
        written.map(|_| ()).map_err(SpawnerError::from)
    }

    /// Starts the idle clock anew, also of a frozen server, which stays frozen.
    fn keep_active(&self, resident: &Arc<Resident>) -> Result<ServerView> {
        let state = resident.server().state();
        if !matches!(state, ServerState::Ready | ServerState::Frozen) {
            return Err(SpawnerError::refused(
                ErrorCode::ServerState,
                "only a running server can be kept active",
            ));
        }
        resident.note_interaction(self.core.now());
        self.core.tick(resident, "idle");
        Ok(self.view(resident))
    }

    async fn edit(
        &self,
        resident: &Arc<Resident>,
        edit: impl Fn(&mut Server) -> std::result::Result<(), Refusal> + Send + Sync + 'static,
    ) -> Result<()> {
        let (core, resident) = (Arc::clone(&self.core), Arc::clone(resident));
        let writing = self.core.tasks.spawn(async move {
            core.write(&resident, None, |server, _| {
                let mut server = server.clone();
                edit(&mut server)?;
                let phase = phase_of(server.state());
                Ok(Some(Change {
                    server,
                    phase,
                    audit: None,
                    then: Then::Keep,
                }))
            })
            .await
        });
        let written = writing
            .await
            .map_err(|error| SpawnerError::Bug(error.to_string()))?;
        written.map(|_| ()).map_err(SpawnerError::from)
    }

    fn record_edit(
        &self,
        action: &'static str,
        server: &Server,
        actor: &Actor,
        change: serde_json::Value,
    ) {
        self.core.recorder.record(
            Some(server.user_id),
            NewAuditEntry {
                request_id: String::new(),
                actor: actor.clone(),
                action,
                target: format!("server:{}", server.id),
                outcome: Outcome::Ok,
                reason: String::new(),
                change: change.to_string(),
            },
        );
    }

    /// Has every server that is not at rest stopped, and waits for none of them. For an operator
    /// who shuts a machine down for good.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stop_everything(&self, reason: &str, actor: &Actor) -> Result<()> {
        for resident in self.core.registry.awake() {
            match self
                .want(&resident, Wish::Stop, Note::new(actor, reason))
                .await
            {
                Ok(()) | Err(SpawnerError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn queue_full() -> SpawnerError {
    let retry_after_ms = limits::QUEUE_RETRY_MS + rand::random::<u64>() % limits::QUEUE_RETRY_MS;
    types::ApiError::new(
        ErrorCode::RateLimited,
        "too many servers are waiting to start",
    )
    .with_hint("try again in a minute")
    .with_retry_after_ms(retry_after_ms)
    .into()
}
