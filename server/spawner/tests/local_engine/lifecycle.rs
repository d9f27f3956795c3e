//! Start, stop, and how it ended.

use std::time::Duration;

use spawner::engine::{Engine, EngineError, ObservedPhase};

use super::bench::{Bench, NOTHING, Server, processes_of, spec, until};
use super::kernel::Outcome;

const GRACE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_nothing_but_the_home_and_the_log() {
    let bench = Bench::new();
    let first = bench.start(spec()).await;
    assert_eq!(bench.phase(first.id()).await, Some(ObservedPhase::Running));
    let mut kernel = first.kernel().await;
    // A job that has left every group and session, and ignores what can be ignored.
    kernel
        .run(
            "import subprocess\n\
             subprocess.Popen(['setsid', 'sh', '-c', 'trap \"\" TERM HUP INT; while :; do sleep 1; done'], \
             start_new_session=True)\n\
             open('kept.txt', 'w').write('kept')",
        )
        .await;
    // Supervisor, bubblewrap twice, Jupyter, the kernel and the job.
    assert!(processes_of(first.id()).len() >= 6);

    bench.engine.stop(first.id(), GRACE).await.unwrap();
    assert_eq!(processes_of(first.id()), NOTHING);
    assert!(!first.socket.exists());
    assert_eq!(bench.phase(first.id()).await, None);
    assert!(leftovers(&first).is_empty(), "{:?}", leftovers(&first));
    let log = bench.engine.logs(first.id(), 50).await.unwrap();
    assert!(
        log.iter().any(|line| line.contains("Jupyter Server")),
        "{log:?}"
    );
    bench.engine.stop(first.id(), GRACE).await.unwrap();

    let mut next = first.spec.clone();
    next.generation = 2;
    let second = bench.start(next).await;
    assert_eq!(
        second
            .kernel()
            .await
            .run("print(open('kept.txt').read())")
            .await,
        "kept\n"
    );
    bench.engine.destroy(second.id()).await.unwrap();
    assert_eq!(processes_of(second.id()), NOTHING);
    assert!(bench.engine.logs(second.id(), 50).await.unwrap().is_empty());
    assert!(bench.engine.observe().await.unwrap().is_empty());
}

