//! Writing servers: each change is one transaction with the event that tells of it.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    SqlErr, TransactionTrait,
};
use tokio::sync::SemaphorePermit;
use types::notebook::ServerEvent;
use types::{ServerId, Timestamp};

use super::{Store, event_entity, row, server_entity};
use crate::limits;
use crate::server::Server;

/// Rows read at a time at start-up.
const LOAD_PAGE_ROWS: u64 = 1_000;

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commit {
    Done,
    /// Somebody else wrote in between; nothing was changed.
    Conflict,
}

/// What became of a new server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insertion {
    Done,
    /// The user has a server of this name.
    NameTaken,
    /// Another server has this host label.
    LabelTaken,
}

impl Store {
    /// Every server, for the memory of a process that begins.
    pub(crate) async fn load(&self) -> Result<Vec<Server>, DbErr> {
        let mut servers = Vec::new();
        let mut after = String::new();
        loop {
            let page = server_entity::Entity::find()
                .filter(server_entity::Column::Id.gt(after.clone()))
                .order_by_asc(server_entity::Column::Id)
                .limit(LOAD_PAGE_ROWS)
                .all(&self.database)
                .await?;
            let Some(last) = page.last() else {
                return Ok(servers);
            };
            after.clone_from(&last.id);
            for found in page {
                servers.push(row::to_server(found)?);
            }
        }
    }

    /// The server as the database has it.
    pub(crate) async fn find(&self, server_id: ServerId) -> Result<Option<Server>, DbErr> {
        let found = server_entity::Entity::find_by_id(server_id.to_string())
            .one(&self.database)
            .await?;
        found.map(row::to_server).transpose()
    }

    /// Adds a server unless its name or label is taken: the database decides, so that two requests
    /// at the same time make one server.
    pub(crate) async fn insert(
        &self,
        server: &Server,
        event: &ServerEvent,
    ) -> Result<Insertion, DbErr> {
        let _writer = self.writer().await?;
        let transaction = self.database.begin().await?;
        let inserted = server_entity::Entity::insert(row::to_row(server)?)
            .exec_without_returning(&transaction)
            .await;
        if let Err(error) = inserted {
            transaction.rollback().await?;
            return match error.sql_err() {
                Some(SqlErr::UniqueConstraintViolation(_)) => self.what_is_taken(server).await,
                _ => Err(error),
            };
        }
        event_entity::Entity::insert(row::to_event_row(event))
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(Insertion::Done)
    }

    async fn what_is_taken(&self, server: &Server) -> Result<Insertion, DbErr> {
        let of_that_name = server_entity::Entity::find()
            .filter(server_entity::Column::UserId.eq(server.user_id.to_string()))
            .filter(server_entity::Column::Name.eq(server.name.clone()))
            .one(&self.database)
            .await?;
        Ok(if of_that_name.is_some() {
            Insertion::NameTaken
        } else {
            Insertion::LabelTaken
        })
    }

    /// Writes `server`, whose version is one above the one it was made from, and its event.
    pub(crate) async fn commit(
        &self,
        server: &Server,
        event: &ServerEvent,
    ) -> Result<Commit, DbErr> {
        let _writer = self.writer().await?;
        let transaction = self.database.begin().await?;
        let written = server_entity::Entity::update_many()
            .set(row::to_row(server)?)
            .filter(server_entity::Column::Id.eq(server.id.to_string()))
            .filter(server_entity::Column::Version.eq(server.version - 1))
            .exec(&transaction)
            .await?;
        if written.rows_affected == 0 {
            transaction.rollback().await?;
            return Ok(Commit::Conflict);
        }
        event_entity::Entity::insert(row::to_event_row(event))
            .exec_without_returning(&transaction)
            .await?;
        forget_old_events(&transaction, event).await?;
        transaction.commit().await?;
        Ok(Commit::Done)
    }

    /// Notes the last activity; it has no version, because nothing is decided by it.
    pub(crate) async fn note_activity(
        &self,
        server_id: ServerId,
        time: Timestamp,
    ) -> Result<(), DbErr> {
        let _writer = self.writer().await?;
        server_entity::Entity::update_many()
            .col_expr(server_entity::Column::LastActivityAt, Expr::val(time.0))
            .filter(server_entity::Column::Id.eq(server_id.to_string()))
            .exec(&self.database)
            .await?;
        Ok(())
    }

    /// Removes a server with its events.
    pub(crate) async fn remove(&self, server: &Server) -> Result<Commit, DbErr> {
        let _writer = self.writer().await?;
        let removed = server_entity::Entity::delete_many()
            .filter(server_entity::Column::Id.eq(server.id.to_string()))
            .filter(server_entity::Column::Version.eq(server.version))
            .exec(&self.database)
            .await?;
        Ok(if removed.rows_affected == 0 {
            Commit::Conflict
        } else {
            Commit::Done
        })
    }

    async fn writer(&self) -> Result<SemaphorePermit<'_>, DbErr> {
        self.writers
            .acquire()
            .await
            .map_err(|error| DbErr::Custom(error.to_string()))
    }
}

async fn forget_old_events(
    transaction: &DatabaseTransaction,
    event: &ServerEvent,
) -> Result<(), DbErr> {
    if event.seq % limits::EVENTS_CLEARED_EVERY != 0 {
        return Ok(());
    }
    event_entity::Entity::delete_many()
        .filter(event_entity::Column::ServerId.eq(event.server_id.to_string()))
        .filter(event_entity::Column::Seq.lte(event.seq - limits::EVENTS_KEPT_MAX))
        .exec(transaction)
        .await?;
    Ok(())
}
