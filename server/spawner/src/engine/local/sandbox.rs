//! The sandbox of one server, as arguments of bubblewrap (bwrap(1)).
//!
//! A server gets its own user, process, mount, IPC, host name, control group and network
//! namespaces, no capability, no way to gain one and no further user namespace. It sees the
//! system's programs and the Python environment read-only, its home, and nothing else of the host.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The account's number as seen inside. Outside it is another one for each user.
pub(crate) const INNER_ID: u32 = 1_000;
/// The account's name inside.
pub(crate) const INNER_NAME: &str = "analyst";
pub(crate) const INNER_HOME: &str = "/home/analyst";
/// Where our own Jupyter files are inside.
pub(crate) const INNER_FILES: &str = "/opt/ledgercloud";
pub(crate) const INNER_KEY: &str = "/run/ledgercloud/identity-key";
pub(crate) const INNER_RUNTIME: &str = "/run/ledgercloud/runtime";
const HOST_NAME: &str = "ledgercloud";
/// Room for connection files and the like.
const RUN_BYTES_MAX: u64 = 16 << 20;

/// A spare writes a few small files before it has a home.
const EMPTY_HOME_BYTES_MAX: u64 = 4 << 20;

/// What is specific to one server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sandbox {
    pub(crate) bubblewrap: PathBuf,
    pub(crate) home: InnerHome,
    /// Where everybody's homes are mounted, on the host.
    pub(crate) other_homes: PathBuf,
    /// Directories shown read-only: ours and theirs.
    pub(crate) read_only: Vec<(PathBuf, PathBuf)>,
    pub(crate) network: SandboxNetwork,
    /// Room in `/tmp` and in `/dev/shm` each. It counts as memory.
    pub(crate) scratch_bytes_max: u64,
}

/// What is in the place of the home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InnerHome {
    /// The user's home, by its path on the host.
    Directory(PathBuf),
    /// Nothing yet: the instance is a spare that waits for its user.
    Empty,
}

/// What of the network is inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SandboxNetwork {
    /// A loopback interface of its own.
    Off,
    /// The same, and a way out through a process of the host.
    Nat(NatTool),
    /// The host's own network: only where namespaces of it are refused.
    Shared,
}

/// A user-mode network stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NatTool {
    Slirp4netns(PathBuf),
    Pasta(PathBuf),
}

/// File descriptors that bubblewrap reads from and writes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descriptors {
    /// Told the first process's number.
    pub(crate) status: i32,
    /// The sandbox waits for its end or a byte; none: it does not wait.
    pub(crate) gate: Option<i32>,
}

/// A small file made inside, from a descriptor that holds its content.
#[derive(Debug, Clone)]
pub(crate) struct InnerFile<T> {
    pub(crate) path: &'static str,
    pub(crate) mode: &'static str,
    pub(crate) content: T,
}

/// Addresses inside a sandbox with a way out.
pub(crate) const NAT_NETWORK: &str = "10.64.0.0/24";
pub(crate) const NAT_RESOLVER: &str = "10.64.0.3";

/// `/etc` as far as programs expect it.
pub(crate) fn etc_files(network: &SandboxNetwork) -> Vec<InnerFile<Vec<u8>>> {
    let resolver = match network {
        SandboxNetwork::Nat(_) => format!("nameserver {NAT_RESOLVER}\n"),
        SandboxNetwork::Shared => std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default(),
        SandboxNetwork::Off => String::new(),
    };
    let file = |path, content: String| InnerFile {
        path,
        mode: "0444",
        content: content.into_bytes(),
    };
    vec![
        file(
            "/etc/passwd",
            format!(
                "{INNER_NAME}:x:{INNER_ID}:{INNER_ID}::{INNER_HOME}:/bin/bash\n\
                 nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n"
            ),
        ),
        file(
            "/etc/group",
            format!("{INNER_NAME}:x:{INNER_ID}:\nnogroup:x:65534:\n"),
        ),
        file(
            "/etc/hosts",
            format!("127.0.0.1 localhost {HOST_NAME}\n::1 localhost\n"),
        ),
        file("/etc/hostname", format!("{HOST_NAME}\n")),
        file(
            "/etc/nsswitch.conf",
            "passwd: files\ngroup: files\nhosts: files dns\n".to_owned(),
        ),
        file("/etc/resolv.conf", resolver),
    ]
}