/// Control groups and mounts that carry the server's or its user's name.
fn leftovers(server: &Server) -> Vec<String> {
    let find = std::process::Command::new("find")
        .args(["/sys/fs/cgroup", "-name", &format!("{}*", server.id())])
        .output()
        .unwrap();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let of_user = server.spec.user_id.to_string();
    String::from_utf8_lossy(&find.stdout)
        .lines()
        .chain(mounts.lines().filter(|line| line.contains(&of_user)))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_may_be_asked_for_again() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let before = processes_of(server.id());
    let (one, other) = tokio::join!(
        bench.engine.boot(&server.spec),
        bench.engine.boot(&server.spec)
    );
    assert_eq!((one.is_ok(), other.is_ok()), (true, true));
    assert_eq!(
        processes_of(server.id()),
        before,
        "nothing was started twice"
    );

    let mut next = server.spec.clone();
    next.generation = 2;
    let refused = bench.engine.boot(&next).await;
    assert!(
        matches!(refused, Err(EngineError::Conflict(_))),
        "{refused:?}"
    );
    assert_eq!(processes_of(server.id()), before);

    bench
        .engine
        .stop(server.id(), Duration::ZERO)
        .await
        .unwrap();
    bench.engine.boot(&server.spec).await.unwrap();
    assert_eq!(processes_of(server.id()), NOTHING, "a generation runs once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provision_that_was_given_up_does_not_disturb_the_next() {
    let bench = Bench::new();
    // While the image is made, while it is looked through and grown, and while it is mounted.
    for delay_ms in [0, 5, 15, 40] {
        let mut spec = spec();
        for (generation, disk_bytes) in [(1, 64 << 20), (2, 256 << 20)] {
            spec.generation = generation;
            spec.profile.disk_bytes = disk_bytes;
            let given_up = bench.engine.provision(&spec);
            let _ = tokio::time::timeout(Duration::from_millis(delay_ms), given_up).await;
            bench.engine.provision(&spec).await.unwrap();
            bench.engine.boot(&spec).await.unwrap();
            let stopped = bench.engine.stop(spec.server_id, Duration::ZERO).await;
            stopped.unwrap();
        }
        let server = Server::of(&bench.engine, spec);
        assert!(leftovers(&server).is_empty(), "{:?}", leftovers(&server));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_starts_at_once_make_one_instance() {
    let bench = Bench::new();
    let spec = spec();
    bench.engine.provision(&spec).await.unwrap();
    let (one, other) = tokio::join!(bench.engine.boot(&spec), bench.engine.boot(&spec));
    assert!(one.is_ok(), "{one:?}");
    assert!(other.is_ok(), "{other:?}");
    let server = Server::of(&bench.engine, spec);
    server.wait_until_ready(&bench.engine).await;
    let supervisors = processes_of(server.id())
        .into_iter()
        .filter(|pid| {
            let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.contains("notebook-supervisor\0--server")
        })
        .count();
    assert_eq!(supervisors, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_server_ended_is_told_in_plain_words() {
    for (signal, cause) in [
        ("9", "killed by signal 9 (SIGKILL)"),
        ("15", "ended by itself"),
    ] {
        let bench = Bench::new();
        let server = bench.start(spec()).await;
        let mut kernel = server.kernel().await;
        kernel
            .send(&format!("import os; os.kill(os.getppid(), {signal})"))
            .await;
        let has_ended =
            async || !matches!(bench.phase(server.id()).await, Some(ObservedPhase::Running));
        until("the server ends", has_ended).await;
        let phase = bench.phase(server.id()).await;
        let expected = ObservedPhase::Exited {
            cause: cause.to_owned(),
            out_of_memory: false,
        };
        assert_eq!(phase, Some(expected), "signal {signal}");
        bench.engine.stop(server.id(), GRACE).await.unwrap();
        assert_eq!(
            bench.phase(server.id()).await,
            None,
            "it has been dealt with"
        );
        assert_eq!(processes_of(server.id()), NOTHING);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_says_why() {
    let bench = Bench::new();
    let spec = spec();
    bench.engine.provision(&spec).await.unwrap();
    // A directory in the place of the log file: the supervisor cannot work.
    let log = bench
        .data_dir()
        .join(format!("servers/{}/1/log", spec.server_id));
    std::fs::create_dir_all(log).unwrap();
    let failed = bench.engine.boot(&spec).await;
    assert!(
        matches!(&failed, Err(EngineError::Fatal(reason)) if reason.contains("directory")),
        "{failed:?}"
    );
    let phase = bench.phase(spec.server_id).await;
    assert!(
        matches!(&phase, Some(ObservedPhase::Exited { cause, .. }) if cause.contains("directory")),
        "{phase:?}"
    );
    bench.engine.stop(spec.server_id, GRACE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_home_still_starts_in_safe_mode() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    let filled = kernel
        .run(
            "try:\n    with open('large', 'wb', buffering=0) as file:\n        while True: file.write(bytes(1 << 20))\n\
             except OSError as error: print(error.strerror)",
        )
        .await;
    assert_eq!(filled, "No space left on device\n");
    bench.engine.stop(server.id(), GRACE).await.unwrap();

    let mut safe = server.spec.clone();
    (safe.generation, safe.safe_mode) = (2, true);
    let server = bench.start(safe).await;
    let mut kernel = server.kernel().await;
    assert_eq!(
        kernel
            .run("import os; os.remove('large'); print(open('x', 'w').write('room'))")
            .await,
        "4\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_reads_no_settings_of_its_user_in_safe_mode() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    kernel
        .run(
            "import os\nos.makedirs('.jupyter', exist_ok=True)\nos.makedirs('.ipython/profile_default/startup', exist_ok=True)\n\
             open('.jupyter/jupyter_server_config.py', 'w').write('raise SystemExit(7)')\n\
             open('.ipython/profile_default/startup/0.py', 'w').write('broken = True')",
        )
        .await;
    bench.engine.stop(server.id(), GRACE).await.unwrap();
    let mut safe = server.spec.clone();
    (safe.generation, safe.safe_mode) = (2, true);
    let server = bench.start(safe).await;
    let mut kernel = server.kernel().await;
    match kernel.execute("print(broken)").await {
        Outcome::Done(output) => assert!(
            output
                .error
                .is_some_and(|error| error.starts_with("NameError"))
        ),
        Outcome::Died => panic!("the kernel died"),
    }
}
