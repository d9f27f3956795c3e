//! People, for administrators and managers of groups.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;
use types::account::Role;
use types::admin::{UserQuery, UserRow};
use types::sign_in::Viewer;
use types::{ErrorCode, GroupId, Page, SessionKey, UserId};

use super::account::no_user;
use super::request::{Entry, forbidden};
use super::{Identity, RequestContext, Result};
use crate::IdentityError;
use crate::admission::AdmittedBy;
use crate::grant::{GroupStanding, Holding};
use crate::store::directory::{self, Scope};
use crate::store::group::{self, NewMember};
use crate::store::session::{self, Which};
use crate::store::user::{self, User};
use crate::store::{audit, begin_write, lock_people};
use crate::user_name::group_name;

/// What a user is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupRole {
    None,
    Member,
    Manager,
}

impl Identity {
    /// The table of users. Managers see the members of their groups only.
    ///
    /// # Errors
    /// `identity.forbidden` for everybody else, `bad_request` for a page that does not exist.
    pub async fn users(
        &self,
        context: &RequestContext,
        query: &UserQuery,
    ) -> Result<Page<UserRow>> {
        let scope = self.scope(context.viewer()?).await?;
        directory::page(self.database(), &scope, query, self.now()).await
    }

    /// One user, by the same rules as [`Self::users`].
    ///
    /// # Errors
    /// `identity.forbidden`, or `not_found` also for users who may not be seen.
    pub async fn user(&self, context: &RequestContext, user_id: UserId) -> Result<UserRow> {
        let scope = self.scope(context.viewer()?).await?;
        directory::one(self.database(), &scope, user_id)
            .await?
            .ok_or_else(no_user)
    }

