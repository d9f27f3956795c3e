//! Reads what a list touches and writes what it plans, many rows at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
};
use types::{Timestamp, UserId, WalletAddress};

use super::directory::wallets_of;
use super::entity::{user_identities, user_wallets, users};
use super::group::{self, NewMember};
use super::user::{self, User, to_user};
use super::{ROWS_PER_STATEMENT, Result, id};
use crate::admission::AdmittedBy;
use crate::bulk::{Change, Directory, ExistingChange, KnownUser, NewUser};
use crate::grant::GroupStanding;

/// The users with these names or wallets, and what else the plan must know.
pub(crate) async fn directory(
    connection: &impl ConnectionTrait,
    names: &BTreeSet<String>,
    wallets: &BTreeSet<WalletAddress>,
) -> Result<Directory> {
    let mut found = users_by_name(connection, names).await?;
    let owners = owners_of(connection, wallets).await?;
    let known: HashSet<UserId> = found.iter().map(|user| user.id).collect();
    let others: Vec<UserId> = owners
        .into_iter()
        .filter(|owner| !known.contains(owner))
        .collect();
    found.extend(users_by_id(connection, &others).await?);

    let ids: Vec<UserId> = found.iter().map(|user| user.id).collect();
    let mut wallets = wallets_of(connection, &ids).await?;
    let mut memberships = group::memberships(connection, &ids).await?;
    let with_identity = users_with_identity(connection, &ids).await?;
    let users = found.into_iter().map(|user| KnownUser {
        wallets: wallets.remove(&user.id).unwrap_or_default(),
        has_identity: with_identity.contains(&user.id),
        groups: memberships
            .remove(&user.id)
            .unwrap_or_default()
            .into_iter()
            .map(standing_of)
            .collect(),
        id: user.id,
        name: user.name,
        email: user.email,
        role: user.role,
        profile: user.profile,
        expires_at: user.expires_at,
    });
    Ok(Directory {
        users: users.collect(),
        groups: group::names(connection).await?,
        lasting_administrators: user::lasting_administrators(connection)
            .await?
            .into_iter()
            .collect(),
    })
}

fn standing_of(membership: types::account::Membership) -> (String, GroupStanding) {
    let standing = if membership.is_manager {
        GroupStanding::Manager
    } else {
        GroupStanding::Member
    };
    (membership.group, standing)
}

/// Writes the changes; returns the user of each, in their order. The caller holds the people lock
/// and made the plan after it took it.
pub(crate) async fn apply(
    transaction: &DatabaseTransaction,
    changes: &[Change],
    now: Timestamp,
) -> Result<Vec<UserId>> {
    let mut written = Vec::with_capacity(changes.len());
    let mut new_users = Vec::new();
    let mut new_wallets = Vec::new();
    let mut standings: Vec<(UserId, &BTreeMap<String, GroupStanding>)> = Vec::new();
    for change in changes {
        match change {
            Change::Create { user: new, .. } => {
                let user = to_insert(new, now);
                new_users.push(user::row(&user, new.wallet.as_slice()));
                new_wallets.extend(
                    new.wallet
                        .map(|wallet| user::wallet_row(user.id, wallet, now)),
                );
                standings.push((user.id, &new.groups));
                written.push(user.id);
            }
            Change::Update { change, .. } => {
                standings.push((change.user_id, &change.groups));
                written.push(change.user_id);
            }
        }
    }
    for chunk in new_users.chunks(ROWS_PER_STATEMENT) {
        users::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(transaction)
            .await?;
    }
    for chunk in new_wallets.chunks(ROWS_PER_STATEMENT) {
        user_wallets::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(transaction)
            .await?;
    }
    update_existing(transaction, changes, now).await?;
    join_groups(transaction, &standings, now).await?;
    Ok(written)
}

/// Tells the query planners how large the tables have become. PostgreSQL notices by itself only
/// minutes later, and until then reads whole tables to find the wallets of one page.
pub(crate) async fn refresh_statistics(connection: &impl ConnectionTrait) -> Result<()> {
    for table in ["users", "user_wallets", "user_group_members"] {
        connection
            .execute_unprepared(&format!("ANALYZE {table}"))
            .await?;
    }
    Ok(())
}

fn to_insert(new: &NewUser, now: Timestamp) -> User {
    User {
        id: UserId::generate(),
        display_name: match new.wallet {
            Some(wallet) if wallet.to_lower_hex() == new.name => wallet.to_short(),
            _ => new.name.clone(),
        },
        name: new.name.clone(),
        email: new.email.clone(),
        role: new.role,
        profile: new.profile.clone(),
        admitted_by: AdmittedBy::Person,
        created_at: now,
        last_seen_at: None,
        suspended_at: None,
        expires_at: new.expires_at,
    }
}

