//! Sign-ins under way: messages waiting for a signature, OAuth flows waiting for their answer.
//! Each is taken at most once.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use types::sign_in::ProofPurpose;
use types::{Timestamp, UserId, WalletAddress};

use super::entity::{oauth_flows, wallet_challenges};
use super::{Result, id};
use crate::IdentityError;

/// A message that was given to a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) nonce: String,
    pub(crate) purpose: ProofPurpose,
    /// Who asked, when the purpose is to link.
    pub(crate) user_id: Option<UserId>,
    pub(crate) address: WalletAddress,
    pub(crate) chain_id: u64,
    pub(crate) message: String,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// An OAuth authorization request that was sent off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) provider: String,
    pub(crate) purpose: ProofPurpose,
    pub(crate) user_id: Option<UserId>,
    pub(crate) nonce: String,
    pub(crate) pkce_verifier: String,
    pub(crate) expires_at: Timestamp,
}

pub(crate) async fn insert_challenge(
    connection: &impl ConnectionTrait,
    session_id_hash: &str,
    challenge: &Challenge,
) -> Result<()> {
    let row = wallet_challenges::ActiveModel {
        nonce: Set(challenge.nonce.clone()),
        session_id_hash: Set(session_id_hash.to_owned()),
        purpose: Set(purpose_text(challenge.purpose).to_owned()),
        user_id: Set(challenge.user_id.map(|user_id| user_id.to_string())),
        address: Set(challenge.address.to_lower_hex()),
        chain_id: Set(i64::try_from(challenge.chain_id).unwrap_or(i64::MAX)),
        message: Set(challenge.message.clone()),
        issued_at: Set(challenge.issued_at.0),
        expires_at: Set(challenge.expires_at.0),
        consumed_at: Set(None),
    };
    wallet_challenges::Entity::insert(row)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Takes a challenge out, if this session asked for it and nobody took it before: of two parallel
/// answers exactly one gets it. An expired one is taken as well, and found out later.
pub(crate) async fn take_challenge(
    connection: &impl ConnectionTrait,
    session_id_hash: &str,
    nonce: &str,
    now: Timestamp,
) -> Result<Option<Challenge>> {
    let rows = wallet_challenges::Entity::update_many()
        .col_expr(wallet_challenges::Column::ConsumedAt, Expr::value(now.0))
        .filter(wallet_challenges::Column::Nonce.eq(nonce))
        .filter(wallet_challenges::Column::SessionIdHash.eq(session_id_hash))
        .filter(wallet_challenges::Column::ConsumedAt.is_null())
        .exec_with_returning(connection)
        .await?;
    rows.into_iter().next().map(to_challenge).transpose()
}

pub(crate) async fn insert_flow(
    connection: &impl ConnectionTrait,
    state_hash: &str,
    session_id_hash: &str,
    flow: &Flow,
) -> Result<()> {
    let row = oauth_flows::ActiveModel {
        state_hash: Set(state_hash.to_owned()),
        session_id_hash: Set(session_id_hash.to_owned()),
        provider: Set(flow.provider.clone()),
        purpose: Set(purpose_text(flow.purpose).to_owned()),
        user_id: Set(flow.user_id.map(|user_id| user_id.to_string())),
        nonce: Set(flow.nonce.clone()),
        pkce_verifier: Set(flow.pkce_verifier.clone()),
        expires_at: Set(flow.expires_at.0),
        consumed_at: Set(None),
    };
    oauth_flows::Entity::insert(row)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Takes a flow out, by the same rules as [`take_challenge`].
pub(crate) async fn take_flow(
    connection: &impl ConnectionTrait,
    state_hash: &str,
    session_id_hash: &str,
    now: Timestamp,
) -> Result<Option<Flow>> {
    let rows = oauth_flows::Entity::update_many()
        .col_expr(oauth_flows::Column::ConsumedAt, Expr::value(now.0))
        .filter(oauth_flows::Column::StateHash.eq(state_hash))
        .filter(oauth_flows::Column::SessionIdHash.eq(session_id_hash))
        .filter(oauth_flows::Column::ConsumedAt.is_null())
        .exec_with_returning(connection)
        .await?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(None);
    };
    Ok(Some(Flow {
        provider: row.provider,
        purpose: purpose_of(&row.purpose)?,
        user_id: row.user_id.as_deref().map(id).transpose()?,
        nonce: row.nonce,
        pkce_verifier: row.pkce_verifier,
        expires_at: Timestamp(row.expires_at),
    }))
}

/// Forgets what has expired, used or not.
pub(crate) async fn delete_expired(
    connection: &impl ConnectionTrait,
    moment: Timestamp,
) -> Result<()> {
    wallet_challenges::Entity::delete_many()
        .filter(wallet_challenges::Column::ExpiresAt.lte(moment.0))
        .exec(connection)
        .await?;
    oauth_flows::Entity::delete_many()
        .filter(oauth_flows::Column::ExpiresAt.lte(moment.0))
        .exec(connection)
        .await?;
    Ok(())
}

fn to_challenge(row: wallet_challenges::Model) -> Result<Challenge> {
    Ok(Challenge {
        purpose: purpose_of(&row.purpose)?,
        user_id: row.user_id.as_deref().map(id).transpose()?,
        address: id(&row.address)?,
        chain_id: u64::try_from(row.chain_id).unwrap_or_default(),
        nonce: row.nonce,
        message: row.message,
        issued_at: Timestamp(row.issued_at),
        expires_at: Timestamp(row.expires_at),
    })
}

pub(crate) const fn purpose_text(purpose: ProofPurpose) -> &'static str {
    match purpose {
        ProofPurpose::SignIn => "sign_in",
        ProofPurpose::Link => "link",
    }
}

fn purpose_of(text: &str) -> Result<ProofPurpose> {
    match text {
        "sign_in" => Ok(ProofPurpose::SignIn),
        "link" => Ok(ProofPurpose::Link),
        _ => Err(IdentityError::Bug(format!(
            "the purpose {text:?} is unknown"
        ))),
    }
}
