//! A way out for a sandbox: a user-mode network stack attached to its network namespace.
//!
//! The sandbox reaches the Internet and nothing of the host's surroundings: private, link-local
//! (cloud metadata services) and the host's own addresses are unreachable by routes that it lacks
//! the right to change.

use std::fs::File;
use std::io::{self, PipeWriter, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::super::sandbox::{NAT_NETWORK, NatTool};

/// Networks that are not the Internet (RFC 6890), except the one between sandbox and host.
const UNREACHABLE: [&str; 11] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// It is there within milliseconds, or not at all.
const READY_TIMEOUT: Duration = Duration::from_secs(10);
const LOOK_INTERVAL: Duration = Duration::from_millis(1);

/// The user namespace that owns the sandbox's network. It must be opened as soon as the sandbox has
/// its first process: bubblewrap later moves on into a second one without rights.
#[derive(Debug)]
struct Owner(File);

impl Owner {
    fn of(init: i32) -> io::Result<Self> {
        File::open(format!("/proc/{init}/ns/user")).map(Self)
    }

    /// A name by which other programs can open it.
    fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd())
    }
}

/// Starts the stack and closes what must not be reached. `init` waits at its gate meanwhile.
pub(super) fn attach(tool: &NatTool, init: i32, log: PipeWriter) -> io::Result<Child> {
    let owner = Owner::of(init)?;
    // bubblewrap sets up the loopback interface before it waits at the gate; a stack that did so too
    // would be in its way.
    until_true(|| has_loopback(init) || !has_network(init))?;
    let mut child = start(tool, init, &owner, log)?;
    if let Err(error) = close_off(init, &owner) {
        let _ = child.kill();
        let _ = child.wait();
        return Err(error);
    }
    Ok(child)
}

fn until_true(mut condition: impl FnMut() -> bool) -> io::Result<()> {
    let started = Instant::now();
    while !condition() {
        if started.elapsed() > READY_TIMEOUT {
            return Err(io::Error::from(io::ErrorKind::TimedOut));
        }
        std::thread::sleep(LOOK_INTERVAL);
    }
    Ok(())
}

/// Gone with the process: then what follows fails at once.
fn has_network(init: i32) -> bool {
    Path::new(&format!("/proc/{init}/ns/net")).exists()
}

/// Its address has a route as soon as the interface is up.
fn has_loopback(init: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{init}/net/fib_trie"))
        .is_ok_and(|routes| routes.contains("127.0.0.1"))
}

fn start(tool: &NatTool, init: i32, owner: &Owner, log: PipeWriter) -> io::Result<Child> {
    match tool {
        NatTool::Slirp4netns(program) => start_slirp4netns(program, init, owner, log),
        NatTool::Pasta(program) => start_pasta(program, init, owner, log),
    }
}

