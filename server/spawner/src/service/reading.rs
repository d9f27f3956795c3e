//! Looking at servers.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::broadcast;
use types::notebook::{ProfileSummary, ServerEvent, ServerQuery, ServerView, Usage};
use types::{Page, ServerId, UserId};

use super::{Result, Spawner};
use crate::engine::{EngineError, Observed};
use crate::registry::Resident;
use crate::{SpawnerError, limits};

impl Spawner {
    /// The instance sizes on offer.
    #[must_use]
    pub fn profiles(&self) -> Vec<ProfileSummary> {
        self.core.settings.load().profiles.clone()
    }

    /// The default server first, then by name.
    ///
    /// # Errors
    /// None at present: the answer comes from memory.
    pub async fn servers_of(&self, user_id: UserId) -> Result<Vec<ServerView>> {
        Ok(self
            .core
            .registry
            .of_user(user_id)
            .iter()
            .map(|resident| self.view(resident))
            .collect())
    }

    /// The owners of servers that are not at rest, each once.
    #[must_use]
    pub fn awake_owners(&self) -> Vec<UserId> {
        let awake = self.core.registry.awake();
        let owners: BTreeSet<UserId> = awake
            .iter()
            .map(|resident| resident.server().user_id)
            .collect();
        owners.into_iter().collect()
    }

    /// One server.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn server(&self, server_id: ServerId) -> Result<ServerView> {
        Ok(self.view(&*self.resident(server_id)?))
    }

    /// Servers by owner's name. `owners`: only servers of these users; `None` means everyone's.
    ///
    /// # Errors
    /// The database failed.
    pub async fn servers(
        &self,
        query: &ServerQuery,
        owners: Option<&[UserId]>,
    ) -> Result<Page<ServerView>> {
        let page = self.core.store.list(query, owners).await?;
        let now = self.core.now();
        Ok(page.map(|server| match self.core.registry.get(server.id) {
            Some(resident) => self.view(&resident),
            None => server.view(crate::server::Momentary::default(), now),
        }))
    }

    /// Newest last, after `after_seq`, at most 500.
    ///
    /// # Errors
    /// `not_found`, or the database failed.
    pub async fn events(&self, server_id: ServerId, after_seq: i64) -> Result<Vec<ServerEvent>> {
        self.resident(server_id)?;
        Ok(self.core.store.events(server_id, after_seq).await?)
    }

    /// Every event of every server from now on. Events of the phases `usage` and `idle` whose `seq`
    /// is that of an earlier event say that a view has changed; they are not kept. The last event
    /// of a server that is deleted has the message `Deleted`, after which [`Spawner::server`] knows
    /// nothing of it. A reader that is more than [`limits::WATCH_BUFFER`] events behind is told so
    /// and reads anew.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<ServerEvent> {
        self.core.events.subscribe()
    }

    /// The last lines of the log, oldest first; of a server that has failed at least those that
    /// were kept with the failure.
    ///
    /// # Errors
    /// `not_found`, or the engine failed.
    pub async fn logs(&self, server_id: ServerId, lines_max: usize) -> Result<Vec<String>> {
        let resident = self.resident(server_id)?;
        let lines_max = lines_max.min(limits::LOG_LINES_MAX);
        let lines = match self.core.engine.logs(server_id, lines_max).await {
            Ok(lines) => lines,
            Err(EngineError::NotFound) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        if !lines.is_empty() {
            return Ok(lines);
        }
        let kept = &resident.server().failure_log;
        Ok(kept[kept.len().saturating_sub(lines_max)..].to_vec())
    }

    /// Samples of the last hour, oldest first.
    #[must_use]
    pub fn usage_history(&self, server_id: ServerId) -> Vec<Usage> {
        self.core
            .registry
            .get(server_id)
            .map(|resident| resident.watched.lock().samples.iter().copied().collect())
            .unwrap_or_default()
    }

    /// Instances found that no server owns.
    #[must_use]
    pub fn orphans(&self) -> Vec<Observed> {
        self.core.orphans.lock().clone()
    }

    pub(super) fn resident(&self, server_id: ServerId) -> Result<Arc<Resident>> {
        self.core
            .registry
            .get(server_id)
            .ok_or_else(SpawnerError::not_found)
    }

    pub(super) fn view(&self, resident: &Resident) -> ServerView {
        resident
            .server()
            .view(self.core.momentary(resident), self.core.now())
    }
}
