use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "server_events")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(super) server_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) seq: i64,
    #[sea_orm(column_type = "Text")]
    pub(super) user_id: String,
    pub(super) time: i64,
    #[sea_orm(column_type = "Text")]
    pub(super) state: String,
    pub(super) progress: i32,
    #[sea_orm(column_type = "Text")]
    pub(super) phase: String,
    #[sea_orm(column_type = "Text")]
    pub(super) message: String,
    #[sea_orm(column_type = "Text")]
    pub(super) cause: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
