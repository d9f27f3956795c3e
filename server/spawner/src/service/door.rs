//! The proxy's side: from memory, without waiting, but for a thaw.

use std::sync::Arc;

use types::ServerId;

use super::{ActivityKind, Door, Result, Spawner, WayIn};
use crate::{SpawnerError, reconciler};

impl Spawner {
    /// Who lives behind a host label, and the way in if the server is alive. While a server is
    /// being frozen its state here is `frozen` already.
    #[must_use]
    pub fn door(&self, host_label: &str) -> Option<Door> {
        let resident = self.core.registry.by_label(host_label)?;
        let server = resident.server();
        let state = resident.door_state();
        let way_in = state.is_alive().then(|| WayIn {
            endpoint: self.core.engine.endpoint(server.id, server.life.generation),
            identity_key: server.identity_key,
            generation: server.life.generation,
        });
        Some(Door {
            server_id: server.id,
            user_id: server.user_id,
            user_name: server.owner_name.clone(),
            state,
            way_in,
        })
    }

    /// Thaws a frozen server now (for a request that waits) and returns when it runs. It returns at
    /// once when the server runs already. `kind` is what the request says about its user: the
    /// polling of a page that is merely open thaws for a short while and leaves the idle clock
    /// alone, anything else starts it anew.
    ///
    /// # Errors
    /// `notebook.server_state` when it is not alive; the engine failed.
    pub async fn thaw_for_request(&self, server_id: ServerId, kind: ActivityKind) -> Result<()> {
        self.note_activity(server_id, kind);
        let core = Arc::clone(&self.core);
        // A request that is given up half way must not leave the door between open and closed.
        let thawing = self
            .core
            .tasks
            .spawn(async move { reconciler::thaw_for_request(&core, server_id).await });
        thawing
            .await
            .map_err(|error| SpawnerError::Bug(error.to_string()))?
    }

    /// Notes traffic. It never waits and takes no lock that is held for long.
    pub fn note_activity(&self, server_id: ServerId, kind: ActivityKind) {
        let Some(resident) = self.core.registry.get(server_id) else {
            return;
        };
        match kind {
            ActivityKind::Interaction => resident.note_interaction(self.core.now()),
            ActivityKind::Presence => resident.note_presence(self.core.now()),
        }
    }
}
