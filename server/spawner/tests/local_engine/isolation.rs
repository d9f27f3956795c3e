//! What a person sees who tries, from inside a notebook, to reach what is not theirs.

use std::os::unix::fs::MetadataExt;

use super::bench::{Bench, spec};

/// Tries to read each path; prints those that could be read, and why not those that could not.
const TRY_TO_READ: &str = r#"
import os
def attempt(path):
    try:
        if os.path.isdir(path):
            os.listdir(path)
        else:
            open(path, 'rb').read(1)
        return 'readable'
    except OSError as error:
        return type(error).__name__
for path in paths:
    print(path, attempt(path))
"#;

#[tokio::test(flavor = "multi_thread")]
async fn others_and_the_host_are_out_of_sight() {
    let bench = Bench::new();
    let (victim, attacker) = tokio::join!(bench.start(spec()), bench.start(spec()));
    let mut theirs = victim.kernel().await;
    theirs
        .run("open('secret.txt', 'w').write('secret')\nimport time\nmarker = 'victim-process'")
        .await;
    let mut kernel = attacker.kernel().await;

    // Files: the hub's own, the other user's, and the host's.
    let data = bench.data_dir().display().to_string();
    let run = victim.socket.parent().unwrap().display().to_string();
    for secret in ["hub.db", "secrets/cookie-key"] {
        let path = bench.data_dir().join(secret);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "secret").unwrap();
    }
    let paths = [
        data.clone(),
        format!("{data}/hub.db"),
        format!("{data}/secrets/cookie-key"),
        format!("{data}/homes"),
        format!("{data}/homes/{}.ext4", victim.spec.user_id),
        run.clone(),
        format!("{run}/homes/{}/home/secret.txt", victim.spec.user_id),
        victim.socket.display().to_string(),
        "/root".to_owned(),
        "/home/analyst/../../root".to_owned(),
        "/etc/shadow".to_owned(),
        "/etc/ssl/private".to_owned(),
        "/proc/1/environ/../../../../etc/shadow".to_owned(),
        "/var/lib".to_owned(),
        "/sys/fs/cgroup".to_owned(),
        "/dev/vda".to_owned(),
        "/dev/loop0".to_owned(),
        "/dev/net/tun".to_owned(),
    ];
    let result = kernel
        .run(&format!("paths = {paths:?}\n{TRY_TO_READ}"))
        .await;
    assert!(!result.contains("readable"), "{result}");
    assert_eq!(result.lines().count(), paths.len());
    let homes = kernel.run("print(os.listdir('/home'), [e.name for e in os.scandir('/home/analyst') if 'secret' in e.name])").await;
    assert_eq!(homes, "['analyst'] []\n");

    // Sockets: nobody's but the one that it was given, which has no name inside.
    let sockets = kernel
        .run(&format!(
            "import socket\nfor path in [{:?}, {:?}, '/run/docker.sock', '/run/dbus/system_bus_socket']:\n    \
             try:\n        socket.socket(socket.AF_UNIX).connect(path); print('connected')\n    \
             except OSError as error: print(type(error).__name__)",
            victim.socket, attacker.socket
        ))
        .await;
    assert_eq!(sockets, "FileNotFoundError\n".repeat(4));
    // Abstract sockets belong to the network, which is the server's own.
    assert_eq!(
        kernel
            .run("print(open('/proc/net/unix').read().count('@'))")
            .await
            .trim(),
        "0"
    );

    // Processes: its own alone, and signals go nowhere else.
    let processes = kernel
        .run("import re\nprint(sorted({open(f'/proc/{p}/comm').read().strip() for p in os.listdir('/proc') if p.isdigit()}))")
        .await;
    assert!(
        processes.contains("bwrap") && processes.contains("python"),
        "{processes}"
    );
    assert!(
        !processes.contains("notebook-super") && !processes.contains("cargo"),
        "{processes}"
    );
    let commands = kernel
        .run("print([open(f'/proc/{p}/cmdline').read() for p in os.listdir('/proc') if p.isdigit()], dict(os.environ))")
        .await;
    let key = hex::encode(attacker.spec.identity_key);
    for secret in [
        &victim.spec.server_id.to_string(),
        &key,
        "0123456789abcdef0123456789abcdef",
        &data,
    ] {
        assert!(!commands.contains(secret), "{secret} is in {commands}");
    }
    // Numbers of the host mean nothing inside.
    let outside = super::bench::processes_of(victim.id());
    let reached = kernel
        .run(&format!(
            "reached = []\nfor pid in {outside:?}:\n    try: os.kill(pid, 9); reached.append(pid)\n    except ProcessLookupError: pass\nprint(reached)"
        ))
        .await;
    assert_eq!(reached, "[]\n");
    assert_eq!(super::bench::processes_of(victim.id()), outside);
    assert_eq!(
        theirs.run("print(marker, open('secret.txt').read())").await,
        "victim-process secret\n"
    );

    // The key that requests are signed with is gone once Jupyter has read it.
    assert_eq!(
        kernel.run("print(os.listdir('/run/ledgercloud'))").await,
        "['runtime']\n"
    );

    // Outside, each user is somebody else, and homes are closed.
    let owner = |server: &super::bench::Server| {
        let home = server
            .socket
            .with_file_name("homes")
            .join(server.spec.user_id.to_string())
            .join("home");
        let metadata = std::fs::metadata(home).unwrap();
        assert_eq!(metadata.mode() & 0o777, 0o700);
        metadata.uid()
    };
    assert_ne!(owner(&victim), owner(&attacker));
    assert_ne!(owner(&victim), 0);
    let socket = std::fs::metadata(&victim.socket).unwrap();
    assert_eq!((socket.mode() & 0o777, socket.uid()), (0o600, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_can_be_neither_had_nor_gained() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    let status = kernel.run("print(open('/proc/self/status').read())").await;
    let field = |name: &str| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap();
        line.trim_start_matches(':').trim().to_owned()
    };
    for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(field(name), "0000000000000000", "{name}");
    }
    assert_eq!(field("NoNewPrivs"), "1");
    let masks = kernel.run("import os\nprint([line for line in open(f'/proc/{os.getppid()}/status') if line.startswith(('SigBlk', 'SigIgn'))])").await;
    assert!(
        masks.contains("SigBlk:\\t0000000000000000"),
        "signals reach the server: {masks}"
    );
    assert_eq!(field("Uid"), "1000\t1000\t1000\t1000");
    assert_eq!(field("Groups"), "", "of the host's groups it has none");

    let attempts = r#"
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    return 'allowed' if result == 0 else os.strerror(ctypes.get_errno())
print('user namespace', call('unshare', 0x10000000))
print('mount namespace', call('unshare', 0x00020000))
print('mount', call('mount', b'none', b'/tmp', b'tmpfs', 0, None))
print('remount', call('mount', b'none', b'/usr', None, 32 | 4096, None))
print('chroot', call('chroot', b'/tmp'))
print('setuid', call('setuid', 0))
print('hostname', call('sethostname', b'x', 1))
print('ptrace', call('ptrace', 16, 1, None, None))
for path in ['/x', '/usr/x', '/opt/ledgercloud/x', os.environ['VIRTUAL_ENV'] + '/x', '/etc/x', '/dev/x', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger']:
    try:
        open(path, 'w'); print(path, 'allowed')
    except OSError as error:
        print(path, error.strerror)
try:
    os.mknod('/tmp/device', 0o60600, os.makedev(7, 0)); print('mknod allowed')
except OSError as error:
    print('mknod', error.strerror)
"#;
    let result = kernel.run(attempts).await;
    // Tracing a process of one's own is fine: pid 1 inside is the sandbox's.
    let refused: Vec<&str> = result
        .lines()
        .filter(|line| !line.starts_with("ptrace"))
        .collect();
    assert_eq!(refused.len(), 16, "{result}");
    assert!(
        refused.iter().all(|line| !line.contains("allowed")),
        "{result}"
    );

    // A program that would give rights to whoever runs it does not.
    let gained = kernel.run("import subprocess\nprint(subprocess.run(['/usr/bin/su', '-c', 'id'], capture_output=True, stdin=subprocess.DEVNULL).returncode)").await;
    assert_ne!(gained.trim(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sandbox_has_a_keyring_of_its_own() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    // KEYCTL_DESCRIBE (6) of KEY_SPEC_SESSION_KEYRING (-3), by the number of keyctl(2) here.
    let description = server
        .kernel()
        .await
        .run(&format!(
            "import ctypes, os\n\
             text = ctypes.create_string_buffer(200)\n\
             ctypes.CDLL(None).syscall({}, 6, -3, text, 200)\n\
             print(text.value.decode(), os.getuid())",
            nix::libc::SYS_keyctl
        ))
        .await;
    let (keyring, user_id) = description.trim().split_once(' ').unwrap();
    let fields: Vec<&str> = keyring.split(';').collect();
    // What is inherited belongs to somebody else, or is called `_uid_ses` after its account.
    assert_eq!((fields[1], fields[4]), (user_id, "_ses"), "{description}");
}
