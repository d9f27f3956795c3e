//! Signing in with a wallet: the message out, the signature back.

use types::sign_in::{OauthProvider, ProofPurpose, SignInOptions, WalletChallenge, WalletProof};
use types::{ApiError, ErrorCode, UserId, WalletAddress};

use super::contract_check::{self, Claim};
use super::proven::Proven;
use super::sessions::session_failed;
use super::{Identity, ProofOutcome, RequestContext, Result};
use crate::IdentityError;
use crate::secret::generate_nonce;
use crate::session_storage::hash_of;
use crate::store::challenge::{Challenge, insert_challenge, take_challenge};
use crate::wallet_message::{
    CHALLENGE_TTL_MS, Expectation, MessageDraft, MessageFault, authority, claimed_nonce, compose,
    verify,
};
use crate::wallet_signature::{decode_signature, personal_hash, verify_account_signature};

/// Marks a session in which a sign-in was begun, so that it is kept.
const BEGUN_KEY: &str = "sign_in_begun";

impl Identity {
    /// What the sign-in page must know.
    #[must_use]
    pub fn sign_in_options(&self) -> SignInOptions {
        let config = &self.inner.config;
        SignInOptions {
            chain_ids: config.chain_ids.clone(),
            oauth_providers: config
                .oauth_providers
                .iter()
                .map(|provider| OauthProvider {
                    slug: provider.slug.clone(),
                    display_name: provider.display_name.clone(),
                })
                .collect(),
            policy: config.policy().sentence().to_owned(),
            development: config.development,
        }
    }

    /// Makes the message that the wallet is to sign. It does not depend on whether the address is
    /// known or allowed.
    ///
    /// # Errors
    /// `rate_limited`, `identity.chain_not_allowed`; to link: `identity.sign_in_required`.
    pub async fn begin_wallet_proof(
        &self,
        context: &RequestContext,
        purpose: ProofPurpose,
        address: WalletAddress,
        chain_id: u64,
    ) -> Result<WalletChallenge> {
        self.inner
            .limits
            .challenge(context.ip)
            .map_err(IdentityError::Refused)?;
        let config = &self.inner.config;
        if !config.chain_ids.contains(&chain_id) {
            let accepted: Vec<String> = config.chain_ids.iter().map(ToString::to_string).collect();
            let error = ApiError::new(
                ErrorCode::ChainNotAllowed,
                format!("chain {chain_id} is not accepted here"),
            )
            .with_hint(format!(
                "switch the wallet to one of these chains: {}",
                accepted.join(", ")
            ));
            return Err(IdentityError::Refused(error));
        }
        let user_id = asking_user(context, purpose)?;
        let session_id_hash = self.secured_session(context).await?;
        let nonce = generate_nonce();
        let issued_at = self.now();
        let draft = MessageDraft {
            hub_origin: &config.hub_origin,
            address,
            statement: &self.statement(purpose),
            chain_id,
            nonce: &nonce,
            issued_at,
        };
        let message = compose(&draft).map_err(IdentityError::Bug)?;
        let expires_at = issued_at.plus_ms(CHALLENGE_TTL_MS);
        let challenge = Challenge {
            nonce,
            purpose,
            user_id,
            address,
            chain_id,
            message: message.clone(),
            issued_at,
            expires_at,
        };
        insert_challenge(self.database(), &session_id_hash, &challenge).await?;
        Ok(WalletChallenge {
            message,
            expires_at,
        })
    }

    /// Checks the proof, signs in (new session id) or links, and writes the audit entry.
    ///
    /// # Errors
    /// `identity.challenge_spent`, `identity.challenge_mismatch`, `identity.signature_invalid`,
    /// `identity.not_allowed`, `identity.suspended`, `identity.taken`,
    /// `identity.invitation_invalid`, `rate_limited`; `unavailable` when a chain does not answer.
    pub async fn finish_wallet_proof(
        &self,
        context: &RequestContext,
        proof: WalletProof,
    ) -> Result<ProofOutcome> {
        self.inner
            .limits
            .proof(context.ip)
            .map_err(IdentityError::Refused)?;
        let challenge = match self.take(context, &proof.message).await {
            Ok(challenge) => challenge,
            Err(error) => {
                self.record_refusal(context, "session.sign_in", String::new(), &error)
                    .await?;
                return Err(error);
            }
        };
        let proven = match self.check(&challenge, &proof).await {
            Ok(proven) => proven,
            Err(error) => {
                let target = format!("wallet:{}", challenge.address.to_lower_hex());
                self.record_refusal(context, "session.sign_in", target, &error)
                    .await?;
                return Err(error);
            }
        };
        self.complete(context, challenge.purpose, challenge.user_id, proven)
            .await
    }

