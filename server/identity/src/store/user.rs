//! Rows of users, their wallets and their OAuth identities.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait as _,
    QueryFilter, QueryOrder, QuerySelect,
};
use types::account::{LinkedIdentity, LinkedWallet, Role};
use types::{IdentityId, Timestamp, UserId, WalletAddress, WalletId};

use super::entity::{user_identities, user_wallets, users};
use super::{Result, id, optional_ms};
use crate::IdentityError;
use crate::admission::AdmittedBy;

/// A user's own row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) email: Option<String>,
    pub(crate) role: Role,
    pub(crate) profile: Option<String>,
    pub(crate) admitted_by: AdmittedBy,
    pub(crate) created_at: Timestamp,
    pub(crate) last_seen_at: Option<Timestamp>,
    pub(crate) suspended_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl User {
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// Adds a user. The caller holds the people lock and has looked that the name is free.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    user: &User,
    wallets: &[WalletAddress],
) -> Result<()> {
    users::Entity::insert(row(user, wallets))
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// A user's row as it is written, with the texts by which it is found.
pub(crate) fn row(user: &User, wallets: &[WalletAddress]) -> users::ActiveModel {
    users::ActiveModel {
        id: Set(user.id.to_string()),
        name: Set(user.name.clone()),
        display_name: Set(user.display_name.clone()),
        email: Set(user.email.clone()),
        role: Set(user.role.as_str().to_owned()),
        profile: Set(user.profile.clone()),
        admitted_by: Set(user.admitted_by.as_str().to_owned()),
        search: Set(search_text(
            &user.name,
            &user.display_name,
            user.email.as_deref(),
            wallets,
        )),
        created_at: Set(user.created_at.0),
        last_seen_at: Set(user.last_seen_at.map_or(0, |moment| moment.0)),
        suspended_at: Set(optional_ms(user.suspended_at)),
        expires_at: Set(optional_ms(user.expires_at)),
    }
}

/// Everything by which a user is found, in lower case.
pub(crate) fn search_text(
    name: &str,
    display_name: &str,
    email: Option<&str>,
    wallets: &[WalletAddress],
) -> String {
    let mut text = format!("{name}\n{display_name}\n{}", email.unwrap_or_default()).to_lowercase();
    for wallet in wallets {
        text.push('\n');
        text.push_str(&wallet.to_lower_hex());
    }
    text
}

pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    user_id: UserId,
) -> Result<Option<User>> {
    users::Entity::find_by_id(user_id.to_string())
        .one(connection)
        .await?
        .map(to_user)
        .transpose()
}

pub(crate) async fn find_by_name(
    connection: &impl ConnectionTrait,
    name: &str,
) -> Result<Option<User>> {
    users::Entity::find()
        .filter(users::Column::Name.eq(name))
        .one(connection)
        .await?
        .map(to_user)
        .transpose()
}

pub(crate) async fn find_by_wallet(
    connection: &impl ConnectionTrait,
    address: WalletAddress,
) -> Result<Option<User>> {
    let wallet = user_wallets::Entity::find()
        .filter(user_wallets::Column::Address.eq(address.to_lower_hex()))
        .one(connection)
        .await?;
    match wallet {
        Some(wallet) => find(connection, id(&wallet.user_id)?).await,
        None => Ok(None),
    }
}

pub(crate) async fn find_by_identity(
    connection: &impl ConnectionTrait,
    issuer: &str,
    subject: &str,
) -> Result<Option<User>> {
    let identity = user_identities::Entity::find()
        .filter(user_identities::Column::Issuer.eq(issuer))
        .filter(user_identities::Column::Subject.eq(subject))
        .one(connection)
        .await?;
    match identity {
        Some(identity) => find(connection, id(&identity.user_id)?).await,
        None => Ok(None),
    }
}

