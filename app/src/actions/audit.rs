//! The audit log, for administrators.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};
use types::Page;
use types::audit::{AuditEntry, AuditQuery, AuditVerdict};

use super::error::ActionResult;

#[cfg(feature = "ssr")]
use super::authority::signed_in;

/// Whether to go through the whole chain of hashes with this reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainCheck {
    Skip,
    Run,
}

/// What the audit page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLog {
    /// Newest first.
    pub page: Page<AuditEntry>,
    /// What the check of the chain found, if it was asked for.
    pub verdict: Option<AuditVerdict>,
}

#[server(prefix = "/api", endpoint = "admin/audit", input = Json)]
pub async fn read_audit(query: AuditQuery, check: ChainCheck) -> ActionResult<AuditLog> {
    let request = signed_in()?;
    request.context.administrator()?;
    let identity = &request.services.identity;
    let page = identity.audit(&request.context, &query).await?;
    let verdict = match check {
        ChainCheck::Skip => None,
        ChainCheck::Run => Some(identity.verify_audit().await?),
    };
    Ok(AuditLog { page, verdict })
}
