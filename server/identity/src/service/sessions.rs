//! Sessions: who is signed in, where, and until when.

use tokio::sync::broadcast;
use tower_sessions::Session;
use types::account::SessionSummary;
use types::{ErrorCode, SessionKey, Timestamp, UserId, WalletAddress};

use super::session_cache::Remembered;
use super::{Caller, Identity, RequestContext, Result};
use crate::IdentityError;
use crate::capped::{capped, capped_to};
use crate::session_storage::hash_of;
use crate::store::session::{
    LiveSession, SignedIn, Which, bind, delete, live_by_key, live_by_secret, of_user, surplus,
    touch,
};
use crate::store::{audit, begin_write, user};

/// How often a session's last use is written at most.
const TOUCH_EVERY_MS: i64 = 60_000;
/// Browsers in which one account may be open; the oldest sign-in ends beyond that.
const SESSIONS_PER_USER_MAX: u64 = 50;
/// Characters of a browser's name that are kept.
const USER_AGENT_CHARS_MAX: usize = 256;

/// How far a sign-out reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOutScope {
    ThisSession,
    Everywhere,
}

/// By what somebody just proved who they are.
pub(crate) struct Proof {
    pub(crate) method: String,
    pub(crate) wallet: Option<WalletAddress>,
    pub(crate) identity_id: Option<String>,
    /// A shorter life than the configured one, if the proof does not hold that long.
    pub(crate) absolute_ms_max: Option<i64>,
}

impl Identity {
    /// Who this session belongs to. Ends sessions that are past their idle or absolute expiry,
    /// or whose user is suspended, expired or gone. Touches the last-seen time at most once a
    /// minute.
    ///
    /// # Errors
    /// The database failed.
    pub async fn caller(&self, session: &Session) -> Result<Option<Caller>> {
        let Some(id) = session.id() else {
            return Ok(None);
        };
        let now = self.now();
        let Some(live) = self.live_session(&hash_of(id), now).await? else {
            return Ok(None);
        };
        if !live.is_alive(now) {
            self.end_sessions(Which::Key(live.key)).await?;
            return Ok(None);
        }
        self.note_use(&live, now).await?;
        Ok(Some(Caller {
            viewer: live.viewer,
            session_key: live.key,
        }))
    }

    /// Whether the session is alive and belongs to the user. Used by the proxy on each request:
    /// answers from memory, at most a few seconds old in other processes and at once in this one.
    pub async fn is_session_alive(&self, key: SessionKey, user_id: UserId) -> bool {
        let now = self.now();
        let live = match self.inner.cache.by_key(key, now) {
            Remembered::Session(live) => Some(live),
            Remembered::NoSession => None,
            Remembered::Nothing(epoch) => match live_by_key(self.database(), key).await {
                Ok(live) => {
                    self.inner.cache.keep(epoch, key, live.clone(), now);
                    live
                }
                // Nobody gets in on the word of a database that does not answer.
                Err(error) => {
                    tracing::error!(?error, session = %key, "a session could not be looked up");
                    None
                }
            },
        };
        live.is_some_and(|live| live.is_alive(now) && live.viewer.user_id == user_id)
    }

