//! Freezing and thawing.

use std::time::{Duration, Instant};

use spawner::engine::{Engine, EngineError, ObservedPhase};
use types::ServerId;

use super::bench::{Bench, spec};

/// The promise is 20 ms; a machine that is building at the same time may take longer once.
const THAW_MAX: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread")]
async fn variables_survive_and_the_thaw_is_quick() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    kernel
        .run("import threading, time\nvalue = 42\nticks = 0")
        .await;
    kernel
        .run("def tick():\n    global ticks\n    while True:\n        ticks += 1\n        time.sleep(0.005)\nthreading.Thread(target=tick, daemon=True).start()")
        .await;

    let mut thaws = Vec::new();
    for _ in 0..5 {
        let frozen_at = Instant::now();
        bench.engine.freeze(server.id()).await.unwrap();
        let freeze = frozen_at.elapsed();
        assert_eq!(bench.phase(server.id()).await, Some(ObservedPhase::Frozen));
        bench.engine.freeze(server.id()).await.unwrap();
        let usage = |usage: types::notebook::Usage| usage.processes;
        assert!(
            usage(bench.engine.usage(server.id()).await.unwrap()) > 0,
            "usage can be read meanwhile"
        );

        let thawed_at = Instant::now();
        bench.engine.thaw(server.id()).await.unwrap();
        let thaw = thawed_at.elapsed();
        let answer = server.client().get("/api").await.unwrap();
        assert_eq!(answer.status, 200);
        println!(
            "freeze {freeze:?}, thaw {thaw:?}, first answer after {:?}",
            thawed_at.elapsed()
        );
        thaws.push(thaw);
        bench.engine.thaw(server.id()).await.unwrap();
        assert_eq!(bench.phase(server.id()).await, Some(ObservedPhase::Running));
    }
    let best = thaws.into_iter().min().unwrap();
    assert!(best < THAW_MAX, "{best:?}");
    assert_eq!(
        kernel.run("print(value)").await,
        "42\n",
        "over the same connection"
    );
    kernel.reconnect().await;
    assert_eq!(
        kernel.run("print(value)").await,
        "42\n",
        "and over a new one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_moves_while_frozen() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    kernel.send("while True: pass").await;
    let cpu_time = || -> u64 {
        super::bench::processes_of(server.id())
            .into_iter()
            .filter_map(|pid| {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
                let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
                Some(fields[11].parse::<u64>().ok()? + fields[12].parse::<u64>().ok()?)
            })
            .sum()
    };
    let running = cpu_time();
    super::bench::until("the loop runs", async || cpu_time() > running + 10).await;
    bench.engine.freeze(server.id()).await.unwrap();
    let frozen = cpu_time();
    // Time passes for another server, measured by its own work.
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(300) {
        std::hint::spin_loop();
    }
    assert!(cpu_time() <= frozen + 1, "{} > {frozen}", cpu_time());

    // A frozen server can be stopped, and goes whole.
    bench
        .engine
        .stop(server.id(), Duration::from_secs(2))
        .await
        .unwrap();
    assert!(super::bench::processes_of(server.id()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_run_cannot_be_frozen() {
    let bench = Bench::new();
    let server_id = ServerId::generate();
    for outcome in [
        bench.engine.freeze(server_id).await,
        bench.engine.thaw(server_id).await,
    ] {
        assert!(matches!(outcome, Err(EngineError::NotFound)), "{outcome:?}");
    }
    assert!(matches!(
        bench.engine.usage(server_id).await,
        Err(EngineError::NotFound)
    ));
    assert!(matches!(
        bench.engine.limit_events(server_id).await,
        Err(EngineError::NotFound)
    ));
    bench.engine.stop(server_id, Duration::ZERO).await.unwrap();
    bench.engine.destroy(server_id).await.unwrap();
}
