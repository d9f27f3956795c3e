//! Arrivals by a link: invitations, and the one-time link that makes an administrator.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde::{Deserialize, Serialize};
use serde_json::json;
use types::UserId;
use types::account::Role;

use super::completion::invitation_invalid;
use super::sessions::session_failed;
use super::{Arrival, Identity, RequestContext, Result};
use crate::IdentityError;
use crate::admission::AdmittedBy;
use crate::grant::{Grant, GroupStanding, Holding, may_grant, standings};
use crate::next_path::{HOME_PATH, checked_next};
use crate::secret::{generate_secret, hash_secret};
use crate::store::audit::Recorded;
use crate::store::group::{self, NewMember};
use crate::store::invitation::{self, Invitation};
use crate::store::setup::{self, SetupAuthority};
use crate::store::user::{self, User};
use crate::store::{begin_write, lock_people};

/// Whether an account was there before this sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Newness {
    New,
    Known,
}

/// Where the arrival is kept in a session's data.
const ARRIVAL_KEY: &str = "arrival";

/// What a session keeps of an arrival: hashes, because a copy of the database must not open
/// anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptArrival {
    pub(crate) invitation_hash: Option<String>,
    pub(crate) setup_hash: Option<String>,
    pub(crate) next: Option<String>,
}

impl Identity {
    /// Remembers invitation, set-up secret and destination in the anonymous session. A
    /// destination that is not a path of this site is forgotten.
    ///
    /// # Errors
    /// `identity.invitation_invalid` when the link opens nothing (any more); `rate_limited` when
    /// too many come by such links from one network. A mere destination is then forgotten.
    pub async fn remember_arrival(&self, context: &RequestContext, arrival: Arrival) -> Result<()> {
        let mut kept = self.arrival(context).await?;
        let before = kept.clone();
        if let Some(secret) = &arrival.invitation {
            kept.invitation_hash = Some(hash_secret(secret));
            if self
                .open_invitation(self.database(), &kept)
                .await?
                .is_none()
            {
                return Err(invitation_invalid());
            }
        }
        if let Some(secret) = &arrival.setup {
            kept.setup_hash = Some(hash_secret(secret));
            if !self.is_setup_open(self.database(), &kept).await? {
                return Err(invitation_invalid());
            }
        }
        if let Some(next) = arrival.next.as_deref().and_then(checked_next) {
            kept.next = Some(next).filter(|next| next != HOME_PATH);
        }
        // A visitor about whom there is nothing to remember gets no session.
        if kept == before {
            return Ok(());
        }
        // Whoever comes without a session makes a row, and needs no rights to do so.
        if context.session.id().is_none()
            && let Err(refusal) = self.inner.limits.arrival(context.ip)
        {
            let has_link = arrival.invitation.is_some() || arrival.setup.is_some();
            return if has_link {
                Err(IdentityError::Refused(refusal))
            } else {
                Ok(())
            };
        }
        context
            .session
            .insert(ARRIVAL_KEY, kept)
            .await
            .map_err(session_failed)
    }

