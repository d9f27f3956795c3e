//! The handle through which the rest of the program uses this crate.

use std::net::IpAddr;

use tower_sessions::Session;
use types::account::{Account, Role, SessionSummary};
use types::admin::{InvitationRequest, InvitationRow, UserQuery, UserRow};
use types::audit::{Actor, AuditEntry, AuditQuery, AuditVerdict, NewAuditEntry};
use types::bulk::BulkReport;
use types::sign_in::{ProofPurpose, SignInOptions, Viewer, WalletChallenge, WalletProof};
use types::{GroupId, IdentityId, InvitationId, Page, SessionKey, UserId, WalletAddress, WalletId};

use crate::IdentityError;

type Result<T> = std::result::Result<T, IdentityError>;

/// Where a request comes from. Handlers build one per request.
#[derive(Debug, Clone)]
pub struct RequestContext {
    pub session: Session,
    pub request_id: String,
    pub ip: IpAddr,
    /// At most 256 characters.
    pub user_agent: String,
    /// Who is signed in, if anyone: resolved once per request by [`Identity::caller`].
    pub viewer: Option<Viewer>,
    pub session_key: Option<SessionKey>,
}

impl RequestContext {
    /// The person who is signed in.
    ///
    /// # Errors
    /// `identity.sign_in_required` when nobody is.
    pub fn viewer(&self) -> Result<&Viewer> { todo!() }

    /// The person who is signed in, when an administrator.
    ///
    /// # Errors
    /// `identity.sign_in_required` or `identity.forbidden`.
    pub fn administrator(&self) -> Result<&Viewer> { todo!() }

    /// As the audit log names whoever sent this request.
    pub fn actor(&self) -> Actor { todo!() }
}

/// Who a session belongs to.
#[derive(Debug, Clone)]
pub struct Caller {
    pub viewer: Viewer,
    pub session_key: SessionKey,
}

/// What a finished sign-in or link did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofOutcome {
    pub user_id: UserId,
    pub purpose: ProofPurpose,
    /// The account was made by this sign-in.
    pub is_new_user: bool,
    /// Where the person wanted to go (a checked path of this site).
    pub next: String,
}

/// What is remembered of a person before sign-in: given by links, kept in the anonymous session.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// Secret of an invitation link.
    pub invitation: Option<String>,
    /// Secret of the one-time link that makes the first administrator.
    pub setup: Option<String>,
    /// Path to go to after sign-in.
    pub next: Option<String>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Identity;

impl Identity {
    // --- every request ---------------------------------------------------------------------
    /// Who this session belongs to. Ends sessions that are past their idle or absolute expiry,
    /// or whose user is suspended, expired or gone. Touches the last-seen time at most once a
    /// minute.
    pub async fn caller(&self, session: &Session) -> Result<Option<Caller>> { todo!() }
    /// Whether the session is alive and belongs to the user. Used by the proxy on each request:
    /// answers from memory, at most a few seconds old in other processes and at once in this one.
    pub async fn is_session_alive(&self, key: SessionKey, user_id: UserId) -> bool { todo!() }
    /// Keys of sessions that were just ended (sign-out, revocation, suspension).
    pub fn ended_sessions(&self) -> tokio::sync::broadcast::Receiver<SessionKey> { todo!() }

    // --- sign-in ---------------------------------------------------------------------------
    pub fn sign_in_options(&self) -> SignInOptions { todo!() }
    /// Remembers invitation, set-up secret and destination in the anonymous session.
    pub async fn remember_arrival(&self, context: &RequestContext, arrival: Arrival) -> Result<()> { todo!() }
    pub async fn begin_wallet_proof(
        &self, context: &RequestContext, purpose: ProofPurpose, address: WalletAddress, chain_id: u64,
    ) -> Result<WalletChallenge> { todo!() }
    /// Checks the proof, signs in (new session id) or links, and writes the audit entry.
    pub async fn finish_wallet_proof(&self, context: &RequestContext, proof: WalletProof) -> Result<ProofOutcome> { todo!() }
    /// The provider's authorization URL to redirect to.
    pub async fn begin_oauth(&self, context: &RequestContext, purpose: ProofPurpose, provider: &str) -> Result<url::Url> { todo!() }
    pub async fn finish_oauth(&self, context: &RequestContext, provider: &str, query: &OauthCallback) -> Result<ProofOutcome> { todo!() }
    /// Ends this session. With `everywhere`, all sessions of the user.
    pub async fn sign_out(&self, context: &RequestContext, scope: SignOutScope) -> Result<()> { todo!() }

