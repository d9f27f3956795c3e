//! The process that becomes the sandbox: gives up what it must not have, and replaces itself.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{IntoRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::signal::SigSet;
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};

use super::super::accounts::Account;
use super::super::launch::{Confinement, ProcessBounds};
use super::super::sandbox::{self, Descriptors, INNER_KEY, InnerFile, InnerHome, Sandbox};
use super::Handover;

/// Environment variables that `notebook_server.py` reads.
const SOCKET_VARIABLE: &str = "LEDGERCLOUD_SOCKET_FD";
const KEY_VARIABLE: &str = "LEDGERCLOUD_IDENTITY_KEY_FILE";
const CONTROL_VARIABLE: &str = "LEDGERCLOUD_CONTROL_FD";
/// The server is a better victim than the rest of the host; its kernels are better ones still.
const SERVER_OOM_SCORE: &str = "100";
/// Enough for a few hundred WebSockets and files.
const FILES_MAX: rlim_t = 65_536;
/// Directories that every Linux system has (Filesystem Hierarchy Standard 3.0) and that everybody
/// may enter: in our own mount namespace one of them becomes the place where the sandbox is laid out.
const STAGES: [&str; 4] = ["/mnt", "/media", "/srv", "/opt"];

/// Does not return unless something fails.
pub(super) fn enter() -> io::Error {
    match prepare() {
        Ok(mut command) => command.exec(),
        Err(error) => error,
    }
}

fn prepare() -> io::Result<Command> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let handover: Handover = serde_json::from_slice(&bytes)?;
    let nothing: OwnedFd = File::open("/dev/null")?.into();
    nix::unistd::dup2_stdin(&nothing)?;

    // The supervisor's mask is inherited: without this no kernel could be interrupted.
    SigSet::all().thread_unblock()?;

    let plan = &handover.plan;
    plan.group
        .join()
        .map_err(explain("joining the control group"))?;
    std::fs::write("/proc/self/oom_score_adj", SERVER_OOM_SCORE)
        .map_err(explain("oom_score_adj"))?;
    bound(plan.process_bounds)?;
    match &plan.confinement {
        Confinement::Sandbox(sandbox) => {
            let staged = match plan.account {
                Some(_) => stage(sandbox).map_err(explain("laying out the sandbox"))?,
                None => (**sandbox).clone(),
            };
            give_up_rights(plan.account).map_err(explain("becoming an ordinary account"))?;
            sandboxed(&handover, &staged)
        }
        Confinement::None { directory } => {
            give_up_rights(None)?;
            plain(&handover, directory)
        }
    }
}

fn explain(what: &'static str) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{what}: {error}"))
}

fn bound(bounds: ProcessBounds) -> io::Result<()> {
    let set = |resource: Resource, wanted: rlim_t| -> io::Result<()> {
        let (_, hard) = getrlimit(resource)?;
        let limit = wanted.min(hard);
        setrlimit(resource, limit, limit).map_err(io::Error::from)
    };
    set(Resource::RLIMIT_CORE, 0)?;
    set(Resource::RLIMIT_NOFILE, FILES_MAX)?;
    for (resource, wanted) in [
        (Resource::RLIMIT_FSIZE, bounds.file_bytes_max),
        (Resource::RLIMIT_DATA, bounds.data_bytes_max),
        (Resource::RLIMIT_NPROC, bounds.processes_max),
    ] {
        if let Some(wanted) = wanted {
            set(resource, wanted)?;
        }
    }
    Ok(())
}

/// As root: shows the directories of the plan at a place that the user's account can reach, whatever
/// the permissions of the directories above them are. Only this process and what it becomes see it.
fn stage(sandbox: &Sandbox) -> io::Result<Sandbox> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let nothing: Option<&str> = None;
    mount(
        nothing,
        "/",
        nothing,
        MsFlags::MS_REC | MsFlags::MS_SLAVE,
        nothing,
    )?;
    let sources: Vec<&Path> = sandbox
        .read_only
        .iter()
        .map(|(from, _)| from.as_path())
        .chain(match &sandbox.home {
            InnerHome::Directory(home) => Some(home.as_path()),
            InnerHome::Empty => None,
        })
        .collect();
    let stage = STAGES
        .into_iter()
        .map(Path::new)
        .find(|stage| stage.is_dir() && !sources.iter().any(|source| source.starts_with(stage)))
        .ok_or_else(|| io::Error::other("none of /mnt, /media, /srv and /opt is free"))?;
    mount(
        Some("tmpfs"),
        stage,
        Some("tmpfs"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        Some("mode=0755,size=64k"),
    )?;
    let show = |from: &Path, name: String| -> io::Result<PathBuf> {
        let at = stage.join(name);
        std::fs::create_dir(&at)?;
        mount(Some(from), &at, nothing, MsFlags::MS_BIND, nothing)
            .map_err(|error| io::Error::other(format!("{}: {error}", from.display())))?;
        Ok(at)
    };
    let mut staged = sandbox.clone();
    if let InnerHome::Directory(home) = &sandbox.home {
        staged.home = InnerHome::Directory(show(home, "home".to_owned())?);
    }
    for (index, (from, _)) in staged.read_only.iter_mut().enumerate() {
        *from = show(from, format!("read-only-{index}"))?;
    }
    let_go_of(&sandbox.other_homes)?;
    Ok(staged)
}

