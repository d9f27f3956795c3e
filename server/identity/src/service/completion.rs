//! What a proof leads to: a session, a new account, or one more way to sign in.

use sea_orm::DatabaseTransaction;
use serde_json::json;
use types::account::Role;
use types::audit::Outcome;
use types::sign_in::ProofPurpose;
use types::{ErrorCode, Timestamp, UserId, WalletAddress};

use super::proven::{Proven, add_proof, create, follow_groups, note_use, owner_of};
use super::request::Entry;
use super::setup::{KeptArrival, Newness};
use super::{Identity, ProofOutcome, RequestContext, Result};
use crate::IdentityError;
use crate::admission::{AdmittedBy, admits_account, admits_newcomer};
use crate::next_path::HOME_PATH;
use crate::store::audit::{self, Recorded};
use crate::store::user::{self, User};
use crate::store::{begin_write, lock_people};

/// Where people go after linking.
const ACCOUNT_PATH: &str = "/account";

/// An account that may be opened.
pub(crate) struct Admitted {
    pub(crate) user: User,
    pub(crate) is_new: bool,
}

impl Identity {
    /// Signs in with a proof, or links it.
    pub(crate) async fn complete(
        &self,
        context: &RequestContext,
        purpose: ProofPurpose,
        asked_by: Option<UserId>,
        proven: Proven,
    ) -> Result<ProofOutcome> {
        let outcome = match purpose {
            ProofPurpose::SignIn => self.sign_in(context, &proven).await,
            ProofPurpose::Link => self.link(context, asked_by, &proven).await,
        };
        if let Err(error) = &outcome {
            self.record_refusal(context, action_of(purpose), proven.target(), error)
                .await?;
        }
        outcome
    }

    /// Writes down that a sign-in or link did not succeed.
    pub(crate) async fn record_refusal(
        &self,
        context: &RequestContext,
        action: &'static str,
        target: String,
        error: &IdentityError,
    ) -> Result<()> {
        let (outcome, reason) = match error {
            IdentityError::Refused(refusal) => (
                Outcome::Refused,
                format!("{}: {}", refusal.code.as_str(), refusal.message),
            ),
            other => (Outcome::Failed, other.to_string()),
        };
        let entry = context
            .entry(action, target)
            .outcome(outcome)
            .reason(reason);
        self.inner.audit.write(entry.recorded()).await
    }

    async fn sign_in(&self, context: &RequestContext, proven: &Proven) -> Result<ProofOutcome> {
        let now = self.now();
        let arrival = self.arrival(context).await?;
        let mut entries = Vec::new();

        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        let admitted = match owner_of(&transaction, proven).await? {
            Some(user) => {
                self.admit_known(&transaction, context, user, &arrival, &mut entries)
                    .await?
            }
            None => {
                self.admit_newcomer(&transaction, context, proven, &arrival, &mut entries)
                    .await?
            }
        };
        let proof = note_use(&transaction, proven, now).await?;
        follow_groups(
            &transaction,
            context,
            admitted.user.id,
            proven,
            now,
            &mut entries,
        )
        .await?;
        let has_changes = !entries.is_empty();
        audit::append(&transaction, now, entries).await?;
        transaction.commit().await?;

        if has_changes {
            self.inner.cache.forget();
        }
        self.open_session(context, &admitted.user, proof, &proven.evidence())
            .await?;
        Ok(ProofOutcome {
            user_id: admitted.user.id,
            purpose: ProofPurpose::SignIn,
            is_new_user: admitted.is_new,
            next: arrival.next.unwrap_or_else(|| HOME_PATH.to_owned()),
        })
    }

    async fn admit_known(
        &self,
        transaction: &DatabaseTransaction,
        context: &RequestContext,
        user: User,
        arrival: &KeptArrival,
        entries: &mut Vec<Recorded>,
    ) -> Result<Admitted> {
        check_standing(&user, self.now())?;
        let user = self
            .apply_setup(transaction, context, user, arrival, entries)
            .await?;
        let user = self
            .apply_invitation(transaction, context, user, Newness::Known, arrival, entries)
            .await?;
        let wallets: Vec<WalletAddress> = user::wallets(transaction, user.id)
            .await?
            .iter()
            .map(|wallet| wallet.address)
            .collect();
        let is_admitted = user.role == Role::Administrator
            || admits_account(self.inner.config.policy(), user.admitted_by, &wallets);
        if !is_admitted {
            return Err(not_allowed());
        }
        Ok(Admitted {
            user,
            is_new: false,
        })
    }