fn start_slirp4netns(
    program: &Path,
    init: i32,
    owner: &Owner,
    log: PipeWriter,
) -> io::Result<Child> {
    // Inherited by this one child: nothing else is started meanwhile.
    let (ready, told) = nix::unistd::pipe()?;
    nix::fcntl::fcntl(
        &ready,
        nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC),
    )?;
    let mut command = Command::new(program);
    command
        .args([
            "--configure",
            "--mtu=65520",
            "--disable-host-loopback",
            "--enable-sandbox",
            "--enable-seccomp",
        ])
        .arg(format!("--cidr={NAT_NETWORK}"))
        .arg(format!("--ready-fd={}", told.as_raw_fd()));
    if !nix::unistd::geteuid().is_root() {
        command.arg(format!("--userns-path={}", owner.path()));
    }
    let child = command
        // By path: by number it would enter the user namespace of the moment.
        .args(["--netns-type=path", &format!("/proc/{init}/ns/net"), "tap0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    drop(told);
    let mut answer = [0];
    // It ends with the process: a stack that fails does not keep us waiting.
    match io::Read::read(&mut File::from(ready), &mut answer)? {
        0 => Err(io::Error::other(
            "slirp4netns could not attach to the sandbox",
        )),
        _ => Ok(child),
    }
}

fn start_pasta(program: &Path, init: i32, owner: &Owner, log: PipeWriter) -> io::Result<Child> {
    let mut child = Command::new(program)
        .args([
            "--foreground",
            "--quiet",
            "--ipv4-only",
            "--config-net",
            "--no-map-gw",
            "--no-dhcp",
        ])
        .args([
            "--address",
            "10.64.0.100",
            "--netmask",
            "24",
            "--gateway",
            "10.64.0.2",
        ])
        .args([
            "--dns-forward",
            super::super::sandbox::NAT_RESOLVER,
            "--ns-ifname",
            "tap0",
        ])
        .args([
            "--tcp-ports",
            "none",
            "--udp-ports",
            "none",
            "--tcp-ns",
            "none",
            "--udp-ns",
            "none",
        ])
        .arg(format!("--userns={}", owner.path()))
        .arg(format!("--netns=/proc/{init}/ns/net"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    // Its interface appears in the namespace when it is ready.
    if until_true(|| has_interface(init, "tap0") || !matches!(child.try_wait(), Ok(None))).is_ok()
        && has_interface(init, "tap0")
    {
        return Ok(child);
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(io::Error::other("pasta could not attach to the sandbox"))
}

fn has_interface(init: i32, name: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{init}/net/dev")).is_ok_and(|list| {
        list.lines()
            .any(|line| line.trim_start().starts_with(&format!("{name}:")))
    })
}

fn close_off(init: i32, owner: &Owner) -> io::Result<()> {
    let host = Command::new("ip")
        .args(["-o", "-4", "address", "show"])
        .output()?;
    let commands = routes(&String::from_utf8_lossy(&host.stdout));
    let mut inside = Command::new("nsenter");
    inside.arg(format!("--target={init}")).arg("--net");
    if !nix::unistd::geteuid().is_root() {
        inside
            .arg(format!("--user={}", owner.path()))
            .arg("--preserve-credentials");
    }
    let mut child = inside
        .args(["ip", "-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(commands.as_bytes())?;
    }
    if child.wait()?.success() {
        return Ok(());
    }
    Err(io::Error::other(
        "the sandbox's routes could not be set (is iproute2 installed?)",
    ))
}

/// Commands for `ip -batch`, from the lines of `ip -o -4 address show`.
fn routes(host_addresses: &str) -> String {
    let networks = host_addresses.lines().filter_map(|line| {
        let mut words = line
            .split_ascii_whitespace()
            .skip_while(|word| *word != "inet");
        let (address, length) = words.nth(1)?.split_once('/')?;
        let address: std::net::Ipv4Addr = address.parse().ok()?;
        let length: u32 = length.parse().ok().filter(|length| *length <= u32::BITS)?;
        let mask = u32::MAX.checked_shl(u32::BITS - length).unwrap_or(0);
        let network = std::net::Ipv4Addr::from(u32::from(address) & mask);
        // Loopback inside is the sandbox's own.
        (!address.is_loopback() && length > 0).then(|| format!("{network}/{length}"))
    });
    let mut all: Vec<String> = UNREACHABLE
        .into_iter()
        .map(str::to_owned)
        .chain(networks)
        .collect();
    all.sort();
    all.dedup();
    all.retain(|network| network != NAT_NETWORK);
    all.into_iter()
        .map(|network| format!("route replace unreachable {network}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_own_networks_are_closed_too() {
        let shown = routes(
            "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever\n\
             4: eth0    inet 8.9.10.11/24 brd 8.9.10.255 scope global eth0\\ valid_lft forever\n\
             5: wg0    inet 5.6.7.8/32 scope global wg0\n\
             6: odd    inet nonsense scope global odd\n",
        );
        for line in [
            "route replace unreachable 8.9.10.0/24",
            "route replace unreachable 5.6.7.8/32",
            "route replace unreachable 169.254.0.0/16",
            "route replace unreachable 10.0.0.0/8",
        ] {
            assert!(
                shown.lines().any(|shown| shown == line),
                "{line} is missing in {shown}"
            );
        }
        assert!(!shown.contains("127.0.0.0"));
    }
}