    /// The secret of the one-time link that makes whoever signs in with it administrator; none
    /// when there is an administrator. Each call makes a new link and ends the one before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn setup_secret(&self) -> Result<Option<String>> {
        let now = self.now();
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        if user::has_administrator(&transaction, now).await? {
            return Ok(None);
        }
        let secret = generate_secret();
        setup::replace(
            &transaction,
            &hash_secret(&secret),
            SetupAuthority::FirstPerson,
            now,
        )
        .await?;
        transaction.commit().await?;
        Ok(Some(secret))
    }

    pub(crate) async fn arrival(&self, context: &RequestContext) -> Result<KeptArrival> {
        // Without a cookie there is nothing to read, and reading would not tell otherwise.
        Ok(context
            .session
            .get(ARRIVAL_KEY)
            .await
            .map_err(session_failed)?
            .unwrap_or_default())
    }

    pub(crate) async fn is_setup_open(
        &self,
        connection: &impl ConnectionTrait,
        arrival: &KeptArrival,
    ) -> Result<bool> {
        let Some(hash) = &arrival.setup_hash else {
            return Ok(false);
        };
        match setup::find_unused(connection, hash, self.now()).await? {
            Some(SetupAuthority::Operator) => Ok(true),
            Some(SetupAuthority::FirstPerson) => {
                Ok(!user::has_administrator(connection, self.now()).await?)
            }
            None => Ok(false),
        }
    }

    pub(crate) async fn is_invitation_open(
        &self,
        connection: &impl ConnectionTrait,
        arrival: &KeptArrival,
    ) -> Result<bool> {
        Ok(self
            .open_invitation(connection, arrival)
            .await?
            .is_some_and(|invitation| invitation.user_id.is_none()))
    }

    /// Makes the person administrator, if they came by an unused set-up link.
    pub(crate) async fn apply_setup(
        &self,
        transaction: &DatabaseTransaction,
        context: &RequestContext,
        mut user: User,
        arrival: &KeptArrival,
        entries: &mut Vec<Recorded>,
    ) -> Result<User> {
        let Some(hash) = arrival.setup_hash.as_deref() else {
            return Ok(user);
        };
        let is_open = self.is_setup_open(transaction, arrival).await?;
        if !is_open || !setup::take(transaction, hash, self.now()).await? {
            return Ok(user);
        }
        user.role = Role::Administrator;
        user.admitted_by = AdmittedBy::Person;
        user::update(transaction, &user).await?;
        let entry = context
            .entry("user.role", format!("user:{}", user.id))
            .reason("signed in with the one-time set-up link")
            .change(&json!({"role": user.role.as_str()}));
        entries.push(entry.recorded());
        Ok(user)
    }

    /// Gives what the invitation gives, and uses it up only if that is something new.
    pub(crate) async fn apply_invitation(
        &self,
        transaction: &DatabaseTransaction,
        context: &RequestContext,
        mut user: User,
        newness: Newness,
        arrival: &KeptArrival,
        entries: &mut Vec<Recorded>,
    ) -> Result<User> {
        let now = self.now();
        let invitation = self.open_invitation(transaction, arrival).await?;
        let Some(invitation) = invitation.filter(|invitation| invitation.user_id.is_none()) else {
            return Ok(user);
        };
        // Who manages a group may enter its members' notebooks. A manager's link therefore lets
        // people in, but does not put people who have an account under its maker.
        if newness == Newness::Known
            && self.holding_of_maker(transaction, &invitation).await? != Holding::Everything
        {
            return Ok(user);
        }
        let gains = gains(transaction, &user, &invitation).await?;
        // Someone whom this invitation let in uses it even when it gives nothing else.
        if gains.is_empty() && newness == Newness::Known {
            return Ok(user);
        }
        if !invitation::take_use(transaction, invitation.id, now).await? {
            return match newness {
                Newness::Known => Ok(user),
                // Revoked at this very moment: then it lets nobody in.
                Newness::New => Err(invitation_invalid()),
            };
        }
        if gains.role == Some(Role::Administrator) {
            user.role = Role::Administrator;
        }
        user.admitted_by = AdmittedBy::Person;
        user::update(transaction, &user).await?;
        join(transaction, user.id, &gains.groups, now).await?;
        let entry = context
            .entry("invitation.use", format!("user:{}", user.id))
            .reason(format!("invited by {}", invitation.created_by_name))
            .change(&json!({
                "invitation": invitation.id.to_string(),
                "role": user.role.as_str(),
                "groups": gains.groups.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            }));
        entries.push(entry.recorded());
        Ok(user)
    }

    /// The account that a personal invitation opens, taken by whoever comes with it first.
    pub(crate) async fn claim_by_invitation(
        &self,
        transaction: &DatabaseTransaction,
        context: &RequestContext,
        arrival: &KeptArrival,
        entries: &mut Vec<Recorded>,
    ) -> Result<Option<User>> {
        let Some(invitation) = self.open_invitation(transaction, arrival).await? else {
            return Ok(None);
        };
        let Some(user_id) = invitation.user_id else {
            return Ok(None);
        };
        let Some(user) = user::find(transaction, user_id).await? else {
            return Ok(None);
        };
        let has_ways = !user::wallets(transaction, user_id).await?.is_empty()
            || !user::identities(transaction, user_id).await?.is_empty();
        if has_ways || !invitation::take_use(transaction, invitation.id, self.now()).await? {
            return Ok(None);
        }
        let entry = context
            .entry("invitation.use", format!("user:{user_id}"))
            .reason(format!("invited by {}", invitation.created_by_name))
            .change(&json!({"invitation": invitation.id.to_string()}));
        entries.push(entry.recorded());
        Ok(Some(user))
    }

    /// The invitation that somebody came with, if it is still good and its maker may still give
    /// what it gives.
    async fn open_invitation(
        &self,
        connection: &impl ConnectionTrait,
        arrival: &KeptArrival,
    ) -> Result<Option<Invitation>> {
        let Some(hash) = &arrival.invitation_hash else {
            return Ok(None);
        };
        let now = self.now();
        let found = invitation::find_by_secret(connection, hash).await?;
        let Some(invitation) = found.filter(|invitation| invitation.is_open(now)) else {
            return Ok(None);
        };
        let holding = self.holding_of_maker(connection, &invitation).await?;
        let is_allowed = match invitation.user_id {
            Some(_) => holding == Holding::Everything,
            None => may_grant(&holding, &grant_of(&invitation)),
        };
        Ok(is_allowed.then_some(invitation))
    }

    async fn holding_of_maker(
        &self,
        connection: &impl ConnectionTrait,
        invitation: &Invitation,
    ) -> Result<Holding> {
        // Whatever is not a user is a part of the system, such as the command line.
        let Ok(maker) = invitation.created_by.parse::<UserId>() else {
            return Ok(Holding::Everything);
        };
        let nothing = Holding::Groups(BTreeSet::new());
        match user::find(connection, maker).await? {
            Some(maker) if maker.suspended_at.is_none() && !maker.is_expired(self.now()) => {
                holding(connection, &maker).await
            }
            _ => Ok(nothing),
        }
    }
}

