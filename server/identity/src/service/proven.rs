//! What was proven, and how an account is made of it or comes to have it.

use sea_orm::DatabaseTransaction;
use serde_json::json;
use types::account::Role;
use types::{ErrorCode, Timestamp, UserId, WalletAddress};

use super::contract_check::ProvenBy;
use super::sessions::Proof;
use super::{RequestContext, Result};
use crate::IdentityError;
use crate::admission::AdmittedBy;
use crate::id_token::ProvenIdentity;
use crate::secret::{generate_nonce, hash_secret};
use crate::store::audit::Recorded;
use crate::store::group;
use crate::store::user::{self, NewIdentity, User};
use crate::user_name::{UserName, names_of_identity, names_of_wallet};

/// Wallets and identities that one account may have.
const WAYS_TO_SIGN_IN_MAX: usize = 20;
/// A contract's answer may change with the chain's state, so it is asked again twice a day.
const CONTRACT_SESSION_MS: i64 = 12 * 60 * 60 * 1_000;

/// What was proven.
pub(crate) enum Proven {
    Wallet {
        address: WalletAddress,
        chain_id: u64,
        by: ProvenBy,
    },
    Oauth {
        provider: String,
        identity: ProvenIdentity,
    },
}

impl Proven {
    /// What the audit log names before the account is known.
    pub(crate) fn target(&self) -> String {
        match self {
            Self::Wallet { address, .. } => format!("wallet:{}", address.to_lower_hex()),
            Self::Oauth { provider, identity } => {
                format!("identity:{provider}:{}", identity.subject)
            }
        }
    }

    pub(crate) fn wallet(&self) -> Option<WalletAddress> {
        match self {
            Self::Wallet { address, .. } => Some(*address),
            Self::Oauth { .. } => None,
        }
    }

    /// What exactly was seen, so that a doubtful sign-in can be looked at later.
    pub(crate) fn evidence(&self) -> serde_json::Value {
        match self {
            Self::Wallet {
                address,
                chain_id,
                by,
            } => {
                let (by, block) = match by {
                    ProvenBy::Key => ("key", None),
                    ProvenBy::Contract { block } => ("contract", Some(*block)),
                    ProvenBy::Undeployed { block } => ("undeployed_contract", Some(*block)),
                };
                json!({"wallet": address.to_lower_hex(), "chain_id": chain_id, "by": by, "block": block})
            }
            Self::Oauth { provider, identity } => {
                json!({"provider": provider, "issuer": identity.issuer, "subject": identity.subject})
            }
        }
    }
}

pub(crate) async fn owner_of(
    transaction: &DatabaseTransaction,
    proven: &Proven,
) -> Result<Option<User>> {
    match proven {
        Proven::Wallet { address, .. } => user::find_by_wallet(transaction, *address).await,
        // A subject that looks like an address is a subject like any other: whoever runs the
        // provider chooses it, and it proves no wallet.
        Proven::Oauth { identity, .. } => {
            user::find_by_identity(transaction, &identity.issuer, &identity.subject).await
        }
    }
}

pub(crate) async fn create(
    transaction: &DatabaseTransaction,
    proven: &Proven,
    admitted_by: AdmittedBy,
    now: Timestamp,
) -> Result<User> {
    let (candidates, display_name, email) = match proven {
        Proven::Wallet { address, .. } => (
            names_of_wallet(*address, &generate_nonce()[..8]),
            Some(address.to_short()),
            None,
        ),
        Proven::Oauth { provider, identity } => {
            let hash = hash_secret(&format!("{}\n{}", identity.issuer, identity.subject));
            let names = names_of_identity(identity.preferred_name.as_deref(), provider, &hash);
            (
                names,
                identity.preferred_name.clone(),
                identity.email.clone(),
            )
        }
    };
    let name = free_name(transaction, candidates).await?;
    let user = User {
        id: UserId::generate(),
        display_name: display_name
            .and_then(|text| crate::user_name::display_name(&text).ok())
            .unwrap_or_else(|| name.as_str().to_owned()),
        name: name.into_string(),
        email,
        role: Role::Member,
        profile: None,
        admitted_by,
        created_at: now,
        last_seen_at: None,
        suspended_at: None,
        expires_at: None,
    };
    let wallet = proven.wallet();
    user::insert(transaction, &user, wallet.as_slice()).await?;
    add_proof(transaction, user.id, proven, now).await?;
    Ok(user)
}

