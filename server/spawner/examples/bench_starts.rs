//! How fast the spawner itself is, with the stub engine in place of sandboxes: a hundred sign-ins
//! within ten seconds, and the thaw of a frozen server by a request.
//!
//! `cargo run --release -p spawner --features stub-engine --example bench_starts`

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on ends")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use spawner::engine::stub::StubEngine;
use spawner::service::{ActivityKind, Recorder, StartAtSignIn};
use spawner::{LadderSettings, Spawner, SpawnerSettings};
use types::audit::{Actor, NewAuditEntry};
use types::notebook::{NetworkKind, ProfileSummary, ServerCommand, ServerState};
use types::{ServerId, UserId};

const SIGN_INS: u32 = 100;
const WITHIN: Duration = Duration::from_secs(10);
const THAWS: usize = 200;
/// What a stub takes to answer, like a sandbox with a warm page cache.
const BOOT_DELAY: Duration = Duration::from_millis(50);

struct Silent;

impl Recorder for Silent {
    fn record(&self, _: Option<UserId>, _: NewAuditEntry) {}
}

#[tokio::main]
async fn main() {
    println!(
        "{:<12} {:<28} {:>10} {:>10} {:>10}",
        "database", "what", "p50 ms", "p95 ms", "max ms"
    );
    for database in migrations::testing::databases().await {
        let kind = database
            .url
            .split(':')
            .next()
            .unwrap_or_default()
            .to_owned();
        let sockets = tempfile::tempdir().expect("a temporary folder");
        let engine = StubEngine::open(sockets.path().to_owned()).expect("the stub engine");
        engine.set_boot_delay(BOOT_DELAY);
        let spawner = Spawner::open(
            database.connection.clone(),
            settings(),
            Arc::new(engine),
            Arc::new(Silent),
        )
        .await
        .expect("the spawner");
        let (ids, starts) = sign_ins(&spawner).await;
        print(&kind, "sign-in to ready", starts);
        print(&kind, "thaw by a request", thaws(&spawner, ids[0]).await);
        spawner.shutdown().await;
    }
}

/// Spread evenly over the time; each ends when its server is ready.
async fn sign_ins(spawner: &Spawner) -> (Vec<ServerId>, Vec<Duration>) {
    let began = tokio::time::Instant::now();
    let tasks: Vec<_> = (0..SIGN_INS)
        .map(|number| {
            let spawner = spawner.clone();
            tokio::spawn(async move {
                tokio::time::sleep_until(began + WITHIN * number / SIGN_INS).await;
                sign_in(&spawner, &format!("user{number}")).await
            })
        })
        .collect();
    let mut ids = Vec::new();
    let mut durations = Vec::new();
    for task in tasks {
        let (server_id, duration) = task.await.expect("a sign-in");
        ids.push(server_id);
        durations.push(duration);
    }
    (ids, durations)
}

async fn sign_in(spawner: &Spawner, user_name: &str) -> (ServerId, Duration) {
    let began = Instant::now();
    let actor = Actor::system("benchmark");
    let mut events = spawner.watch();
    let view = spawner
        .ensure_default(
            UserId::generate(),
            user_name,
            None,
            &actor,
            StartAtSignIn::Yes,
        )
        .await
        .expect("a server");
    reaches(spawner, &mut events, view.server_id, ServerState::Ready).await;
    (view.server_id, began.elapsed())
}

async fn thaws(spawner: &Spawner, server_id: ServerId) -> Vec<Duration> {
    let actor = Actor::system("benchmark");
    let mut durations = Vec::new();
    for _ in 0..THAWS {
        let mut events = spawner.watch();
        spawner
            .command(server_id, ServerCommand::Freeze, "", &actor)
            .await
            .expect("a freeze");
        reaches(spawner, &mut events, server_id, ServerState::Frozen).await;
        let began = Instant::now();
        spawner
            .thaw_for_request(server_id, ActivityKind::Interaction)
            .await
            .expect("a thaw");
        durations.push(began.elapsed());
        reaches(spawner, &mut events, server_id, ServerState::Ready).await;
    }
    durations
}

async fn reaches(
    spawner: &Spawner,
    events: &mut tokio::sync::broadcast::Receiver<types::notebook::ServerEvent>,
    server_id: ServerId,
    state: ServerState,
) {
    loop {
        let found = spawner.server(server_id).await.expect("the server").state;
        assert!(found != ServerState::Failed, "a start failed");
        if found == state {
            return;
        }
        // Missed events are made up for by looking again.
        events.recv().await.ok();
    }
}

fn print(database: &str, what: &str, mut durations: Vec<Duration>) {
    durations.sort_unstable();
    let at = |hundredths: usize| {
        durations[(durations.len() * hundredths / 100).min(durations.len() - 1)].as_secs_f64()
            * 1_000.0
    };
    println!(
        "{database:<12} {what:<28} {:>10.2} {:>10.2} {:>10.2}",
        at(50),
        at(95),
        at(100)
    );
}

fn settings() -> SpawnerSettings {
    SpawnerSettings {
        profiles: vec![ProfileSummary {
            slug: "small".to_owned(),
            display_name: "Small".to_owned(),
            description: String::new(),
            memory_bytes: 1 << 30,
            cpu_millis: 1_000,
            disk_bytes: 1 << 30,
            processes_max: 256,
            network: NetworkKind::Off,
            is_default: true,
        }],
        ladder: LadderSettings::default(),
        named_servers_max: 0,
        concurrent_starts_max: 16,
        active_servers_max: None,
        warm_pool: 0,
        hub_origin: "http://localhost:3000".to_owned(),
        server_origin: "http://{label}.localhost:3000".to_owned(),
        start_timeout_ms: 60_000,
        stop_grace_ms: 10_000,
    }
}