/// What a user holds now.
pub(crate) async fn holding(connection: &impl ConnectionTrait, user: &User) -> Result<Holding> {
    if user.role == Role::Administrator {
        return Ok(Holding::Everything);
    }
    Ok(Holding::Groups(
        group::managed(connection, user.id)
            .await?
            .into_keys()
            .collect(),
    ))
}

/// What an invitation gives.
pub(crate) fn grant_of(invitation: &Invitation) -> Grant {
    Grant {
        role: invitation.role,
        groups: standings(invitation.groups.iter().map(String::as_str)),
    }
}

/// What an invitation would add to what somebody has.
struct Gains {
    role: Option<Role>,
    groups: Vec<(String, GroupStanding)>,
}

impl Gains {
    fn is_empty(&self) -> bool {
        self.role.is_none() && self.groups.is_empty()
    }
}

async fn gains(
    connection: &impl ConnectionTrait,
    user: &User,
    invitation: &Invitation,
) -> Result<Gains> {
    let grant = grant_of(invitation);
    let has = group::memberships(connection, &[user.id])
        .await?
        .remove(&user.id)
        .unwrap_or_default();
    let is_new = |name: &str, standing: GroupStanding| {
        !has.iter().any(|membership| {
            membership.group == name && (membership.is_manager || standing == GroupStanding::Member)
        })
    };
    Ok(Gains {
        role: (grant.role == Role::Administrator && user.role != Role::Administrator)
            .then_some(grant.role),
        groups: grant
            .groups
            .into_iter()
            .filter(|(name, standing)| is_new(name, *standing))
            .collect(),
    })
}

async fn join(
    transaction: &DatabaseTransaction,
    user_id: UserId,
    groups: &[(String, GroupStanding)],
    now: types::Timestamp,
) -> Result<()> {
    let names: BTreeSet<String> = groups.iter().map(|(name, _)| name.clone()).collect();
    let ids = group::ensure(transaction, &names, now).await?;
    let members: Vec<NewMember> = groups
        .iter()
        .filter_map(|(name, standing)| {
            ids.get(name).map(|group_id| NewMember {
                user_id,
                group_id: *group_id,
                standing: *standing,
            })
        })
        .collect();
    group::put_members(transaction, &members, group::BY_PEOPLE).await
}
