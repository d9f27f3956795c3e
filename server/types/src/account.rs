//! A person's own account: wallets, OAuth identities, sessions, groups.

use serde::{Deserialize, Serialize};

use crate::{GroupId, IdentityId, SessionKey, Timestamp, UserId, WalletAddress, WalletId};

/// Characters of the name that people give themselves or their servers.
pub const DISPLAY_NAME_CHARS_MAX: u32 = 80;

/// What a user may do everywhere. Managing a group is a matter of its membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Administrator,
    /// Their own servers and account.
    #[default]
    Member,
}

impl Role {
    /// As written in the database and in CSV files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Member => "member",
        }
    }
}

/// A group that a user belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub group_id: GroupId,
    pub group: String,
    /// May see and steer the servers of this group's members.
    pub is_manager: bool,
}

/// The account page of the person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub user_id: UserId,
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub role: Role,
    pub memberships: Vec<Membership>,
    pub created_at: Timestamp,
    pub wallets: Vec<LinkedWallet>,
    pub identities: Vec<LinkedIdentity>,
}

/// A wallet that opens the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedWallet {
    pub id: WalletId,
    pub address: WalletAddress,
    pub linked_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// An OAuth identity that opens the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedIdentity {
    pub id: IdentityId,
    /// Slug of the provider.
    pub provider: String,
    pub issuer: String,
    pub subject: String,
    /// A label only: it never decides who someone is.
    pub email: Option<String>,
    pub linked_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// A browser in which the account is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    pub key: SessionKey,
    pub is_current: bool,
    /// `wallet 0x1234…abcd` or `oauth example`.
    pub method: String,
    pub ip: String,
    pub user_agent: String,
    pub signed_in_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
}
