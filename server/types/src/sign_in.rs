//! What the browser and the server say to each other while someone signs in.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId, WalletAddress};

/// What the proof of a wallet or identity is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofPurpose {
    /// To sign in.
    SignIn,
    /// To add it to the account that is signed in.
    Link,
}

/// An EIP-4361 message made by the server, to be signed as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletChallenge {
    /// The whole text for `personal_sign`.
    pub message: String,
    pub expires_at: Timestamp,
}

/// The wallet's answer to a [`WalletChallenge`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletProof {
    /// The message, byte for byte.
    pub message: String,
    /// `0x` and the signature: 65 bytes (r, s, v) of an account, any length of a contract wallet.
    pub signature: String,
}

/// What the sign-in page must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInOptions {
    /// Chain ids (EIP-155) on which a sign-in is accepted; the first is the default.
    pub chain_ids: Vec<u64>,
    pub oauth_providers: Vec<OauthProvider>,
    /// The policy in one sentence, for people who are about to sign in.
    pub policy: String,
    /// Whether anyone may sign in because this is a development instance.
    pub development: bool,
}

/// An OAuth provider's button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OauthProvider {
    /// In URLs: `/oauth/<slug>/start`.
    pub slug: String,
    pub display_name: String,
}

/// Somebody who is signed in, as every page's header shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub user_id: UserId,
    /// Unique name: the lower-case address, or what an administrator gave.
    pub name: String,
    pub display_name: String,
    /// The wallet of this session, if it was opened with one.
    pub wallet: Option<WalletAddress>,
    pub is_administrator: bool,
    /// Manages at least one group.
    pub is_manager: bool,
}
