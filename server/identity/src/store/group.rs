//! Rows of groups and memberships.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult,
    QueryFilter, QueryOrder, QuerySelect, Statement,
};
use types::account::Membership;
use types::{GroupId, Timestamp, UserId};

use super::entity::{user_group_members, user_groups};
use super::{ROWS_PER_STATEMENT, Result, id};
use crate::grant::GroupStanding;

/// Groups that one list shows.
const GROUPS_MAX: u64 = 10_000;

/// Source of memberships that people gave.
pub(crate) const BY_PEOPLE: &str = "";

/// The ids of groups by name; those that are missing are made.
pub(crate) async fn ensure(
    connection: &impl ConnectionTrait,
    names: &BTreeSet<String>,
    now: Timestamp,
) -> Result<HashMap<String, GroupId>> {
    let mut known = ids_by_name(connection, names).await?;
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !known.contains_key(*name))
        .map(|name| user_groups::ActiveModel {
            id: Set(GroupId::generate().to_string()),
            name: Set(name.clone()),
            created_at: Set(now.0),
        })
        .collect();
    if missing.is_empty() {
        return Ok(known);
    }
    for chunk in missing.chunks(ROWS_PER_STATEMENT) {
        user_groups::Entity::insert_many(chunk.to_vec())
            .on_conflict(
                OnConflict::column(user_groups::Column::Name)
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(connection)
            .await?;
    }
    known.extend(ids_by_name(connection, names).await?);
    Ok(known)
}

/// The ids of those groups that exist.
pub(crate) async fn ids_by_name(
    connection: &impl ConnectionTrait,
    names: &BTreeSet<String>,
) -> Result<HashMap<String, GroupId>> {
    let names: Vec<&String> = names.iter().collect();
    let mut known = HashMap::new();
    for chunk in names.chunks(ROWS_PER_STATEMENT) {
        let rows = user_groups::Entity::find()
            .filter(user_groups::Column::Name.is_in(chunk.iter().map(|name| name.as_str())))
            .all(connection)
            .await?;
        for row in rows {
            known.insert(row.name, id(&row.id)?);
        }
    }
    Ok(known)
}

/// One membership to write.
#[derive(Debug, Clone)]
pub(crate) struct NewMember {
    pub(crate) user_id: UserId,
    pub(crate) group_id: GroupId,
    pub(crate) standing: GroupStanding,
}

/// Writes memberships; those that are there get the new standing and source.
pub(crate) async fn put_members(
    connection: &impl ConnectionTrait,
    members: &[NewMember],
    source: &str,
) -> Result<()> {
    use user_group_members::Column;
    for chunk in members.chunks(ROWS_PER_STATEMENT) {
        let rows = chunk.iter().map(|member| user_group_members::ActiveModel {
            user_id: Set(member.user_id.to_string()),
            group_id: Set(member.group_id.to_string()),
            is_manager: Set(member.standing == GroupStanding::Manager),
            source: Set(source.to_owned()),
        });
        user_group_members::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([Column::UserId, Column::GroupId])
                    .update_columns([Column::IsManager, Column::Source])
                    .to_owned(),
            )
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Removes one membership; false when there was none.
pub(crate) async fn remove_member(
    connection: &impl ConnectionTrait,
    user_id: UserId,
    group_id: GroupId,
) -> Result<bool> {
    let removed = user_group_members::Entity::delete_many()
        .filter(user_group_members::Column::UserId.eq(user_id.to_string()))
        .filter(user_group_members::Column::GroupId.eq(group_id.to_string()))
        .exec(connection)
        .await?;
    Ok(removed.rows_affected > 0)
}

/// Makes the memberships of one source be exactly these groups. What people gave stays as it is.
/// Returns the names that were joined and left.
pub(crate) async fn follow_source(
    connection: &impl ConnectionTrait,
    user_id: UserId,
    names: &BTreeSet<String>,
    source: &str,
    now: Timestamp,
) -> Result<(Vec<String>, Vec<String>)> {
    let current = memberships(connection, &[user_id])
        .await?
        .remove(&user_id)
        .unwrap_or_default();
    let sourced = sourced_groups(connection, user_id, source).await?;
    let joined: BTreeSet<String> = names
        .iter()
        .filter(|name| !current.iter().any(|membership| &membership.group == *name))
        .cloned()
        .collect();
    let left: Vec<&Membership> = current
        .iter()
        .filter(|membership| {
            sourced.contains(&membership.group_id.to_string()) && !names.contains(&membership.group)
        })
        .collect();
    for membership in &left {
        remove_member(connection, user_id, membership.group_id).await?;
    }
    let ids = ensure(connection, &joined, now).await?;
    let members: Vec<NewMember> = joined
        .iter()
        .filter_map(|name| ids.get(name))
        .map(|group_id| NewMember {
            user_id,
            group_id: *group_id,
            standing: GroupStanding::Member,
        })
        .collect();
    put_members(connection, &members, source).await?;
    Ok((
        joined.into_iter().collect(),
        left.into_iter()
            .map(|membership| membership.group.clone())
            .collect(),
    ))
}

async fn sourced_groups(
    connection: &impl ConnectionTrait,
    user_id: UserId,
    source: &str,
) -> Result<BTreeSet<String>> {
    let ids: Vec<String> = user_group_members::Entity::find()
        .select_only()
        .column(user_group_members::Column::GroupId)
        .filter(user_group_members::Column::UserId.eq(user_id.to_string()))
        .filter(user_group_members::Column::Source.eq(source))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(ids.into_iter().collect())
}

/// The memberships of several users, by group name.
pub(crate) async fn memberships(
    connection: &impl ConnectionTrait,
    users: &[UserId],
) -> Result<HashMap<UserId, Vec<Membership>>> {
    let mut found: HashMap<UserId, Vec<Membership>> = HashMap::new();
    for chunk in users.chunks(ROWS_PER_STATEMENT) {
        let members = user_group_members::Entity::find()
            .filter(user_group_members::Column::UserId.is_in(chunk.iter().map(ToString::to_string)))
            .all(connection)
            .await?;
        let groups: BTreeSet<String> = members
            .iter()
            .map(|member| member.group_id.clone())
            .collect();
        let names = names_by_id(connection, groups).await?;
        for member in members {
            let Some(name) = names.get(&member.group_id) else {
                continue;
            };
            found
                .entry(id(&member.user_id)?)
                .or_default()
                .push(Membership {
                    group_id: id(&member.group_id)?,
                    group: name.clone(),
                    is_manager: member.is_manager,
                });
        }
    }
    for list in found.values_mut() {
        list.sort_by(|left, right| left.group.cmp(&right.group));
    }
    Ok(found)
}

async fn names_by_id(
    connection: &impl ConnectionTrait,
    ids: BTreeSet<String>,
) -> Result<HashMap<String, String>> {
    let ids: Vec<String> = ids.into_iter().collect();
    let mut names = HashMap::new();
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let rows = user_groups::Entity::find()
            .filter(user_groups::Column::Id.is_in(chunk.iter().map(String::as_str)))
            .all(connection)
            .await?;
        names.extend(rows.into_iter().map(|row| (row.id, row.name)));
    }
    Ok(names)
}

