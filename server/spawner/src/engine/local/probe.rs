//! What the host lets us do, found by trying it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use types::notebook::NetworkKind;

use super::accounts::{Account, mapped_ids};
use super::cgroup::detect::detect;
use super::cgroup::{Group, Placed};
use super::config::LocalEngineConfig;
use super::error::LocalEngineError;
use super::home::{HomeKind, image};
use super::layout::Layout;
use super::sandbox::NatTool;
use crate::engine::Capabilities;

/// One thing that was looked at, for `ledgercloud doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `sandbox`, `network`, `limits`, …
    pub subject: &'static str,
    pub verdict: Verdict,
    /// What was found, in a sentence.
    pub detail: String,
    /// How to mend it, in a sentence; none if there is nothing to mend.
    pub mend: Option<String>,
}

/// How good a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Works,
    /// Servers run with less protection or comfort.
    Lacking,
    /// Servers do not run.
    Missing,
}

/// Everything that was found.
#[derive(Debug, Clone)]
pub struct Probe {
    pub findings: Vec<Finding>,
    pub(super) host: Host,
}

/// What the engine works with.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) sandbox: Option<SandboxSupport>,
    pub(super) groups: Group,
    pub(super) homes: HomeKind,
    pub(super) nat: Option<NatTool>,
    pub(super) account_ids: Option<Range<u32>>,
    /// The interpreter's installation, if it is not part of the system or the environment.
    pub(super) interpreter_home: Option<PathBuf>,
    pub(super) environment: Result<(), String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SandboxSupport {
    pub(super) bubblewrap: PathBuf,
    /// Network namespaces are allowed too.
    pub(super) own_network: bool,
}

/// Looks at the host. Takes about half a second; starts and ends a few processes.
///
/// # Errors
/// If the data directory cannot be used.
pub fn probe(config: &LocalEngineConfig) -> Result<Probe, LocalEngineError> {
    let is_root = nix::unistd::geteuid().is_root();
    let layout = Layout::new(config, is_root)?;
    Ok(look(config, &layout, is_root))
}

pub(super) fn look(config: &LocalEngineConfig, layout: &Layout, is_root: bool) -> Probe {
    let mut findings = Vec::new();
    let account_ids = accounts(config, is_root, &mut findings);
    let account = account_ids.as_ref().map(|ids| Account(ids.start));
    let sandbox = sandbox(account, &mut findings);
    let groups = groups(config, layout, is_root, &mut findings);
    let homes = homes(layout, is_root, &mut findings);
    let nat = nat(is_root, sandbox.as_ref(), &mut findings);
    let (environment, interpreter_home) = environment(&config.environment_dir, &mut findings);
    let host = Host {
        sandbox,
        groups,
        homes,
        nat,
        account_ids,
        interpreter_home,
        environment,
    };
    Probe { findings, host }
}

impl Probe {
    /// The same for people who look at the hub.
    pub(super) fn capabilities(&self) -> Capabilities {
        let host = &self.host;
        let limits: Vec<&str> = [
            ("memory", &host.groups.memory),
            ("CPU", &host.groups.cpu),
            ("processes", &host.groups.pids),
        ]
        .into_iter()
        .filter_map(|(name, placed)| placed.as_ref().map(|_| name))
        .collect();
        let version = match [&host.groups.memory, &host.groups.cpu, &host.groups.pids]
            .into_iter()
            .flatten()
            .next()
        {
            Some(Placed::V2(_)) => "control groups v2",
            Some(Placed::V1(_)) => "control groups v1",
            None => "process limits only",
        };
        Capabilities {
            engine: "local",
            isolation: if host.sandbox.is_some() {
                "sandbox (bubblewrap)"
            } else {
                "none"
            }
            .to_owned(),
            isolated: host.sandbox.is_some(),
            limits: if limits.is_empty() {
                version.to_owned()
            } else {
                format!("{version}: {}", limits.join(", "))
            },
            freeze: match host.groups.freezer {
                Some(Placed::V2(_)) => "control group freezer v2",
                Some(Placed::V1(_)) => "control group freezer v1",
                None => "SIGSTOP",
            }
            .to_owned(),
            networks: [NetworkKind::Off]
                .into_iter()
                .chain(host.nat.as_ref().map(|_| NetworkKind::Nat))
                .collect(),
            remarks: self
                .findings
                .iter()
                .filter(|finding| finding.verdict != Verdict::Works)
                .map(|finding| match &finding.mend {
                    Some(mend) => format!("{}. {mend}", finding.detail),
                    None => finding.detail.clone(),
                })
                .collect(),
        }
    }
}

fn finding(
    subject: &'static str,
    verdict: Verdict,
    detail: impl Into<String>,
    mend: Option<&str>,
) -> Finding {
    Finding {
        subject,
        verdict,
        detail: detail.into(),
        mend: mend.map(str::to_owned),
    }
}

