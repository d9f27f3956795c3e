//! The chain of hashes that makes a change to the audit log visible.

use serde::Serialize;
use sha2::{Digest, Sha256};
use types::Timestamp;
use types::audit::{Actor, ActorKind, AuditEntry, NewAuditEntry, Outcome};

use crate::capped::{capped, capped_to};

/// The hash before the first entry.
pub const GENESIS_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 500;
/// Bytes of a change; a longer one is replaced by a note of its length.
const CHANGE_BYTES_MAX: usize = 4_096;

/// The end of the chain, on which the next entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of the last entry; 0 before the first.
    pub seq: i64,
    pub hash: String,
}

impl Head {
    /// Before the first entry.
    #[must_use]
    pub fn genesis() -> Self {
        Self {
            seq: 0,
            hash: GENESIS_HASH.to_owned(),
        }
    }
}

/// Gives an entry its number, time and hashes. Text from outside is capped here, so that no path
/// into the log can forget to.
#[must_use]
pub fn seal(head: &Head, time: Timestamp, entry: NewAuditEntry) -> AuditEntry {
    let mut sealed = AuditEntry {
        seq: head.seq + 1,
        time,
        request_id: capped(&entry.request_id),
        actor: Actor {
            kind: entry.actor.kind,
            id: capped(&entry.actor.id),
            name: capped(&entry.actor.name),
            session: entry.actor.session.as_deref().map(capped),
            ip: entry.actor.ip.as_deref().map(capped),
        },
        action: entry.action.to_owned(),
        target: capped(&entry.target),
        outcome: entry.outcome,
        reason: capped_to(&entry.reason, REASON_CHARS_MAX),
        change: bounded_change(entry.change),
        prev_hash: head.hash.clone(),
        hash: String::new(),
    };
    sealed.hash = hash(&sealed);
    sealed
}

/// Checks that an entry stands on `head`, and returns the head that it makes.
///
/// # Errors
/// Says what does not fit.
pub fn follow(head: &Head, entry: &AuditEntry) -> Result<Head, String> {
    if entry.seq != head.seq + 1 {
        return Err(format!("entry {} is missing", head.seq + 1));
    }
    if entry.prev_hash != head.hash {
        return Err("it does not name the hash of the entry before it".to_owned());
    }
    if entry.hash != hash(entry) {
        return Err("its content does not match its hash".to_owned());
    }
    Ok(Head {
        seq: entry.seq,
        hash: entry.hash.clone(),
    })
}

/// SHA-256 over the entry as canonical JSON (RFC 8785: keys sorted, no spaces), hexadecimal.
#[must_use]
pub fn hash(entry: &AuditEntry) -> String {
    let canonical = Canonical {
        action: &entry.action,
        actor: CanonicalActor {
            id: &entry.actor.id,
            ip: entry.actor.ip.as_deref(),
            kind: kind_text(entry.actor.kind),
            name: &entry.actor.name,
            session: entry.actor.session.as_deref(),
        },
        change: &entry.change,
        outcome: outcome_text(entry.outcome),
        prev_hash: &entry.prev_hash,
        reason: &entry.reason,
        request_id: &entry.request_id,
        seq: entry.seq,
        target: &entry.target,
        time: entry.time.0,
    };
    // Strings and integers always serialise; an empty text would never match a kept hash.
    let text = serde_json::to_vec(&canonical).unwrap_or_default();
    hex::encode(Sha256::digest(&text))
}

/// The fields in the order of their names, which serde keeps.
#[derive(Serialize)]
struct Canonical<'a> {
    action: &'a str,
    actor: CanonicalActor<'a>,
    change: &'a str,
    outcome: &'a str,
    prev_hash: &'a str,
    reason: &'a str,
    request_id: &'a str,
    seq: i64,
    target: &'a str,
    time: i64,
}

#[derive(Serialize)]
struct CanonicalActor<'a> {
    id: &'a str,
    ip: Option<&'a str>,
    kind: &'a str,
    name: &'a str,
    session: Option<&'a str>,
}

