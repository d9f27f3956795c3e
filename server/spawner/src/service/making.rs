//! Making servers.

use std::sync::Arc;

use types::audit::{Actor, NewAuditEntry, Outcome};
use types::notebook::{ProfileSummary, ServerFailure, ServerView};
use types::{ErrorCode, ServerId, UserId};

use super::{Result, Spawner, StartAtSignIn};
use crate::core::{Core, Note};
use crate::host_label::host_label;
use crate::registry::Resident;
use crate::server::Server;
use crate::server_name::ServerName;
use crate::state::Life;
use crate::store::Insertion;
use crate::{SpawnerError, profile};

/// Labels tried for one server: each further one has a hash of 32 bits.
const LABEL_ATTEMPTS_MAX: u32 = 8;

impl Spawner {
    /// Makes the default server if the user has none, and wants it running. At sign-in. A server
    /// whose last start failed is left alone: its owner decides.
    ///
    /// # Errors
    /// `notebook.profile_invalid`, or the database failed.
    pub async fn ensure_default(
        &self,
        user_id: UserId,
        user_name: &str,
        profile: Option<&str>,
        actor: &Actor,
        start: StartAtSignIn,
    ) -> Result<ServerView> {
        let resident = self.default_of(user_id, user_name, profile, actor).await?;
        if resident.server().owner_name != user_name {
            self.core
                .amend(
                    &resident,
                    crate::server::phase_of(resident.server().state()),
                    |server| {
                        user_name.clone_into(&mut server.owner_name);
                    },
                )
                .await?;
        }
        let server = resident.server();
        if start == StartAtSignIn::Yes && !server.life.state.failure().is_some_and(is_of_a_start) {
            self.want(
                &resident,
                crate::state::Wish::Start,
                Note::new(actor, "signed in"),
            )
            .await?;
        }
        Ok(self.view(&resident))
    }

    async fn default_of(
        &self,
        user_id: UserId,
        user_name: &str,
        profile: Option<&str>,
        actor: &Actor,
    ) -> Result<Arc<Resident>> {
        let spawner = self.clone();
        let user_name = user_name.to_owned();
        let profile = profile.map(str::to_owned);
        let actor = actor.clone();
        self.to_the_end(async move {
            spawner
                .make_default(user_id, &user_name, profile.as_deref(), &actor)
                .await
        })
        .await
    }

    async fn make_default(
        &self,
        user_id: UserId,
        user_name: &str,
        profile: Option<&str>,
        actor: &Actor,
    ) -> Result<Arc<Resident>> {
        let name = ServerName::default_server();
        let _making = self.core.making.lock().await;
        if let Some(resident) = self.of_name(user_id, &name) {
            return Ok(resident);
        }
        let profile = {
            let settings = self.core.settings.load();
            match profile {
                Some(slug) => profile::find(&settings.profiles, slug)?.clone(),
                None => profile::default_of(&settings.profiles)?.clone(),
            }
        };
        self.insert(Plan {
            user_id,
            user_name,
            name: &name,
            display_name: "My server",
            profile,
            actor,
        })
        .await
    }

    /// Makes a further server, at rest.
    ///
    /// # Errors
    /// `notebook.server_name_invalid`, `notebook.server_name_taken`, `notebook.server_limit`,
    /// `notebook.profile_invalid`, `bad_request` for the display name; the database failed.
    pub async fn create(
        &self,
        user_id: UserId,
        user_name: &str,
        name: &str,
        display_name: &str,
        profile: &str,
        actor: &Actor,
    ) -> Result<ServerView> {
        let name = ServerName::parse(name)?;
        let display_name = checked_display_name(display_name, name.as_str())?;
        let settings = self.core.settings.load_full();
        let profile = profile::find(&settings.profiles, profile)?.clone();
        let spawner = self.clone();
        let user_name = user_name.to_owned();
        let actor = actor.clone();
        let making = self.to_the_end(async move {
            let plan = Plan {
                user_id,
                user_name: &user_name,
                name: &name,
                display_name: &display_name,
                profile,
                actor: &actor,
            };
            spawner.make_named(plan, settings.named_servers_max).await
        });
        let resident = making.await?;
        Ok(self.view(&resident))
    }

    async fn make_named(&self, plan: Plan<'_>, named_servers_max: u32) -> Result<Arc<Resident>> {
        let _making = self.core.making.lock().await;
        if self.of_name(plan.user_id, plan.name).is_some() {
            return Err(name_taken());
        }
        let named = self
            .core
            .registry
            .of_user(plan.user_id)
            .iter()
            .filter(|other| !other.server().is_default())
            .count();
        if named >= named_servers_max as usize {
            return Err(limit_reached(named_servers_max));
        }
        self.insert(plan).await
    }

