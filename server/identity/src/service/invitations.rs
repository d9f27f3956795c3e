//! Invitations: links that let people in.

use serde_json::json;
use types::account::Role;
use types::admin::{INVITATION_HOURS_MAX, INVITATION_USES_MAX, InvitationRequest, InvitationRow};
use types::{ApiError, ErrorCode, InvitationId, Timestamp, UserId};

use super::account::no_user;
use super::request::forbidden;
use super::{Identity, RequestContext, Result};
use crate::IdentityError;
use crate::capped::capped;
use crate::grant::{Grant, GroupStanding, Holding, MANAGER_PREFIX, may_grant, standings};
use crate::secret::{generate_secret, hash_secret};
use crate::store::invitation::{self, Invitation};
use crate::store::{audit, begin_write, lock_people, user};
use crate::user_name::group_name;

/// Groups that one invitation names.
const GROUPS_MAX: usize = 50;
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// How long a link to one person's account is good.
pub(crate) const PERSONAL_TTL_MS: i64 = 7 * 24 * HOUR_MS;

impl Identity {
    /// Makes an invitation; returns it and the secret of its link (`/join/<secret>`), which is not
    /// kept. A group is written by its name, `manager:<name>` to let its manager in. Managers may
    /// invite members to the groups they manage.
    ///
    /// # Errors
    /// `identity.forbidden` for more than the person holds, `bad_request`, `identity.name_invalid`.
    pub async fn invite(
        &self,
        context: &RequestContext,
        request: InvitationRequest,
    ) -> Result<(InvitationId, String)> {
        let viewer = context.viewer()?;
        let grant = checked_grant(&request)?;
        let now = self.now();
        let transaction = begin_write(self.database()).await?;
        lock_people(&transaction).await?;
        if !may_grant(
            &self.holding_of(&transaction, viewer.user_id).await?,
            &grant,
        ) {
            return Err(forbidden());
        }
        let secret = generate_secret();
        let made = Invitation {
            id: InvitationId::generate(),
            secret_hash: hash_secret(&secret),
            note: capped(request.note.trim()),
            role: request.role,
            groups: written_groups(&grant),
            user_id: None,
            uses_left: request.uses,
            created_by: viewer.user_id.to_string(),
            created_by_name: viewer.name.clone(),
            created_at: now,
            expires_at: now.plus_ms(i64::from(request.expires_in_hours) * HOUR_MS),
            revoked_at: None,
        };
        invitation::insert_many(&transaction, std::slice::from_ref(&made)).await?;
        let entry = context
            .entry("invitation.create", format!("invitation:{}", made.id))
            .change(&json!({
                "note": made.note,
                "role": made.role.as_str(),
                "groups": made.groups,
                "uses": made.uses_left,
                "expires_at": made.expires_at.to_rfc3339(),
            }));
        audit::append(&transaction, now, vec![entry.recorded()]).await?;
        transaction.commit().await?;
        Ok((made.id, secret))
    }

    /// Makes a link that opens the account of one person who has no way to sign in yet: whoever
    /// comes with it first adds their wallet or identity to the account. Earlier links to the
    /// account end. Administrators only.
    ///
    /// # Errors
    /// `identity.forbidden`, `not_found`, `bad_request` when the person can sign in already.
    pub async fn invite_user(
        &self,
        context: &RequestContext,
        user_id: UserId,
    ) -> Result<(InvitationId, String)> {
        let now = self.now();
        let transaction = self.begin_as_administrator(context).await?;
        let user = user::find(&transaction, user_id)
            .await?
            .ok_or_else(no_user)?;
        let has_ways = !user::wallets(&transaction, user_id).await?.is_empty()
            || !user::identities(&transaction, user_id).await?.is_empty();
        if has_ways {
            return Err(IdentityError::refused(
                ErrorCode::BadRequest,
                "this person has a way to sign in already",
            ));
        }
        invitation::revoke_personal(&transaction, user_id, now).await?;
        let (made, secret) = personal(user_id, &user.name, &context.actor(), now);
        invitation::insert_many(&transaction, std::slice::from_ref(&made)).await?;
        let entry = context
            .entry("invitation.create", format!("user:{user_id}"))
            .change(&json!({"invitation": made.id.to_string(), "expires_at": made.expires_at.to_rfc3339()}));
        audit::append(&transaction, now, vec![entry.recorded()]).await?;
        transaction.commit().await?;
        Ok((made.id, secret))
    }