/// A mount namespace keeps alive what was mounted when it was made: without this, a home could not
/// be unmounted for as long as anybody's sandbox runs.
fn let_go_of(directory: &Path) -> io::Result<()> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo")?;
    // proc(5): the fifth field; our own paths hold no character that is written in another way.
    for mount_point in mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(Path::new)
    {
        if mount_point.starts_with(directory) {
            umount2(mount_point, MntFlags::MNT_DETACH)?;
        }
    }
    Ok(())
}

/// After this no program that is run can gain a right that its starter lacks.
fn give_up_rights(account: Option<Account>) -> io::Result<()> {
    if let Some(Account(id)) = account {
        setgroups(&[])?;
        let group = Gid::from_raw(id);
        setresgid(group, group, group)?;
        let user = Uid::from_raw(id);
        setresuid(user, user, user)?;
    }
    nix::sys::prctl::set_no_new_privs()?;
    join_own_keyring()
}

/// A session keyring is inherited: without one of its own, each sandbox could read and change what
/// the hub and every other sandbox keep in theirs, see session-keyring(7). No name, so that nobody
/// else can join it.
#[allow(
    unsafe_code,
    reason = "no library that is used here offers this system call"
)]
fn join_own_keyring() -> io::Result<()> {
    /// keyctl(2), `linux/keyctl.h`.
    const JOIN_SESSION_KEYRING: nix::libc::c_long = 1;
    let no_name = std::ptr::null::<nix::libc::c_char>();
    // SAFETY: a null name asks for a new keyring, so the kernel reads no memory of ours.
    let keyring =
        unsafe { nix::libc::syscall(nix::libc::SYS_keyctl, JOIN_SESSION_KEYRING, no_name) };
    if keyring >= 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        // A kernel without keyrings, or a filter of the container around us, which holds inside the
        // sandbox as well: nothing there can reach a keyring then.
        Some(nix::libc::ENOSYS | nix::libc::EPERM) => Ok(()),
        _ => Err(error),
    }
}

fn sandboxed(handover: &Handover, sandbox: &Sandbox) -> io::Result<Command> {
    let plan = &handover.plan;
    let descriptors = Descriptors {
        status: handover.status,
        gate: handover.gate,
    };
    let mut files: Vec<InnerFile<i32>> = Vec::new();
    for file in sandbox::etc_files(&sandbox.network) {
        files.push(InnerFile {
            path: file.path,
            mode: file.mode,
            content: holding(&file.content)?,
        });
    }
    files.push(InnerFile {
        path: INNER_KEY,
        mode: "0400",
        content: holding(&plan.identity_key.bytes())?,
    });
    // Arguments come through a descriptor too: the list of processes stays short.
    let arguments = sandbox::arguments(sandbox, descriptors, &files);
    let (last, options) = arguments
        .split_last()
        .ok_or_else(|| io::Error::other("no arguments"))?;
    let mut command = Command::new(&sandbox.bubblewrap);
    command
        .arg("--args")
        .arg(holding(&options.join("\0").into_bytes())?.to_string())
        .arg(last)
        .arg(&plan.program)
        .args(&plan.arguments)
        .env(KEY_VARIABLE, INNER_KEY);
    name_descriptors(&mut command, handover);
    Ok(command)
}

fn plain(handover: &Handover, directory: &Path) -> io::Result<Command> {
    let plan = &handover.plan;
    let key = plan.instance.join("identity-key");
    super::super::file::write_atomically(&key, &plan.identity_key.bytes())?;
    let mut command = Command::new(&plan.program);
    command
        .args(&plan.arguments)
        .current_dir(directory)
        .env(KEY_VARIABLE, key);
    name_descriptors(&mut command, handover);
    Ok(command)
}

fn name_descriptors(command: &mut Command, handover: &Handover) {
    command.env(SOCKET_VARIABLE, handover.listener.to_string());
    if let Some(control) = handover.control {
        command.env(CONTROL_VARIABLE, control.to_string());
    }
}

/// A descriptor from which the content can be read once. It must fit into a pipe (64 KiB, pipe(7)).
fn holding(content: &[u8]) -> io::Result<RawFd> {
    // Not closed when the next program starts, unlike the standard library's.
    let (reader, writer) = nix::unistd::pipe()?;
    const PIPE_BYTES: usize = 65_536;
    if content.len() > PIPE_BYTES {
        return Err(io::Error::other("too much for a pipe"));
    }
    File::from(writer).write_all(content)?;
    Ok(reader.into_raw_fd())
}
