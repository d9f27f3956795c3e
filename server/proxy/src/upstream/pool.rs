//! Connections kept open between requests, by server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::{Connection, ReadyConnection};
use crate::activity::ActivityMeter;
use crate::measure::Measure;
use crate::settings::ProxyLimits;
use crate::{ProxyError, Target};

/// Shortest pause between two searches for connections to give up.
const SWEEP_INTERVAL_MIN: Duration = Duration::from_millis(100);

/// All servers that have been asked lately.
pub(crate) struct Pool {
    limits: ProxyLimits,
    measure: Measure,
    upstreams: RwLock<HashMap<Target, Arc<Upstream>>>,
    idle_total: Arc<AtomicUsize>,
}

/// One server: its unused connections and its bounds.
pub(crate) struct Upstream {
    target: Target,
    limits: ProxyLimits,
    measure: Measure,
    /// The most recently used is last and is taken first, so that surplus ones grow old.
    idle: Mutex<Vec<ReadyConnection>>,
    idle_total: Arc<AtomicUsize>,
    requests: Arc<Semaphore>,
    websockets: Arc<Semaphore>,
    pub(crate) activity: ActivityMeter,
}

/// Whether a request can be sent again without harm (RFC 9110 §9.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeatable {
    Yes,
    No,
}

impl Pool {
    /// Must be called within a Tokio runtime: a task gives up old connections until the pool is
    /// dropped.
    pub(crate) fn open(limits: ProxyLimits, measure: Measure) -> Arc<Self> {
        let pool = Arc::new(Self {
            limits,
            measure,
            upstreams: RwLock::default(),
            idle_total: Arc::default(),
        });
        tokio::spawn(sweep_until_dropped(
            Arc::downgrade(&pool),
            limits.idle_timeout,
        ));
        pool
    }

    pub(crate) fn upstream(&self, target: &Target) -> Arc<Upstream> {
        if let Some(upstream) = self.upstreams.read().get(target) {
            return Arc::clone(upstream);
        }
        let mut upstreams = self.upstreams.write();
        let entry = upstreams.entry(target.clone());
        Arc::clone(entry.or_insert_with(|| Arc::new(Upstream::new(self, target))))
    }

    /// Closes the unused connections to a server that has stopped.
    pub(crate) fn forget(&self, target: &Target) {
        let upstream = self.upstreams.write().remove(target);
        if let Some(upstream) = upstream {
            upstream.give_up(|_| true);
        }
    }

    /// Gives up what is too old or was closed by the server, and forgets servers without traffic.
    fn sweep(&self, now: Instant) {
        let upstreams: Vec<Arc<Upstream>> = self.upstreams.read().values().cloned().collect();
        for upstream in upstreams {
            upstream.give_up(|connection| {
                now.saturating_duration_since(connection.idle_since) >= self.limits.idle_timeout
                    || !connection.is_alive_for_certain()
            });
        }
        self.upstreams.write().retain(|_, upstream| {
            // One reference is the map's own: nobody is using it and nobody can begin to.
            Arc::strong_count(upstream) > 1 || !upstream.idle.lock().is_empty()
        });
    }
}

async fn sweep_until_dropped(pool: Weak<Pool>, idle_timeout: Duration) {
    let interval = (idle_timeout / 4).max(SWEEP_INTERVAL_MIN);
    loop {
        tokio::time::sleep(interval).await;
        let Some(pool) = pool.upgrade() else { return };
        pool.sweep(Instant::now());
    }
}

impl Upstream {
    fn new(pool: &Pool, target: &Target) -> Self {
        Self {
            target: target.clone(),
            limits: pool.limits,
            measure: pool.measure.clone(),
            idle: Mutex::default(),
            idle_total: Arc::clone(&pool.idle_total),
            requests: Arc::new(Semaphore::new(pool.limits.requests_per_server_max)),
            websockets: Arc::new(Semaphore::new(pool.limits.websockets_per_server_max)),
            activity: ActivityMeter::new(Instant::now()),
        }
    }

    pub(crate) const fn target(&self) -> &Target {
        &self.target
    }

    /// Leave to send one request, after a wait if too many are under way.
    pub(crate) async fn request_permit(&self) -> Result<OwnedSemaphorePermit, ProxyError> {
        if let Ok(permit) = Arc::clone(&self.requests).try_acquire_owned() {
            return Ok(permit);
        }
        match timeout(
            self.limits.queue_timeout,
            Arc::clone(&self.requests).acquire_owned(),
        )
        .await
        {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(ProxyError::Busy),
        }
    }

    /// Leave to hold one WebSocket: at once or not at all.
    pub(crate) fn websocket_permit(&self) -> Result<OwnedSemaphorePermit, ProxyError> {
        Arc::clone(&self.websockets)
            .try_acquire_owned()
            .map_err(|_| ProxyError::Busy)
    }

    /// A connection kept from an earlier request, else a new one. For a request that must not be
    /// sent twice, the kernel is asked whether a kept one still stands.
    pub(crate) async fn connection(
        &self,
        repeatable: Repeatable,
    ) -> Result<ReadyConnection, ProxyError> {
        while let Some(mut kept) = self.take_idle() {
            let is_alive = match repeatable {
                Repeatable::Yes => kept.is_alive(),
                Repeatable::No => kept.is_alive_for_certain(),
            };
            if is_alive {
                self.measure.connections_reused.increment(1);
                return Ok(kept);
            }
        }
        self.new_connection().await
    }

    pub(crate) async fn new_connection(&self) -> Result<ReadyConnection, ProxyError> {
        let connection = ReadyConnection::open(&self.target, &self.limits).await?;
        self.measure.connections_opened.increment(1);
        Ok(connection)
    }

    /// Takes a connection back after the end of an answer.
    pub(crate) fn keep(&self, connection: Box<Connection>) {
        let Some(ready) = connection.into_ready(Instant::now()) else {
            return;
        };
        let mut idle = self.idle.lock();
        let has_room = idle.len() < self.limits.idle_connections_per_server_max
            && self.idle_total.load(Ordering::Relaxed) < self.limits.idle_connections_max;
        if has_room {
            self.idle_total.fetch_add(1, Ordering::Relaxed);
            idle.push(ready);
        }
    }

    fn take_idle(&self) -> Option<ReadyConnection> {
        let taken = self.idle.lock().pop()?;
        self.idle_total.fetch_sub(1, Ordering::Relaxed);
        Some(taken)
    }

    fn give_up(&self, mut is_surplus: impl FnMut(&mut ReadyConnection) -> bool) {
        // Closed after the lock is released.
        let surplus: Vec<_> = {
            let mut idle = self.idle.lock();
            idle.extract_if(.., |connection| is_surplus(connection))
                .collect()
        };
        self.idle_total.fetch_sub(surplus.len(), Ordering::Relaxed);
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let kept = self.idle.get_mut().len();
        self.idle_total.fetch_sub(kept, Ordering::Relaxed);
    }
}
