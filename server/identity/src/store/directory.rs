//! The table of users: searched, filtered, sorted, paged by key.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Expr, LikeExpr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use types::admin::{UserQuery, UserRow, UserSort, UserStatusFilter};
use types::{ErrorCode, GroupId, Page, Timestamp, UserId, WalletAddress};

use super::audit::escaped;
use super::entity::{user_group_members, user_groups, user_wallets, users};
use super::user::{User, to_user};
use super::{ROWS_PER_STATEMENT, Result, group, id};
use crate::IdentityError;

/// Characters of a search that are used.
const SEARCH_CHARS_MAX: usize = 100;

/// Whose rows may be seen.
pub(crate) enum Scope {
    Everyone,
    /// Members of these groups; only these groups are shown of them.
    Groups(Vec<GroupId>),
}

/// One page of users.
pub(crate) async fn page(
    connection: &impl ConnectionTrait,
    scope: &Scope,
    query: &UserQuery,
    now: Timestamp,
) -> Result<Page<UserRow>> {
    let mut select = filtered(users::Entity::find(), scope, query, now);
    if let Some(after) = &query.page.after {
        select = select.filter(after_key(query.sort, after)?);
    }
    select = match query.sort {
        UserSort::Name => select.order_by_asc(users::Column::Name),
        UserSort::NewestFirst => select
            .order_by_desc(users::Column::CreatedAt)
            .order_by_desc(users::Column::Id),
        UserSort::LastSeenFirst => select
            .order_by_desc(users::Column::LastSeenAt)
            .order_by_desc(users::Column::Id),
    };
    let limit = query.page.limit() as usize;
    let mut models = select.limit(limit as u64 + 1).all(connection).await?;
    let has_more = models.len() > limit;
    models.truncate(limit);
    let next = models
        .last()
        .filter(|_| has_more)
        .map(|model| key_of(query.sort, model));
    let found = models
        .into_iter()
        .map(to_user)
        .collect::<Result<Vec<_>>>()?;
    Ok(Page {
        items: rows(connection, scope, found).await?,
        next,
    })
}

/// One user as the table shows them; none when outside the scope.
pub(crate) async fn one(
    connection: &impl ConnectionTrait,
    scope: &Scope,
    user_id: UserId,
) -> Result<Option<UserRow>> {
    let select = users::Entity::find_by_id(user_id.to_string());
    let model = in_scope(select, scope).one(connection).await?;
    let found = model.map(to_user).transpose()?;
    Ok(rows(connection, scope, found.into_iter().collect())
        .await?
        .pop())
}

/// The names of users.
pub(crate) async fn names(
    connection: &impl ConnectionTrait,
    ids: &[UserId],
) -> Result<HashMap<UserId, String>> {
    let mut names = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let rows: Vec<(String, String)> = users::Entity::find()
            .select_only()
            .column(users::Column::Id)
            .column(users::Column::Name)
            .filter(users::Column::Id.is_in(chunk.iter().map(ToString::to_string)))
            .into_tuple()
            .all(connection)
            .await?;
        for (user_id, name) in rows {
            names.insert(id(&user_id)?, name);
        }
    }
    Ok(names)
}

/// Which of these users are there, neither suspended nor expired.
pub(crate) async fn open_among(
    connection: &impl ConnectionTrait,
    ids: &[UserId],
    now: Timestamp,
) -> Result<HashSet<UserId>> {
    let mut open = HashSet::with_capacity(ids.len());
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let found: Vec<String> = users::Entity::find()
            .select_only()
            .column(users::Column::Id)
            .filter(users::Column::Id.is_in(chunk.iter().map(ToString::to_string)))
            .filter(is_open(now))
            .into_tuple()
            .all(connection)
            .await?;
        for user_id in found {
            open.insert(id(&user_id)?);
        }
    }
    Ok(open)
}

fn is_open(now: Timestamp) -> Condition {
    use users::Column;
    Condition::all().add(Column::SuspendedAt.is_null()).add(
        Condition::any()
            .add(Column::ExpiresAt.is_null())
            .add(Column::ExpiresAt.gt(now.0)),
    )
}

