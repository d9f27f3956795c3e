//! What is known of sessions without asking the database, and who is told when one ends.

use std::collections::HashMap;

use parking_lot::Mutex;
use tokio::sync::broadcast;
use types::{SessionKey, Timestamp};

use crate::store::session::LiveSession;

/// How long an answer holds. What this process ends, it forgets at once; this is how late it
/// learns what another process ended.
const FRESH_MS: i64 = 5_000;
/// Sessions that are remembered. Beyond, the stale ones are forgotten, then all.
const SESSIONS_MAX: usize = 20_000;
/// Ended sessions that a slow listener may lag behind; one that lags further is told so and asks
/// again for what it holds.
const ENDED_BUFFER: usize = 1_024;

/// Shared by the session storage and the service.
#[derive(Debug)]
pub(crate) struct SessionCache {
    known: Mutex<Known>,
    ended: broadcast::Sender<SessionKey>,
}

#[derive(Debug, Default)]
struct Known {
    /// Counts the moments at which something was forgotten. An answer that was being read
    /// meanwhile may be older than the change, so it is not kept.
    epoch: u64,
    by_key: HashMap<SessionKey, Entry>,
    /// Hash of the secret to key.
    by_secret: HashMap<String, SessionKey>,
}

#[derive(Debug)]
struct Entry {
    read_at: Timestamp,
    /// None: there is no such session, or nobody is signed in.
    session: Option<LiveSession>,
}

/// Names the moment at which a read began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

/// What the cache can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Remembered {
    /// Ask the database.
    Nothing(Epoch),
    Session(LiveSession),
    NoSession,
}

impl SessionCache {
    pub(crate) fn new() -> Self {
        Self {
            known: Mutex::default(),
            ended: broadcast::channel(ENDED_BUFFER).0,
        }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<SessionKey> {
        self.ended.subscribe()
    }

    pub(crate) fn by_key(&self, key: SessionKey, now: Timestamp) -> Remembered {
        let known = self.known.lock();
        known.remembered(known.by_key.get(&key), now)
    }

    pub(crate) fn by_secret(&self, secret_hash: &str, now: Timestamp) -> Remembered {
        let known = self.known.lock();
        let entry = known
            .by_secret
            .get(secret_hash)
            .and_then(|key| known.by_key.get(key));
        known.remembered(entry, now)
    }

    /// Keeps what was read from the database, unless something changed since the read began.
    pub(crate) fn keep(
        &self,
        epoch: Epoch,
        key: SessionKey,
        session: Option<LiveSession>,
        now: Timestamp,
    ) {
        let mut known = self.known.lock();
        if epoch == Epoch(known.epoch) {
            known.make_room(now);
            known.by_key.insert(
                key,
                Entry {
                    read_at: now,
                    session,
                },
            );
        }
    }

    /// As [`Self::keep`], and remembers the secret by which it was found.
    pub(crate) fn keep_with_secret(
        &self,
        epoch: Epoch,
        secret_hash: &str,
        session: LiveSession,
        now: Timestamp,
    ) {
        let mut known = self.known.lock();
        if epoch == Epoch(known.epoch) {
            known.make_room(now);
            known.by_secret.insert(secret_hash.to_owned(), session.key);
            known.by_key.insert(
                session.key,
                Entry {
                    read_at: now,
                    session: Some(session),
                },
            );
        }
    }

    /// Claims the right to write that a session was seen: of several requests at once, one gets
    /// it.
    pub(crate) fn claim_touch(
        &self,
        session: &LiveSession,
        now: Timestamp,
        expires_at: Timestamp,
        every_ms: i64,
    ) -> bool {
        let mut known = self.known.lock();
        let Some(Entry {
            session: Some(kept),
            ..
        }) = known.by_key.get_mut(&session.key)
        else {
            return true;
        };
        if now.since_ms(kept.last_seen_at) < every_ms {
            return false;
        }
        kept.last_seen_at = now;
        kept.expires_at = expires_at;
        true
    }

    /// Forgets everything: what users may do or are called has changed.
    pub(crate) fn forget(&self) {
        self.known.lock().forget_all();
    }

    /// Forgets sessions and tells everyone who holds something open for them.
    pub(crate) fn end(&self, keys: &[SessionKey]) {
        if keys.is_empty() {
            return;
        }
        {
            let mut known = self.known.lock();
            known.epoch += 1;
            for key in keys {
                known.by_key.remove(key);
            }
            known.by_secret.retain(|_, key| !keys.contains(key));
        }
        for key in keys {
            // Nobody listening is fine: then nothing is held open.
            let _ = self.ended.send(*key);
        }
    }
}

impl Known {
    fn remembered(&self, entry: Option<&Entry>, now: Timestamp) -> Remembered {
        match entry {
            Some(entry) if (0..FRESH_MS).contains(&now.since_ms(entry.read_at)) => {
                match &entry.session {
                    Some(session) => Remembered::Session(session.clone()),
                    None => Remembered::NoSession,
                }
            }
            _ => Remembered::Nothing(Epoch(self.epoch)),
        }
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.by_key.len() < SESSIONS_MAX {
            return;
        }
        self.by_key
            .retain(|_, entry| now.since_ms(entry.read_at) < FRESH_MS);
        if self.by_key.len() >= SESSIONS_MAX {
            self.by_key.clear();
        }
        let by_key = &self.by_key;
        self.by_secret.retain(|_, key| by_key.contains_key(key));
    }

