//! Signing in with an OpenID Connect provider: off to it, and back.

use types::ErrorCode;
use types::sign_in::ProofPurpose;

use super::oidc_provider::OidcProvider;
use super::proven::Proven;
use super::wallet_sign_in::{asking_user, spent};
use super::{Identity, ProofOutcome, RequestContext, Result};
use crate::IdentityError;
use crate::capped::capped;
use crate::secret::hash_secret;
use crate::session_storage::hash_of;
use crate::store::challenge::{Flow, insert_flow, take_flow};

/// How long a person may take at the provider.
const FLOW_TTL_MS: i64 = 10 * 60 * 1_000;
/// Bytes of a code or state that are looked at.
const PARAMETER_BYTES_MAX: usize = 4_096;

/// Query of the OAuth redirect URI (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct OauthCallback {
    pub code: Option<String>,
    pub state: Option<String>,
    pub iss: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
}

impl Identity {
    /// The provider's authorization URL to redirect to.
    ///
    /// # Errors
    /// `not_found` for an unknown provider, `rate_limited`; to link: `identity.sign_in_required`;
    /// `unavailable` when the provider does not answer.
    pub async fn begin_oauth(
        &self,
        context: &RequestContext,
        purpose: ProofPurpose,
        provider: &str,
    ) -> Result<url::Url> {
        self.inner
            .limits
            .challenge(context.ip)
            .map_err(IdentityError::Refused)?;
        let user_id = asking_user(context, purpose)?;
        let provider = self.provider(provider)?;
        let started = provider.start().await?;
        let session_id_hash = self.secured_session(context).await?;
        let flow = Flow {
            provider: provider.config.slug.clone(),
            purpose,
            user_id,
            nonce: started.nonce,
            pkce_verifier: started.pkce_verifier,
            expires_at: self.now().plus_ms(FLOW_TTL_MS),
        };
        insert_flow(
            self.database(),
            &hash_secret(&started.state),
            &session_id_hash,
            &flow,
        )
        .await?;
        Ok(started.authorize_url)
    }

    /// Checks the provider's answer, signs in (new session id) or links, and writes the audit
    /// entry.
    ///
    /// # Errors
    /// `identity.challenge_spent` when this browser began no such flow, `identity.oauth_failed`,
    /// and what [`Identity::finish_wallet_proof`] returns for accounts.
    pub async fn finish_oauth(
        &self,
        context: &RequestContext,
        provider: &str,
        query: &OauthCallback,
    ) -> Result<ProofOutcome> {
        self.inner
            .limits
            .proof(context.ip)
            .map_err(IdentityError::Refused)?;
        let (flow, proven) = match self.check_answer(context, provider, query).await {
            Ok(checked) => checked,
            Err(error) => {
                let target = format!("identity:{}", capped(provider));
                self.record_refusal(context, "session.sign_in", target, &error)
                    .await?;
                return Err(error);
            }
        };
        self.complete(context, flow.purpose, flow.user_id, proven)
            .await
    }

    async fn check_answer(
        &self,
        context: &RequestContext,
        provider: &str,
        query: &OauthCallback,
    ) -> Result<(Flow, Proven)> {
        let provider = self.provider(provider)?;
        let state = bounded(query.state.as_deref()).ok_or_else(spent)?;
        let session_id = context.session.id().ok_or_else(spent)?;
        let now = self.now();
        let flow = take_flow(
            self.database(),
            &hash_secret(state),
            &hash_of(session_id),
            now,
        )
        .await?;
        let flow = flow
            .filter(|flow| flow.expires_at > now && flow.provider == provider.config.slug)
            .ok_or_else(spent)?;
        if let Some(error) = &query.error {
            return Err(failed(
                provider,
                answer_text(error, query.error_description.as_deref()),
            ));
        }
        let code = bounded(query.code.as_deref())
            .ok_or_else(|| failed(provider, "the answer has no code".to_owned()))?;
        let identity = provider
            .finish(
                code,
                query.iss.as_deref(),
                &flow.nonce,
                flow.pkce_verifier.clone(),
            )
            .await?;
        let proven = Proven::Oauth {
            provider: provider.config.slug.clone(),
            identity,
        };
        Ok((flow, proven))
    }

    fn provider(&self, slug: &str) -> Result<&OidcProvider> {
        self.inner.providers.get(slug).ok_or_else(|| {
            IdentityError::refused(ErrorCode::NotFound, "there is no such sign-in provider")
        })
    }
}

fn bounded(parameter: Option<&str>) -> Option<&str> {
    parameter.filter(|text| !text.is_empty() && text.len() <= PARAMETER_BYTES_MAX)
}

/// RFC 6749 §4.1.2.1: `access_denied` is a person who changed their mind.
fn answer_text(error: &str, description: Option<&str>) -> String {
    if error == "access_denied" {
        return "the sign-in was cancelled there".to_owned();
    }
    match description {
        Some(description) => format!("{}: {}", capped(error), capped(description)),
        None => capped(error),
    }
}

fn failed(provider: &OidcProvider, problem: String) -> IdentityError {
    IdentityError::refused(
        ErrorCode::OauthFailed,
        format!("{}: {problem}", provider.config.display_name),
    )
}
