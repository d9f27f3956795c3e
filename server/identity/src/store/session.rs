//! Rows of sessions. A session without a user belongs to somebody who has not signed in.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait,
    FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use types::account::Role;
use types::sign_in::Viewer;
use types::{SessionKey, Timestamp, UserId, WalletAddress};

use super::entity::sessions;
use super::user::role_of;
use super::{Result, id};

/// How somebody signed in.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) user_id: UserId,
    /// For people: `wallet 0x1234…abcd`.
    pub(crate) method: String,
    pub(crate) wallet: Option<WalletAddress>,
    pub(crate) identity_id: Option<String>,
    pub(crate) ip: String,
    pub(crate) user_agent: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) absolute_expires_at: Timestamp,
}

/// A session with its user, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveSession {
    pub(crate) key: SessionKey,
    pub(crate) viewer: Viewer,
    pub(crate) last_seen_at: Timestamp,
    /// The earlier of idle and absolute expiry.
    pub(crate) expires_at: Timestamp,
    pub(crate) absolute_expires_at: Timestamp,
    pub(crate) user_suspended_at: Option<Timestamp>,
    pub(crate) user_expires_at: Option<Timestamp>,
}

impl LiveSession {
    /// Whether it opens anything at `now`.
    pub(crate) fn is_alive(&self, now: Timestamp) -> bool {
        self.expires_at > now
            && self.absolute_expires_at > now
            && self.user_suspended_at.is_none()
            && self
                .user_expires_at
                .is_none_or(|expires_at| expires_at > now)
    }
}

