//! What a proof leads to: a session, a new account, or one more way to sign in.

use serde_json::json;
use types::account::Role;
use types::audit::Outcome;
use types::sign_in::ProofPurpose;
use types::{ErrorCode, Timestamp, UserId, WalletAddress};

use sea_orm::DatabaseTransaction;

use super::contract_check::ProvenBy;
use super::request::Entry;
use super::sessions::Proof;
use super::setup::{KeptArrival, Newness};
use super::{Identity, ProofOutcome, RequestContext, Result};
use crate::IdentityError;
use crate::admission::{AdmittedBy, admits_account, admits_newcomer};
use crate::id_token::ProvenIdentity;
use crate::next_path::HOME_PATH;
use crate::secret::{generate_nonce, hash_secret};
use crate::store::audit::{self, Recorded};
use crate::store::user::{self, NewIdentity, User};
use crate::store::{begin_write, group, lock_people};
use crate::user_name::{UserName, names_of_identity, names_of_wallet};

/// Wallets and identities that one account may have.
const WAYS_TO_SIGN_IN_MAX: usize = 20;
/// A contract's answer may change with the chain's state, so it is asked again twice a day.
const CONTRACT_SESSION_MS: i64 = 12 * 60 * 60 * 1_000;
/// Where people go after linking.
const ACCOUNT_PATH: &str = "/account";

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

    fn wallet(&self) -> Option<WalletAddress> {
        match self {
            Self::Wallet { address, .. } => Some(*address),
            Self::Oauth { .. } => None,
        }
    }

    /// What exactly was seen, so that a doubtful sign-in can be looked at later.
    fn evidence(&self) -> serde_json::Value {
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

const fn action_of(purpose: ProofPurpose) -> &'static str {
    match purpose {
        ProofPurpose::SignIn => "session.sign_in",
        ProofPurpose::Link => "user.link",
    }
}

async fn owner_of(transaction: &DatabaseTransaction, proven: &Proven) -> Result<Option<User>> {
    match proven {
        Proven::Wallet { address, .. } => user::find_by_wallet(transaction, *address).await,
        // A subject that looks like an address is a subject like any other: whoever runs the
        // provider chooses it, and it proves no wallet.
        Proven::Oauth { identity, .. } => {
            user::find_by_identity(transaction, &identity.issuer, &identity.subject).await
        }
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

async fn create(
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

async fn add_proof(
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

async fn note_use(
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
async fn follow_groups(
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
