//! The administrators' list: searched, filtered and paged by key in the database.

use std::collections::HashSet;

use sea_orm::sea_query::{Func, LikeExpr};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use types::notebook::ServerQuery;
use types::page::PAGE_LIMIT_MAX;
use types::{Page, UserId};

use super::server_entity::{Column, Entity};
use super::{Store, row};
use crate::limits;
use crate::server::Server;

/// Length of an id as text, with which each key begins.
const ID_CHARS: usize = 26;

impl Store {
    /// Servers by owner's name, then by age. `owners`: only theirs.
    pub(crate) async fn list(
        &self,
        query: &ServerQuery,
        owners: Option<&[UserId]>,
    ) -> Result<Page<Server>, DbErr> {
        let wanted = query.page.limit() as usize;
        let Some(owners) = owners else {
            return self.read(query, Condition::all(), wanted).await;
        };
        if owners.len() <= limits::OWNERS_IN_QUERY_MAX {
            let ids = owners.iter().map(ToString::to_string);
            return self
                .read(
                    query,
                    Condition::all().add(Column::UserId.is_in(ids)),
                    wanted,
                )
                .await;
        }
        self.list_for_many_owners(query, &owners.iter().copied().collect(), wanted)
            .await
    }

    /// More owners than a statement may name: pages are read until enough of their rows are found.
    async fn list_for_many_owners(
        &self,
        query: &ServerQuery,
        owners: &HashSet<UserId>,
        wanted: usize,
    ) -> Result<Page<Server>, DbErr> {
        let mut query = query.clone();
        let mut items = Vec::new();
        loop {
            let page = self
                .read(&query, Condition::all(), PAGE_LIMIT_MAX as usize)
                .await?;
            items.extend(
                page.items
                    .into_iter()
                    .filter(|server| owners.contains(&server.user_id)),
            );
            if items.len() > wanted {
                items.truncate(wanted);
                let next = items.last().map(key);
                return Ok(Page { items, next });
            }
            let Some(next) = page.next else {
                return Ok(Page { items, next: None });
            };
            query.page.after = Some(next);
        }
    }

    async fn read(
        &self,
        query: &ServerQuery,
        owned: Condition,
        wanted: usize,
    ) -> Result<Page<Server>, DbErr> {
        let rows = selection(query)
            .filter(owned)
            .order_by_asc(Column::OwnerName)
            .order_by_asc(Column::Id)
            .limit(wanted as u64 + 1)
            .all(&self.database)
            .await?;
        let mut items = rows
            .into_iter()
            .map(row::to_server)
            .collect::<Result<Vec<_>, _>>()?;
        let has_more = items.len() > wanted;
        items.truncate(wanted);
        let next = if has_more {
            items.last().map(key)
        } else {
            None
        };
        Ok(Page { items, next })
    }
}

fn selection(query: &ServerQuery) -> Select<Entity> {
    let mut selection = Entity::find();
    if let Some(state) = query.state {
        selection = selection.filter(Column::State.eq(state.as_str()));
    }
    if let Some(search) = query
        .search
        .as_deref()
        .map(str::trim)
        .filter(|search| !search.is_empty())
    {
        let pattern = contains(search);
        let like = |column: Column| Func::lower(column.into_expr()).like(pattern.clone());
        selection = selection.filter(
            Condition::any()
                .add(like(Column::OwnerName))
                .add(like(Column::Name))
                .add(like(Column::DisplayName)),
        );
    }
    match query.page.after.as_deref().and_then(position) {
        Some((id, owner_name)) => selection.filter(
            Condition::any().add(Column::OwnerName.gt(owner_name)).add(
                Condition::all()
                    .add(Column::OwnerName.eq(owner_name))
                    .add(Column::Id.gt(id)),
            ),
        ),
        None => selection,
    }
}

/// A pattern that finds the text itself wherever it stands.
fn contains(search: &str) -> LikeExpr {
    let mut pattern = String::from("%");
    for letter in search.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('\\')
}

/// The key after which the next page starts: id, then owner's name.
fn key(server: &Server) -> String {
    format!("{}{}", server.id, server.owner_name)
}

fn position(key: &str) -> Option<(&str, &str)> {
    key.split_at_checked(ID_CHARS)
}