    /// Takes the challenge that an answer names. From here on it cannot be answered again,
    /// whatever becomes of this attempt.
    async fn take(&self, context: &RequestContext, message: &str) -> Result<Challenge> {
        let nonce = claimed_nonce(message).ok_or_else(|| mismatch(MessageFault::Grammar))?;
        let session_id = context.session.id().ok_or_else(spent)?;
        take_challenge(self.database(), &hash_of(session_id), nonce, self.now())
            .await?
            .ok_or_else(spent)
    }

    async fn check(&self, challenge: &Challenge, proof: &WalletProof) -> Result<Proven> {
        let config = &self.inner.config;
        let expected = Expectation {
            kept: &challenge.message,
            hub_origin: &config.hub_origin,
            address: challenge.address,
            chain_id: challenge.chain_id,
            chain_ids: &config.chain_ids,
            nonce: &challenge.nonce,
            issued_at: challenge.issued_at,
            now: self.now(),
        };
        verify(&proof.message, &expected).map_err(mismatch)?;
        let signature = decode_signature(&proof.signature).map_err(contract_check::refused)?;
        let hash = personal_hash(proof.message.as_bytes());
        // A signature by the wallet's own key costs nothing to check and proves its holder, so
        // nobody can lock a holder out by sending wrong ones.
        if verify_account_signature(&hash, &signature, challenge.address).is_err() {
            self.inner
                .limits
                .address(challenge.address)
                .map_err(IdentityError::Refused)?;
        }
        let claim = Claim {
            address: challenge.address,
            chain_id: challenge.chain_id,
            hash,
            signature: &signature,
        };
        let by = self.inner.chains.check(&claim).await?;
        Ok(Proven::Wallet {
            address: challenge.address,
            chain_id: challenge.chain_id,
            by,
        })
    }

    fn statement(&self, purpose: ProofPurpose) -> String {
        match purpose {
            ProofPurpose::SignIn => self.inner.config.statement.clone(),
            ProofPurpose::Link => format!(
                "Add this wallet to the account that is signed in at {}. Whoever holds it can then open that account.",
                authority(&self.inner.config.hub_origin)
            ),
        }
    }

    /// The hash of this session's secret; a visitor without a session gets one.
    pub(crate) async fn secured_session(&self, context: &RequestContext) -> Result<String> {
        // Reads the session first: a cookie that opens none is replaced, not adopted.
        context
            .session
            .insert(BEGUN_KEY, true)
            .await
            .map_err(session_failed)?;
        if context.session.id().is_none() {
            context.session.save().await.map_err(session_failed)?;
        }
        let lost = || IdentityError::Bug("a session was saved without an id".to_owned());
        Ok(hash_of(context.session.id().ok_or_else(lost)?))
    }
}

/// Who asks, when the purpose needs somebody.
pub(crate) fn asking_user(
    context: &RequestContext,
    purpose: ProofPurpose,
) -> Result<Option<UserId>> {
    match purpose {
        ProofPurpose::SignIn => Ok(None),
        ProofPurpose::Link => Ok(Some(context.viewer()?.user_id)),
    }
}

fn mismatch(fault: MessageFault) -> IdentityError {
    let code = match fault {
        MessageFault::Expired => ErrorCode::ChallengeSpent,
        MessageFault::Chain => ErrorCode::ChainNotAllowed,
        _ => ErrorCode::ChallengeMismatch,
    };
    IdentityError::Refused(
        ApiError::new(code, fault.to_string()).with_hint("begin the sign-in again"),
    )
}

/// Said alike of used, expired, foreign and invented challenges.
pub(crate) fn spent() -> IdentityError {
    let error = ApiError::new(
        ErrorCode::ChallengeSpent,
        "this sign-in was used already, has expired, or was begun in another browser",
    );
    IdentityError::Refused(error.with_hint("begin the sign-in again"))
}