    async fn admit_newcomer(
        &self,
        transaction: &DatabaseTransaction,
        context: &RequestContext,
        proven: &Proven,
        arrival: &KeptArrival,
        entries: &mut Vec<Recorded>,
    ) -> Result<Admitted> {
        let now = self.now();
        if let Some(user) = self
            .claim_by_invitation(transaction, context, arrival, entries)
            .await?
        {
            check_standing(&user, now)?;
            add_proof(transaction, user.id, proven, now).await?;
            user::update(transaction, &user).await?;
            entries.push(link_entry(context, &user, proven).recorded());
            return Ok(Admitted {
                user,
                is_new: false,
            });
        }
        let has_setup = self.is_setup_open(transaction, arrival).await?;
        let has_invitation = !has_setup && self.is_invitation_open(transaction, arrival).await?;
        let is_by_person = has_setup || has_invitation;
        if !is_by_person && !admits_newcomer(self.inner.config.policy(), proven.wallet()) {
            return Err(
                if arrival.invitation_hash.is_some() || arrival.setup_hash.is_some() {
                    invitation_invalid()
                } else {
                    not_allowed()
                },
            );
        }
        let admitted_by = if is_by_person {
            AdmittedBy::Person
        } else {
            AdmittedBy::Policy
        };
        let user = create(transaction, proven, admitted_by, now).await?;
        entries.push(create_entry(context, &user, proven).recorded());
        let user = self
            .apply_setup(transaction, context, user, arrival, entries)
            .await?;
        let user = self
            .apply_invitation(transaction, context, user, Newness::New, arrival, entries)
            .await?;
        Ok(Admitted { user, is_new: true })
    }

    async fn link(
        &self,
        context: &RequestContext,
        asked_by: Option<UserId>,
        proven: &Proven,
    ) -> Result<ProofOutcome> {
        let viewer = context.viewer()?;
        if asked_by != Some(viewer.user_id) {
            return Err(IdentityError::refused(
                ErrorCode::ChallengeSpent,
                "this link was begun in another account; begin again",
            ));
        }
        let now = self.now();
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        let user = user::find(&transaction, viewer.user_id)
            .await?
            .ok_or_else(not_allowed)?;
        check_standing(&user, now)?;
        match owner_of(&transaction, proven).await? {
            Some(owner) if owner.id == user.id => {}
            Some(_) => {
                let message = "this belongs to another account; sign in there and remove it first";
                return Err(IdentityError::refused(ErrorCode::IdentityTaken, message));
            }
            None => {
                add_proof(&transaction, user.id, proven, now).await?;
                user::update(&transaction, &user).await?;
                let entry = link_entry(context, &user, proven);
                audit::append(&transaction, now, vec![entry.recorded()]).await?;
            }
        }
        transaction.commit().await?;
        Ok(ProofOutcome {
            user_id: user.id,
            purpose: ProofPurpose::Link,
            is_new_user: false,
            next: ACCOUNT_PATH.to_owned(),
        })
    }
}

const fn action_of(purpose: ProofPurpose) -> &'static str {
    match purpose {
        ProofPurpose::SignIn => "session.sign_in",
        ProofPurpose::Link => "user.link",
    }
}

/// Refuses accounts that are shut. Only whoever proved a way into the account learns of it.
fn check_standing(user: &User, now: Timestamp) -> Result<()> {
    if user.suspended_at.is_some() {
        return Err(IdentityError::refused(
            ErrorCode::Suspended,
            "this account is suspended; ask an administrator",
        ));
    }
    if user.is_expired(now) {
        return Err(IdentityError::refused(
            ErrorCode::Suspended,
            "this account has expired; ask an administrator",
        ));
    }
    Ok(())
}

fn create_entry(context: &RequestContext, user: &User, proven: &Proven) -> Entry {
    context
        .entry("user.create", format!("user:{}", user.id))
        .reason("first sign-in")
        .change(&json!({"name": user.name, "proof": proven.evidence()}))
}

fn link_entry(context: &RequestContext, user: &User, proven: &Proven) -> Entry {
    let action = match proven {
        Proven::Wallet { .. } => "wallet.link",
        Proven::Oauth { .. } => "identity.link",
    };
    context
        .entry(action, format!("user:{}", user.id))
        .change(&proven.evidence())
}

fn not_allowed() -> IdentityError {
    let error = types::ApiError::new(
        ErrorCode::NotAllowed,
        "this wallet or identity is not allowed to sign in here",
    );
    IdentityError::Refused(error.with_hint("ask an administrator for an invitation"))
}

/// The link that somebody came with opens nothing.
pub(crate) fn invitation_invalid() -> IdentityError {
    let error = types::ApiError::new(
        ErrorCode::InvitationInvalid,
        "this link is unknown, used up, revoked or expired",
    );
    IdentityError::Refused(error.with_hint("ask whoever sent it for a new one"))
}
