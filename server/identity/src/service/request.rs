//! Where a request comes from and who sent it.

use std::net::IpAddr;

use tower_sessions::Session;
use types::audit::{Actor, ActorKind, NewAuditEntry, Outcome};
use types::sign_in::Viewer;
use types::{ErrorCode, SessionKey};

use super::Result;
use crate::IdentityError;
use crate::store::audit::Recorded;

/// Where a request comes from. Handlers build one per request.
#[derive(Debug, Clone)]
pub struct RequestContext {
    pub session: Session,
    pub request_id: String,
    pub ip: IpAddr,
    /// At most 256 characters.
    pub user_agent: String,
    /// Who is signed in, if anyone: resolved once per request by
    /// [`Identity::caller`](crate::Identity::caller).
    pub viewer: Option<Viewer>,
    pub session_key: Option<SessionKey>,
}

/// Who a session belongs to.
#[derive(Debug, Clone)]
pub struct Caller {
    pub viewer: Viewer,
    pub session_key: SessionKey,
}

impl RequestContext {
    /// The person who is signed in.
    ///
    /// # Errors
    /// `identity.sign_in_required` when nobody is.
    pub fn viewer(&self) -> Result<&Viewer> {
        self.viewer
            .as_ref()
            .ok_or_else(|| IdentityError::refused(ErrorCode::SignInRequired, "sign in first"))
    }

    /// The person who is signed in, when an administrator.
    ///
    /// # Errors
    /// `identity.sign_in_required` or `identity.forbidden`.
    pub fn administrator(&self) -> Result<&Viewer> {
        let viewer = self.viewer()?;
        if !viewer.is_administrator {
            return Err(forbidden());
        }
        Ok(viewer)
    }

    /// As the audit log names whoever sent this request.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let (kind, id, name) = match &self.viewer {
            Some(viewer) => (
                ActorKind::User,
                viewer.user_id.to_string(),
                viewer.name.clone(),
            ),
            None => (
                ActorKind::Anonymous,
                "anonymous".to_owned(),
                "anonymous".to_owned(),
            ),
        };
        Actor {
            kind,
            id,
            name,
            session: self.session_key.map(|key| key.to_string()),
            ip: Some(self.ip.to_canonical().to_string()),
        }
    }

    /// An entry about something that this request did.
    pub(crate) fn entry(&self, action: &'static str, target: impl Into<String>) -> Entry {
        Entry::by(self.actor(), self.request_id.clone(), action, target)
    }
}

/// Only administrators may do this.
pub(crate) fn forbidden() -> IdentityError {
    IdentityError::refused(ErrorCode::Forbidden, "your account may not do this")
}

/// An audit entry in the making.
pub(crate) struct Entry(NewAuditEntry);

impl Entry {
    pub(crate) fn by(
        actor: Actor,
        request_id: String,
        action: &'static str,
        target: impl Into<String>,
    ) -> Self {
        Self(NewAuditEntry {
            request_id,
            actor,
            action,
            target: target.into(),
            outcome: Outcome::Ok,
            reason: String::new(),
            change: String::new(),
        })
    }

    pub(crate) fn reason(mut self, reason: impl Into<String>) -> Self {
        self.0.reason = reason.into();
        self
    }

    pub(crate) fn change(mut self, change: &serde_json::Value) -> Self {
        self.0.change = change.to_string();
        self
    }

    pub(crate) fn outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    pub(crate) fn recorded(self) -> Recorded {
        Recorded {
            entry: self.0,
            about: None,
        }
    }
}
