//! The program that holds the engine dies; its servers do not.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use spawner::engine::local::{LocalEngine, LocalEngineError};
use spawner::engine::{Engine, Observed, ObservedPhase};

use super::bench::{Bench, NOTHING, Server, config, processes_of, spec, until};

/// Set in a process that plays the hub; the data directory.
const HUB: &str = "LEDGERCLOUD_TEST_HUB";

/// Not a test of its own: the hub that the tests below start and kill. It starts one server, says
/// its name, and waits for its end. Without the variable it is an ordinary, empty test.
#[tokio::test(flavor = "multi_thread")]
async fn hub_that_is_killed() {
    let Some(data_dir) = std::env::var_os(HUB) else {
        return;
    };
    let engine = LocalEngine::open(config(Path::new(&data_dir))).unwrap();
    let spec = spec();
    println!(
        "\nserver {}",
        serde_json::json!({ "server": spec.server_id, "user": spec.user_id })
    );
    engine.provision(&spec).await.unwrap();
    engine.boot(&spec).await.unwrap();
    println!("\nbooted");
    std::future::pending::<()>().await;
}

fn start_hub(
    data_dir: &Path,
) -> (
    Child,
    impl Iterator<Item = String> + use<>,
    spawner::engine::ServerSpec,
) {
    let mut hub = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "local_engine::crash::hub_that_is_killed",
            "--nocapture",
        ])
        .env(HUB, data_dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(hub.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let told = lines
        .find_map(|line| Some(line.strip_prefix("server ")?.to_owned()))
        .unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let mut spec = spec();
    spec.server_id = told["server"].as_str().unwrap().parse().unwrap();
    spec.user_id = told["user"].as_str().unwrap().parse().unwrap();
    (hub, lines, spec)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_hub_leaves_its_servers_running_and_the_next_finds_them() {
    let directory = tempfile::tempdir().unwrap();
    let (mut hub, mut lines, spec) = start_hub(directory.path());
    assert!(lines.any(|line| line == "booted"));
    hub.kill().unwrap();
    hub.wait().unwrap();

    let bench = Bench::at(directory);
    let observed = bench.engine.observe().await.unwrap();
    let expected = Observed {
        server_id: spec.server_id,
        generation: 1,
        phase: ObservedPhase::Running,
    };
    assert_eq!(observed, [expected]);
    let server = Server::of(&bench.engine, spec);
    server.wait_until_ready(&bench.engine).await;
    let mut kernel = server.kernel().await;
    kernel.run("value = 1").await;
    let before = processes_of(server.id());
    bench.engine.boot(&server.spec).await.unwrap();
    assert_eq!(
        processes_of(server.id()),
        before,
        "it was taken over, not started again"
    );

    // A second time, while frozen.
    bench.engine.freeze(server.id()).await.unwrap();
    let directory = bench.forget();
    let bench = Bench::at(directory);
    assert_eq!(bench.phase(server.id()).await, Some(ObservedPhase::Frozen));
    bench.engine.thaw(server.id()).await.unwrap();
    assert_eq!(kernel.run("print(value)").await, "1\n");

    // And how it ends is known although we are not its parent.
    kernel.send("import os; os.kill(os.getppid(), 9)").await;
    let has_ended =
        async || !matches!(bench.phase(server.id()).await, Some(ObservedPhase::Running));
    until("the server ends", has_ended).await;
    let cause = "killed by signal 9 (SIGKILL)".to_owned();
    assert_eq!(
        bench.phase(server.id()).await,
        Some(ObservedPhase::Exited {
            cause,
            out_of_memory: false
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_killed_while_it_starts_a_server_leaves_one_or_none() {
    // From before the sandbox exists to after the answer.
    for delay_ms in [0, 15, 30, 60, 90, 120, 180, 400] {
        let directory = tempfile::tempdir().unwrap();
        let (mut hub, _lines, spec) = start_hub(directory.path());
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        hub.kill().unwrap();
        hub.wait().unwrap();

        let bench = Bench::at(directory);
        bench.engine.provision(&spec).await.unwrap();
        bench.engine.boot(&spec).await.unwrap();
        let server = Server::of(&bench.engine, spec);
        if matches!(bench.phase(server.id()).await, Some(ObservedPhase::Running)) {
            server.wait_until_ready(&bench.engine).await;
            let supervisors = processes_of(server.id())
                .into_iter()
                .filter_map(|pid| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok())
                .filter(|line| line.contains("notebook-supervisor\0--server"))
                .count();
            assert_eq!(supervisors, 1, "after {delay_ms} ms");
        }
        bench
            .engine
            .stop(server.id(), Duration::from_secs(1))
            .await
            .unwrap();
        assert_eq!(processes_of(server.id()), NOTHING, "after {delay_ms} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_supervisor_does_not_hide_its_server() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let supervisor = processes_of(server.id())
        .into_iter()
        .find(|pid| {
            std::fs::read_to_string(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.contains("--server"))
        })
        .unwrap();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(supervisor),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
    assert_eq!(bench.phase(server.id()).await, Some(ObservedPhase::Running));
    let mut next = server.spec.clone();
    next.generation = 2;
    assert!(
        bench.engine.boot(&next).await.is_err(),
        "the old one still runs"
    );

    // Its records are lost as well: it is still found, and can be ended.
    std::fs::remove_dir_all(bench.data_dir().join(format!("servers/{}", server.id()))).unwrap();
    let observed = bench.engine.observe().await.unwrap();
    assert_eq!(
        observed
            .iter()
            .map(|found| found.server_id)
            .collect::<Vec<_>>(),
        [server.id()]
    );
    bench
        .engine
        .stop(server.id(), Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(processes_of(server.id()), NOTHING);
    assert_eq!(bench.engine.observe().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outlives_jupyter() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    // It has left every group and session, and nobody inside ends it.
    kernel
        .run(
            "import os, signal, subprocess\n\
             subprocess.Popen(['setsid', 'sh', '-c', 'trap \"\" TERM HUP INT; while :; do sleep 1; done'], \
             start_new_session=True)",
        )
        .await;
    kernel.send("os.kill(os.getppid(), 9)").await;
    let has_ended = async || {
        matches!(
            bench.phase(server.id()).await,
            Some(ObservedPhase::Exited { .. })
        )
    };
    until("the end is known", has_ended).await;
    let is_empty = async || processes_of(server.id()).is_empty();
    until("the last process ends", is_empty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_host_loses_a_server_and_is_not_its_failure() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    kernel.send("import os; os.kill(os.getppid(), 9)").await;
    let is_empty = async || processes_of(server.id()).is_empty();
    until("the last process ends", is_empty).await;
    assert!(matches!(
        bench.phase(server.id()).await,
        Some(ObservedPhase::Exited { .. })
    ));

    // As the next boot finds it.
    let path = bench
        .data_dir()
        .join(format!("servers/{}/1/instance.json", server.id()));
    let record = std::fs::read(&path).unwrap();
    let mut record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    record["boot_id"] = "another".into();
    std::fs::write(&path, record.to_string()).unwrap();
    assert_eq!(bench.phase(server.id()).await, None);
    assert_eq!(bench.engine.observe().await.unwrap(), []);
    let stopped = bench.engine.stop(server.id(), Duration::ZERO).await;
    stopped.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_has_one_engine_at_a_time() {
    let bench = Bench::new();
    let second = LocalEngine::open(config(bench.data_dir()));
    assert!(matches!(second.err(), Some(LocalEngineError::InUse(_))));
}
