//! One server in memory, and what the loops know of it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};

use parking_lot::Mutex;
use tokio::sync::watch;
use types::Timestamp;
use types::notebook::{NextPause, ServerState, Usage};

use crate::ladder::{Kernel, Liveness, Signals, Thawed};
use crate::limits;
use crate::server::Server;

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
    waking: AtomicBool,
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
    /// This instance did not freeze when asked: it is not asked again.
    pub(crate) cannot_freeze: bool,
    /// When the freeze that comes was decided: whoever does something later takes it back.
    pub(crate) freeze_decided: Option<Timestamp>,
    pub(crate) is_warned: bool,
    /// Busy, and when the next pause comes: as last told to everyone.
    pub(crate) told: Option<(bool, Option<NextPause>)>,
    pub(crate) samples: VecDeque<Usage>,
    pub(crate) usage_told: Option<Usage>,
    /// The last activity that the database knows.
    pub(crate) activity_written: Option<Timestamp>,
}

/// Whether a server was known to be gone.
#[derive(PartialEq, Eq)]
pub(super) enum SetGone {
    Now,
    Already,
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
    pub(super) fn new(server: Server) -> Self {
        // Written before the clock was set back, it would keep the server awake until then.
        let last_activity_at = server.last_activity_at.min(Some(Timestamp::now()));
        let interaction_at = last_activity_at.map_or(NEVER, |time| time.0);
        let watched = Watched {
            activity_written: last_activity_at,
            ..Watched::default()
        };
        Self {
            server: watch::Sender::new(Arc::new(server)),
            writing: tokio::sync::Mutex::default(),
            gate: Arc::default(),
            driven: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            waking: AtomicBool::new(false),
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

    /// Shows everyone what has been written.
    pub(super) fn show(&self, server: Arc<Server>) {
        self.server.send_replace(server);
    }

    /// Notes that the database does not hold it any more, and says whether that was known.
    pub(super) fn set_gone(&self) -> SetGone {
        if self.gone.swap(true, Ordering::SeqCst) {
            SetGone::Already
        } else {
            SetGone::Now
        }
    }

    /// The database does not hold it any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    /// Whether the caller is the one to wake it; then it calls [`Resident::end_waking`].
    pub(crate) fn begin_waking(&self) -> bool {
        !self.waking.swap(true, Ordering::SeqCst)
    }

    pub(crate) fn end_waking(&self) {
        self.waking.store(false, Ordering::SeqCst);
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

    /// Forgets times that have not come yet, after the clock was set back: until they come again,
    /// an idle server would seem to be in use, and its kernels would not be asked.
    pub(crate) fn forget_future(&self, now: Timestamp) {
        self.interaction_at.fetch_min(now.0, Ordering::Relaxed);
        self.presence_at.fetch_min(now.0, Ordering::Relaxed);
        let mut watched = self.watched.lock();
        watched.last_busy = watched.last_busy.min(Some(now));
        watched.activity_written = watched.activity_written.min(Some(now));
        watched.polled_at = watched.polled_at.filter(|polled_at| *polled_at <= now);
        for kernel in watched.kernels.values_mut() {
            kernel.since = kernel.since.min(now);
        }
        if let Some(thawed) = &mut watched.thawed {
            thawed.at = thawed.at.min(now);
        }
    }

    /// What the ladder looks at; none when the server is not alive. `watched_since` is when the hub
    /// began to look.
    pub(crate) fn signals(&self, watched_since: Timestamp) -> Option<Signals> {
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
            watched_since,
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

    #[test]
    fn times_that_have_not_come_yet_are_forgotten() {
        let mut server = testing::server("alice", "");
        server.last_activity_at = Some(Timestamp(i64::MAX));
        let resident = Resident::new(server);
        assert!(resident.last_interaction() <= Some(Timestamp::now()));

        let untouched = Resident::new(testing::server("bob", ""));
        let now = Timestamp(100);
        resident.note_interaction(Timestamp(200));
        resident.note_presence(Timestamp(300));
        {
            let mut watched = resident.watched.lock();
            watched.last_busy = Some(Timestamp(400));
            watched.polled_at = Some(Timestamp(500));
        }
        for resident in [&resident, &untouched] {
            resident.forget_future(now);
        }
        assert_eq!(resident.last_presence(), Some(now));
        assert_eq!(resident.last_activity(), Some(now));
        assert_eq!(resident.watched.lock().polled_at, None);
        assert_eq!(untouched.last_presence(), None);
        assert_eq!(untouched.last_activity(), None);
    }
}