/// Adds an anonymous session; false when its secret is taken.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    row: sessions::Model,
) -> Result<bool> {
    let row = sessions::ActiveModel {
        id_hash: Set(row.id_hash),
        key: Set(row.key),
        data: Set(row.data),
        user_id: Set(row.user_id),
        method: Set(row.method),
        wallet: Set(row.wallet),
        identity_id: Set(row.identity_id),
        ip: Set(row.ip),
        user_agent: Set(row.user_agent),
        created_at: Set(row.created_at),
        signed_in_at: Set(row.signed_in_at),
        last_seen_at: Set(row.last_seen_at),
        expires_at: Set(row.expires_at),
        absolute_expires_at: Set(row.absolute_expires_at),
    };
    let inserted = sessions::Entity::insert(row)
        .on_conflict(
            OnConflict::column(sessions::Column::IdHash)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(connection)
        .await?;
    Ok(inserted > 0)
}

/// Keeps a session's data. One that is gone stays gone: a late answer to a request that began
/// before a sign-out must not bring it back. Only anonymous sessions live longer by it.
pub(crate) async fn save_data(
    connection: &impl ConnectionTrait,
    id_hash: &str,
    data: String,
    anonymous_expires_at: Timestamp,
) -> Result<()> {
    let expiry = Expr::case(
        Expr::col(sessions::Column::UserId).is_null(),
        Expr::value(anonymous_expires_at.0),
    )
    .finally(Expr::col(sessions::Column::ExpiresAt));
    sessions::Entity::update_many()
        .col_expr(sessions::Column::Data, Expr::value(data))
        .col_expr(sessions::Column::ExpiresAt, expiry.into())
        .filter(sessions::Column::IdHash.eq(id_hash))
        .exec(connection)
        .await?;
    Ok(())
}

/// A session's data, if it has not expired.
pub(crate) async fn load(
    connection: &impl ConnectionTrait,
    id_hash: &str,
    now: Timestamp,
) -> Result<Option<sessions::Model>> {
    Ok(sessions::Entity::find_by_id(id_hash)
        .filter(sessions::Column::ExpiresAt.gt(now.0))
        .filter(sessions::Column::AbsoluteExpiresAt.gt(now.0))
        .one(connection)
        .await?)
}

/// Makes an anonymous session somebody's. None when it is gone.
pub(crate) async fn bind(
    connection: &impl ConnectionTrait,
    id_hash: &str,
    signed_in: SignedIn,
    now: Timestamp,
) -> Result<Option<SessionKey>> {
    use sessions::Column;
    let rows = sessions::Entity::update_many()
        .col_expr(Column::UserId, Expr::value(signed_in.user_id.to_string()))
        .col_expr(Column::Method, Expr::value(signed_in.method))
        .col_expr(
            Column::Wallet,
            Expr::value(signed_in.wallet.map(|wallet| wallet.to_lower_hex())),
        )
        .col_expr(Column::IdentityId, Expr::value(signed_in.identity_id))
        .col_expr(Column::Ip, Expr::value(signed_in.ip))
        .col_expr(Column::UserAgent, Expr::value(signed_in.user_agent))
        .col_expr(Column::SignedInAt, Expr::value(now.0))
        .col_expr(Column::LastSeenAt, Expr::value(now.0))
        .col_expr(Column::ExpiresAt, Expr::value(signed_in.expires_at.0))
        .col_expr(
            Column::AbsoluteExpiresAt,
            Expr::value(signed_in.absolute_expires_at.0),
        )
        .filter(Column::IdHash.eq(id_hash))
        .exec_with_returning(connection)
        .await?;
    rows.first().map(|row| id(&row.key)).transpose()
}

/// Which sessions.
pub(crate) enum Which<'a> {
    Secret(&'a str),
    Key(SessionKey),
    /// All of a user.
    User(UserId),
    /// All that were opened with this wallet.
    Wallet(&'a str),
    /// All that were opened with this OAuth identity.
    Identity(&'a str),
    ExpiredBefore(Timestamp),
}

/// Deletes sessions; returns the keys of those in which somebody was signed in.
pub(crate) async fn delete(
    connection: &impl ConnectionTrait,
    which: Which<'_>,
) -> Result<Vec<SessionKey>> {
    delete_except(connection, which, None).await
}

/// As [`delete`], but leaves one session alone.
pub(crate) async fn delete_except(
    connection: &impl ConnectionTrait,
    which: Which<'_>,
    kept: Option<SessionKey>,
) -> Result<Vec<SessionKey>> {
    use sessions::Column;
    let mut delete = sessions::Entity::delete_many();
    if let Some(kept) = kept {
        delete = delete.filter(Column::Key.ne(kept.to_string()));
    }
    let delete = match which {
        Which::Secret(id_hash) => delete.filter(Column::IdHash.eq(id_hash)),
        Which::Key(key) => delete.filter(Column::Key.eq(key.to_string())),
        Which::User(user_id) => delete.filter(Column::UserId.eq(user_id.to_string())),
        Which::Wallet(address) => delete.filter(Column::Wallet.eq(address)),
        Which::Identity(identity_id) => delete.filter(Column::IdentityId.eq(identity_id)),
        Which::ExpiredBefore(moment) => delete.filter(
            sea_orm::Condition::any()
                .add(Column::ExpiresAt.lte(moment.0))
                .add(Column::AbsoluteExpiresAt.lte(moment.0)),
        ),
    };
    let rows = delete.exec_with_returning(connection).await?;
    rows.iter()
        .filter(|row| row.user_id.is_some())
        .map(|row| id(&row.key))
        .collect()
}

/// The sessions of a user, the one seen last first.
pub(crate) async fn of_user(
    connection: &impl ConnectionTrait,
    user_id: UserId,
    now: Timestamp,
) -> Result<Vec<sessions::Model>> {
    Ok(sessions::Entity::find()
        .filter(sessions::Column::UserId.eq(user_id.to_string()))
        .filter(sessions::Column::ExpiresAt.gt(now.0))
        .filter(sessions::Column::AbsoluteExpiresAt.gt(now.0))
        .order_by_desc(sessions::Column::LastSeenAt)
        .order_by_desc(sessions::Column::Key)
        .all(connection)
        .await?)
}

/// The keys of a user's sessions beyond the newest `kept`.
pub(crate) async fn surplus(
    connection: &impl ConnectionTrait,
    user_id: UserId,
    kept: u64,
) -> Result<Vec<SessionKey>> {
    let keys: Vec<String> = sessions::Entity::find()
        .select_only()
        .column(sessions::Column::Key)
        .filter(sessions::Column::UserId.eq(user_id.to_string()))
        .order_by_desc(sessions::Column::SignedInAt)
        .order_by_desc(sessions::Column::Key)
        .offset(kept)
        .limit(super::ROWS_PER_STATEMENT as u64)
        .into_tuple()
        .all(connection)
        .await?;
    keys.iter().map(|key| id(key)).collect()
}

/// Notes that the session was used at `now`.
pub(crate) async fn touch(
    connection: &impl ConnectionTrait,
    session: &LiveSession,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    sessions::Entity::update_many()
        .col_expr(sessions::Column::LastSeenAt, Expr::value(now.0))
        .col_expr(sessions::Column::ExpiresAt, Expr::value(expires_at.0))
        .filter(sessions::Column::Key.eq(session.key.to_string()))
        .filter(sessions::Column::LastSeenAt.lt(now.0))
        .exec(connection)
        .await?;
    super::user::touch(connection, session.viewer.user_id, now).await
}

/// Looks a session up by the hash of its secret.
pub(crate) async fn live_by_secret(
    connection: &impl ConnectionTrait,
    id_hash: &str,
) -> Result<Option<LiveSession>> {
    live(connection, "s.id_hash", id_hash).await
}

/// Looks a session up by its public key.
pub(crate) async fn live_by_key(
    connection: &impl ConnectionTrait,
    key: SessionKey,
) -> Result<Option<LiveSession>> {
    live(connection, "s.key", &key.to_string()).await
}

#[derive(FromQueryResult)]
struct LiveRow {
    key: String,
    user_id: String,
    wallet: Option<String>,
    last_seen_at: i64,
    expires_at: i64,
    absolute_expires_at: i64,
    name: String,
    display_name: String,
    role: String,
    suspended_at: Option<i64>,
    user_expires_at: Option<i64>,
    managed: i64,
}

async fn live(
    connection: &impl ConnectionTrait,
    column: &'static str,
    value: &str,
) -> Result<Option<LiveSession>> {
    let sql = format!(
        "SELECT s.key, s.user_id, s.wallet, s.last_seen_at, s.expires_at, s.absolute_expires_at,
                u.name, u.display_name, u.role, u.suspended_at, u.expires_at AS user_expires_at,
                (SELECT COUNT(*) FROM user_group_members m WHERE m.user_id = u.id AND m.is_manager) AS managed
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE {column} = $1"
    );
    let backend: DbBackend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, [value.into()]);
    let Some(row) = LiveRow::find_by_statement(statement)
        .one(connection)
        .await?
    else {
        return Ok(None);
    };
    let viewer = Viewer {
        user_id: id(&row.user_id)?,
        name: row.name,
        display_name: row.display_name,
        wallet: row.wallet.and_then(|address| address.parse().ok()),
        is_administrator: role_of(&row.role)? == Role::Administrator,
        is_manager: row.managed > 0,
    };
    Ok(Some(LiveSession {
        key: id(&row.key)?,
        viewer,
        last_seen_at: Timestamp(row.last_seen_at),
        expires_at: Timestamp(row.expires_at),
        absolute_expires_at: Timestamp(row.absolute_expires_at),
        user_suspended_at: row.suspended_at.map(Timestamp),
        user_expires_at: row.user_expires_at.map(Timestamp),
    }))
}