/// Users that change keep their rows, so each is written by itself; most lists add people.
async fn update_existing(
    transaction: &DatabaseTransaction,
    changes: &[Change],
    now: Timestamp,
) -> Result<()> {
    let updates: Vec<&ExistingChange> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Update { change, .. } => Some(change),
            Change::Create { .. } => None,
        })
        .collect();
    let ids: Vec<UserId> = updates.iter().map(|change| change.user_id).collect();
    let mut current: HashMap<UserId, User> = users_by_id(transaction, &ids)
        .await?
        .into_iter()
        .map(|user| (user.id, user))
        .collect();
    for change in updates {
        if let Some(wallet) = change.wallet {
            user::insert_wallet(transaction, change.user_id, wallet, now).await?;
        }
        let is_own_row = change.wallet.is_some()
            || change.email.is_some()
            || change.role.is_some()
            || change.profile.is_some()
            || change.expires_at.is_some();
        let Some(mut user) = current.remove(&change.user_id).filter(|_| is_own_row) else {
            continue;
        };
        user.email = change.email.clone().or(user.email);
        user.role = change.role.unwrap_or(user.role);
        user.profile = change.profile.clone().or(user.profile);
        user.expires_at = change.expires_at.or(user.expires_at);
        user.admitted_by = AdmittedBy::Person;
        user::update(transaction, &user).await?;
    }
    Ok(())
}

async fn join_groups(
    transaction: &DatabaseTransaction,
    standings: &[(UserId, &BTreeMap<String, GroupStanding>)],
    now: Timestamp,
) -> Result<()> {
    let names: BTreeSet<String> = standings
        .iter()
        .flat_map(|(_, groups)| groups.keys().cloned())
        .collect();
    let ids = group::ensure(transaction, &names, now).await?;
    let members: Vec<NewMember> = standings
        .iter()
        .flat_map(|(user_id, groups)| {
            groups
                .iter()
                .map(move |(name, standing)| (*user_id, name, *standing))
        })
        .filter_map(|(user_id, name, standing)| {
            ids.get(name).map(|group_id| NewMember {
                user_id,
                group_id: *group_id,
                standing,
            })
        })
        .collect();
    group::put_members(transaction, &members, group::BY_PEOPLE).await
}

async fn users_by_name(
    connection: &impl ConnectionTrait,
    names: &BTreeSet<String>,
) -> Result<Vec<User>> {
    let names: Vec<&String> = names.iter().collect();
    let mut found = Vec::new();
    for chunk in names.chunks(ROWS_PER_STATEMENT) {
        let rows = users::Entity::find()
            .filter(users::Column::Name.is_in(chunk.iter().map(|name| name.as_str())))
            .all(connection)
            .await?;
        for row in rows {
            found.push(to_user(row)?);
        }
    }
    Ok(found)
}

async fn users_by_id(connection: &impl ConnectionTrait, ids: &[UserId]) -> Result<Vec<User>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let rows = users::Entity::find()
            .filter(users::Column::Id.is_in(chunk.iter().map(ToString::to_string)))
            .all(connection)
            .await?;
        for row in rows {
            found.push(to_user(row)?);
        }
    }
    Ok(found)
}

async fn owners_of(
    connection: &impl ConnectionTrait,
    wallets: &BTreeSet<WalletAddress>,
) -> Result<BTreeSet<UserId>> {
    let addresses: Vec<String> = wallets.iter().map(|wallet| wallet.to_lower_hex()).collect();
    let mut owners = BTreeSet::new();
    for chunk in addresses.chunks(ROWS_PER_STATEMENT) {
        let rows: Vec<String> = user_wallets::Entity::find()
            .select_only()
            .column(user_wallets::Column::UserId)
            .filter(user_wallets::Column::Address.is_in(chunk.iter().map(String::as_str)))
            .into_tuple()
            .all(connection)
            .await?;
        for row in rows {
            owners.insert(id(&row)?);
        }
    }
    Ok(owners)
}

async fn users_with_identity(
    connection: &impl ConnectionTrait,
    ids: &[UserId],
) -> Result<HashSet<UserId>> {
    let mut found = HashSet::new();
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let rows: Vec<String> = user_identities::Entity::find()
            .select_only()
            .column(user_identities::Column::UserId)
            .filter(user_identities::Column::UserId.is_in(chunk.iter().map(ToString::to_string)))
            .into_tuple()
            .all(connection)
            .await?;
        for row in rows {
            found.insert(id(&row)?);
        }
    }
    Ok(found)
}
