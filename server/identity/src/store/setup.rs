//! The one-time link that makes an administrator.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use types::Timestamp;

use super::Result;
use super::entity::setup_links;

/// How long a link waits to be used.
const LIFETIME_MS: i64 = 24 * 60 * 60 * 1_000;

/// On whose word a link makes an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetupAuthority {
    /// Whoever comes first to a site without an administrator.
    FirstPerson,
    /// The operator of the machine, whether or not there is one.
    Operator,
}

impl SetupAuthority {
    const fn as_str(self) -> &'static str {
        match self {
            Self::FirstPerson => "first_person",
            Self::Operator => "operator",
        }
    }
}

/// Puts a link in the place of all earlier ones.
pub(crate) async fn replace(
    connection: &impl ConnectionTrait,
    secret_hash: &str,
    authority: SetupAuthority,
    now: Timestamp,
) -> Result<()> {
    setup_links::Entity::delete_many().exec(connection).await?;
    let row = setup_links::ActiveModel {
        secret_hash: Set(secret_hash.to_owned()),
        authority: Set(authority.as_str().to_owned()),
        created_at: Set(now.0),
        used_at: Set(None),
    };
    setup_links::Entity::insert(row)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// On whose word the link stands; none when it is unknown, was used or is too old.
pub(crate) async fn find_unused(
    connection: &impl ConnectionTrait,
    secret_hash: &str,
    now: Timestamp,
) -> Result<Option<SetupAuthority>> {
    let row = setup_links::Entity::find_by_id(secret_hash)
        .filter(setup_links::Column::UsedAt.is_null())
        .filter(setup_links::Column::CreatedAt.gt(now.plus_ms(-LIFETIME_MS).0))
        .one(connection)
        .await?;
    Ok(row.map(|row| {
        if row.authority == SetupAuthority::Operator.as_str() {
            SetupAuthority::Operator
        } else {
            SetupAuthority::FirstPerson
        }
    }))
}

/// Uses the link up; false when somebody else was faster or it has become too old.
pub(crate) async fn take(
    connection: &impl ConnectionTrait,
    secret_hash: &str,
    now: Timestamp,
) -> Result<bool> {
    let taken = setup_links::Entity::update_many()
        .col_expr(setup_links::Column::UsedAt, Expr::value(now.0))
        .filter(setup_links::Column::SecretHash.eq(secret_hash))
        .filter(setup_links::Column::UsedAt.is_null())
        .filter(setup_links::Column::CreatedAt.gt(now.plus_ms(-LIFETIME_MS).0))
        .exec(connection)
        .await?;
    Ok(taken.rows_affected > 0)
}