    /// Does something to the end even if the caller goes away: a row that was written and is not in
    /// memory would be a server that is nowhere, and its name could not be given again.
    async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let done = self.core.tasks.spawn(work).await;
        done.map_err(|error| SpawnerError::Bug(error.to_string()))?
    }

    fn of_name(&self, user_id: UserId, name: &ServerName) -> Option<Arc<Resident>> {
        let mut servers = self.core.registry.of_user(user_id).into_iter();
        servers.find(|resident| resident.server().name == name.as_str())
    }

    async fn insert(&self, plan: Plan<'_>) -> Result<Arc<Resident>> {
        for attempt in 0..LABEL_ATTEMPTS_MAX {
            let server = plan.server(&self.core, attempt);
            let event = server.event("stop", server.created_at);
            match self.core.store.insert(&server, &event).await? {
                Insertion::Done => return Ok(self.made(server, plan.actor)),
                Insertion::NameTaken => return Err(name_taken()),
                Insertion::LabelTaken => {}
            }
        }
        Err(SpawnerError::Bug(format!(
            "no free host label for a server of user {}",
            plan.user_id
        )))
    }

    fn made(&self, server: Server, actor: &Actor) -> Arc<Resident> {
        let change = serde_json::json!({
            "name": server.name,
            "owner": server.user_id,
            "profile": server.profile.slug,
            "host_label": server.host_label,
        });
        self.core.recorder.record(
            Some(server.user_id),
            NewAuditEntry {
                request_id: String::new(),
                actor: actor.clone(),
                action: "server.create",
                target: format!("server:{}", server.id),
                outcome: Outcome::Ok,
                reason: String::new(),
                change: change.to_string(),
            },
        );
        let event = server.event("stop", server.created_at);
        let resident = self.core.registry.add(server);
        let _ = self.core.events.send(event);
        resident
    }
}

/// A server that is to be made.
struct Plan<'a> {
    user_id: UserId,
    user_name: &'a str,
    name: &'a ServerName,
    display_name: &'a str,
    profile: ProfileSummary,
    actor: &'a Actor,
}

impl Plan<'_> {
    fn server(&self, core: &Core, attempt: u32) -> Server {
        let now = core.now();
        let life = Life::new(now, core.durations());
        let mut server = Server {
            id: ServerId::generate(),
            user_id: self.user_id,
            owner_name: self.user_name.to_owned(),
            name: self.name.as_str().to_owned(),
            display_name: self.display_name.to_owned(),
            host_label: host_label(self.user_id, self.user_name, self.name, attempt),
            life,
            state_since: now,
            version: 1,
            profile: self.profile.clone(),
            identity_key: rand::random(),
            progress: 0,
            message: String::new(),
            cause: Note::new(self.actor, "made").cause(),
            failure_log: Vec::new(),
            notices: Vec::new(),
            last_event_seq: 1,
            restarted_at: None,
            created_at: now,
            started_at: None,
            last_activity_at: None,
        };
        "Made; it has not run yet".clone_into(&mut server.message);
        server
    }
}

/// A start that failed is not repeated unasked; a server that ran well and then died may be.
fn is_of_a_start(failure: &ServerFailure) -> bool {
    failure.phase.is_starting()
}

/// What people call a server: trimmed, without control characters, `fallback` when empty.
pub(super) fn checked_display_name(display_name: &str, fallback: &str) -> Result<String> {
    let display_name = display_name.trim();
    let display_name = if display_name.is_empty() {
        fallback
    } else {
        display_name
    };
    let problem = if display_name.chars().any(char::is_control) {
        "a title has no control characters"
    } else if display_name.chars().count() > types::account::DISPLAY_NAME_CHARS_MAX as usize {
        "a title has at most 80 characters"
    } else if display_name.is_empty() {
        "a title is needed"
    } else {
        return Ok(display_name.to_owned());
    };
    Err(types::ApiError::new(ErrorCode::BadRequest, problem)
        .with_field("display_name")
        .into())
}

fn name_taken() -> SpawnerError {
    types::ApiError::new(
        ErrorCode::ServerNameTaken,
        "you have a server of this name already",
    )
    .with_field("name")
    .into()
}

fn limit_reached(named_servers_max: u32) -> SpawnerError {
    let message = match named_servers_max {
        0 => "further servers are not offered here".to_owned(),
        1 => "you may have one server beside your first".to_owned(),
        max => format!("you may have {max} servers beside your first"),
    };
    types::ApiError::new(ErrorCode::ServerLimit, message)
        .with_hint("delete one that you do not need")
        .into()
}
