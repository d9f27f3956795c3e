//! The audit log: who did what to what, when, from where, and with what outcome.

use serde::{Deserialize, Serialize};

use crate::{PageRequest, Timestamp};

/// One entry. `hash` covers every other field and the hash of the entry before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// 1, 2, 3, … without a gap.
    pub seq: i64,
    pub time: Timestamp,
    pub request_id: String,
    pub actor: Actor,
    /// Dotted verb: `session.sign_in`, `server.start`.
    pub action: String,
    /// What it was done to: `server:<id>`, `user:<id>`.
    pub target: String,
    pub outcome: Outcome,
    /// Why, in plain words.
    pub reason: String,
    /// What changed, as JSON text without secrets; empty when nothing did.
    pub change: String,
    /// SHA-256, hexadecimal; of the first entry: 64 zeros.
    pub prev_hash: String,
    pub hash: String,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    /// Id of the user, or the name of the part of the system.
    pub id: String,
    /// Name at the time, for people.
    pub name: String,
    pub session: Option<String>,
    pub ip: Option<String>,
}

impl Actor {
    /// A part of the system itself: `reconciler`, `idle`, `command line`.
    #[must_use]
    pub fn system(part: &str) -> Self {
        Self {
            kind: ActorKind::System,
            id: part.to_owned(),
            name: part.to_owned(),
            session: None,
            ip: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    User,
    Anonymous,
    System,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    Refused,
    Failed,
}

/// An entry that is to be written: the log adds number, time and hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEntry {
    pub request_id: String,
    pub actor: Actor,
    pub action: &'static str,
    pub target: String,
    pub outcome: Outcome,
    pub reason: String,
    pub change: String,
}

/// Which entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct AuditQuery {
    /// Start of an action: `server` finds `server.start` and `server.stop`.
    #[serde(default)]
    pub action: Option<String>,
    /// Part of an actor's id or name.
    #[serde(default)]
    pub actor: Option<String>,
    /// The target, exactly.
    #[serde(default)]
    pub target: Option<String>,
    #[serde(default)]
    pub page: PageRequest,
}

/// What the check of the hash chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditVerdict {
    pub entries: i64,
    /// The first entry that does not fit, and why.
    pub broken_at: Option<(i64, String)>,
}
