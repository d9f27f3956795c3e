//! The same on other hosts: a developer's machine, without root, control groups or file systems for
//! homes; and one that refuses namespaces.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use spawner::engine::local::{LocalEngine, LocalEngineError};
use spawner::engine::{Engine, LimitEvent, ObservedPhase};

use super::bench::{Bench, NOTHING, config, processes_of, spec, until};

/// Set in the process that runs as an ordinary account.
const ORDINARY: &str = "LEDGERCLOUD_TEST_ORDINARY";
const ACCOUNT: u32 = 65_534;

#[test]
fn an_ordinary_account_can_run_servers() {
    if std::env::var_os(ORDINARY).is_some() || !nix::unistd::geteuid().is_root() {
        return run_as_we_are();
    }
    // Where an ordinary account may write and, unlike in root's home, look.
    let directory = tempfile::Builder::new()
        .prefix("lc")
        .tempdir_in("/tmp")
        .unwrap();
    std::os::unix::fs::chown(directory.path(), Some(ACCOUNT), Some(ACCOUNT)).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "local_engine::unprivileged::an_ordinary_account_can_run_servers",
            "--nocapture",
        ])
        .env(ORDINARY, "1")
        .env("TMPDIR", directory.path())
        .env("HOME", directory.path())
        .uid(ACCOUNT)
        .gid(ACCOUNT)
        .current_dir("/")
        .status()
        .unwrap();
    assert!(status.success());
}

fn run_as_we_are() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bench = Bench::new();
        let capabilities = bench.engine.capabilities();
        assert!(capabilities.isolated);
        assert!(!capabilities.remarks.is_empty(), "what is missing is said");
        pause_and_stop(&bench).await;
        watch_the_disk(&bench).await;
    });
}

async fn pause_and_stop(bench: &Bench) {
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    kernel
        .run("value = 42\nopen('kept', 'w').write('kept')")
        .await;
    bench.engine.freeze(server.id()).await.unwrap();
    assert_eq!(bench.phase(server.id()).await, Some(ObservedPhase::Frozen));
    for pid in processes_of(server.id())
        .into_iter()
        .filter(|pid| is_inside(*pid))
    {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        assert!(stat.contains(") T "), "{stat}");
    }
    bench.engine.thaw(server.id()).await.unwrap();
    assert_eq!(kernel.run("print(value)").await, "42\n");
    let usage = bench.engine.usage(server.id()).await.unwrap();
    assert!(
        usage.memory_bytes > 20 << 20 && usage.processes >= 3,
        "{usage:?}"
    );
    bench
        .engine
        .stop(server.id(), Duration::from_secs(10))
        .await
        .unwrap();
    assert_eq!(processes_of(server.id()), NOTHING);

    let mut next = server.spec.clone();
    next.generation = 2;
    let server = bench.start(next).await;
    assert_eq!(
        server
            .kernel()
            .await
            .run("print(open('kept').read())")
            .await,
        "kept\n"
    );
    bench
        .engine
        .stop(server.id(), Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(processes_of(server.id()), NOTHING);
}

/// Not the supervisor, which has the same mark.
fn is_inside(pid: i32) -> bool {
    let namespace = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    namespace(&pid.to_string()).is_some_and(|inside| Some(inside) != namespace("self"))
}

async fn watch_the_disk(bench: &Bench) {
    let mut small = spec();
    small.profile.disk_bytes = 32 << 20;
    let server = bench.start(small).await;
    let mut kernel = server.kernel().await;
    // In parts, because no single file may be larger than the whole home.
    kernel
        .run("for part in range(5):\n    open(f'part-{part}', 'wb').write(bytes(8 << 20))")
        .await;
    let is_told = async || {
        bench
            .engine
            .limit_events(server.id())
            .await
            .unwrap()
            .contains(&LimitEvent::DiskFull)
    };
    until("the full home is noticed", is_told).await;
    let refused = "try:\n    open('more', 'wb').write(bytes(1 << 20)); print('written')\nexcept OSError as error: print(error.strerror)";
    assert_eq!(kernel.run(refused).await, "File too large\n");
    kernel
        .run("import os\nfor part in range(5): os.remove(f'part-{part}')")
        .await;
    let has_room = async || {
        bench.engine.limit_events(server.id()).await.unwrap();
        kernel_can_write(&server).await
    };
    until("there is room again", has_room).await;
}

async fn kernel_can_write(server: &super::bench::Server) -> bool {
    // Through the server, whose bounds are the same.
    let body = r#"{"type":"file","format":"text","content":"room"}"#;
    let answer = server
        .client()
        .write(http::Method::PUT, "/api/contents/room.txt", body)
        .await
        .unwrap();
    answer.status.is_success()
}

/// Set in the process that runs where namespaces are refused.
const REFUSED: &str = "LEDGERCLOUD_TEST_REFUSED";

#[test]
fn without_namespaces_servers_run_only_if_the_operator_insists() {
    if std::env::var_os(REFUSED).is_some() {
        return run_where_namespaces_are_refused();
    }
    let directory = tempfile::Builder::new()
        .prefix("lc")
        .tempdir_in("/tmp")
        .unwrap();
    let mut command = Command::new("bwrap");
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(directory.path(), Some(ACCOUNT), Some(ACCOUNT)).unwrap();
        command.uid(ACCOUNT).gid(ACCOUNT);
    }
    let status = command
        .args(["--dev-bind", "/", "/", "--unshare-user", "--unshare-pid", "--disable-userns", "--proc", "/proc", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "local_engine::unprivileged::without_namespaces_servers_run_only_if_the_operator_insists", "--nocapture"])
        .env(REFUSED, "1")
        .env("TMPDIR", directory.path())
        .env("HOME", directory.path())
        .current_dir("/")
        .status()
        .unwrap();
    assert!(status.success());
}

fn run_where_namespaces_are_refused() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let refused = LocalEngine::open(config(directory.path())).err();
        assert!(matches!(&refused, Some(LocalEngineError::NoSandbox(_))), "{refused:?}");

        let mut insisting = config(directory.path());
        insisting.unsafe_no_sandbox = true;
        let bench = Bench::with(insisting, directory);
        let capabilities = bench.engine.capabilities();
        assert!(!capabilities.isolated);
        assert_eq!(capabilities.isolation, "none");
        assert!(!bench.engine.keeps_spares());

        let server = bench.start(spec()).await;
        let mut kernel = server.kernel().await;
        kernel
            .run("import subprocess\nvalue = 42\nsubprocess.Popen(['setsid', '-f', 'sleep', '600'], start_new_session=True)")
            .await;
        bench.engine.freeze(server.id()).await.unwrap();
        assert_eq!(bench.phase(server.id()).await, Some(ObservedPhase::Frozen));
        bench.engine.thaw(server.id()).await.unwrap();
        assert_eq!(kernel.run("print(value)").await, "42\n");
        let me = server.client().get("/api/me").await.unwrap();
        assert_eq!(me.json()["identity"]["username"], "Ada Lovelace é");
        let unsigned = server.client().send_raw(http::Method::GET, "/api/me", &[], "").await.unwrap();
        assert_eq!(unsigned.status, 403);
        bench.engine.stop(server.id(), Duration::from_secs(10)).await.unwrap();
        assert_eq!(processes_of(server.id()), NOTHING);
    });
}
