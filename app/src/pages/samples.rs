//! Made-up data for tests of view models and components.

use types::account::{Membership, Role};
use types::admin::UserRow;
use types::notebook::{
    NetworkKind, NextPause, ProfileSummary, ServerEvent, ServerFailure, ServerState, ServerView,
    Usage,
};
use types::{GroupId, ServerId, Timestamp, UserId, WalletAddress};

/// The moment at which everything here happens: 2026-11-21 12:00:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp(1_795_262_400_000);

/// The same id for the same name.
pub(crate) fn server_id(name: &str) -> ServerId {
    let random = name
        .bytes()
        .fold(0_u128, |sum, byte| sum * 31 + u128::from(byte));
    ServerId::from_parts(1_795_000_000_000, random)
}

pub(crate) fn user_id() -> UserId {
    UserId::from_parts(1_795_000_000_000, 7)
}

pub(crate) fn profile() -> ProfileSummary {
    ProfileSummary {
        slug: "small".into(),
        display_name: "Small".into(),
        description: "For reading and light analysis".into(),
        memory_bytes: 2 << 30,
        cpu_millis: 1_000,
        disk_bytes: 10 << 30,
        processes_max: 256,
        network: NetworkKind::Off,
        is_default: true,
    }
}

/// A ready server that freezes in ten minutes.
pub(crate) fn server(name: &str) -> ServerView {
    ServerView {
        server_id: server_id(name),
        version: 1,
        user_id: user_id(),
        owner: "satoshi".into(),
        name: name.into(),
        display_name: if name.is_empty() {
            "My notebook".into()
        } else {
            name.into()
        },
        state: ServerState::Ready,
        host_label: format!("satoshi--{name}"),
        open_path: format!("/open/{}", server_id(name)),
        profile: profile(),
        safe_mode: false,
        progress: 100,
        message: "ready".into(),
        cause: "started by its owner".into(),
        failure: None,
        created_at: NOW.plus_ms(-86_400_000),
        started_at: Some(NOW.plus_ms(-3_600_000)),
        last_activity_at: Some(NOW.plus_ms(-60_000)),
        busy: false,
        next_pause: Some(NextPause {
            becomes: ServerState::Frozen,
            at: NOW.plus_ms(600_000),
            warn: false,
        }),
        usage: Some(usage()),
        notices: Vec::new(),
    }
}

pub(crate) fn usage() -> Usage {
    Usage {
        time: NOW,
        memory_bytes: 512 << 20,
        memory_limit_bytes: 2 << 30,
        cpu_millis: 250,
        cpu_limit_millis: 1_000,
        disk_bytes: 9_700 << 20,
        disk_limit_bytes: 10 << 30,
        processes: 12,
        processes_max: 256,
    }
}

pub(crate) fn failure() -> ServerFailure {
    ServerFailure {
        phase: ServerState::Starting,
        cause: "JupyterLab did not answer within 60 s".into(),
        hint: "Start in safe mode, or look at the log".into(),
        at: NOW.plus_ms(-30_000),
    }
}

pub(crate) fn event(seq: i64) -> ServerEvent {
    ServerEvent {
        seq,
        server_id: server_id("a"),
        user_id: user_id(),
        time: NOW.plus_ms(seq * 1_000),
        state: ServerState::Starting,
        progress: 60,
        phase: "jupyter".into(),
        message: format!("step {seq}"),
        cause: "started by its owner".into(),
    }
}

pub(crate) fn user_row() -> UserRow {
    UserRow {
        user_id: user_id(),
        name: "satoshi".into(),
        display_name: "Satoshi".into(),
        email: Some("satoshi@example.org".into()),
        role: Role::Member,
        memberships: vec![Membership {
            group_id: GroupId::from_parts(1, 1),
            group: "analysts".into(),
            is_manager: true,
        }],
        wallets: vec![WalletAddress([0x11; 20])],
        created_at: NOW.plus_ms(-86_400_000),
        last_seen_at: None,
        suspended_at: None,
        expires_at: None,
    }
}