    /// Notes that a person used the session elsewhere than on the hub's pages, for example by
    /// working in a notebook, so that it does not end under their hands. Writes at most once a
    /// minute; a session that has ended stays ended.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_session_use(&self, key: SessionKey) -> Result<()> {
        let now = self.now();
        let live = match self.inner.cache.by_key(key, now) {
            Remembered::Session(live) => Some(live),
            Remembered::NoSession => None,
            Remembered::Nothing(epoch) => {
                let live = live_by_key(self.database(), key).await?;
                self.inner.cache.keep(epoch, key, live.clone(), now);
                live
            }
        };
        match live.filter(|live| live.is_alive(now)) {
            Some(live) => self.note_use(&live, now).await,
            None => Ok(()),
        }
    }

    /// Keys of sessions that were just ended (sign-out, revocation, suspension). A receiver that
    /// lags must ask again about every session that it holds something open for.
    #[must_use]
    pub fn ended_sessions(&self) -> broadcast::Receiver<SessionKey> {
        self.inner.cache.subscribe()
    }

    /// Ends this session, or all sessions of the user.
    ///
    /// # Errors
    /// The database failed. Signing out without being signed in is no error.
    pub async fn sign_out(&self, context: &RequestContext, scope: SignOutScope) -> Result<()> {
        let Some(viewer) = &context.viewer else {
            return context.session.flush().await.map_err(session_failed);
        };
        let which = match (scope, context.session_key) {
            (SignOutScope::ThisSession, Some(key)) => Which::Key(key),
            _ => Which::User(viewer.user_id),
        };
        let reason = match scope {
            SignOutScope::ThisSession => "signed out",
            SignOutScope::Everywhere => "signed out everywhere",
        };
        let entry = context
            .entry("session.sign_out", format!("user:{}", viewer.user_id))
            .reason(reason);
        let transaction = begin_write(self.database()).await?;
        let ended = delete(&transaction, which).await?;
        audit::append(&transaction, self.now(), vec![entry.recorded()]).await?;
        transaction.commit().await?;
        self.inner.cache.end(&ended);
        context.session.flush().await.map_err(session_failed)
    }

    /// The browsers in which the account of the person who asks is open.
    ///
    /// # Errors
    /// `identity.sign_in_required`, or the database failed.
    pub async fn sessions(&self, context: &RequestContext) -> Result<Vec<SessionSummary>> {
        let viewer = context.viewer()?;
        let rows = of_user(self.database(), viewer.user_id, self.now()).await?;
        rows.into_iter()
            .map(|row| {
                let key = crate::store::id(&row.key)?;
                Ok(SessionSummary {
                    key,
                    is_current: context.session_key == Some(key),
                    method: row.method,
                    ip: row.ip,
                    user_agent: row.user_agent,
                    signed_in_at: Timestamp(row.signed_in_at.unwrap_or(row.created_at)),
                    last_seen_at: Timestamp(row.last_seen_at),
                    expires_at: Timestamp(row.expires_at.min(row.absolute_expires_at)),
                })
            })
            .collect()
    }

    /// Ends one of one's own sessions.
    ///
    /// # Errors
    /// `not_found` when the person has no such session.
    pub async fn revoke_session(&self, context: &RequestContext, key: SessionKey) -> Result<()> {
        let viewer = context.viewer()?;
        let transaction = begin_write(self.database()).await?;
        let is_own = live_by_key(&transaction, key)
            .await?
            .is_some_and(|live| live.viewer.user_id == viewer.user_id);
        if !is_own {
            return Err(IdentityError::refused(
                ErrorCode::NotFound,
                "there is no such session",
            ));
        }
        let ended = delete(&transaction, Which::Key(key)).await?;
        let entry = context.entry("session.revoke", format!("session:{key}"));
        audit::append(&transaction, self.now(), vec![entry.recorded()]).await?;
        transaction.commit().await?;
        self.inner.cache.end(&ended);
        Ok(())
    }

    /// Opens the account in this browser, under a new session secret. Whoever was signed in here
    /// before is not any more.
    pub(crate) async fn open_session(
        &self,
        context: &RequestContext,
        user: &user::User,
        proof: Proof,
        change: &serde_json::Value,
    ) -> Result<()> {
        let now = self.now();
        context.session.clear().await;
        context.session.cycle_id().await.map_err(session_failed)?;
        context.session.save().await.map_err(session_failed)?;
        let lost = || IdentityError::Bug("a session was gone while somebody signed in".to_owned());
        let id_hash = hash_of(context.session.id().ok_or_else(lost)?);

        let transaction = begin_write(self.database()).await?;
        let signed_in = self.signed_in(context, user.id, &proof, now);
        let key = bind(&transaction, &id_hash, signed_in, now)
            .await?
            .ok_or_else(lost)?;
        user::touch(&transaction, user.id, now).await?;
        let mut ended = Vec::new();
        for surplus in surplus(&transaction, user.id, SESSIONS_PER_USER_MAX).await? {
            ended.extend(delete(&transaction, Which::Key(surplus)).await?);
        }
        let entry = sign_in_entry(context, user, key, proof.method, change);
        audit::append(&transaction, now, vec![entry]).await?;
        transaction.commit().await?;
        self.inner.cache.end(&ended);
        Ok(())
    }

    fn signed_in(
        &self,
        context: &RequestContext,
        user_id: UserId,
        proof: &Proof,
        now: Timestamp,
    ) -> SignedIn {
        let config = &self.inner.config;
        let absolute_ms = proof
            .absolute_ms_max
            .unwrap_or(i64::MAX)
            .min(config.session_absolute_ms);
        SignedIn {
            user_id,
            method: proof.method.clone(),
            wallet: proof.wallet,
            identity_id: proof.identity_id.clone(),
            ip: capped(&context.ip.to_canonical().to_string()),
            user_agent: capped_to(&context.user_agent, USER_AGENT_CHARS_MAX),
            expires_at: now.plus_ms(config.session_idle_ms.min(absolute_ms)),
            absolute_expires_at: now.plus_ms(absolute_ms),
        }
    }

    /// Ends sessions and tells everyone who holds something open for them.
    pub(crate) async fn end_sessions(&self, which: Which<'_>) -> Result<()> {
        let ended = delete(self.database(), which).await?;
        self.inner.cache.end(&ended);
        Ok(())
    }

    async fn live_session(&self, id_hash: &str, now: Timestamp) -> Result<Option<LiveSession>> {
        let epoch = match self.inner.cache.by_secret(id_hash, now) {
            Remembered::Session(live) => return Ok(Some(live)),
            Remembered::NoSession => return Ok(None),
            Remembered::Nothing(epoch) => epoch,
        };
        let live = live_by_secret(self.database(), id_hash).await?;
        if let Some(live) = &live {
            self.inner
                .cache
                .keep_with_secret(epoch, id_hash, live.clone(), now);
        }
        Ok(live)
    }

    async fn note_use(&self, live: &LiveSession, now: Timestamp) -> Result<()> {
        if now.since_ms(live.last_seen_at) < TOUCH_EVERY_MS {
            return Ok(());
        }
        let idle_end = now.plus_ms(self.inner.config.session_idle_ms);
        let expires_at = idle_end.min(live.absolute_expires_at);
        if self
            .inner
            .cache
            .claim_touch(live, now, expires_at, TOUCH_EVERY_MS)
        {
            touch(self.database(), live, now, expires_at).await?;
        }
        Ok(())
    }
}

/// The entry of a sign-in names the person as its actor, who was anonymous when the request began.
fn sign_in_entry(
    context: &RequestContext,
    user: &user::User,
    key: SessionKey,
    method: String,
    change: &serde_json::Value,
) -> audit::Recorded {
    let mut actor = context.actor();
    actor.kind = types::audit::ActorKind::User;
    actor.id = user.id.to_string();
    actor.name = user.name.clone();
    actor.session = Some(key.to_string());
    let request_id = context.request_id.clone();
    super::request::Entry::by(
        actor,
        request_id,
        "session.sign_in",
        format!("user:{}", user.id),
    )
    .reason(method)
    .change(change)
    .recorded()
}

/// A failure of the session layer.
pub(crate) fn session_failed(error: tower_sessions::session::Error) -> IdentityError {
    IdentityError::Unavailable {
        what: "the session store".to_owned(),
        source: Some(Box::new(error)),
    }
}