/// The groups that a user manages, by name.
pub(crate) async fn managed(
    connection: &impl ConnectionTrait,
    user_id: UserId,
) -> Result<BTreeMap<String, GroupId>> {
    let all = memberships(connection, &[user_id])
        .await?
        .remove(&user_id)
        .unwrap_or_default();
    Ok(all
        .into_iter()
        .filter(|membership| membership.is_manager)
        .map(|membership| (membership.group, membership.group_id))
        .collect())
}

/// Every group's name.
pub(crate) async fn names(connection: &impl ConnectionTrait) -> Result<BTreeSet<String>> {
    let names: Vec<String> = user_groups::Entity::find()
        .select_only()
        .column(user_groups::Column::Name)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(names.into_iter().collect())
}

/// Groups with the number of their members, by name.
pub(crate) async fn list(connection: &impl ConnectionTrait) -> Result<Vec<(GroupId, String, u64)>> {
    let groups = user_groups::Entity::find()
        .order_by_asc(user_groups::Column::Name)
        .limit(GROUPS_MAX)
        .all(connection)
        .await?;
    let counts: Vec<(String, i64)> = user_group_members::Entity::find()
        .select_only()
        .column(user_group_members::Column::GroupId)
        .column_as(user_group_members::Column::UserId.count(), "members")
        .group_by(user_group_members::Column::GroupId)
        .into_tuple()
        .all(connection)
        .await?;
    let counts: HashMap<String, i64> = counts.into_iter().collect();
    groups
        .into_iter()
        .map(|group| {
            let members = counts.get(&group.id).copied().unwrap_or_default();
            Ok((
                id(&group.id)?,
                group.name,
                u64::try_from(members).unwrap_or_default(),
            ))
        })
        .collect()
}

#[derive(FromQueryResult)]
struct UserIdRow {
    user_id: String,
}

/// The members of the groups that somebody manages, without administrators: whoever may do
/// everything is steered by nobody who may do less.
const MANAGED_USERS: &str = "SELECT DISTINCT theirs.user_id
    FROM user_group_members mine
    JOIN user_group_members theirs ON theirs.group_id = mine.group_id
    JOIN users u ON u.id = theirs.user_id
    WHERE mine.user_id = $1 AND mine.is_manager AND u.role <> 'administrator' AND theirs.user_id <> mine.user_id";

pub(crate) async fn managed_users(
    connection: &impl ConnectionTrait,
    manager: UserId,
) -> Result<Vec<UserId>> {
    let statement = statement(connection, MANAGED_USERS, [manager.to_string().into()]);
    let rows = UserIdRow::find_by_statement(statement)
        .all(connection)
        .await?;
    rows.iter().map(|row| id(&row.user_id)).collect()
}

pub(crate) async fn is_managed_by(
    connection: &impl ConnectionTrait,
    user_id: UserId,
    manager: UserId,
) -> Result<bool> {
    let sql = format!("{MANAGED_USERS} AND theirs.user_id = $2");
    let statement = statement(
        connection,
        &sql,
        [manager.to_string().into(), user_id.to_string().into()],
    );
    Ok(UserIdRow::find_by_statement(statement)
        .one(connection)
        .await?
        .is_some())
}

fn statement<const N: usize>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: [sea_orm::Value; N],
) -> Statement {
    let backend: DbBackend = connection.get_database_backend();
    Statement::from_sql_and_values(backend, sql, values)
}
