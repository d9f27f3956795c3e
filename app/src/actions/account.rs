//! One's own account: name, wallets, OAuth identities, sessions, and the record about oneself.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};
use types::account::{Account, SessionSummary};
use types::audit::AuditEntry;
use types::sign_in::OauthProvider;
use types::{IdentityId, Page, PageRequest, SessionKey, WalletAddress, WalletId};

use super::error::ActionResult;

#[cfg(feature = "ssr")]
use super::authority::signed_in;

/// What the account page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountDetail {
    pub account: Account,
    pub sessions: Vec<SessionSummary>,
    /// Providers with which an identity can be linked.
    pub providers: Vec<OauthProvider>,
    /// The wallet with which this session was opened, if it was.
    pub session_wallet: Option<WalletAddress>,
}

/// The account of the person who is signed in.
#[server(prefix = "/api", endpoint = "account/read")]
pub async fn read_account() -> ActionResult<AccountDetail> {
    let request = signed_in()?;
    let identity = &request.services.identity;
    Ok(AccountDetail {
        account: identity.account(request.viewer.user_id).await?,
        sessions: identity.sessions(&request.context).await?,
        providers: identity.sign_in_options().oauth_providers,
        session_wallet: request.viewer.wallet,
    })
}

/// Changes the name that people see.
#[server(prefix = "/api", endpoint = "account/rename")]
pub async fn rename_account(display_name: String) -> ActionResult<()> {
    let request = signed_in()?;
    let identity = &request.services.identity;
    Ok(identity
        .rename_self(&request.context, display_name.trim())
        .await?)
}

/// Removes a wallet; the last way to sign in stays.
#[server(prefix = "/api", endpoint = "account/unlink_wallet")]
pub async fn unlink_wallet(wallet_id: WalletId) -> ActionResult<()> {
    let request = signed_in()?;
    let identity = &request.services.identity;
    Ok(identity.unlink_wallet(&request.context, wallet_id).await?)
}

/// Removes an OAuth identity; the last way to sign in stays.
#[server(prefix = "/api", endpoint = "account/unlink_identity")]
pub async fn unlink_identity(identity_id: IdentityId) -> ActionResult<()> {
    let request = signed_in()?;
    let identity = &request.services.identity;
    Ok(identity
        .unlink_identity(&request.context, identity_id)
        .await?)
}

/// Ends one session of one's own.
#[server(prefix = "/api", endpoint = "account/revoke_session")]
pub async fn revoke_session(session_key: SessionKey) -> ActionResult<()> {
    let request = signed_in()?;
    let identity = &request.services.identity;
    Ok(identity
        .revoke_session(&request.context, session_key)
        .await?)
}

/// Ends every session of one's own, this one too, and goes to the home page.
#[server(prefix = "/api", endpoint = "account/sign_out_everywhere")]
pub async fn sign_out_everywhere() -> ActionResult<()> {
    let request = signed_in()?;
    request
        .services
        .identity
        .sign_out(
            &request.context,
            identity::service::SignOutScope::Everywhere,
        )
        .await?;
    leptos_axum::redirect("/");
    Ok(())
}

/// The entries of the audit log about the person who is signed in, newest first.
#[server(prefix = "/api", endpoint = "account/audit", input = Json)]
pub async fn read_own_audit(page: PageRequest) -> ActionResult<Page<AuditEntry>> {
    let request = signed_in()?;
    let query = types::audit::AuditQuery {
        page,
        ..Default::default()
    };
    let identity = &request.services.identity;
    Ok(identity.own_audit(&request.context, &query).await?)
}
