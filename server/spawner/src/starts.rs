//! How many servers may start at once, and whose turn it is.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;
use types::{ServerId, UserId};

use crate::core::Core;
use crate::start_queue::StartQueue;

/// Assumed length of a start until one has been seen.
const START_GUESS_MS: i64 = 3_000;

/// The queue of starts and the places in it.
pub(crate) struct Starts {
    inner: Mutex<Inner>,
    /// Rises whenever somebody got a place or the queue moved.
    moved: watch::Sender<u64>,
}

#[derive(Default)]
struct Inner {
    queue: StartQueue,
    /// Servers that have a place.
    starting: HashSet<ServerId>,
    average_ms: Option<i64>,
}

/// Where a server is in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Starts that come before.
    pub(crate) ahead: usize,
    /// About how long until its turn; unknown while nothing can start.
    pub(crate) wait_ms: Option<i64>,
}

/// A place among the servers that start; given back when dropped.
pub(crate) struct Turn {
    core: Arc<Core>,
    server_id: ServerId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.core.starts.leave(&self.core, self.server_id);
    }
}

impl Starts {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::default(),
            moved: watch::Sender::new(0),
        }
    }

    /// Takes a place in the queue; it is left when the turn is dropped, taken or not.
    pub(crate) fn enter(core: &Arc<Core>, user_id: UserId, server_id: ServerId) -> Turn {
        core.starts.inner.lock().queue.push(user_id, server_id);
        core.starts.look(core);
        Turn {
            core: Arc::clone(core),
            server_id,
        }
    }

    /// A place for a server that was starting when the hub ended: it does not wait again.
    pub(crate) fn resume(core: &Arc<Core>, server_id: ServerId) -> Turn {
        core.starts.inner.lock().starting.insert(server_id);
        Turn {
            core: Arc::clone(core),
            server_id,
        }
    }

    /// To wait for a movement of the queue.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    pub(crate) fn has_turn(&self, server_id: ServerId) -> bool {
        self.inner.lock().starting.contains(&server_id)
    }

    pub(crate) fn depth(&self) -> usize {
        self.inner.lock().queue.len()
    }

    /// Where a waiting server is.
    pub(crate) fn place(&self, core: &Core, server_id: ServerId) -> Option<Place> {
        let inner = self.inner.lock();
        let ahead = inner.queue.ahead_of(server_id)?;
        let settings = core.settings.load();
        let is_full = settings.active_servers_max.is_some_and(|max| {
            core.registry.occupied() + inner.starting.len() as i64 >= i64::from(max)
        });
        let average_ms = inner.average_ms.unwrap_or(START_GUESS_MS);
        let rounds =
            (ahead as i64 + 1).div_euclid(i64::from(settings.concurrent_starts_max.max(1))) + 1;
        Some(Place {
            ahead,
            wait_ms: (!is_full).then_some(rounds * average_ms),
        })
    }

    /// Notes how long a start took.
    pub(crate) fn note_duration(&self, start_ms: i64) {
        let mut inner = self.inner.lock();
        // A moving average over about five starts.
        let average_ms = inner.average_ms.unwrap_or(start_ms);
        inner.average_ms = Some(average_ms + (start_ms - average_ms) / 5);
    }

    /// How long a start takes, about.
    pub(crate) fn average_ms(&self) -> i64 {
        self.inner.lock().average_ms.unwrap_or(START_GUESS_MS)
    }

    /// Gives free places to those whose turn it is.
    pub(crate) fn look(&self, core: &Core) {
        let settings = core.settings.load();
        let moved = {
            let mut inner = self.inner.lock();
            let mut moved = false;
            while inner.starting.len() < settings.concurrent_starts_max as usize {
                let active = core.registry.occupied() + inner.starting.len() as i64;
                if settings
                    .active_servers_max
                    .is_some_and(|max| active >= i64::from(max))
                {
                    break;
                }
                let Some(server_id) = inner.queue.pop() else {
                    break;
                };
                inner.starting.insert(server_id);
                moved = true;
            }
            moved
        };
        if moved {
            self.moved.send_modify(|count| *count += 1);
        }
    }

    fn leave(&self, core: &Core, server_id: ServerId) {
        {
            let mut inner = self.inner.lock();
            inner.queue.remove(server_id);
            inner.starting.remove(&server_id);
        }
        self.moved.send_modify(|count| *count += 1);
        self.look(core);
    }
}