/// Writes what an administrator or the person may change, and what it is found by.
pub(crate) async fn update(connection: &impl ConnectionTrait, user: &User) -> Result<()> {
    let addresses: Vec<WalletAddress> = wallets(connection, user.id)
        .await?
        .iter()
        .map(|wallet| wallet.address)
        .collect();
    users::Entity::update_many()
        .set(users::ActiveModel {
            last_seen_at: sea_orm::ActiveValue::NotSet,
            ..row(user, &addresses)
        })
        .filter(users::Column::Id.eq(user.id.to_string()))
        .exec(connection)
        .await?;
    Ok(())
}

/// Notes that the user was here.
pub(crate) async fn touch(
    connection: &impl ConnectionTrait,
    user_id: UserId,
    now: Timestamp,
) -> Result<()> {
    users::Entity::update_many()
        .col_expr(users::Column::LastSeenAt, Expr::value(now.0))
        .filter(users::Column::Id.eq(user_id.to_string()))
        .filter(users::Column::LastSeenAt.lt(now.0))
        .exec(connection)
        .await?;
    Ok(())
}

/// Administrators who can sign in now and are not bound to expire.
pub(crate) async fn lasting_administrators(
    connection: &impl ConnectionTrait,
) -> Result<Vec<UserId>> {
    let ids: Vec<String> = users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        .filter(users::Column::Role.eq(Role::Administrator.as_str()))
        .filter(users::Column::SuspendedAt.is_null())
        .filter(users::Column::ExpiresAt.is_null())
        .into_tuple()
        .all(connection)
        .await?;
    ids.iter().map(|text| id(text)).collect()
}

/// Whether somebody is administrator and can sign in.
pub(crate) async fn has_administrator(
    connection: &impl ConnectionTrait,
    now: Timestamp,
) -> Result<bool> {
    let count = users::Entity::find()
        .filter(users::Column::Role.eq(Role::Administrator.as_str()))
        .filter(users::Column::SuspendedAt.is_null())
        .filter(
            Condition::any()
                .add(users::Column::ExpiresAt.is_null())
                .add(users::Column::ExpiresAt.gt(now.0)),
        )
        .limit(1)
        .count(connection)
        .await?;
    Ok(count > 0)
}

pub(crate) async fn wallets(
    connection: &impl ConnectionTrait,
    user_id: UserId,
) -> Result<Vec<LinkedWallet>> {
    user_wallets::Entity::find()
        .filter(user_wallets::Column::UserId.eq(user_id.to_string()))
        .order_by_asc(user_wallets::Column::LinkedAt)
        .order_by_asc(user_wallets::Column::Id)
        .all(connection)
        .await?
        .into_iter()
        .map(to_wallet)
        .collect()
}

pub(crate) async fn insert_wallet(
    connection: &impl ConnectionTrait,
    user_id: UserId,
    address: WalletAddress,
    now: Timestamp,
) -> Result<()> {
    let row = wallet_row(user_id, address, now);
    user_wallets::Entity::insert(row)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

pub(crate) fn wallet_row(
    user_id: UserId,
    address: WalletAddress,
    now: Timestamp,
) -> user_wallets::ActiveModel {
    user_wallets::ActiveModel {
        id: Set(WalletId::generate().to_string()),
        user_id: Set(user_id.to_string()),
        address: Set(address.to_lower_hex()),
        linked_at: Set(now.0),
        last_used_at: Set(None),
    }
}

pub(crate) async fn note_wallet_use(
    connection: &impl ConnectionTrait,
    address: WalletAddress,
    now: Timestamp,
) -> Result<()> {
    user_wallets::Entity::update_many()
        .col_expr(user_wallets::Column::LastUsedAt, Expr::value(now.0))
        .filter(user_wallets::Column::Address.eq(address.to_lower_hex()))
        .exec(connection)
        .await?;
    Ok(())
}

pub(crate) async fn delete_wallet(
    connection: &impl ConnectionTrait,
    wallet: WalletId,
) -> Result<()> {
    user_wallets::Entity::delete_by_id(wallet.to_string())
        .exec(connection)
        .await?;
    Ok(())
}

pub(crate) async fn identities(
    connection: &impl ConnectionTrait,
    user_id: UserId,
) -> Result<Vec<LinkedIdentity>> {
    user_identities::Entity::find()
        .filter(user_identities::Column::UserId.eq(user_id.to_string()))
        .order_by_asc(user_identities::Column::LinkedAt)
        .order_by_asc(user_identities::Column::Id)
        .all(connection)
        .await?
        .into_iter()
        .map(to_identity)
        .collect()
}

/// An OAuth identity to link.
pub(crate) struct NewIdentity<'a> {
    pub(crate) provider: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) email: Option<&'a str>,
}

