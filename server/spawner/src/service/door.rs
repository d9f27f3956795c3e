//! The proxy's side: from memory, without waiting, but for a thaw.

use std::sync::Arc;

use types::ServerId;
use types::notebook::ServerState;

use super::{ActivityKind, Door, Result, Spawner, WayIn};
use crate::registry::Resident;
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
        let resident = self.resident(server_id)?;
        match kind {
            ActivityKind::Interaction => resident.note_interaction(self.core.now()),
            ActivityKind::Presence => resident.note_presence(self.core.now()),
        }
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

    /// Notes traffic. It never waits and takes no lock that is held for long. Interaction with a
    /// frozen server thaws it.
    pub fn note_activity(&self, server_id: ServerId, kind: ActivityKind) {
        let Some(resident) = self.core.registry.get(server_id) else {
            return;
        };
        match kind {
            ActivityKind::Interaction => {
                resident.note_interaction(self.core.now());
                self.wake(&resident);
            }
            ActivityKind::Presence => resident.note_presence(self.core.now()),
        }
    }

    /// Somebody typed into a page that was open when the server froze: its WebSocket has passed the
    /// door long ago, so the frame itself has to thaw the server.
    fn wake(&self, resident: &Arc<Resident>) {
        if resident.door_state() != ServerState::Frozen || !resident.begin_waking() {
            return;
        }
        let (core, resident) = (Arc::clone(&self.core), Arc::clone(resident));
        self.core.tasks.spawn(async move {
            let server_id = resident.server().id;
            let woken = reconciler::thaw_for_request(&core, server_id).await;
            resident.end_waking();
            if let Err(error) = woken {
                tracing::warn!(%server_id, %error, "a server was not woken by what somebody typed");
            }
        });
    }
}
