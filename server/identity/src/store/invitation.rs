//! Rows of invitations.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use types::account::Role;
use types::admin::InvitationRow;
use types::{InvitationId, Timestamp, UserId};

use super::entity::invitations;
use super::user::role_of;
use super::{ROWS_PER_STATEMENT, Result, id};
use crate::IdentityError;

/// Invitations that one list shows, newest first.
const LIST_MAX: u64 = 500;

/// An invitation as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    pub(crate) id: InvitationId,
    pub(crate) secret_hash: String,
    pub(crate) note: String,
    pub(crate) role: Role,
    /// `<group>` or `manager:<group>`.
    pub(crate) groups: Vec<String>,
    /// The account that it opens; none when it makes a new one.
    pub(crate) user_id: Option<UserId>,
    pub(crate) uses_left: u32,
    /// User id, or the name of a part of the system.
    pub(crate) created_by: String,
    pub(crate) created_by_name: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) revoked_at: Option<Timestamp>,
}

impl Invitation {
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.uses_left > 0 && self.revoked_at.is_none() && self.expires_at > now
    }
}

pub(crate) async fn insert_many(
    connection: &impl ConnectionTrait,
    list: &[Invitation],
) -> Result<()> {
    for chunk in list.chunks(ROWS_PER_STATEMENT) {
        let rows = chunk.iter().map(row).collect::<Result<Vec<_>>>()?;
        invitations::Entity::insert_many(rows)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

pub(crate) async fn find_by_secret(
    connection: &impl ConnectionTrait,
    secret_hash: &str,
) -> Result<Option<Invitation>> {
    invitations::Entity::find()
        .filter(invitations::Column::SecretHash.eq(secret_hash))
        .one(connection)
        .await?
        .map(to_invitation)
        .transpose()
}

pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    invitation: InvitationId,
) -> Result<Option<Invitation>> {
    invitations::Entity::find_by_id(invitation.to_string())
        .one(connection)
        .await?
        .map(to_invitation)
        .transpose()
}

/// Takes one use; false when none is left, or it expired or was revoked meanwhile.
pub(crate) async fn take_use(
    connection: &impl ConnectionTrait,
    invitation: InvitationId,
    now: Timestamp,
) -> Result<bool> {
    use invitations::Column;
    let taken = invitations::Entity::update_many()
        .col_expr(Column::UsesLeft, Expr::col(Column::UsesLeft).sub(1))
        .filter(Column::Id.eq(invitation.to_string()))
        .filter(Column::UsesLeft.gt(0))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now.0))
        .exec(connection)
        .await?;
    Ok(taken.rows_affected > 0)
}

/// Newest first; of one maker only, when given.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    created_by: Option<UserId>,
) -> Result<Vec<InvitationRow>> {
    use invitations::Column;
    let mut select = invitations::Entity::find()
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(LIST_MAX);
    if let Some(user_id) = created_by {
        select = select.filter(Column::CreatedBy.eq(user_id.to_string()));
    }
    let rows = select.all(connection).await?;
    rows.into_iter()
        .map(|row| to_invitation(row).map(to_row))
        .collect()
}

pub(crate) async fn revoke(
    connection: &impl ConnectionTrait,
    invitation: InvitationId,
    now: Timestamp,
) -> Result<()> {
    invitations::Entity::update_many()
        .col_expr(invitations::Column::RevokedAt, Expr::value(now.0))
        .filter(invitations::Column::Id.eq(invitation.to_string()))
        .filter(invitations::Column::RevokedAt.is_null())
        .exec(connection)
        .await?;
    Ok(())
}

/// Revokes every open invitation to one person's account: they have come in, or a newer link is
/// made.
pub(crate) async fn revoke_personal(
    connection: &impl ConnectionTrait,
    user_id: UserId,
    now: Timestamp,
) -> Result<()> {
    invitations::Entity::update_many()
        .col_expr(invitations::Column::RevokedAt, Expr::value(now.0))
        .filter(invitations::Column::UserId.eq(user_id.to_string()))
        .filter(invitations::Column::RevokedAt.is_null())
        .exec(connection)
        .await?;
    Ok(())
}

fn row(invitation: &Invitation) -> Result<invitations::ActiveModel> {
    let groups = serde_json::to_string(&invitation.groups)
        .map_err(|error| IdentityError::Bug(format!("groups of an invitation: {error}")))?;
    Ok(invitations::ActiveModel {
        id: Set(invitation.id.to_string()),
        secret_hash: Set(invitation.secret_hash.clone()),
        note: Set(invitation.note.clone()),
        role: Set(invitation.role.as_str().to_owned()),
        group_names: Set(groups),
        user_id: Set(invitation.user_id.map(|user_id| user_id.to_string())),
        uses_left: Set(i64::from(invitation.uses_left)),
        created_by: Set(invitation.created_by.clone()),
        created_by_name: Set(invitation.created_by_name.clone()),
        created_at: Set(invitation.created_at.0),
        expires_at: Set(invitation.expires_at.0),
        revoked_at: Set(super::optional_ms(invitation.revoked_at)),
    })
}

fn to_invitation(model: invitations::Model) -> Result<Invitation> {
    let groups = serde_json::from_str(&model.group_names)
        .map_err(|error| IdentityError::Bug(format!("groups of an invitation: {error}")))?;
    Ok(Invitation {
        id: id(&model.id)?,
        secret_hash: model.secret_hash,
        note: model.note,
        role: role_of(&model.role)?,
        groups,
        user_id: model.user_id.as_deref().map(id).transpose()?,
        uses_left: u32::try_from(model.uses_left).unwrap_or_default(),
        created_by: model.created_by,
        created_by_name: model.created_by_name,
        created_at: Timestamp(model.created_at),
        expires_at: Timestamp(model.expires_at),
        revoked_at: model.revoked_at.map(Timestamp),
    })
}

fn to_row(invitation: Invitation) -> InvitationRow {
    InvitationRow {
        id: invitation.id,
        note: invitation.note,
        role: invitation.role,
        groups: invitation.groups,
        uses_left: invitation.uses_left,
        created_by: invitation.created_by_name,
        created_at: invitation.created_at,
        expires_at: invitation.expires_at,
        revoked_at: invitation.revoked_at,
    }
}
