//! What administrators and managers of groups see and ask for.

use serde::{Deserialize, Serialize};

use crate::account::{Membership, Role};
use crate::{InvitationId, PageRequest, Timestamp, UserId, WalletAddress};

/// One row of the table of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    pub user_id: UserId,
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub role: Role,
    pub memberships: Vec<Membership>,
    pub wallets: Vec<WalletAddress>,
    pub created_at: Timestamp,
    pub last_seen_at: Option<Timestamp>,
    pub suspended_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

/// Which users, in which order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct UserQuery {
    /// Part of a name, display name, e-mail or wallet address.
    #[serde(default)]
    pub search: Option<String>,
    #[serde(default)]
    pub role: Option<Role>,
    /// Name of a group.
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default)]
    pub status: UserStatusFilter,
    #[serde(default)]
    pub sort: UserSort,
    #[serde(default)]
    pub page: PageRequest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum UserStatusFilter {
    #[default]
    All,
    Active,
    Suspended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum UserSort {
    #[default]
    Name,
    NewestFirst,
    LastSeenFirst,
}

/// People whom one invitation may let in.
pub const INVITATION_USES_MAX: u32 = 1_000;
/// Hours for which an invitation may be good: 90 days.
pub const INVITATION_HOURS_MAX: u32 = 90 * 24;

/// What an invitation gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationRequest {
    /// For whom, as the list of invitations shows it.
    pub note: String,
    pub role: Role,
    /// Names of groups.
    pub groups: Vec<String>,
    /// How many people may use it.
    pub uses: u32,
    pub expires_in_hours: u32,
}

/// An invitation in the list. Its link is shown once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationRow {
    pub id: InvitationId,
    pub note: String,
    pub role: Role,
    pub groups: Vec<String>,
    pub uses_left: u32,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}
