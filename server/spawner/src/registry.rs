//! Every server in memory: what the database holds, and what only the moment knows.
//!
//! Requests to notebooks are answered from here alone; nothing here waits.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};

use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;
use types::notebook::{ServerState, Usage};
use types::{ServerId, Timestamp, UserId};

use crate::ladder::{Kernel, Signals, Thawed};
use crate::limits;
use crate::server::Server;

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
        resident.server.send_replace(server);
    }

    /// Forgets a server that the database no longer holds.
    pub(crate) fn remove(&self, resident: &Resident) {
        if resident.gone.swap(true, Ordering::SeqCst) {
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

/// One server in memory.
pub(crate) struct Resident {
    server: watch::Sender<Arc<Server>>,
    /// Held while the row is written: one writer at a time.
    pub(crate) writing: tokio::sync::Mutex<()>,
    /// Held while it freezes or thaws: requests wait here.
    pub(crate) gate: Arc<tokio::sync::Mutex<()>>,
    /// The reconciler is at work on it.
    pub(crate) driven: AtomicBool,
    gone: AtomicBool,
    hold: AtomicU8,
    interaction_at: AtomicI64,
    presence_at: AtomicI64,
    pub(crate) watched: Mutex<Watched>,
}

/// What the loops know of a server.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    pub(crate) kernels: HashMap<String, Kernel>,
    /// When the kernels were last asked for, successfully or not.
    pub(crate) polled_at: Option<Timestamp>,
    pub(crate) is_polling: bool,
    pub(crate) last_busy: Option<Timestamp>,
    pub(crate) thawed: Option<Thawed>,
    pub(crate) is_warned: bool,
    /// Busy, and when the next pause comes: as last told to everyone.
    pub(crate) told: Option<(bool, Option<types::notebook::NextPause>)>,
    pub(crate) samples: VecDeque<Usage>,
    pub(crate) usage_told: Option<Usage>,
    /// The last activity that the database knows.
    pub(crate) activity_written: Option<Timestamp>,
}

/// How the door differs from the row, for the moments in which the row is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    AsWritten,
    /// It is being frozen: requests have to wait.
    Closing,
    /// It has been thawed, and the row will say so in a moment.
    Open,
}

const NEVER: i64 = i64::MIN;

impl Resident {
    fn new(server: Server) -> Self {
        let interaction_at = server.last_activity_at.map_or(NEVER, |time| time.0);
        let watched = Watched {
            activity_written: server.last_activity_at,
            ..Watched::default()
        };
        Self {
            server: watch::Sender::new(Arc::new(server)),
            writing: tokio::sync::Mutex::default(),
            gate: Arc::default(),
            driven: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            hold: AtomicU8::new(Hold::AsWritten as u8),
            interaction_at: AtomicI64::new(interaction_at),
            presence_at: AtomicI64::new(NEVER),
            watched: Mutex::new(watched),
        }
    }

    /// As last written.
    pub(crate) fn server(&self) -> Arc<Server> {
        Arc::clone(&self.server.borrow())
    }

    /// The database does not hold it any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    /// To wait for a change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Server>> {
        self.server.subscribe()
    }

    pub(crate) fn set_hold(&self, hold: Hold) {
        self.hold.store(hold as u8, Ordering::SeqCst);
    }

    pub(crate) fn hold(&self) -> Hold {
        match self.hold.load(Ordering::SeqCst) {
            value if value == Hold::Closing as u8 => Hold::Closing,
            value if value == Hold::Open as u8 => Hold::Open,
            _ => Hold::AsWritten,
        }
    }

    /// The state in which requests find it.
    pub(crate) fn door_state(&self) -> ServerState {
        match (self.server.borrow().state(), self.hold()) {
            (ServerState::Ready, Hold::Closing) => ServerState::Frozen,
            (ServerState::Frozen, Hold::Open) => ServerState::Ready,
            (state, _) => state,
        }
    }

    /// Somebody did something.
    pub(crate) fn note_interaction(&self, now: Timestamp) {
        self.interaction_at.fetch_max(now.0, Ordering::Relaxed);
    }

    /// A page is open.
    pub(crate) fn note_presence(&self, now: Timestamp) {
        self.presence_at.fetch_max(now.0, Ordering::Relaxed);
    }

    pub(crate) fn last_interaction(&self) -> Option<Timestamp> {
        some_time(&self.interaction_at)
    }

    pub(crate) fn last_presence(&self) -> Option<Timestamp> {
        some_time(&self.presence_at)
    }

    /// The last interaction, or the last moment a kernel was busy.
    pub(crate) fn last_activity(&self) -> Option<Timestamp> {
        self.last_interaction().max(self.watched.lock().last_busy)
    }

    /// What the ladder looks at; none when the server is not alive.
    pub(crate) fn signals(&self) -> Option<Signals> {
        use crate::ladder::Liveness;
        let server = self.server();
        let liveness = match server.state() {
            ServerState::Ready => Liveness::Ready,
            ServerState::Frozen => Liveness::Frozen,
            _ => return None,
        };
        let last_interaction = self.last_interaction();
        let watched = self.watched.lock();
        Some(Signals {
            liveness,
            started_at: server.started_at.unwrap_or(server.state_since),
            last_interaction,
            last_presence: self.last_presence(),
            last_busy: watched.last_busy,
            kernels: watched.kernels.values().copied().collect(),
            thawed: watched.thawed,
        })
    }

    /// Notes a thaw by a request: how often that happened since somebody did something.
    pub(crate) fn note_thaw(&self, now: Timestamp) {
        let last_interaction = self.last_interaction();
        let mut watched = self.watched.lock();
        let in_vain = match watched.thawed {
            Some(earlier) if last_interaction <= Some(earlier.at) => earlier.thaws_in_vain,
            _ => 0,
        };
        watched.thawed = Some(Thawed {
            at: now,
            thaws_in_vain: in_vain.saturating_add(1),
        });
    }

    /// Forgets what was known of the instance before.
    pub(crate) fn forget_instance(&self) {
        self.set_hold(Hold::AsWritten);
        let mut watched = self.watched.lock();
        let activity_written = watched.activity_written;
        *watched = Watched {
            activity_written,
            ..Watched::default()
        };
    }

    /// Keeps a sample; forgets the oldest.
    pub(crate) fn keep_sample(&self, usage: Usage) {
        let mut watched = self.watched.lock();
        if watched.samples.len() >= limits::SAMPLES_MAX {
            watched.samples.pop_front();
        }
        watched.samples.push_back(usage);
    }
}

fn some_time(time: &AtomicI64) -> Option<Timestamp> {
    match time.load(Ordering::Relaxed) {
        NEVER => None,
        time => Some(Timestamp(time)),
    }
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

    #[test]
    fn thaws_in_vain_are_counted_until_somebody_does_something() {
        let resident = Resident::new(testing::server("alice", ""));
        let in_vain = || {
            resident
                .watched
                .lock()
                .thawed
                .map(|thawed| thawed.thaws_in_vain)
        };
        for (at, expected) in [(10, 1), (20, 2), (30, 3)] {
            resident.note_thaw(Timestamp(at));
            assert_eq!(in_vain(), Some(expected));
        }
        resident.note_interaction(Timestamp(35));
        resident.note_thaw(Timestamp(40));
        assert_eq!(in_vain(), Some(1));
    }
}
