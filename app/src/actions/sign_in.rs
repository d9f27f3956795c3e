//! Signing in with a wallet, and linking another one to the account that is signed in.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use types::WalletAddress;
use types::sign_in::{ProofPurpose, SignInOptions, WalletChallenge, WalletProof};

use super::error::ActionResult;

#[cfg(feature = "ssr")]
use super::authority::signed_in;
#[cfg(feature = "ssr")]
use crate::context::{request_context, services};

/// A proof that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedProof {
    pub purpose: ProofPurpose,
    /// A checked path of this site: where the person wanted to go.
    pub next: String,
    pub is_new_user: bool,
}

/// What the sign-in page shows. A destination is remembered with the session, so that it outlives
/// the way through a wallet or an OAuth provider.
#[server(prefix = "/api", endpoint = "sign_in/options")]
pub async fn read_sign_in_options(
    /// Path to go to after the sign-in; the server checks it.
    #[server(default)]
    next: String,
) -> ActionResult<SignInOptions> {
    let services = services()?;
    if !next.is_empty() {
        let arrival = identity::service::Arrival {
            next: Some(next),
            ..Default::default()
        };
        services
            .identity
            .remember_arrival(&request_context()?, arrival)
            .await?;
    }
    Ok(services.identity.sign_in_options())
}

/// Makes the message that the wallet signs. It is valid once, for this browser, for minutes.
#[server(prefix = "/api", endpoint = "sign_in/begin_wallet_proof")]
pub async fn begin_wallet_proof(
    purpose: ProofPurpose,
    address: WalletAddress,
    chain_id: u64,
) -> ActionResult<WalletChallenge> {
    let context = request_context()?;
    Ok(services()?
        .identity
        .begin_wallet_proof(&context, purpose, address, chain_id)
        .await?)
}

/// Checks the signed message; signs in, or links the wallet.
#[server(prefix = "/api", endpoint = "sign_in/finish_wallet_proof")]
pub async fn finish_wallet_proof(proof: WalletProof) -> ActionResult<AcceptedProof> {
    let (services, context) = (services()?, request_context()?);
    let outcome = services
        .identity
        .finish_wallet_proof(&context, proof)
        .await?;
    if outcome.purpose == ProofPurpose::SignIn {
        services.after_sign_in(outcome.user_id).await;
    }
    Ok(AcceptedProof {
        purpose: outcome.purpose,
        next: outcome.next,
        is_new_user: outcome.is_new_user,
    })
}

/// Whether the wallet opens the account that is signed in: changing to it in the wallet then
/// changes nothing about who is signed in.
#[server(prefix = "/api", endpoint = "sign_in/is_own_wallet")]
pub async fn is_own_wallet(address: WalletAddress) -> ActionResult<bool> {
    let request = signed_in()?;
    let account = request
        .services
        .identity
        .account(request.viewer.user_id)
        .await?;
    Ok(account
        .wallets
        .iter()
        .any(|wallet| wallet.address == address))
}

/// Ends the present session, before somebody signs in as another account.
#[server(prefix = "/api", endpoint = "sign_in/end_session")]
pub async fn end_session() -> ActionResult<()> {
    let context = request_context()?;
    Ok(services()?
        .identity
        .sign_out(&context, identity::service::SignOutScope::ThisSession)
        .await?)
}
