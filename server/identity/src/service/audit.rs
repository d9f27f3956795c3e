//! The audit log.

use types::audit::{AuditEntry, AuditQuery, AuditVerdict, NewAuditEntry};
use types::{Page, UserId};

use super::{Identity, RequestContext, Result};
use crate::audit_chain::{Head, follow};
use crate::grant::Holding;
use crate::store::audit::{self, Reader, Recorded};

/// Entries that a check reads at once.
const VERIFY_BATCH: u64 = 1_000;

impl Identity {
    /// Adds an entry and returns when it is durable. Entries of several callers share a commit.
    /// Text is capped and stripped of control characters on the way in.
    ///
    /// # Errors
    /// `unavailable` when it could not be written: then do not acknowledge what it is about.
    pub async fn record(&self, entry: NewAuditEntry) -> Result<()> {
        self.inner
            .audit
            .write(Recorded { entry, about: None })
            .await
    }

    /// As [`Self::record`], for something that was done to what `about` owns by somebody else:
    /// they see it among the entries about themselves.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub async fn record_about(&self, about: UserId, entry: NewAuditEntry) -> Result<()> {
        self.inner
            .audit
            .write(Recorded {
                entry,
                about: Some(about),
            })
            .await
    }

    /// Administrators see every entry, newest first.
    ///
    /// # Errors
    /// `identity.forbidden`, `bad_request` for a page that does not exist.
    pub async fn audit(
        &self,
        context: &RequestContext,
        query: &AuditQuery,
    ) -> Result<Page<AuditEntry>> {
        let viewer = context.administrator()?;
        if self.holding_of(self.database(), viewer.user_id).await? != Holding::Everything {
            return Err(super::request::forbidden());
        }
        audit::page(self.database(), Reader::Everyone, query).await
    }

    /// The entries about the person who asks.
    ///
    /// # Errors
    /// `identity.sign_in_required`, `bad_request` for a page that does not exist.
    pub async fn own_audit(
        &self,
        context: &RequestContext,
        query: &AuditQuery,
    ) -> Result<Page<AuditEntry>> {
        let viewer = context.viewer()?;
        audit::page(self.database(), Reader::Only(viewer.user_id), query).await
    }

    /// Reads the whole log and checks its chain of hashes, and that its end has not been cut off.
    ///
    /// # Errors
    /// The database failed. A broken chain is a verdict, not an error.
    pub async fn verify_audit(&self) -> Result<AuditVerdict> {
        // Read first: entries that are added meanwhile come after it.
        let kept = audit::head(self.database()).await?;
        let mut head = Head::genesis();
        loop {
            let entries = audit::entries_after(self.database(), head.seq, VERIFY_BATCH).await?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                match follow(&head, &entry) {
                    Ok(next) => head = next,
                    Err(reason) => {
                        return Ok(AuditVerdict {
                            entries: head.seq,
                            broken_at: Some((entry.seq, reason)),
                        });
                    }
                }
                if head.seq == kept.seq && head.hash != kept.hash {
                    let reason = "the end of the log is not the one that was kept".to_owned();
                    return Ok(AuditVerdict {
                        entries: head.seq,
                        broken_at: Some((head.seq, reason)),
                    });
                }
            }
        }
        if head.seq < kept.seq {
            let reason = format!("the log ends before entry {}", kept.seq);
            return Ok(AuditVerdict {
                entries: head.seq,
                broken_at: Some((head.seq + 1, reason)),
            });
        }
        Ok(AuditVerdict {
            entries: head.seq,
            broken_at: None,
        })
    }
}
