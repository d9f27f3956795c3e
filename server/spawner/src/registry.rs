//! Every server in memory: what the database holds, and what only the moment knows.
//!
//! Requests to notebooks are answered from here alone; nothing here waits.

mod resident;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::RwLock;
use types::notebook::ServerState;
use types::{ServerId, UserId};

use crate::server::Server;

use resident::SetGone;
pub(crate) use resident::{Hold, Resident, Watched};

/// All servers, by each way in which they are looked up.
#[derive(Default)]
pub(crate) struct Registry {
    maps: RwLock<Maps>,
    counts: Counts,
}

#[derive(Default)]
struct Maps {
    by_id: HashMap<ServerId, Arc<Resident>>,
    by_label: HashMap<String, Arc<Resident>>,
    by_user: HashMap<UserId, Vec<ServerId>>,
    /// Not at rest: what the loops look at again and again.
    awake: HashSet<ServerId>,
}

/// Servers in each state.
#[derive(Default)]
struct Counts([AtomicI64; ServerState::ALL.len()]);

impl Registry {
    /// Adds a server that the database holds.
    pub(crate) fn add(&self, server: Server) -> Arc<Resident> {
        let resident = Arc::new(Resident::new(server));
        let server = resident.server();
        let mut maps = self.maps.write();
        maps.by_id.insert(server.id, Arc::clone(&resident));
        maps.by_label
            .insert(server.host_label.clone(), Arc::clone(&resident));
        maps.by_user
            .entry(server.user_id)
            .or_default()
            .push(server.id);
        maps.note_awake(server.id, server.state());
        self.counts.move_one(None, Some(server.state()));
        resident
    }

    /// Shows everyone what has been written of a server.
    pub(crate) fn replace(&self, resident: &Resident, server: Arc<Server>) {
        let before = resident.server().state();
        let after = server.state();
        if before != after {
            self.maps.write().note_awake(server.id, after);
            self.counts.move_one(Some(before), Some(after));
        }
        resident.show(server);
    }

    /// Forgets a server that the database no longer holds.
    pub(crate) fn remove(&self, resident: &Resident) {
        if resident.set_gone() == SetGone::Already {
            return;
        }
        let server = resident.server();
        let mut maps = self.maps.write();
        maps.by_id.remove(&server.id);
        maps.by_label.remove(&server.host_label);
        maps.awake.remove(&server.id);
        if let Some(ids) = maps.by_user.get_mut(&server.user_id) {
            ids.retain(|id| *id != server.id);
            if ids.is_empty() {
                maps.by_user.remove(&server.user_id);
            }
        }
        self.counts.move_one(Some(server.state()), None);
    }

    pub(crate) fn get(&self, server_id: ServerId) -> Option<Arc<Resident>> {
        self.maps.read().by_id.get(&server_id).cloned()
    }

    pub(crate) fn by_label(&self, host_label: &str) -> Option<Arc<Resident>> {
        self.maps.read().by_label.get(host_label).cloned()
    }

    /// The default server first, then by name.
    pub(crate) fn of_user(&self, user_id: UserId) -> Vec<Arc<Resident>> {
        let mut residents: Vec<_> = {
            let maps = self.maps.read();
            let ids = maps.by_user.get(&user_id).into_iter().flatten();
            ids.filter_map(|id| maps.by_id.get(id).cloned()).collect()
        };
        residents.sort_by_cached_key(|resident| resident.server().name.clone());
        residents
    }

    /// Servers that are not at rest.
    pub(crate) fn awake(&self) -> Vec<Arc<Resident>> {
        let maps = self.maps.read();
        maps.awake
            .iter()
            .filter_map(|id| maps.by_id.get(id).cloned())
            .collect()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Resident>> {
        self.maps.read().by_id.values().cloned().collect()
    }

    /// Servers in that state.
    pub(crate) fn count(&self, state: ServerState) -> i64 {
        self.counts.0[position(state)].load(Ordering::Relaxed)
    }

    /// Servers that hold memory: alive, or not yet gone.
    pub(crate) fn occupied(&self) -> i64 {
        [
            ServerState::Ready,
            ServerState::Frozen,
            ServerState::Stopping,
        ]
        .into_iter()
        .map(|state| self.count(state))
        .sum()
    }
}

impl Maps {
    fn note_awake(&mut self, server_id: ServerId, state: ServerState) {
        if state.is_startable() && state != ServerState::Lost {
            self.awake.remove(&server_id);
        } else {
            self.awake.insert(server_id);
        }
    }
}

impl Counts {
    fn move_one(&self, from: Option<ServerState>, to: Option<ServerState>) {
        if let Some(from) = from {
            self.0[position(from)].fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(to) = to {
            self.0[position(to)].fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn position(state: ServerState) -> usize {
    ServerState::ALL
        .iter()
        .position(|other| *other == state)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn servers_are_found_in_each_way_until_they_are_removed() {
        let registry = Registry::default();
        let user = UserId::generate();
        let made: Vec<_> = ["zeta", "", "alpha"]
            .into_iter()
            .map(|name| {
                let mut server = testing::server("alice", name);
                server.user_id = user;
                registry.add(server)
            })
            .collect();
        let names: Vec<_> = registry
            .of_user(user)
            .iter()
            .map(|resident| resident.server().name.clone())
            .collect();
        assert_eq!(names, ["", "alpha", "zeta"]);
        assert_eq!(registry.count(ServerState::Stopped), 3);
        assert!(registry.awake().is_empty());
        for resident in made {
            let server = resident.server();
            assert!(registry.by_label(&server.host_label).is_some());
            registry.remove(&resident);
            registry.remove(&resident);
            assert!(
                registry.by_label(&server.host_label).is_none()
                    && registry.get(server.id).is_none()
            );
        }
        assert_eq!(registry.count(ServerState::Stopped), 0);
        assert!(registry.of_user(user).is_empty());
    }
}
