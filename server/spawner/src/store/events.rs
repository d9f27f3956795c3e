//! A server's history.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use types::ServerId;
use types::notebook::ServerEvent;

use super::{Store, event_entity, row};
use crate::limits;

impl Store {
    /// The newest [`limits::EVENTS_KEPT_MAX`] events after `after_seq`, newest last.
    pub(crate) async fn events(
        &self,
        server_id: ServerId,
        after_seq: i64,
    ) -> Result<Vec<ServerEvent>, DbErr> {
        let mut rows = event_entity::Entity::find()
            .filter(event_entity::Column::ServerId.eq(server_id.to_string()))
            .filter(event_entity::Column::Seq.gt(after_seq))
            .order_by_desc(event_entity::Column::Seq)
            .limit(limits::EVENTS_KEPT_MAX.unsigned_abs())
            .all(&self.database)
            .await?;
        rows.reverse();
        rows.into_iter().map(row::to_event).collect()
    }
}