    // --- own account -----------------------------------------------------------------------
    pub async fn account(&self, user_id: UserId) -> Result<Account> { todo!() }
    pub async fn sessions(&self, context: &RequestContext) -> Result<Vec<SessionSummary>> { todo!() }
    pub async fn revoke_session(&self, context: &RequestContext, key: SessionKey) -> Result<()> { todo!() }
    pub async fn rename_self(&self, context: &RequestContext, display_name: &str) -> Result<()> { todo!() }
    pub async fn unlink_wallet(&self, context: &RequestContext, wallet: WalletId) -> Result<()> { todo!() }
    pub async fn unlink_identity(&self, context: &RequestContext, identity: IdentityId) -> Result<()> { todo!() }

    // --- people, for administrators and managers of groups ---------------------------------
    /// Managers see the members of their groups only.
    pub async fn users(&self, context: &RequestContext, query: &UserQuery) -> Result<Page<UserRow>> { todo!() }
    pub async fn user(&self, context: &RequestContext, user_id: UserId) -> Result<UserRow> { todo!() }
    pub async fn set_role(&self, context: &RequestContext, user_id: UserId, role: Role) -> Result<()> { todo!() }
    /// Makes the group if it is new. Administrators only.
    pub async fn set_membership(&self, context: &RequestContext, user_id: UserId, group: &str, membership: GroupRole) -> Result<()> { todo!() }
    pub async fn suspend(&self, context: &RequestContext, user_id: UserId) -> Result<()> { todo!() }
    pub async fn reinstate(&self, context: &RequestContext, user_id: UserId) -> Result<()> { todo!() }
    pub async fn groups(&self, context: &RequestContext) -> Result<Vec<(GroupId, String, u64)>> { todo!() }
    /// Whether the viewer may see and steer the servers of that user: their own, those of members
    /// of a group they manage, or anyone's for administrators.
    pub async fn may_manage_servers_of(&self, viewer: &Viewer, owner: UserId) -> Result<bool> { todo!() }
    /// The users whose servers the viewer may see besides their own; `None` means everyone.
    pub async fn managed_users(&self, viewer: &Viewer) -> Result<Option<Vec<UserId>>> { todo!() }
    /// Default profile slug that a bulk list gave the user, if any.
    pub async fn profile_of(&self, user_id: UserId) -> Result<Option<String>> { todo!() }

    pub async fn invite(&self, context: &RequestContext, request: InvitationRequest) -> Result<(InvitationId, String)> { todo!() }
    pub async fn invitations(&self, context: &RequestContext) -> Result<Vec<InvitationRow>> { todo!() }
    pub async fn revoke_invitation(&self, context: &RequestContext, id: InvitationId) -> Result<()> { todo!() }

    /// One verdict a line; writes nothing. `profiles` are the slugs that exist.
    pub async fn preview_bulk(&self, context: &RequestContext, csv: &str, profiles: &[String]) -> Result<BulkReport> { todo!() }
    /// The same, then writes the whole list in one transaction, or nothing if a line is rejected.
    pub async fn apply_bulk(&self, context: &RequestContext, csv: &str, profiles: &[String]) -> Result<BulkReport> { todo!() }

    // --- audit -----------------------------------------------------------------------------
    pub async fn record(&self, entry: NewAuditEntry) -> Result<()> { todo!() }
    /// Administrators see every entry.
    pub async fn audit(&self, context: &RequestContext, query: &AuditQuery) -> Result<Page<AuditEntry>> { todo!() }
    /// The entries about the person who asks.
    pub async fn own_audit(&self, context: &RequestContext, query: &AuditQuery) -> Result<Page<AuditEntry>> { todo!() }
    pub async fn verify_audit(&self) -> Result<AuditVerdict> { todo!() }
}

/// How far a sign-out reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOutScope {
    ThisSession,
    Everywhere,
}

/// What a user is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupRole {
    None,
    Member,
    Manager,
}

/// Query of the OAuth redirect URI (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct OauthCallback {
    pub code: Option<String>,
    pub state: Option<String>,
    pub iss: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
}