    /// Invitations, newest first: everyone's for administrators, their own for managers.
    ///
    /// # Errors
    /// `identity.forbidden` for everybody else.
    pub async fn invitations(&self, context: &RequestContext) -> Result<Vec<InvitationRow>> {
        let viewer = context.viewer()?;
        match self.holding_of(self.database(), viewer.user_id).await? {
            Holding::Everything => invitation::list(self.database(), None).await,
            Holding::Groups(groups) if groups.is_empty() => Err(forbidden()),
            Holding::Groups(_) => invitation::list(self.database(), Some(viewer.user_id)).await,
        }
    }

    /// Ends an invitation. Revoking twice is no error.
    ///
    /// # Errors
    /// `identity.forbidden`; `not_found` also for invitations that the person may not see.
    pub async fn revoke_invitation(
        &self,
        context: &RequestContext,
        id: InvitationId,
    ) -> Result<()> {
        let viewer = context.viewer()?;
        let now = self.now();
        let transaction = begin_write(self.database()).await?;
        let holding = self.holding_of(&transaction, viewer.user_id).await?;
        if matches!(&holding, Holding::Groups(groups) if groups.is_empty()) {
            return Err(forbidden());
        }
        let found = invitation::find(&transaction, id).await?.filter(|found| {
            holding == Holding::Everything || found.created_by == viewer.user_id.to_string()
        });
        let found = found.ok_or_else(|| {
            IdentityError::refused(ErrorCode::NotFound, "there is no such invitation")
        })?;
        if found.revoked_at.is_some() {
            return Ok(());
        }
        invitation::revoke(&transaction, id, now).await?;
        let entry = context.entry("invitation.revoke", format!("invitation:{id}"));
        audit::append(&transaction, now, vec![entry.recorded()]).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// An invitation to one person's account, and its secret.
pub(crate) fn personal(
    user_id: UserId,
    name: &str,
    maker: &types::audit::Actor,
    now: Timestamp,
) -> (Invitation, String) {
    let secret = generate_secret();
    let made = Invitation {
        id: InvitationId::generate(),
        secret_hash: hash_secret(&secret),
        note: capped(&format!("for {name}")),
        role: Role::Member,
        groups: Vec::new(),
        user_id: Some(user_id),
        uses_left: 1,
        created_by: maker.id.clone(),
        created_by_name: maker.name.clone(),
        created_at: now,
        expires_at: now.plus_ms(PERSONAL_TTL_MS),
        revoked_at: None,
    };
    (made, secret)
}

fn checked_grant(request: &InvitationRequest) -> Result<Grant> {
    let bad = |field: &str, message: String| {
        Err(IdentityError::Refused(
            ApiError::new(ErrorCode::BadRequest, message).with_field(field),
        ))
    };
    if request.uses == 0 || request.uses > INVITATION_USES_MAX {
        return bad(
            "uses",
            format!("an invitation is for 1 to {INVITATION_USES_MAX} people"),
        );
    }
    if request.expires_in_hours == 0 || request.expires_in_hours > INVITATION_HOURS_MAX {
        return bad(
            "expires_in_hours",
            format!("an invitation lasts 1 to {INVITATION_HOURS_MAX} hours"),
        );
    }
    if request.groups.len() > GROUPS_MAX {
        return bad(
            "groups",
            format!("an invitation names at most {GROUPS_MAX} groups"),
        );
    }
    let groups = standings(
        request
            .groups
            .iter()
            .map(|group| group.trim())
            .filter(|group| !group.is_empty()),
    );
    for group in groups.keys() {
        group_name(group).map_err(|error| IdentityError::Refused(error.with_field("groups")))?;
    }
    Ok(Grant {
        role: request.role,
        groups,
    })
}

fn written_groups(grant: &Grant) -> Vec<String> {
    let written = grant.groups.iter().map(|(group, standing)| match standing {
        GroupStanding::Member => group.clone(),
        GroupStanding::Manager => format!("{MANAGER_PREFIX}{group}"),
    });
    written.collect()
}
