//! What the tests of this crate share.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use types::audit::{Actor, ActorKind, NewAuditEntry};
use types::notebook::{NetworkKind, ProfileSummary};
use types::{ServerId, Timestamp, UserId};

use crate::server::Server;
use crate::server_name::ServerName;
use crate::service::Recorder;
use crate::settings::{LadderSettings, SpawnerSettings};
use crate::state::{Durations, Life};

pub(crate) fn profile(slug: &str) -> ProfileSummary {
    ProfileSummary {
        slug: slug.to_owned(),
        display_name: slug.to_owned(),
        description: String::new(),
        memory_bytes: 1 << 30,
        cpu_millis: 1_000,
        disk_bytes: 1 << 30,
        processes_max: 256,
        network: NetworkKind::Off,
        is_default: slug == "small",
    }
}

/// Nothing pauses by itself.
pub(crate) fn settings() -> SpawnerSettings {
    SpawnerSettings {
        profiles: vec![profile("small"), profile("large")],
        ladder: LadderSettings {
            freeze_after_ms: None,
            stop_after_ms: None,
            ..LadderSettings::default()
        },
        named_servers_max: 2,
        concurrent_starts_max: 4,
        active_servers_max: None,
        warm_pool: 0,
        hub_origin: "http://localhost:3000".to_owned(),
        server_origin: "http://{label}.localhost:3000".to_owned(),
        start_timeout_ms: 20_000,
        stop_grace_ms: 500,
    }
}

/// A server at rest.
pub(crate) fn server(owner_name: &str, name: &str) -> Server {
    let now = Timestamp(1_000);
    let user_id = UserId::generate();
    let server_name = if name.is_empty() {
        ServerName::default_server()
    } else {
        ServerName::parse(name).unwrap()
    };
    Server {
        id: ServerId::generate(),
        user_id,
        owner_name: owner_name.to_owned(),
        name: name.to_owned(),
        display_name: name.to_owned(),
        host_label: crate::host_label::host_label(user_id, owner_name, &server_name, 0),
        life: Life::new(
            now,
            Durations {
                start_ms: 1_000,
                stop_ms: 1_000,
                archive_ms: 1_000,
            },
        ),
        state_since: now,
        version: 1,
        profile: profile("small"),
        identity_key: [5; 32],
        progress: 0,
        message: String::new(),
        cause: String::new(),
        failure_log: vec![],
        notices: vec![],
        last_event_seq: 1,
        restarted_at: None,
        created_at: now,
        started_at: None,
        last_activity_at: None,
    }
}

pub(crate) fn actor(name: &str) -> Actor {
    Actor {
        kind: ActorKind::User,
        id: name.to_owned(),
        name: name.to_owned(),
        session: None,
        ip: None,
    }
}

/// Keeps what was recorded.
#[derive(Default)]
pub(crate) struct Records(Mutex<Vec<NewAuditEntry>>);

impl Recorder for Records {
    fn record(&self, _: Option<UserId>, entry: NewAuditEntry) {
        self.0.lock().push(entry);
    }
}

impl Records {
    /// Who did what, and why: `alice server.start signed in`.
    pub(crate) fn lines(&self) -> Vec<String> {
        let entries = self.0.lock();
        entries
            .iter()
            .map(|entry| format!("{} {} {}", entry.actor.name, entry.action, entry.reason))
            .collect()
    }

    pub(crate) fn count(&self, action: &str) -> usize {
        self.0
            .lock()
            .iter()
            .filter(|entry| entry.action == action)
            .count()
    }
}

/// Waits until `condition` gives a value; fails with `what` after half a minute.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    condition: impl Fn() -> F,
) -> T {
    const PATIENCE: Duration = Duration::from_secs(30);
    const PAUSE: Duration = Duration::from_millis(10);
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(value) = condition().await {
                return value;
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    match found.await {
        Ok(value) => value,
        Err(_) => panic!("in vain: {what}"),
    }
}

pub(crate) fn records() -> Arc<Records> {
    Arc::default()
}