    /// The names of users, for lists of their things. Unknown users are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn names(&self, user_ids: &[UserId]) -> Result<HashMap<UserId, String>> {
        directory::names(self.database(), user_ids).await
    }

    /// Which of these users have no open account: suspended, expired or gone.
    ///
    /// # Errors
    /// The database failed.
    pub async fn shut_among(&self, user_ids: &[UserId]) -> Result<Vec<UserId>> {
        let open = directory::open_among(self.database(), user_ids, self.now()).await?;
        let is_shut = |user_id: &UserId| !open.contains(user_id);
        Ok(user_ids.iter().copied().filter(is_shut).collect())
    }

    /// Makes somebody administrator or member.
    ///
    /// # Errors
    /// `identity.forbidden`, `not_found`, `bad_request` for the last administrator.
    pub async fn set_role(
        &self,
        context: &RequestContext,
        user_id: UserId,
        role: Role,
    ) -> Result<()> {
        let transaction = self.begin_as_administrator(context).await?;
        let entry = context.entry("user.role", format!("user:{user_id}"));
        self.change_role(transaction, user_id, role, entry).await
    }

    /// Makes the group if it is new. Administrators only.
    ///
    /// # Errors
    /// `identity.forbidden`, `not_found`, `identity.name_invalid`.
    pub async fn set_membership(
        &self,
        context: &RequestContext,
        user_id: UserId,
        group: &str,
        membership: GroupRole,
    ) -> Result<()> {
        let name = group_name(group).map_err(IdentityError::Refused)?;
        let now = self.now();
        let transaction = self.begin_as_administrator(context).await?;
        user::find(&transaction, user_id)
            .await?
            .ok_or_else(no_user)?;
        let names = BTreeSet::from([name.clone()]);
        let standing = match membership {
            GroupRole::None => None,
            GroupRole::Member => Some(GroupStanding::Member),
            GroupRole::Manager => Some(GroupStanding::Manager),
        };
        match standing {
            Some(standing) => {
                let ids = group::ensure(&transaction, &names, now).await?;
                let group_id = *ids
                    .get(&name)
                    .ok_or_else(|| IdentityError::Bug("a new group is missing".to_owned()))?;
                group::put_members(
                    &transaction,
                    &[NewMember {
                        user_id,
                        group_id,
                        standing,
                    }],
                    group::BY_PEOPLE,
                )
                .await?;
            }
            None => {
                let ids = group::ids_by_name(&transaction, &names).await?;
                let is_removed = match ids.get(&name) {
                    Some(group_id) => {
                        group::remove_member(&transaction, user_id, *group_id).await?
                    }
                    None => false,
                };
                if !is_removed {
                    return Err(IdentityError::refused(
                        ErrorCode::NotFound,
                        "the user is not in that group",
                    ));
                }
            }
        }
        let entry = context
            .entry("user.groups", format!("user:{user_id}"))
            .change(&json!({"group": name, "standing": standing_text(standing)}));
        audit::append(&transaction, now, vec![entry.recorded()]).await?;
        transaction.commit().await?;
        self.inner.cache.forget();
        Ok(())
    }

    /// Shuts an account and ends its sessions. Administrators only.
    ///
    /// # Errors
    /// `identity.forbidden`, `not_found`, `bad_request` for the last administrator.
    pub async fn suspend(&self, context: &RequestContext, user_id: UserId) -> Result<()> {
        let transaction = self.begin_as_administrator(context).await?;
        let entry = context.entry("user.suspend", format!("user:{user_id}"));
        self.shut(transaction, user_id, entry).await
    }

    /// Opens a suspended account again. Administrators only.
    ///
    /// # Errors
    /// `identity.forbidden`, `not_found`.
    pub async fn reinstate(&self, context: &RequestContext, user_id: UserId) -> Result<()> {
        let transaction = self.begin_as_administrator(context).await?;
        let entry = context.entry("user.reinstate", format!("user:{user_id}"));
        self.reopen(transaction, user_id, entry).await
    }

    pub(crate) async fn reopen(
        &self,
        transaction: DatabaseTransaction,
        user_id: UserId,
        entry: Entry,
    ) -> Result<()> {
        let mut user = user::find(&transaction, user_id)
            .await?
            .ok_or_else(no_user)?;
        if user.suspended_at.take().is_none() {
            return Ok(());
        }
        user::update(&transaction, &user).await?;
        audit::append(&transaction, self.now(), vec![entry.recorded()]).await?;
        transaction.commit().await?;
        self.inner.cache.forget();
        Ok(())
    }

    /// Groups with the number of their members, by name. Managers see the groups they manage.
    ///
    /// # Errors
    /// `identity.forbidden` for everybody else.
    pub async fn groups(&self, context: &RequestContext) -> Result<Vec<(GroupId, String, u64)>> {
        let scope = self.scope(context.viewer()?).await?;
        let mut groups = group::list(self.database()).await?;
        if let Scope::Groups(seen) = scope {
            groups.retain(|(group_id, _, _)| seen.contains(group_id));
        }
        Ok(groups)
    }

    /// Whether the viewer may see and steer the servers of that user: their own, those of members
    /// of a group they manage, or anyone's for administrators. Nobody but an administrator steers
    /// an administrator's.
    ///
    /// # Errors
    /// The database failed.
    pub async fn may_manage_servers_of(&self, viewer: &Viewer, owner: UserId) -> Result<bool> {
        if viewer.user_id == owner || viewer.is_administrator {
            return Ok(true);
        }
        if !viewer.is_manager {
            return Ok(false);
        }
        group::is_managed_by(self.database(), owner, viewer.user_id).await
    }

    /// The same for whoever holds a long-lived permission: asked of the database, because what
    /// they held when it was given is not enough.
    ///
    /// # Errors
    /// The database failed.
    pub async fn may_user_manage_servers_of(&self, user_id: UserId, owner: UserId) -> Result<bool> {
        if user_id == owner {
            return Ok(true);
        }
        match self.holding_of(self.database(), user_id).await? {
            Holding::Everything => Ok(true),
            Holding::Groups(groups) if groups.is_empty() => Ok(false),
            Holding::Groups(_) => group::is_managed_by(self.database(), owner, user_id).await,
        }
    }

    /// The users whose servers the viewer may see besides their own; `None` means everyone.
    ///
    /// # Errors
    /// The database failed.
    pub async fn managed_users(&self, viewer: &Viewer) -> Result<Option<Vec<UserId>>> {
        if viewer.is_administrator {
            return Ok(None);
        }
        if !viewer.is_manager {
            return Ok(Some(Vec::new()));
        }
        group::managed_users(self.database(), viewer.user_id)
            .await
            .map(Some)
    }

    /// Whose rows the viewer may see. Asked of the database: what somebody held when the page was
    /// loaded is not enough.
    async fn scope(&self, viewer: &Viewer) -> Result<Scope> {
        match self.holding_of(self.database(), viewer.user_id).await? {
            Holding::Everything => Ok(Scope::Everyone),
            Holding::Groups(groups) if groups.is_empty() => Err(forbidden()),
            Holding::Groups(_) => {
                let managed = group::managed(self.database(), viewer.user_id).await?;
                Ok(Scope::Groups(managed.into_values().collect()))
            }
        }
    }

    /// What somebody holds at this moment; nothing when the account is shut.
    pub(crate) async fn holding_of(
        &self,
        connection: &impl ConnectionTrait,
        user_id: UserId,
    ) -> Result<Holding> {
        match user::find(connection, user_id).await? {
            Some(user) if user.suspended_at.is_none() && !user.is_expired(self.now()) => {
                super::setup::holding(connection, &user).await
            }
            _ => Ok(Holding::Groups(BTreeSet::new())),
        }
    }

    /// Begins a change that only administrators may make. Whether the person still is one is
    /// asked inside the transaction: two administrators who demote each other at once must not
    /// both succeed.
    pub(crate) async fn begin_as_administrator(
        &self,
        context: &RequestContext,
    ) -> Result<DatabaseTransaction> {
        let viewer = context.administrator()?;
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        if self.holding_of(&transaction, viewer.user_id).await? != Holding::Everything {
            return Err(forbidden());
        }
        Ok(transaction)
    }

    pub(crate) async fn change_role(
        &self,
        transaction: DatabaseTransaction,
        user_id: UserId,
        role: Role,
        entry: Entry,
    ) -> Result<()> {
        let mut user = user::find(&transaction, user_id)
            .await?
            .ok_or_else(no_user)?;
        if user.role == role {
            return Ok(());
        }
        if user.role == Role::Administrator {
            check_not_last_administrator(&transaction, user_id).await?;
        }
        let change = json!({"role": {"before": user.role.as_str(), "after": role.as_str()}});
        user.role = role;
        user.admitted_by = AdmittedBy::Person;
        user::update(&transaction, &user).await?;
        audit::append(
            &transaction,
            self.now(),
            vec![entry.change(&change).recorded()],
        )
        .await?;
        transaction.commit().await?;
        self.inner.cache.forget();
        Ok(())
    }

    pub(crate) async fn shut(
        &self,
        transaction: DatabaseTransaction,
        user_id: UserId,
        entry: Entry,
    ) -> Result<()> {
        let user = user::find(&transaction, user_id)
            .await?
            .ok_or_else(no_user)?;
        if user.suspended_at.is_some() {
            return Ok(());
        }
        if user.role == Role::Administrator {
            check_not_last_administrator(&transaction, user_id).await?;
        }
        let ended = self.suspend_row(&transaction, user).await?;
        audit::append(&transaction, self.now(), vec![entry.recorded()]).await?;
        transaction.commit().await?;
        self.inner.cache.forget();
        self.inner.cache.end(&ended);
        Ok(())
    }

    async fn suspend_row(
        &self,
        transaction: &DatabaseTransaction,
        mut user: User,
    ) -> Result<Vec<SessionKey>> {
        user.suspended_at = Some(self.now());
        user::update(transaction, &user).await?;
        session::delete(transaction, Which::User(user.id)).await
    }
}

/// A site without anyone who can administer it could only be mended on the machine.
async fn check_not_last_administrator(
    transaction: &DatabaseTransaction,
    user_id: UserId,
) -> Result<()> {
    let lasting = user::lasting_administrators(transaction).await?;
    if lasting.iter().any(|other| *other != user_id) {
        return Ok(());
    }
    let error = types::ApiError::new(ErrorCode::BadRequest, "this is the last administrator");
    Err(IdentityError::Refused(
        error.with_hint("make somebody else administrator first"),
    ))
}

const fn standing_text(standing: Option<GroupStanding>) -> &'static str {
    match standing {
        None => "none",
        Some(GroupStanding::Member) => "member",
        Some(GroupStanding::Manager) => "manager",
    }
}