    fn forget_all(&mut self) {
        self.epoch += 1;
        self.by_key.clear();
        self.by_secret.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::UserId;
    use types::sign_in::Viewer;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn session(number: u128) -> LiveSession {
        LiveSession {
            key: SessionKey::from_parts(0, number),
            viewer: Viewer {
                user_id: UserId::from_parts(0, number),
                name: "ada".to_owned(),
                display_name: "Ada".to_owned(),
                wallet: None,
                is_administrator: false,
                is_manager: false,
            },
            last_seen_at: NOW,
            expires_at: NOW.plus_ms(60_000),
            absolute_expires_at: NOW.plus_ms(60_000),
            user_suspended_at: None,
            user_expires_at: None,
        }
    }

    fn epoch(cache: &SessionCache, key: SessionKey) -> Epoch {
        match cache.by_key(key, NOW) {
            Remembered::Nothing(epoch) => epoch,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_holds_for_five_seconds() {
        let (cache, known) = (SessionCache::new(), session(1));
        cache.keep_with_secret(epoch(&cache, known.key), "secret", known.clone(), NOW);
        for (after_ms, is_known) in [(0, true), (4_999, true), (5_000, false), (-1, false)] {
            let now = NOW.plus_ms(after_ms);
            assert_eq!(
                cache.by_key(known.key, now) == Remembered::Session(known.clone()),
                is_known
            );
            assert_eq!(
                cache.by_secret("secret", now) == Remembered::Session(known.clone()),
                is_known
            );
        }
    }

    #[test]
    fn an_ended_session_is_gone_at_once_and_announced() {
        let (cache, known) = (SessionCache::new(), session(1));
        let mut ended = cache.subscribe();
        cache.keep_with_secret(epoch(&cache, known.key), "secret", known.clone(), NOW);
        cache.end(&[known.key]);
        assert!(matches!(
            cache.by_key(known.key, NOW),
            Remembered::Nothing(_)
        ));
        assert!(matches!(
            cache.by_secret("secret", NOW),
            Remembered::Nothing(_)
        ));
        assert_eq!(ended.try_recv(), Ok(known.key));
    }

    #[test]
    fn what_was_read_before_an_end_is_not_kept_after_it() {
        let (cache, known) = (SessionCache::new(), session(1));
        let before = epoch(&cache, known.key);
        cache.end(&[known.key]);
        cache.keep(before, known.key, Some(known.clone()), NOW);
        assert!(matches!(
            cache.by_key(known.key, NOW),
            Remembered::Nothing(_)
        ));
        let before = epoch(&cache, known.key);
        cache.forget();
        cache.keep_with_secret(before, "secret", known, NOW);
        assert!(matches!(
            cache.by_secret("secret", NOW),
            Remembered::Nothing(_)
        ));
    }

    #[test]
    fn one_of_many_requests_writes_that_it_was_seen() {
        let (cache, known) = (SessionCache::new(), session(1));
        cache.keep(
            epoch(&cache, known.key),
            known.key,
            Some(known.clone()),
            NOW,
        );
        let later = NOW.plus_ms(70_000);
        let claims = (0..5)
            .filter(|_| cache.claim_touch(&known, later, later, 60_000))
            .count();
        assert_eq!(claims, 1);
    }

    #[test]
    fn memory_is_bounded() {
        let cache = SessionCache::new();
        for number in 0..(SESSIONS_MAX as u128 + 10) {
            let known = session(number);
            cache.keep_with_secret(epoch(&cache, known.key), &number.to_string(), known, NOW);
        }
        let known = cache.known.lock();
        assert!(known.by_key.len() <= SESSIONS_MAX);
        assert!(known.by_secret.len() <= SESSIONS_MAX);
    }
}