fn filtered(
    select: Select<users::Entity>,
    scope: &Scope,
    query: &UserQuery,
    now: Timestamp,
) -> Select<users::Entity> {
    use users::Column;
    let mut select = in_scope(select, scope);
    let search: String = query
        .search
        .as_deref()
        .unwrap_or_default()
        .trim()
        .chars()
        .take(SEARCH_CHARS_MAX)
        .collect();
    if !search.is_empty() {
        let pattern = format!("%{}%", escaped(&search.to_lowercase()));
        select = select.filter(Expr::col(Column::Search).like(LikeExpr::new(pattern).escape('\\')));
    }
    if let Some(role) = query.role {
        select = select.filter(Column::Role.eq(role.as_str()));
    }
    if let Some(group) = query.group.as_deref().filter(|group| !group.is_empty()) {
        let mut groups = Query::select()
            .column(user_groups::Column::Id)
            .from(user_groups::Entity)
            .and_where(user_groups::Column::Name.eq(group))
            .to_owned();
        // Who is in the groups of others is not a manager's to know.
        if let Scope::Groups(seen) = scope {
            let seen = seen.iter().map(ToString::to_string);
            groups.and_where(user_groups::Column::Id.is_in(seen));
        }
        let members = Query::select()
            .column(user_group_members::Column::UserId)
            .from(user_group_members::Entity)
            .and_where(Expr::col(user_group_members::Column::GroupId).in_subquery(groups))
            .to_owned();
        select = select.filter(Column::Id.in_subquery(members));
    }
    match query.status {
        UserStatusFilter::All => select,
        UserStatusFilter::Active => select.filter(is_open(now)),
        // Both cannot sign in.
        UserStatusFilter::Suspended => select.filter(
            Condition::any()
                .add(Column::SuspendedAt.is_not_null())
                .add(Column::ExpiresAt.lte(now.0)),
        ),
    }
}

fn in_scope(select: Select<users::Entity>, scope: &Scope) -> Select<users::Entity> {
    let Scope::Groups(groups) = scope else {
        return select;
    };
    let members = Query::select()
        .column(user_group_members::Column::UserId)
        .from(user_group_members::Entity)
        .and_where(
            user_group_members::Column::GroupId.is_in(groups.iter().map(ToString::to_string)),
        )
        .to_owned();
    select.filter(users::Column::Id.in_subquery(members))
}

/// The rows after the one that a key names.
fn after_key(sort: UserSort, after: &str) -> Result<Condition> {
    use users::Column;
    let column = match sort {
        UserSort::Name => return Ok(Condition::all().add(Column::Name.gt(after))),
        UserSort::NewestFirst => Column::CreatedAt,
        UserSort::LastSeenFirst => Column::LastSeenAt,
    };
    let key = after
        .split_once('.')
        .and_then(|(ms, user_id)| Some((ms.parse::<i64>().ok()?, user_id.parse::<UserId>().ok()?)));
    let (ms, user_id) = key.ok_or_else(|| {
        IdentityError::refused(ErrorCode::BadRequest, "that is no page of the table")
    })?;
    // The first condition alone is implied by the second; it lets both databases use the index.
    Ok(Condition::all().add(column.lte(ms)).add(
        Condition::any()
            .add(column.lt(ms))
            .add(Column::Id.lt(user_id.to_string())),
    ))
}

fn key_of(sort: UserSort, model: &users::Model) -> String {
    match sort {
        UserSort::Name => model.name.clone(),
        UserSort::NewestFirst => format!("{}.{}", model.created_at, model.id),
        UserSort::LastSeenFirst => format!("{}.{}", model.last_seen_at, model.id),
    }
}

async fn rows(
    connection: &impl ConnectionTrait,
    scope: &Scope,
    found: Vec<User>,
) -> Result<Vec<UserRow>> {
    let ids: Vec<UserId> = found.iter().map(|user| user.id).collect();
    let mut wallets = wallets_of(connection, &ids).await?;
    let mut memberships = group::memberships(connection, &ids).await?;
    let rows = found.into_iter().map(|user| {
        let mut memberships = memberships.remove(&user.id).unwrap_or_default();
        if let Scope::Groups(groups) = scope {
            memberships.retain(|membership| groups.contains(&membership.group_id));
        }
        UserRow {
            wallets: wallets.remove(&user.id).unwrap_or_default(),
            memberships,
            user_id: user.id,
            name: user.name,
            display_name: user.display_name,
            email: user.email,
            role: user.role,
            created_at: user.created_at,
            last_seen_at: user.last_seen_at,
            suspended_at: user.suspended_at,
            expires_at: user.expires_at,
        }
    });
    Ok(rows.collect())
}

/// The wallets of several users, in the order in which they were linked.
pub(crate) async fn wallets_of(
    connection: &impl ConnectionTrait,
    ids: &[UserId],
) -> Result<HashMap<UserId, Vec<WalletAddress>>> {
    let mut wallets: HashMap<UserId, Vec<WalletAddress>> = HashMap::new();
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let rows = user_wallets::Entity::find()
            .filter(user_wallets::Column::UserId.is_in(chunk.iter().map(ToString::to_string)))
            .order_by_asc(user_wallets::Column::LinkedAt)
            .order_by_asc(user_wallets::Column::Id)
            .all(connection)
            .await?;
        for row in rows {
            wallets
                .entry(id(&row.user_id)?)
                .or_default()
                .push(id(&row.address)?);
        }
    }
    Ok(wallets)
}
