//! Servers that take too much harm nobody else, and their owners are told.

use spawner::engine::{Engine, LimitEvent, ObservedPhase};

use super::bench::{Bench, Server, spec, until};
use super::kernel::{Kernel, Outcome};

/// Whether somebody else's server still works.
async fn is_unharmed(bystander: &Server, kernel: &mut Kernel) {
    assert_eq!(bystander.client().get("/api").await.unwrap().status, 200);
    assert_eq!(
        kernel
            .run("open('mine', 'w').write('x' * 4096)\nprint(sum(range(1000)))")
            .await,
        "499500\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_hog_loses_its_kernel_and_nothing_else() {
    let bench = Bench::new();
    let mut small = spec();
    small.profile.memory_bytes = 400 << 20;
    let (server, bystander) = tokio::join!(bench.start(small), bench.start(spec()));
    let mut others = bystander.kernel().await;
    let mut sibling = server.kernel().await;
    sibling.run("kept = 'kept'").await;
    let mut kernel = server.kernel().await;
    assert_eq!(bench.engine.limit_events(server.id()).await.unwrap(), []);

    let outcome = kernel
        .execute("hog = []\nwhile True: hog.append(bytearray(8 << 20))")
        .await;
    assert_eq!(outcome, Outcome::Died);
    let events = bench.engine.limit_events(server.id()).await.unwrap();
    assert!(
        matches!(events[..], [LimitEvent::OutOfMemory { killed: 1.. }]),
        "{events:?}"
    );
    assert_eq!(
        bench.engine.limit_events(server.id()).await.unwrap(),
        [],
        "told once"
    );

    assert_eq!(bench.phase(server.id()).await, Some(ObservedPhase::Running));
    assert_eq!(
        sibling.run("print(kept)").await,
        "kept\n",
        "the larger one was chosen"
    );
    // The kernel is there again by itself.
    kernel.reconnect().await;
    kernel.settle().await;
    assert_eq!(kernel.run("print('again')").await, "again\n");
    is_unharmed(&bystander, &mut others).await;
    assert_eq!(bench.engine.limit_events(bystander.id()).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_taken_in_scratch_space_is_bounded() {
    let bench = Bench::new();
    let mut small = spec();
    small.profile.memory_bytes = 400 << 20;
    let server = bench.start(small).await;
    let mut kernel = server.kernel().await;
    for directory in ["/tmp", "/dev/shm", "/run/ledgercloud"] {
        let filled = kernel
            .run(&format!(
                "try:\n    with open('{directory}/x', 'wb', buffering=0) as file:\n        for _ in range(1024): file.write(bytes(1 << 20))\n    \
                 print('no limit')\nexcept OSError as error: print(error.strerror)\nimport os; os.remove('{directory}/x')"
            ))
            .await;
        assert_eq!(filled, "No space left on device\n", "{directory}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_bomb_stays_inside() {
    let bench = Bench::new();
    let mut small = spec();
    small.profile.processes_max = 64;
    let (server, bystander) = tokio::join!(bench.start(small), bench.start(spec()));
    let mut others = bystander.kernel().await;
    let mut kernel = server.kernel().await;
    let result = kernel
        .run(
            "import os, time\nchildren = 0\ntry:\n    while True:\n        if os.fork() == 0:\n            time.sleep(600); os._exit(0)\n        \
             children += 1\nexcept BlockingIOError as error:\n    print(error.strerror, children < 64)",
        )
        .await;
    assert_eq!(result, "Resource temporarily unavailable True\n");
    let usage = bench.engine.usage(server.id()).await.unwrap();
    assert!(usage.processes <= 64, "{usage:?}");
    assert_eq!(usage.processes_max, 64);
    assert_eq!(
        bench.engine.limit_events(server.id()).await.unwrap(),
        [LimitEvent::ProcessLimit]
    );
    is_unharmed(&bystander, &mut others).await;

    // The whole bomb goes with its server.
    bench
        .engine
        .stop(server.id(), std::time::Duration::from_secs(2))
        .await
        .unwrap();
    assert!(super::bench::processes_of(server.id()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_full_for_its_owner_alone() {
    let bench = Bench::new();
    let mut small = spec();
    small.profile.disk_bytes = 64 << 20;
    let (server, bystander) = tokio::join!(bench.start(small), bench.start(spec()));
    let mut others = bystander.kernel().await;
    let mut kernel = server.kernel().await;
    let usage = bench.engine.usage(server.id()).await.unwrap();
    assert!(
        usage.disk_limit_bytes <= 64 << 20 && usage.disk_limit_bytes > 32 << 20,
        "{usage:?}"
    );
    let filled = kernel
        .run(
            "try:\n    with open('large', 'wb', buffering=0) as file:\n        while True: file.write(bytes(1 << 20))\n\
             except OSError as error: print(error.strerror)",
        )
        .await;
    assert_eq!(filled, "No space left on device\n");
    let usage = bench.engine.usage(server.id()).await.unwrap();
    assert!(
        usage.disk_bytes + (2 << 20) >= usage.disk_limit_bytes,
        "{usage:?}"
    );
    assert_eq!(
        bench.engine.limit_events(server.id()).await.unwrap(),
        [LimitEvent::DiskFull]
    );
    is_unharmed(&bystander, &mut others).await;
    assert_eq!(
        kernel
            .run("import os; os.remove('large'); print(open('x', 'w').write('room'))")
            .await,
        "4\n"
    );
    assert_eq!(bench.engine.limit_events(server.id()).await.unwrap(), []);

    // A larger size gives the same home more room.
    bench
        .engine
        .stop(server.id(), std::time::Duration::from_secs(5))
        .await
        .unwrap();
    let mut larger = server.spec.clone();
    larger.generation = 2;
    larger.profile.disk_bytes = 128 << 20;
    let server = bench.start(larger).await;
    let usage = bench.engine.usage(server.id()).await.unwrap();
    assert!(usage.disk_limit_bytes > 80 << 20, "{usage:?}");
    assert_eq!(
        server.kernel().await.run("print(open('x').read())").await,
        "room\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn processor_time_is_bounded_and_measured() {
    let bench = Bench::new();
    let mut half = spec();
    half.profile.cpu_millis = 500;
    let server = bench.start(half).await;
    let mut kernel = server.kernel().await;
    kernel.send("while True: pass").await;
    bench.engine.usage(server.id()).await.unwrap();
    let busy = async || {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        bench.engine.usage(server.id()).await.unwrap().cpu_millis > 250
    };
    until("the loop is seen", busy).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let usage = bench.engine.usage(server.id()).await.unwrap();
    assert!(usage.cpu_millis <= 650, "{usage:?}");
    assert_eq!(usage.cpu_limit_millis, 500);
    assert!(
        usage.memory_bytes > 20 << 20 && usage.memory_bytes < usage.memory_limit_bytes,
        "{usage:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_output_does_not_fill_the_hosts_disk() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    // Straight into the server's own output, past every limit of Jupyter's.
    kernel
        .run(
            "import os\nlog = os.readlink(f'/proc/{os.getppid()}/fd/2')\n\
             numbers = [int(name) for name in os.listdir('/proc/self/fd')]\n\
             def target(number):\n    try: return os.readlink(f'/proc/self/fd/{number}')\n    except OSError: return None\n\
             output = next(number for number in numbers if target(number) == log)\n\
             for _ in range(512): os.write(output, b'x' * ((1 << 16) - 1) + b'\\n')\nos.write(output, b'the end\\n')",
        )
        .await;
    let ended = async || bench.engine.logs(server.id(), 1).await.unwrap() == ["the end"];
    until("the log is written", ended).await;
    let directory = bench.data_dir().join(format!("servers/{}/1", server.id()));
    let size: u64 = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(size <= 5 << 20, "{size}");
}
