//! Metrics: JupyterHub's names where it has them, `ledgercloud_*` for the rest.

use metrics::{counter, gauge, histogram};
use types::Timestamp;
use types::notebook::ServerState;

use crate::core::Core;
use crate::server::Server;

/// Engine calls whose failures are counted.
pub(crate) const ENGINE_CALLS: [&str; 8] = [
    "provision",
    "boot",
    "adopt",
    "freeze",
    "thaw",
    "stop",
    "destroy",
    "observe",
];

/// How a start can end: the reason of a failure is the state in which it happened.
const START_ENDS: [(&str, &str); 5] = [
    ("success", ""),
    ("failure", "queued"),
    ("failure", "provisioning"),
    ("failure", "booting"),
    ("failure", "starting"),
];

/// Makes every series, so that dashboards have no gaps.
pub(crate) fn prepare() {
    for status in ["success", "failure"] {
        let _ = histogram!("jupyterhub_server_stop_seconds", "status" => status);
    }
    for (status, reason) in START_ENDS {
        let _ = histogram!("jupyterhub_server_spawn_duration_seconds", "status" => status, "reason" => reason);
    }
    for status in ["running", "stopped"] {
        let _ = histogram!("jupyterhub_server_poll_duration_seconds", "status" => status);
    }
    let _ = histogram!("jupyterhub_init_spawners_duration_seconds");
    let _ = histogram!("ledgercloud_pause_duration_seconds");
    let _ = histogram!("ledgercloud_resume_duration_seconds");
    for call in ENGINE_CALLS {
        counter!("ledgercloud_engine_call_errors_total", "call" => call).increment(0);
    }
    for action in ServerState::ALL {
        counter!("ledgercloud_reconcile_actions_total", "state" => action.as_str()).increment(0);
    }
    counter!("ledgercloud_orphans_found_total").increment(0);
}

/// Gauges, as things stand.
pub(crate) fn show(core: &Core) {
    let engine = core.engine.capabilities().engine;
    for state in ServerState::ALL {
        gauge!("ledgercloud_instances", "state" => state.as_str(), "engine" => engine)
            .set(core.registry.count(state) as f64);
    }
    gauge!("jupyterhub_running_servers").set(core.registry.count(ServerState::Ready) as f64);
    gauge!("ledgercloud_start_queue_depth").set(core.starts.depth() as f64);
    gauge!("ledgercloud_orphans").set(core.orphans.lock().len() as f64);
    gauge!("ledgercloud_spares").set(core.spares.len() as f64);
}

pub(crate) fn state_changed(before: &Server, after: &Server, now: Timestamp) {
    counter!("ledgercloud_reconcile_actions_total", "state" => after.state().as_str()).increment(1);
    if before.state() == ServerState::Stopping {
        let status = if after.state() == ServerState::Failed {
            "failure"
        } else {
            "success"
        };
        histogram!("jupyterhub_server_stop_seconds", "status" => status)
            .record(seconds(now.since_ms(before.state_since)));
    }
}

/// From its turn to the answer.
pub(crate) fn start_succeeded(start_ms: i64) {
    histogram!("jupyterhub_server_spawn_duration_seconds", "status" => "success", "reason" => "")
        .record(seconds(start_ms));
}

/// From its turn to the failure in `phase`.
pub(crate) fn start_failed(phase: ServerState, start_ms: i64) {
    histogram!("jupyterhub_server_spawn_duration_seconds", "status" => "failure", "reason" => phase.as_str())
        .record(seconds(start_ms));
}

pub(crate) fn started_up(duration_ms: i64) {
    histogram!("jupyterhub_init_spawners_duration_seconds").record(seconds(duration_ms));
}

pub(crate) fn polled(status: &'static str, duration_ms: i64) {
    histogram!("jupyterhub_server_poll_duration_seconds", "status" => status)
        .record(seconds(duration_ms));
}

pub(crate) fn paused(duration_ms: i64) {
    histogram!("ledgercloud_pause_duration_seconds").record(seconds(duration_ms));
}

pub(crate) fn resumed(duration_ms: i64) {
    histogram!("ledgercloud_resume_duration_seconds").record(seconds(duration_ms));
}

pub(crate) fn engine_failed(call: &'static str) {
    counter!("ledgercloud_engine_call_errors_total", "call" => call).increment(1);
}

pub(crate) fn orphan_found() {
    counter!("ledgercloud_orphans_found_total").increment(1);
}

fn seconds(duration_ms: i64) -> f64 {
    duration_ms.max(0) as f64 / 1_000.0
}