pub(crate) const fn kind_text(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::User => "user",
        ActorKind::Anonymous => "anonymous",
        ActorKind::System => "system",
    }
}

pub(crate) const fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
    }
}

/// JSON cut in the middle is no JSON, so a change that is too long becomes a note.
fn bounded_change(change: String) -> String {
    if change.len() <= CHANGE_BYTES_MAX {
        return capped_to(&change, CHANGE_BYTES_MAX);
    }
    format!("{{\"omitted_bytes\":{}}}", change.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(reason: &str) -> NewAuditEntry {
        NewAuditEntry {
            request_id: "r1".to_owned(),
            actor: Actor::system("test"),
            action: "session.sign_in",
            target: "user:1".to_owned(),
            outcome: Outcome::Ok,
            reason: reason.to_owned(),
            change: String::new(),
        }
    }

    fn chain(reasons: &[String]) -> Vec<AuditEntry> {
        let mut head = Head::genesis();
        let mut entries = Vec::new();
        for reason in reasons {
            let sealed = seal(&head, Timestamp(1_000), entry(reason));
            head = Head {
                seq: sealed.seq,
                hash: sealed.hash.clone(),
            };
            entries.push(sealed);
        }
        entries
    }

    fn is_whole(entries: &[AuditEntry]) -> bool {
        let mut head = Head::genesis();
        entries.iter().all(|entry| match follow(&head, entry) {
            Ok(next) => {
                head = next;
                true
            }
            Err(_) => false,
        })
    }

    /// Pins the canonical form: a change of it would make every log that exists look forged.
    #[test]
    fn the_hash_of_a_known_entry_never_changes() {
        let sealed = seal(&Head::genesis(), Timestamp(1_000), entry("because"));
        let text = r#"{"action":"session.sign_in","actor":{"id":"test","ip":null,"kind":"system","name":"test","session":null},"change":"","outcome":"ok","prev_hash":"0000000000000000000000000000000000000000000000000000000000000000","reason":"because","request_id":"r1","seq":1,"target":"user:1","time":1000}"#;
        assert_eq!(sealed.hash, hex::encode(Sha256::digest(text)));
    }

    #[test]
    fn text_from_outside_is_capped() {
        let mut forged = entry(&"x\n".repeat(2_000));
        forged.target = format!("user:{}", "y".repeat(500));
        forged.actor.name = "eve\r\nadmin".to_owned();
        forged.change = "z".repeat(10_000);
        let sealed = seal(&Head::genesis(), Timestamp(0), forged);
        assert_eq!(sealed.reason.len(), REASON_CHARS_MAX);
        assert_eq!(sealed.target.len(), 128);
        assert_eq!(sealed.actor.name, "eveadmin");
        assert_eq!(sealed.change, r#"{"omitted_bytes":10000}"#);
    }

    proptest! {
        #[test]
        fn any_change_breaks_the_chain(
            reasons in proptest::collection::vec("[a-z]{0,8}", 2..8),
            victim in 0_usize..8,
            change in 0..6,
        ) {
            let entries = chain(&reasons);
            prop_assert!(is_whole(&entries));
            let victim = victim % entries.len();
            let mut forged = entries;
            match change {
                0 => forged[victim].reason.push('!'),
                1 => forged[victim].time = Timestamp(2_000),
                2 => forged[victim].actor.name = "someone else".to_owned(),
                3 => forged[victim].outcome = Outcome::Failed,
                // The last entry can be cut off unseen here; the kept head shows it.
                4 if victim + 1 < forged.len() => { forged.remove(victim); }
                // Rewriting an entry with a matching hash breaks the one after it.
                _ if victim + 1 < forged.len() => {
                    forged[victim].target = "user:2".to_owned();
                    forged[victim].hash = hash(&forged[victim]);
                }
                _ => forged[victim].seq += 1,
            }
            prop_assert!(!is_whole(&forged));
        }
    }
}
