//! What the check of the audit log's chain of hashes found, in words.

use types::audit::{AuditVerdict, Outcome};

/// Whether the chain holds, and the sentence that says so.
pub(crate) fn verdict_sentence(verdict: &AuditVerdict) -> String {
    let entries = match verdict.entries {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    };
    match &verdict.broken_at {
        None => format!("The chain holds: {entries}, none changed, removed or put in between."),
        Some((seq, reason)) => format!(
            "The chain is broken at entry {seq}: {reason}. Entries from there on cannot be trusted."
        ),
    }
}

pub(crate) const fn outcome_label(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
    }
}

/// The first characters of a hash, for tables.
pub(crate) fn short_hash(hash: &str) -> String {
    hash.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_is_plain() {
        for (entries, broken_at, start) in [
            (1, None, "The chain holds: 1 entry,"),
            (12, None, "The chain holds: 12 entries,"),
            (
                12,
                Some((7, "its hash does not fit".to_owned())),
                "The chain is broken at entry 7: its hash does not fit.",
            ),
        ] {
            assert!(verdict_sentence(&AuditVerdict { entries, broken_at }).starts_with(start));
        }
    }
}