async fn free_name(
    transaction: &DatabaseTransaction,
    candidates: Vec<UserName>,
) -> Result<UserName> {
    for name in candidates {
        if user::find_by_name(transaction, name.as_str())
            .await?
            .is_none()
        {
            return Ok(name);
        }
    }
    Err(IdentityError::refused(
        ErrorCode::NameTaken,
        "no free name was found for this account; ask an administrator",
    ))
}

pub(crate) async fn add_proof(
    transaction: &DatabaseTransaction,
    user_id: UserId,
    proven: &Proven,
    now: Timestamp,
) -> Result<()> {
    let ways = user::wallets(transaction, user_id).await?.len()
        + user::identities(transaction, user_id).await?.len();
    if ways >= WAYS_TO_SIGN_IN_MAX {
        let message = format!(
            "an account has at most {WAYS_TO_SIGN_IN_MAX} ways to sign in; remove one first"
        );
        return Err(IdentityError::refused(ErrorCode::BadRequest, message));
    }
    match proven {
        Proven::Wallet { address, .. } => {
            user::insert_wallet(transaction, user_id, *address, now).await
        }
        Proven::Oauth { provider, identity } => {
            user::insert_identity(
                transaction,
                user_id,
                &to_new_identity(provider, identity),
                now,
            )
            .await
        }
    }
}

pub(crate) async fn note_use(
    transaction: &DatabaseTransaction,
    proven: &Proven,
    now: Timestamp,
) -> Result<Proof> {
    match proven {
        Proven::Wallet { address, by, .. } => {
            user::note_wallet_use(transaction, *address, now).await?;
            Ok(Proof {
                method: format!("wallet {}", address.to_short()),
                wallet: Some(*address),
                identity_id: None,
                absolute_ms_max: (*by != ProvenBy::Key).then_some(CONTRACT_SESSION_MS),
            })
        }
        Proven::Oauth { provider, identity } => {
            let identity_id =
                user::note_identity_use(transaction, &to_new_identity(provider, identity), now)
                    .await?;
            Ok(Proof {
                method: format!("oauth {provider}"),
                wallet: None,
                identity_id,
                absolute_ms_max: None,
            })
        }
    }
}

/// Makes the memberships that a provider's group claim gave be those that it gives now.
pub(crate) async fn follow_groups(
    transaction: &DatabaseTransaction,
    context: &RequestContext,
    user_id: UserId,
    proven: &Proven,
    now: Timestamp,
    entries: &mut Vec<Recorded>,
) -> Result<()> {
    let Proven::Oauth { provider, identity } = proven else {
        return Ok(());
    };
    let Some(groups) = &identity.groups else {
        return Ok(());
    };
    let names = groups.iter().cloned().collect();
    let source = format!("oauth:{provider}");
    let (joined, left) = group::follow_source(transaction, user_id, &names, &source, now).await?;
    if !joined.is_empty() || !left.is_empty() {
        let entry = context
            .entry("user.groups", format!("user:{user_id}"))
            .reason(format!("the provider {provider} says so"))
            .change(&json!({"joined": joined, "left": left}));
        entries.push(entry.recorded());
    }
    Ok(())
}

fn to_new_identity<'a>(provider: &'a str, identity: &'a ProvenIdentity) -> NewIdentity<'a> {
    NewIdentity {
        provider,
        issuer: &identity.issuer,
        subject: &identity.subject,
        email: identity.email.as_deref(),
    }
}
