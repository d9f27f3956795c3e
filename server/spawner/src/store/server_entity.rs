use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "servers")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(super) id: String,
    #[sea_orm(column_type = "Text")]
    pub(super) user_id: String,
    #[sea_orm(column_type = "Text")]
    pub(super) owner_name: String,
    #[sea_orm(column_type = "Text")]
    pub(super) name: String,
    #[sea_orm(column_type = "Text")]
    pub(super) display_name: String,
    #[sea_orm(column_type = "Text")]
    pub(super) host_label: String,
    #[sea_orm(column_type = "Text")]
    pub(super) desired: String,
    #[sea_orm(column_type = "Text")]
    pub(super) state: String,
    pub(super) state_since: i64,
    pub(super) deadline_at: Option<i64>,
    pub(super) generation: i64,
    pub(super) version: i64,
    pub(super) safe_mode: bool,
    #[sea_orm(column_type = "Text")]
    pub(super) profile_slug: String,
    #[sea_orm(column_type = "Text")]
    pub(super) profile: String,
    #[sea_orm(column_type = "Text")]
    pub(super) identity_key: String,
    pub(super) progress: i32,
    #[sea_orm(column_type = "Text")]
    pub(super) message: String,
    #[sea_orm(column_type = "Text")]
    pub(super) cause: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(super) failure: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(super) failure_log: String,
    #[sea_orm(column_type = "Text")]
    pub(super) notices: String,
    pub(super) last_event_seq: i64,
    pub(super) restarted_at: Option<i64>,
    pub(super) created_at: i64,
    pub(super) started_at: Option<i64>,
    pub(super) last_activity_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