/// Of the host's `/etc`: what is public and makes programs work.
const ETC_SHOWN: [&str; 13] = [
    "/etc/alternatives",
    "/etc/bash.bashrc",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/magic",
    "/etc/mime.types",
    "/etc/profile",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/terminfo",
];

/// Directories of the root that are part of the system's programs.
const SYSTEM_DIRECTORIES: [&str; 6] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// The arguments up to the command. Mounts happen in this order: a later one may hide an earlier.
pub(crate) fn arguments(
    sandbox: &Sandbox,
    descriptors: Descriptors,
    files: &[InnerFile<i32>],
) -> Vec<String> {
    let mut list: Vec<String> = Vec::with_capacity(128);
    let mut add = |words: &[&str]| list.extend(words.iter().map(|word| (*word).to_owned()));
    let id = INNER_ID.to_string();
    add(&[
        "--unshare-user",
        "--uid",
        &id,
        "--gid",
        &id,
        "--cap-drop",
        "ALL",
        "--disable-userns",
    ]);
    add(&[
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]);
    if sandbox.network != SandboxNetwork::Shared {
        add(&["--unshare-net"]);
    }
    // Without a session of its own it could type into our terminal (CVE-2017-5226).
    add(&["--new-session", "--hostname", HOST_NAME]);
    add(&["--json-status-fd", &descriptors.status.to_string()]);
    if let Some(gate) = descriptors.gate {
        add(&["--block-fd", &gate.to_string()]);
    }

    add(&["--ro-bind", "/usr", "/usr"]);
    for directory in SYSTEM_DIRECTORIES {
        match std::fs::read_link(directory) {
            Ok(target) => add(&["--symlink", &target.to_string_lossy(), directory]),
            Err(_) => add(&["--ro-bind-try", directory, directory]),
        }
    }
    for path in ETC_SHOWN {
        add(&["--ro-bind-try", path, path]);
    }
    add(&["--proc", "/proc", "--dev", "/dev"]);
    let scratch = sandbox.scratch_bytes_max.to_string();
    add(&[
        "--size",
        &scratch,
        "--perms",
        "1777",
        "--tmpfs",
        "/dev/shm",
        "--remount-ro",
        "/dev",
    ]);
    add(&["--size", &scratch, "--perms", "1777", "--tmpfs", "/tmp"]);
    add(&["--dir", "/var", "--symlink", "../tmp", "/var/tmp"]);
    add(&[
        "--size",
        &RUN_BYTES_MAX.to_string(),
        "--perms",
        "0755",
        "--tmpfs",
        "/run",
    ]);
    add(&[
        "--perms",
        "0700",
        "--dir",
        "/run/ledgercloud",
        "--perms",
        "0700",
        "--dir",
        INNER_RUNTIME,
    ]);
    for (from, to) in &sandbox.read_only {
        add(&["--ro-bind", &from.to_string_lossy(), &to.to_string_lossy()]);
    }
    match &sandbox.home {
        InnerHome::Directory(home) => add(&["--bind", &home.to_string_lossy(), INNER_HOME]),
        InnerHome::Empty => {
            let size = EMPTY_HOME_BYTES_MAX.to_string();
            add(&["--size", &size, "--perms", "0700", "--tmpfs", INNER_HOME]);
        }
    }
    for file in files {
        add(&[
            "--perms",
            file.mode,
            "--file",
            &file.content.to_string(),
            file.path,
        ]);
    }
    // The root is memory too: nothing may be left in it.
    add(&["--remount-ro", "/", "--chdir", INNER_HOME, "--"]);
    list
}

