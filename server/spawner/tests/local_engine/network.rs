//! What of the network is inside.

use std::io::Write;
use std::net::TcpListener;

use types::notebook::NetworkKind;

use super::bench::{Bench, spec};
use spawner::engine::Engine;

/// Connects to each address and prints how that went.
const CONNECT: &str = r#"
import socket
for address, port in addresses:
    try:
        socket.create_connection((address, port), timeout=5).close()
        print(address, 'connected')
    except OSError as error:
        print(address, type(error).__name__, error.errno)
"#;

/// Addresses of this host that are not loopback.
fn host_addresses() -> Vec<String> {
    let shown = std::process::Command::new("ip")
        .args(["-o", "-4", "address", "show", "scope", "global"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&shown.stdout)
        .lines()
        .filter_map(|line| {
            Some(
                line.split_ascii_whitespace()
                    .nth(3)?
                    .split_once('/')?
                    .0
                    .to_owned(),
            )
        })
        .collect()
}

fn listen_everywhere() -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let _ = connection.and_then(|mut connection| connection.write_all(b"host"));
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_there_is_only_the_server_itself() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    let port = listen_everywhere();
    let addresses: Vec<(String, u16)> = host_addresses()
        .into_iter()
        .chain(["127.0.0.1".to_owned(), "1.1.1.1".to_owned()])
        .map(|address| (address, port))
        .collect();
    let result = kernel
        .run(&format!("addresses = {addresses:?}\n{CONNECT}"))
        .await;
    assert_eq!(result.lines().count(), addresses.len());
    assert!(!result.contains("connected"), "{result}");
    let interfaces = kernel
        .run("print(sorted(name for _, name in socket.if_nameindex()))")
        .await;
    assert_eq!(interfaces, "['lo']\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_out_leads_to_the_internet_and_not_to_the_host() {
    let bench = Bench::new();
    assert!(
        bench
            .engine
            .capabilities()
            .networks
            .contains(&NetworkKind::Nat),
        "this host cannot give notebooks the Internet: {:?}",
        bench.engine.capabilities().remarks
    );
    let mut wide = spec();
    wide.profile.network = NetworkKind::Nat;
    let server = bench.start(wide).await;
    let mut kernel = server.kernel().await;
    let port = listen_everywhere();
    // 10.64.0.2 is the host as the address translation names it; 169.254.169.254 is a cloud's
    // metadata service.
    let closed = [
        "127.0.0.1",
        "10.64.0.2",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.1.1",
        "172.17.0.1",
    ]
    .map(str::to_owned);
    let addresses: Vec<(String, u16)> = host_addresses()
        .into_iter()
        .chain(closed)
        .map(|address| (address, port))
        .collect();
    let result = kernel
        .run(&format!("addresses = {addresses:?}\n{CONNECT}"))
        .await;
    assert_eq!(result.lines().count(), addresses.len());
    assert!(!result.contains("connected"), "{result}");

    let interfaces = kernel
        .run("print(sorted(name for _, name in socket.if_nameindex()))")
        .await;
    assert_eq!(interfaces, "['lo', 'tap0']\n");
    let route = kernel.run("print([line.split()[0] for line in open('/proc/net/route') if line.split()[1] == '00000000'])").await;
    assert_eq!(route, "['tap0']\n");
    let changed = kernel.run("import subprocess; print(subprocess.run(['/usr/sbin/ip', 'route', 'flush', 'type', 'unreachable'], capture_output=True).returncode != 0)").await;
    assert_eq!(changed, "True\n", "routes are not for the user to change");
    assert_eq!(
        kernel
            .run("print(open('/etc/resolv.conf').read())")
            .await
            .trim(),
        "nameserver 10.64.0.3"
    );

    bench
        .engine
        .stop(server.id(), std::time::Duration::from_secs(5))
        .await
        .unwrap();
    assert!(
        super::bench::processes_of(server.id()).is_empty(),
        "the network's process goes too"
    );
}
