//! Between rows and servers. A row that cannot be read is our mistake and names its server.

use sea_orm::{ActiveValue, DbErr, IntoActiveModel};
use types::Timestamp;
use types::notebook::{ServerEvent, ServerFailure, ServerState};

use super::{event_entity, server_entity};
use crate::server::Server;
use crate::state::{Desired, Life, State};

type Row = server_entity::Model;

pub(super) fn to_server(row: Row) -> Result<Server, DbErr> {
    let id = row.id.clone();
    read(row).ok_or_else(|| DbErr::Custom(format!("the row of server {id} cannot be read")))
}

fn read(row: Row) -> Option<Server> {
    let state = ServerState::parse(&row.state)?;
    let failure = match &row.failure {
        Some(json) => Some(serde_json::from_str::<ServerFailure>(json).ok()?),
        None => None,
    };
    Some(Server {
        id: row.id.parse().ok()?,
        user_id: row.user_id.parse().ok()?,
        owner_name: row.owner_name,
        name: row.name,
        display_name: row.display_name,
        host_label: row.host_label,
        life: Life {
            state: state_of(state, row.deadline_at.map(Timestamp), failure)?,
            desired: Desired::parse(&row.desired)?,
            generation: u32::try_from(row.generation).ok()?,
            safe_mode: row.safe_mode,
        },
        state_since: Timestamp(row.state_since),
        version: row.version,
        profile: serde_json::from_str(&row.profile).ok()?,
        identity_key: hex::decode(&row.identity_key).ok()?.try_into().ok()?,
        progress: u8::try_from(row.progress).ok()?,
        message: row.message,
        cause: row.cause,
        failure_log: serde_json::from_str(&row.failure_log).ok()?,
        notices: serde_json::from_str(&row.notices).ok()?,
        last_event_seq: row.last_event_seq,
        restarted_at: row.restarted_at.map(Timestamp),
        created_at: Timestamp(row.created_at),
        started_at: row.started_at.map(Timestamp),
        last_activity_at: row.last_activity_at.map(Timestamp),
    })
}

fn state_of(
    kind: ServerState,
    deadline_at: Option<Timestamp>,
    failure: Option<ServerFailure>,
) -> Option<State> {
    Some(match kind {
        ServerState::Queued => State::Queued {
            deadline: deadline_at?,
        },
        ServerState::Provisioning => State::Provisioning {
            deadline: deadline_at?,
        },
        ServerState::Booting => State::Booting {
            deadline: deadline_at?,
        },
        ServerState::Starting => State::Starting {
            deadline: deadline_at?,
        },
        ServerState::Ready => State::Ready,
        ServerState::Frozen => State::Frozen,
        ServerState::Stopping => State::Stopping {
            deadline: deadline_at?,
        },
        ServerState::Stopped => State::Stopped {
            archive_at: deadline_at?,
        },
        ServerState::Archived => State::Archived,
        ServerState::Failed => State::Failed {
            failure: failure?,
            archive_at: deadline_at?,
        },
        ServerState::Lost => State::Lost {
            failure: failure?,
            archive_at: deadline_at?,
        },
        ServerState::Destroying => State::Destroying {
            deadline: deadline_at?,
        },
    })
}

/// Every column set.
pub(super) fn to_row(server: &Server) -> Result<server_entity::ActiveModel, DbErr> {
    let row = Row {
        id: server.id.to_string(),
        user_id: server.user_id.to_string(),
        owner_name: server.owner_name.clone(),
        name: server.name.clone(),
        display_name: server.display_name.clone(),
        host_label: server.host_label.clone(),
        desired: server.life.desired.as_str().to_owned(),
        state: server.state().as_str().to_owned(),
        state_since: server.state_since.0,
        deadline_at: server.life.state.deadline().map(|deadline| deadline.0),
        generation: server.life.generation.into(),
        version: server.version,
        safe_mode: server.life.safe_mode,
        profile_slug: server.profile.slug.clone(),
        profile: json(&server.profile)?,
        identity_key: hex::encode(server.identity_key),
        progress: server.progress.into(),
        message: server.message.clone(),
        cause: server.cause.clone(),
        failure: server.life.state.failure().map(json).transpose()?,
        failure_log: json(&server.failure_log)?,
        notices: json(&server.notices)?,
        last_event_seq: server.last_event_seq,
        restarted_at: server.restarted_at.map(|time| time.0),
        created_at: server.created_at.0,
        started_at: server.started_at.map(|time| time.0),
        last_activity_at: server.last_activity_at.map(|time| time.0),
    };
    Ok(all_set(row.into_active_model()))
}

/// `into_active_model` marks values as unchanged, which a write would leave out.
fn all_set(mut row: server_entity::ActiveModel) -> server_entity::ActiveModel {
    use sea_orm::{ActiveModelTrait, Iterable};
    for column in server_entity::Column::iter() {
        if let ActiveValue::Unchanged(value) = row.get(column) {
            row.set(column, value);
        }
    }
    row
}

pub(super) fn to_event_row(event: &ServerEvent) -> event_entity::ActiveModel {
    event_entity::ActiveModel {
        server_id: ActiveValue::Set(event.server_id.to_string()),
        seq: ActiveValue::Set(event.seq),
        user_id: ActiveValue::Set(event.user_id.to_string()),
        time: ActiveValue::Set(event.time.0),
        state: ActiveValue::Set(event.state.as_str().to_owned()),
        progress: ActiveValue::Set(event.progress.into()),
        phase: ActiveValue::Set(event.phase.clone()),
        message: ActiveValue::Set(event.message.clone()),
        cause: ActiveValue::Set(event.cause.clone()),
    }
}

pub(super) fn to_event(row: event_entity::Model) -> Result<ServerEvent, DbErr> {
    let unreadable = || {
        DbErr::Custom(format!(
            "event {} of server {} cannot be read",
            row.seq, row.server_id
        ))
    };
    Ok(ServerEvent {
        seq: row.seq,
        server_id: row.server_id.parse().map_err(|_| unreadable())?,
        user_id: row.user_id.parse().map_err(|_| unreadable())?,
        time: Timestamp(row.time),
        state: ServerState::parse(&row.state).ok_or_else(unreadable)?,
        progress: u8::try_from(row.progress).map_err(|_| unreadable())?,
        phase: row.phase.clone(),
        message: row.message.clone(),
        cause: row.cause.clone(),
    })
}

fn json(value: &impl serde::Serialize) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|error| DbErr::Json(error.to_string()))
}
