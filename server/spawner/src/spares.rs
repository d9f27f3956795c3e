//! Instances that are ready before anybody came, and which of them fits a server.

use parking_lot::Mutex;
use types::ServerId;
use types::notebook::ProfileSummary;

use crate::server::Server;

/// The pool. What it holds is known to this process alone: spares of an earlier process are found
/// as orphans and stopped.
#[derive(Default)]
pub(crate) struct Spares {
    inner: Mutex<Vec<Spare>>,
    /// Being booted or stopped: known to us, but not to be given away.
    pending: Mutex<Vec<ServerId>>,
}

/// An instance that nobody uses.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spare {
    pub(crate) server_id: ServerId,
    pub(crate) profile: ProfileSummary,
    pub(crate) identity_key: [u8; 32],
}

impl Spares {
    /// A spare of the server's size. Safe mode is a way of starting, so spares do not serve it.
    pub(crate) fn take(&self, server: &Server) -> Option<Spare> {
        if server.life.safe_mode {
            return None;
        }
        let mut spares = self.inner.lock();
        let position = spares
            .iter()
            .position(|spare| same_size(&spare.profile, &server.profile))?;
        let spare = spares.swap_remove(position);
        // It stays known until it has been adopted or put back.
        self.pending.lock().push(spare.server_id);
        Some(spare)
    }

    /// Notes that an instance is about to be booted as a spare.
    pub(crate) fn begin(&self, server_id: ServerId) {
        self.pending.lock().push(server_id);
    }

    /// The boot or the adoption of a spare has ended: it is free, or there is none.
    pub(crate) fn end(&self, server_id: ServerId, spare: Option<Spare>) {
        self.inner.lock().extend(spare);
        self.pending.lock().retain(|pending| *pending != server_id);
    }

    /// Takes out what does not fit `profile` or is beyond `wanted`.
    pub(crate) fn retire(&self, profile: &ProfileSummary, wanted: usize) -> Vec<Spare> {
        let mut spares = self.inner.lock();
        let (mut kept, mut retired): (Vec<_>, Vec<_>) = spares
            .drain(..)
            .partition(|spare| same_size(&spare.profile, profile));
        if kept.len() > wanted {
            retired.extend(kept.drain(wanted..));
        }
        *spares = kept;
        retired
    }

    /// Forgets a spare that is not there any more.
    pub(crate) fn forget(&self, server_id: ServerId) {
        self.inner
            .lock()
            .retain(|spare| spare.server_id != server_id);
    }

    pub(crate) fn ids(&self) -> Vec<ServerId> {
        self.inner
            .lock()
            .iter()
            .map(|spare| spare.server_id)
            .collect()
    }

    pub(crate) fn is_known(&self, server_id: ServerId) -> bool {
        self.pending.lock().contains(&server_id)
            || self
                .inner
                .lock()
                .iter()
                .any(|spare| spare.server_id == server_id)
    }

    pub(crate) fn len(&self) -> usize {
        self.inner.lock().len()
    }
}

/// Whether an instance of one size can serve as the other: what the engine enforces is the same.
fn same_size(one: &ProfileSummary, other: &ProfileSummary) -> bool {
    (one.slug == other.slug)
        && (
            one.memory_bytes,
            one.cpu_millis,
            one.disk_bytes,
            one.processes_max,
            one.network,
        ) == (
            other.memory_bytes,
            other.cpu_millis,
            other.disk_bytes,
            other.processes_max,
            other.network,
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn spare(slug: &str) -> Spare {
        Spare {
            server_id: ServerId::generate(),
            profile: testing::profile(slug),
            identity_key: [1; 32],
        }
    }

    #[test]
    fn a_spare_serves_one_server_of_its_size() {
        let spares = Spares::default();
        spares.end(ServerId::generate(), Some(spare("small")));
        let mut server = testing::server("alice", "");
        server.profile = testing::profile("large");
        assert_eq!(spares.take(&server), None);
        server.profile = testing::profile("small");
        server.life.safe_mode = true;
        assert_eq!(spares.take(&server), None);
        server.life.safe_mode = false;
        assert!(spares.take(&server).is_some());
        assert_eq!(spares.take(&server), None);
    }

    #[test]
    fn a_changed_profile_retires_its_spares() {
        let spares = Spares::default();
        for slug in ["small", "small", "small", "large"] {
            spares.end(ServerId::generate(), Some(spare(slug)));
        }
        let retired = spares.retire(&testing::profile("small"), 2);
        assert_eq!((retired.len(), spares.len()), (2, 2));
        let mut changed = testing::profile("small");
        changed.memory_bytes *= 2;
        assert_eq!(spares.retire(&changed, 2).len(), 2);
    }
}