/// Read-only directories beside the system's own: the Python environment at the path that its
/// scripts name, the interpreter's installation if it is elsewhere, and our Jupyter files.
pub(crate) fn read_only_directories(
    environment: &Path,
    interpreter_home: Option<&Path>,
    files: &Path,
) -> Vec<(PathBuf, PathBuf)> {
    let same = |path: &Path| (path.to_owned(), path.to_owned());
    let mut list = vec![same(environment)];
    list.extend(interpreter_home.map(same));
    list.push((files.to_owned(), PathBuf::from(INNER_FILES)));
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sandbox(network: SandboxNetwork) -> Sandbox {
        Sandbox {
            bubblewrap: PathBuf::from("/usr/bin/bwrap"),
            home: InnerHome::Directory(PathBuf::from("/data/homes/one")),
            other_homes: PathBuf::from("/run/homes"),
            read_only: read_only_directories(
                Path::new("/srv/environment"),
                None,
                Path::new("/data/files"),
            ),
            network,
            scratch_bytes_max: 1 << 20,
        }
    }

    fn check(sandbox: &Sandbox, gate: Option<i32>) -> Vec<String> {
        let files = [InnerFile {
            path: INNER_KEY,
            mode: "0400",
            content: 9,
        }];
        arguments(sandbox, Descriptors { status: 7, gate }, &files)
    }

    fn position(list: &[String], words: &[&str]) -> usize {
        list.windows(words.len())
            .position(|window| window == words)
            .unwrap_or_else(|| panic!("{words:?} is missing in {list:?}"))
    }

    #[test]
    fn every_tightening_is_there() {
        let list = check(&sandbox(SandboxNetwork::Off), None);
        for words in [
            &["--unshare-user"][..],
            &["--cap-drop", "ALL"],
            &["--disable-userns"],
            &["--unshare-pid"],
            &["--unshare-ipc"],
            &["--unshare-uts"],
            &["--unshare-cgroup-try"],
            &["--unshare-net"],
            &["--new-session"],
            &["--perms", "0400", "--file", "9", INNER_KEY],
        ] {
            position(&list, words);
        }
        assert!(
            !list.iter().any(|word| word == "--die-with-parent"),
            "servers outlive the hub"
        );
        assert!(!list.iter().any(|word| word == "--block-fd"));
        assert_eq!(list.last().unwrap(), "--");
    }

    #[test]
    fn only_the_home_is_writable() {
        let list = check(&sandbox(SandboxNetwork::Off), None);
        let writable: Vec<_> = list
            .windows(3)
            .filter(|window| window[0] == "--bind")
            .collect();
        assert_eq!(writable, [["--bind", "/data/homes/one", INNER_HOME]]);
        assert!(
            !list
                .iter()
                .any(|word| word == "--dev-bind" || word == "--bind-try")
        );
        // Scratch space first, so that it hides nothing; the root is closed last.
        assert!(
            position(&list, &["--tmpfs", "/run"]) < position(&list, &["--file", "9", INNER_KEY])
        );
        assert!(
            position(&list, &["--tmpfs", "/tmp"])
                < position(&list, &["--bind", "/data/homes/one", INNER_HOME])
        );
        assert!(
            position(&list, &["--remount-ro", "/"]) > position(&list, &["--file", "9", INNER_KEY])
        );
    }

    #[test]
    fn a_shared_network_is_not_unshared_and_a_way_out_waits() {
        let shared = check(&sandbox(SandboxNetwork::Shared), None);
        assert!(!shared.iter().any(|word| word == "--unshare-net"));
        let nat = SandboxNetwork::Nat(NatTool::Slirp4netns(PathBuf::from("/usr/bin/slirp4netns")));
        position(&check(&sandbox(nat), Some(8)), &["--block-fd", "8"]);
    }
}