fn accounts(
    config: &LocalEngineConfig,
    is_root: bool,
    findings: &mut Vec<Finding>,
) -> Option<Range<u32>> {
    if !is_root {
        findings.push(finding(
            "accounts",
            Verdict::Lacking,
            "every notebook runs as the account of this program; only the sandbox keeps users apart",
            Some("Run as root to give each user an account of their own"),
        ));
        return None;
    }
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let ids = config.account_ids.clone().or_else(|| mapped_ids(&map));
    findings.push(match &ids {
        Some(ids) => finding(
            "accounts",
            Verdict::Works,
            format!("each user has an id of {}–{}", ids.start, ids.end - 1),
            None,
        ),
        None => finding(
            "accounts",
            Verdict::Missing,
            "this container maps too few user ids to give each user one",
            Some("Map more ids into the container, or do not run as root"),
        ),
    });
    ids
}

fn sandbox(account: Option<Account>, findings: &mut Vec<Finding>) -> Option<SandboxSupport> {
    let is_root = nix::unistd::geteuid().is_root();
    if is_root && account.is_none() {
        return None;
    }
    let Some(bubblewrap) = program("bwrap") else {
        findings.push(finding(
            "sandbox",
            Verdict::Missing,
            "bubblewrap is not installed",
            Some("Install it: apt-get install bubblewrap (0.8 or later)"),
        ));
        return None;
    };
    let with_network = try_sandbox(&bubblewrap, account, &["--unshare-net"]);
    if with_network.is_ok() {
        findings.push(finding(
            "sandbox",
            Verdict::Works,
            "bubblewrap with namespaces of its own for everything",
            None,
        ));
        return Some(SandboxSupport {
            bubblewrap,
            own_network: true,
        });
    }
    match try_sandbox(&bubblewrap, account, &[]) {
        Ok(()) => {
            findings.push(finding(
                "sandbox",
                Verdict::Lacking,
                "bubblewrap works, but without network namespaces: notebooks share the host's network",
                Some("Allow network namespaces: sysctl user.max_net_namespaces=10000"),
            ));
            Some(SandboxSupport {
                bubblewrap,
                own_network: false,
            })
        }
        Err(reason) => {
            findings.push(finding(
                "sandbox",
                Verdict::Missing,
                format!("bubblewrap cannot make a sandbox: {reason}"),
                Some(why_no_namespaces()),
            ));
            None
        }
    }
}

fn try_sandbox(
    bubblewrap: &Path,
    account: Option<Account>,
    network: &[&str],
) -> Result<(), String> {
    use std::os::unix::process::CommandExt;

    let mut command = Command::new(bubblewrap);
    if let Some(Account(id)) = account {
        command.uid(id).gid(id);
    }
    let output = command
        .env_clear()
        .current_dir("/")
        .args([
            "--unshare-user",
            "--uid",
            "1000",
            "--cap-drop",
            "ALL",
            "--disable-userns",
            "--unshare-pid",
        ])
        .args(["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"])
        .args(network)
        .args([
            "--ro-bind",
            "/usr",
            "/usr",
            "--ro-bind-try",
            "/lib",
            "/lib",
            "--ro-bind-try",
            "/lib64",
            "/lib64",
        ])
        .args([
            "--proc",
            "/proc",
            "--dev",
            "/dev",
            "--tmpfs",
            "/tmp",
            "/usr/bin/true",
        ])
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(words
        .lines()
        .last()
        .unwrap_or("it said nothing")
        .trim()
        .to_owned())
}

/// The usual reasons, by the switches that distributions have.
fn why_no_namespaces() -> &'static str {
    let switch = |path: &str| {
        std::fs::read_to_string(path)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    if switch("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
        return "AppArmor refuses user namespaces: add a profile for bwrap, or sysctl kernel.apparmor_restrict_unprivileged_userns=0";
    }
    if switch("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
        return "User namespaces are switched off: sysctl kernel.unprivileged_userns_clone=1";
    }
    if switch("/proc/sys/user/max_user_namespaces") == "0" {
        return "User namespaces are switched off: sysctl user.max_user_namespaces=10000";
    }
    "In a container, allow user namespaces and an unmasked /proc (Docker: --security-opt seccomp=unconfined --security-opt systempaths=unconfined)"
}