pub(crate) async fn insert_identity(
    connection: &impl ConnectionTrait,
    user_id: UserId,
    identity: &NewIdentity<'_>,
    now: Timestamp,
) -> Result<()> {
    let row = user_identities::ActiveModel {
        id: Set(IdentityId::generate().to_string()),
        user_id: Set(user_id.to_string()),
        provider: Set(identity.provider.to_owned()),
        issuer: Set(identity.issuer.to_owned()),
        subject: Set(identity.subject.to_owned()),
        email: Set(identity.email.map(str::to_owned)),
        linked_at: Set(now.0),
        last_used_at: Set(None),
    };
    user_identities::Entity::insert(row)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Notes the use of an identity and the e-mail that its provider now names; returns its id.
pub(crate) async fn note_identity_use(
    connection: &impl ConnectionTrait,
    identity: &NewIdentity<'_>,
    now: Timestamp,
) -> Result<Option<String>> {
    let rows = user_identities::Entity::update_many()
        .col_expr(user_identities::Column::LastUsedAt, Expr::value(now.0))
        .col_expr(
            user_identities::Column::Email,
            Expr::value(identity.email.map(str::to_owned)),
        )
        .filter(user_identities::Column::Issuer.eq(identity.issuer))
        .filter(user_identities::Column::Subject.eq(identity.subject))
        .exec_with_returning(connection)
        .await?;
    Ok(rows.into_iter().next().map(|row| row.id))
}

pub(crate) async fn delete_identity(
    connection: &impl ConnectionTrait,
    identity: IdentityId,
) -> Result<()> {
    user_identities::Entity::delete_by_id(identity.to_string())
        .exec(connection)
        .await?;
    Ok(())
}

/// Reads a role from its column.
pub(crate) fn role_of(text: &str) -> Result<Role> {
    [Role::Administrator, Role::Member]
        .into_iter()
        .find(|role| role.as_str() == text)
        .ok_or_else(|| IdentityError::Bug(format!("the role {text:?} is unknown")))
}

pub(crate) fn to_user(model: users::Model) -> Result<User> {
    Ok(User {
        id: id(&model.id)?,
        role: role_of(&model.role)?,
        admitted_by: AdmittedBy::parse(&model.admitted_by),
        name: model.name,
        display_name: model.display_name,
        email: model.email,
        profile: model.profile,
        created_at: Timestamp(model.created_at),
        last_seen_at: (model.last_seen_at > 0).then_some(Timestamp(model.last_seen_at)),
        suspended_at: model.suspended_at.map(Timestamp),
        expires_at: model.expires_at.map(Timestamp),
    })
}

fn to_wallet(model: user_wallets::Model) -> Result<LinkedWallet> {
    Ok(LinkedWallet {
        id: id(&model.id)?,
        address: id(&model.address)?,
        linked_at: Timestamp(model.linked_at),
        last_used_at: model.last_used_at.map(Timestamp),
    })
}

fn to_identity(model: user_identities::Model) -> Result<LinkedIdentity> {
    Ok(LinkedIdentity {
        id: id(&model.id)?,
        provider: model.provider,
        issuer: model.issuer,
        subject: model.subject,
        email: model.email,
        linked_at: Timestamp(model.linked_at),
        last_used_at: model.last_used_at.map(Timestamp),
    })
}
