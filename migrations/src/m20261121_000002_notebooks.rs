//! Notebook servers and their history.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, integer, text, text_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

// The trait hides this lifetime, and `async_trait` accepts only the same spelling.
#[allow(elided_lifetimes_in_paths)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(servers()).await?;
        for index in server_indexes() {
            manager.create_index(index).await?;
        }
        manager.create_table(server_events()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(ServerEvents::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Servers::Table).to_owned())
            .await
    }
}

/// Owners are named by id only: accounts belong to another part of the program.
fn servers() -> TableCreateStatement {
    Table::create()
        .table(Servers::Table)
        .col(text(Servers::Id).primary_key())
        .col(text(Servers::UserId))
        .col(text(Servers::OwnerName))
        .col(text(Servers::Name))
        .col(text(Servers::DisplayName))
        .col(text(Servers::HostLabel))
        .col(text(Servers::Desired))
        .col(text(Servers::State))
        .col(big_integer(Servers::StateSince))
        .col(big_integer_null(Servers::DeadlineAt))
        .col(big_integer(Servers::Generation))
        .col(big_integer(Servers::Version))
        .col(boolean(Servers::SafeMode))
        .col(text(Servers::ProfileSlug))
        .col(text(Servers::Profile))
        .col(text(Servers::IdentityKey))
        .col(integer(Servers::Progress))
        .col(text(Servers::Message))
        .col(text(Servers::Cause))
        .col(text_null(Servers::Failure))
        .col(text(Servers::FailureLog))
        .col(text(Servers::Notices))
        .col(big_integer(Servers::LastEventSeq))
        .col(big_integer_null(Servers::RestartedAt))
        .col(big_integer(Servers::CreatedAt))
        .col(big_integer_null(Servers::StartedAt))
        .col(big_integer_null(Servers::LastActivityAt))
        .to_owned()
}

fn server_indexes() -> Vec<IndexCreateStatement> {
    vec![
        // One server of a name for each user, whatever happens at the same time.
        Index::create()
            .name("servers_user_id_name")
            .table(Servers::Table)
            .col(Servers::UserId)
            .col(Servers::Name)
            .unique()
            .to_owned(),
        // One server behind each origin.
        Index::create()
            .name("servers_host_label")
            .table(Servers::Table)
            .col(Servers::HostLabel)
            .unique()
            .to_owned(),
        // The order of the administrators' list.
        Index::create()
            .name("servers_owner_name_id")
            .table(Servers::Table)
            .col(Servers::OwnerName)
            .col(Servers::Id)
            .to_owned(),
        Index::create()
            .name("servers_state_owner_name_id")
            .table(Servers::Table)
            .col(Servers::State)
            .col(Servers::OwnerName)
            .col(Servers::Id)
            .to_owned(),
    ]
}

fn server_events() -> TableCreateStatement {
    Table::create()
        .table(ServerEvents::Table)
        .col(text(ServerEvents::ServerId))
        .col(big_integer(ServerEvents::Seq))
        .col(text(ServerEvents::UserId))
        .col(big_integer(ServerEvents::Time))
        .col(text(ServerEvents::State))
        .col(integer(ServerEvents::Progress))
        .col(text(ServerEvents::Phase))
        .col(text(ServerEvents::Message))
        .col(text(ServerEvents::Cause))
        .primary_key(
            Index::create()
                .col(ServerEvents::ServerId)
                .col(ServerEvents::Seq),
        )
        .foreign_key(
            ForeignKey::create()
                .name("server_events_server_id")
                .from(ServerEvents::Table, ServerEvents::ServerId)
                .to(Servers::Table, Servers::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

#[derive(DeriveIden)]
enum Servers {
    Table,
    Id,
    UserId,
    OwnerName,
    Name,
    DisplayName,
    HostLabel,
    Desired,
    State,
    StateSince,
    DeadlineAt,
    Generation,
    Version,
    SafeMode,
    ProfileSlug,
    Profile,
    IdentityKey,
    Progress,
    Message,
    Cause,
    Failure,
    FailureLog,
    Notices,
    LastEventSeq,
    RestartedAt,
    CreatedAt,
    StartedAt,
    LastActivityAt,
}

#[derive(DeriveIden)]
enum ServerEvents {
    Table,
    ServerId,
    Seq,
    UserId,
    Time,
    State,
    Progress,
    Phase,
    Message,
    Cause,
}