fn groups(
    config: &LocalEngineConfig,
    layout: &Layout,
    is_root: bool,
    findings: &mut Vec<Finding>,
) -> Group {
    let groups = detect(
        &layout.engine_name,
        config.cgroup_parent.as_deref(),
        is_root,
    );
    let missing: Vec<&str> = [
        ("memory", &groups.memory),
        ("CPU", &groups.cpu),
        ("processes", &groups.pids),
    ]
    .into_iter()
    .filter_map(|(name, placed)| placed.is_none().then_some(name))
    .collect();
    let how = if is_root {
        "Mount a control group hierarchy with the memory, cpu and pids controllers that this program may write to"
    } else {
        "Have them delegated: systemd-run --user --scope -p Delegate=yes ./run.sh"
    };
    findings.push(if missing.is_empty() {
        finding(
            "limits",
            Verdict::Works,
            "memory, CPU and processes are limited by control groups",
            None,
        )
    } else {
        let detail = format!(
            "no control group limits {}; limits of single processes stand in",
            missing.join(", ")
        );
        finding("limits", Verdict::Lacking, detail, Some(how))
    });
    findings.push(match &groups.freezer {
        Some(_) => finding(
            "freezing",
            Verdict::Works,
            "by the control group freezer",
            None,
        ),
        None => finding(
            "freezing",
            Verdict::Lacking,
            "by SIGSTOP, which programs can notice",
            Some(how),
        ),
    });
    groups
}

fn homes(layout: &Layout, is_root: bool, findings: &mut Vec<Finding>) -> HomeKind {
    if !is_root {
        findings.push(finding(
            "homes",
            Verdict::Lacking,
            "homes are directories whose size is watched; a user can fill the disk for some seconds",
            Some("Run as root to give each home a file system of its own"),
        ));
        return HomeKind::Directory;
    }
    match image::try_out(&layout.run_dir) {
        Ok(()) => {
            findings.push(finding(
                "homes",
                Verdict::Works,
                "each home is a file system of limited size",
                None,
            ));
            HomeKind::Image
        }
        Err(error) => {
            findings.push(finding(
                "homes",
                Verdict::Lacking,
                format!("homes are directories whose size is watched, because file systems for them cannot be made: {error}"),
                Some("Install e2fsprogs and allow loop devices (/dev/loop-control)"),
            ));
            HomeKind::Directory
        }
    }
}

fn nat(
    is_root: bool,
    sandbox: Option<&SandboxSupport>,
    findings: &mut Vec<Finding>,
) -> Option<NatTool> {
    let lacking =
        |detail: &str, mend: &str| finding("network", Verdict::Lacking, detail, Some(mend));
    if !sandbox.is_some_and(|sandbox| sandbox.own_network) {
        return None;
    }
    // Opened by the tool after it has joined the sandbox, with the rights of this account.
    if std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/net/tun")
        .is_err()
    {
        findings.push(lacking(
            "notebooks have no Internet: /dev/net/tun cannot be opened",
            "Load the tun module and let this account open the device: chmod 0666 /dev/net/tun",
        ));
        return None;
    }
    if program("ip").is_none() || program("nsenter").is_none() {
        findings.push(lacking(
            "notebooks have no Internet: ip or nsenter is not installed",
            "Install iproute2 and util-linux",
        ));
        return None;
    }
    // pasta gives up root before it joins a namespace, so it only serves ordinary accounts.
    let tool = program("slirp4netns")
        .map(NatTool::Slirp4netns)
        .or_else(|| program("pasta").filter(|_| !is_root).map(NatTool::Pasta));
    findings.push(match &tool {
        Some(_) => finding(
            "network",
            Verdict::Works,
            "off, or the Internet through address translation",
            None,
        ),
        None => lacking(
            "notebooks have no Internet: no user-mode network stack is installed",
            "Install slirp4netns",
        ),
    });
    tool
}

/// Importing them would take seconds.
const LOOK_FOR_PACKAGES: &str =
    "from importlib.metadata import version; version('ipykernel'); print(version('jupyterlab'))";

fn environment(
    environment: &Path,
    findings: &mut Vec<Finding>,
) -> (Result<(), String>, Option<PathBuf>) {
    let python = environment.join("bin/python");
    let resolved = match python.canonicalize() {
        Ok(resolved) => resolved,
        Err(error) => {
            let reason = format!("{}: {error}", python.display());
            findings.push(finding(
                "environment",
                Verdict::Missing,
                reason.clone(),
                Some("Run ./setup.sh"),
            ));
            return (Err(reason), None);
        }
    };
    // Asked without anything of the caller's, as the servers will run it.
    let output = Command::new(&python)
        .env_clear()
        .args(["-I", "-c", LOOK_FOR_PACKAGES])
        .output();
    let outcome = match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr)
            .lines()
            .last()
            .unwrap_or("it ended")
            .to_owned()),
        Err(error) => Err(error.to_string()),
    };
    findings.push(match &outcome {
        Ok(version) => finding(
            "environment",
            Verdict::Works,
            format!("JupyterLab {version} in {}", environment.display()),
            None,
        ),
        Err(reason) => finding(
            "environment",
            Verdict::Missing,
            reason.clone(),
            Some("Run ./setup.sh"),
        ),
    });
    let elsewhere = !resolved.starts_with("/usr") && !resolved.starts_with(environment);
    let installation = resolved
        .parent()
        .and_then(Path::parent)
        .map(Path::to_owned)
        .filter(|_| elsewhere);
    (outcome.map(drop), installation)
}

/// Where a program is, by `PATH` and the directories of the system's administrator.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}
