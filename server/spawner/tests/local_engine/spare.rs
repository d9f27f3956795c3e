//! Instances that wait for a user.

use std::time::{Duration, Instant};

use spawner::engine::{Engine, EngineError, Observed, ObservedPhase, ServerSpec};

use super::bench::{Bench, NOTHING, Server, processes_of, spec};

const GRACE: Duration = Duration::from_secs(10);

async fn prewarmed(bench: &Bench) -> Server {
    assert!(
        bench.engine.keeps_spares(),
        "{:?}",
        bench.engine.capabilities().remarks
    );
    let mut spare = spec();
    spare.user_name = "spare".to_owned();
    spare.identity_key = [3; 32];
    bench.engine.prewarm(&spare).await.unwrap();
    let spare = Server::of(&bench.engine, spare);
    spare.wait_until_ready(&bench.engine).await;
    spare
}

/// As the spawner does it: the home first, and with the spare's key.
async fn adopt(bench: &Bench, spare: &Server, mut spec: ServerSpec) -> Result<Server, EngineError> {
    spec.identity_key = spare.spec.identity_key;
    bench.engine.provision(&spec).await?;
    bench.engine.adopt(spare.id(), &spec).await?;
    Ok(Server::of(&bench.engine, spec))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_gets_a_running_server() {
    let bench = Bench::new();
    let spare = prewarmed(&bench).await;
    let asked = Instant::now();
    let server = adopt(&bench, &spare, spec()).await.unwrap();
    server.wait_until_ready(&bench.engine).await;
    println!("a warm start took {:?}", asked.elapsed());

    let expected = Observed {
        server_id: server.id(),
        generation: 1,
        phase: ObservedPhase::Running,
    };
    assert_eq!(
        bench.engine.observe().await.unwrap(),
        [expected],
        "and no spare any more"
    );
    assert!(!spare.socket.exists());
    let me = server.client().get("/api/me").await.unwrap();
    assert_eq!(me.json()["identity"]["username"], "Ada Lovelace é");
    let page = server.client().get("/lab").await.unwrap();
    assert!(
        page.body.contains("\"hubUser\": \"Ada Lovelace \\u00e9\""),
        "{}",
        page.body
    );
    let mut kernel = server.kernel().await;
    let inside = kernel.run("import os\nprint(os.getcwd(), os.environ['JUPYTERHUB_USER'], sorted(os.listdir('Welcome'))[0], os.path.ismount('/home/analyst'))").await;
    assert_eq!(
        inside,
        "/home/analyst Ada Lovelace é 1 Contract simulation.ipynb True\n"
    );
    kernel.run("open('kept', 'w').write('kept')").await;
    let usage = bench.engine.usage(server.id()).await.unwrap();
    assert!(
        usage.disk_limit_bytes > 100 << 20,
        "its own home is measured: {usage:?}"
    );
    bench.engine.freeze(server.id()).await.unwrap();
    bench.engine.thaw(server.id()).await.unwrap();

    // Asked again, it is there already.
    bench.engine.adopt(spare.id(), &server.spec).await.unwrap();
    bench.engine.boot(&server.spec).await.unwrap();

    bench.engine.stop(server.id(), GRACE).await.unwrap();
    assert_eq!(processes_of(spare.id()), NOTHING);
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(&server.spec.user_id.to_string()));
    let log = bench.engine.logs(server.id(), 50).await.unwrap();
    assert!(
        log.iter().any(|line| line.contains("received signal 15")),
        "{log:?}"
    );

    // The next start is an ordinary one, in the same home.
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
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returning_user_finds_everything_and_may_change_it() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    kernel.run("import os\nos.makedirs('a/b')\nopen('a/b/file', 'w').write('1')\nos.chmod('a/b/file', 0o600)").await;
    bench.engine.stop(server.id(), GRACE).await.unwrap();

    let spare = prewarmed(&bench).await;
    let mut next = server.spec.clone();
    next.generation = 2;
    let server = adopt(&bench, &spare, next).await.unwrap();
    let mut kernel = server.kernel().await;
    let changed = kernel.run("open('a/b/file', 'a').write('2')\nopen('a/new', 'w').write('3')\nprint(open('a/b/file').read())").await;
    assert_eq!(changed, "12\n");
    // Files are saved by the server itself as well.
    let body = r#"{"type":"file","format":"text","content":"saved"}"#;
    let saved = server
        .client()
        .write(http::Method::PUT, "/api/contents/a/saved.txt", body)
        .await
        .unwrap();
    assert_eq!(saved.status, 201, "{}", saved.body);
    let workspace = r#"{"data":{},"metadata":{"id":"default"}}"#;
    let kept = server
        .client()
        .write(http::Method::PUT, "/lab/api/workspaces/default", workspace)
        .await
        .unwrap();
    assert_eq!(kept.status, 204, "{}", kept.body);
    assert_eq!(
        kernel
            .run("import os; print(len(os.listdir('.jupyter/lab/workspaces')))")
            .await,
        "1\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_ones_own_are_read() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    kernel.run("import os\nos.makedirs('.jupyter', exist_ok=True)\nopen('.jupyter/jupyter_server_config.py', 'w').write('c.ContentsManager.untitled_file = \"mine\"')").await;
    bench.engine.stop(server.id(), GRACE).await.unwrap();

    let spare = prewarmed(&bench).await;
    let mut next = server.spec.clone();
    next.generation = 2;
    let server = adopt(&bench, &spare, next).await.unwrap();
    server.wait_until_ready(&bench.engine).await;
    let made = server
        .client()
        .write(http::Method::POST, "/api/contents/", r#"{"type":"file"}"#)
        .await
        .unwrap();
    assert_eq!(made.json()["name"], "mine", "{}", made.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_adopted_is_refused_and_harms_nobody() {
    let bench = Bench::new();
    let spare = prewarmed(&bench).await;
    let nobody = adopt(&bench, &Server::of(&bench.engine, spec()), spec()).await;
    assert!(matches!(nobody.err(), Some(EngineError::NotFound)));

    // A second server of the same user: both would need the home's account.
    let first = bench.start(spec()).await;
    let mut second = spec();
    second.user_id = first.spec.user_id;
    let refused = adopt(&bench, &spare, second.clone()).await;
    assert!(refused.is_err());
    assert_eq!(bench.phase(spare.id()).await, Some(ObservedPhase::Running));
    let second = bench.start(second).await;
    assert_eq!(
        second
            .kernel()
            .await
            .run("open('x', 'w').write('x'); print('works')")
            .await,
        "works\n"
    );
    assert_eq!(
        first.kernel().await.run("print(open('x').read())").await,
        "x\n"
    );

    // Nobody came.
    bench.engine.stop(spare.id(), Duration::ZERO).await.unwrap();
    bench.engine.destroy(spare.id()).await.unwrap();
    assert_eq!(processes_of(spare.id()), NOTHING);
    assert_eq!(bench.engine.observe().await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_server_is_found_by_the_next_engine() {
    let bench = Bench::new();
    let spare = prewarmed(&bench).await;
    let server = adopt(&bench, &spare, spec()).await.unwrap();
    server.kernel().await.run("import os").await;
    let bench = Bench::at(bench.forget());
    let observed = bench.engine.observe().await.unwrap();
    assert_eq!(
        observed,
        [Observed {
            server_id: server.id(),
            generation: 1,
            phase: ObservedPhase::Running
        }]
    );
    // The spare's name leads nowhere: stopping it must not reach the user's server.
    bench.engine.stop(spare.id(), Duration::ZERO).await.unwrap();
    assert_eq!(bench.phase(server.id()).await, Some(ObservedPhase::Running));
    assert_eq!(server.client().get("/api").await.unwrap().status, 200);
    bench.engine.stop(server.id(), GRACE).await.unwrap();
    assert_eq!(processes_of(spare.id()), NOTHING);
}
