//! The keeper of one instance: a process of its own, so that servers outlive the hub.
//!
//! It holds the server's lock, opens the socket where users cannot write, starts the sandbox, keeps
//! the log within bounds and writes down how it all ended. It is this same program, started with
//! other arguments (see [`super::SupervisorCommand`]).

mod adoption;
mod entry;
mod log_pump;
mod network;

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::stat::{Mode, umask};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use self::adoption::Kept;
use super::launch::{Confinement, LaunchPlan, Started};
use super::process::{ProcessKey, descendants, signal_pid};
use super::record::{Exit, Record, Status, generations, is_asked_to_stop};
use super::sandbox::SandboxNetwork;

/// First argument of a supervisor, and what to look for in a list of processes.
pub(crate) const SUPERVISOR: &str = "notebook-supervisor";
/// First argument of the process that becomes the sandbox.
const ENTRY: &str = "notebook-entry";
/// A plan is a few kilobytes.
const PLAN_BYTES_MAX: u64 = 1 << 20;
/// The supervisor is needed to tell what happened when memory runs out.
const SUPERVISOR_OOM_SCORE: &str = "-500";

/// Runs one server if the arguments ask for it; to be called first of all in `main`, before any
/// thread exists. `None`: this is an ordinary start.
#[must_use]
pub fn supervise(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    // The operator's own arguments may come before ours.
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let kind = arguments
        .iter()
        .skip(1)
        .find_map(|argument| match argument.to_str() {
            Some(SUPERVISOR) => Some(Kind::Supervisor),
            Some(ENTRY) => Some(Kind::Entry),
            Some(adoption::MOUNT) => Some(Kind::Mount),
            _ => None,
        })?;
    Some(match kind {
        Kind::Supervisor => answer(run()),
        // It only returns if the sandbox could not be entered.
        Kind::Entry => {
            let error = entry::enter();
            eprintln!("the sandbox could not be entered: {error}");
            ExitCode::from(ENTRY_FAILED)
        }
        Kind::Mount => match adoption::mount_home(arguments.into_iter()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the home could not be mounted: {error}");
                ExitCode::FAILURE
            }
        },
    })
}

enum Kind {
    Supervisor,
    Entry,
    Mount,
}

/// As env(1) and bubblewrap: the command itself was not reached.
const ENTRY_FAILED: u8 = 125;

fn answer(outcome: Result<Option<Started>, io::Error>) -> ExitCode {
    match outcome {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(refusal)) => {
            report(&refusal);
            ExitCode::FAILURE
        }
        Err(error) => {
            report(&Started::Failed(error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// The engine may be gone by now: then nobody waits for the answer.
fn report(started: &Started) {
    let mut line = serde_json::to_vec(started).unwrap_or_default();
    line.push(b'\n');
    let _ = io::stdout().write_all(&line);
    let _ = io::stdout().flush();
}

/// What the entry process reads in addition to the plan.
#[derive(Debug, Serialize, Deserialize)]
struct Handover {
    plan: LaunchPlan,
    listener: RawFd,
    status: RawFd,
    gate: Option<RawFd>,
    control: Option<RawFd>,
}

/// Returns a refusal, or nothing once the instance has lived and ended.
fn run() -> io::Result<Option<Started>> {
    detach()?;
    let mut bytes = Vec::new();
    io::stdin().take(PLAN_BYTES_MAX).read_to_end(&mut bytes)?;
    let plan: LaunchPlan = serde_json::from_slice(&bytes)?;
    // Where this is not allowed, it stays with the hub.
    let _ = plan.group.keep_apart();

    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&plan.lock)?;
    if lock.try_lock().is_err() {
        return Ok(Some(Started::Held));
    }
    // Asked under the lock: of two supervisors of one generation only the first starts anything.
    if Exit::read(&plan.instance)?.is_some()
        || Record::read(&plan.instance)?.is_some_and(|record| record.is_alive())
    {
        return Ok(Some(Started::RanBefore));
    }
    // An earlier one may have lost its supervisor, and the lock with it.
    if plan.instance.parent().is_some_and(has_living_generation) {
        return Ok(Some(Started::Held));
    }
    let kept = Arc::new(Mutex::new(Kept {
        instance: plan.instance.clone(),
        socket: plan.socket.clone(),
        record: Record::new(&plan),
        locks: vec![lock],
    }));
    let outcome = keep(plan, &kept);
    // Nothing is adopted any more: whoever asks now finds the lock held, and then nobody.
    let kept = kept.lock();
    let _ = std::fs::remove_file(&kept.socket);
    match outcome {
        Ok(exit) => {
            exit.write(&kept.instance)?;
            Ok(None)
        }
        Err(error) => {
            // Whoever looks later must find an end, also when nothing began.
            Exit::of_failed_start(error.to_string()).write(&kept.instance)?;
            Err(error)
        }
    }
}

fn has_living_generation(server: &Path) -> bool {
    generations(server)
        .unwrap_or_default()
        .into_iter()
        .any(|generation| {
            let record = Record::read(&server.join(generation.to_string()));
            record
                .ok()
                .flatten()
                .is_some_and(|record| record.is_alive())
        })
}

/// Away from the terminal and the signals of whoever started us.
fn detach() -> io::Result<()> {
    // Fails only for the leader of a group, which has a session of its own already.
    let _ = nix::unistd::setsid();
    let mut ignored = SigSet::empty();
    for signal in [
        Signal::SIGHUP,
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGPIPE,
    ] {
        ignored.add(signal);
    }
    // Blocked, not ignored: the entry process can undo the one and not the other for what follows.
    ignored.thread_block()?;
    umask(Mode::from_bits_truncate(0o022));
    let _ = std::fs::write("/proc/self/oom_score_adj", SUPERVISOR_OOM_SCORE);
    // Orphans of a server without a sandbox come to us instead of getting lost.
    nix::sys::prctl::set_child_subreaper(true)?;
    std::env::set_current_dir("/")
}

/// Starts the instance, stays until it has ended, and says how.
fn keep(plan: LaunchPlan, kept: &Arc<Mutex<Kept>>) -> io::Result<Exit> {
    let instance = plan.instance.clone();
    let mut record = kept.lock().record.clone();
    record.write(&instance)?;
    let isolated = record.isolated;

    let listener = listen(&plan.socket)?;
    let (log_reader, log_writer) = io::pipe()?;
    let log = log_pump::start(log_reader, kept.clone())?;
    let (status_reader, status_writer) = io::pipe()?;
    let network = match &plan.confinement {
        Confinement::Sandbox(sandbox) => sandbox.network.clone(),
        Confinement::None { .. } => SandboxNetwork::Shared,
    };
    let gate = matches!(network, SandboxNetwork::Nat(_))
        .then(io::pipe)
        .transpose()?;
    let oom_kills_before = plan.group.out_of_memory_kills().unwrap_or(0);

    let group = plan.group.clone();
    let (control, inner) = plan.control.clone().map(Control::open).transpose()?.unzip();
    let handover = Handover {
        plan,
        listener: pass_on(&listener)?,
        status: pass_on(&status_writer)?,
        gate: gate
            .as_ref()
            .map(|(reader, _)| pass_on(reader))
            .transpose()?,
        control: inner.as_ref().map(pass_on).transpose()?,
    };
    let network_log = log_writer.try_clone()?;
    let mut child = start_entry(&handover, log_writer)?;
    drop((listener, status_writer, inner, handover));
    let (gate_reader, gate_writer) = gate.map_or((None, None), |(reader, writer)| {
        (Some(reader), Some(writer))
    });
    drop(gate_reader);

    let init = if isolated {
        first_process(&status_reader)
    } else {
        Some(child.id().cast_signed())
    };
    let Some(init) = init else {
        let status = child.wait()?;
        // The log ends with its last writer.
        drop(network_log);
        let _ = log.join();
        return Err(io::Error::other(format!(
            "the sandbox did not start ({status}): {}",
            last_words(&instance)
        )));
    };
    let mut nat = match attach(&network, init, network_log) {
        Ok(nat) => nat,
        Err(error) => {
            signal_pid(init, Signal::SIGKILL);
            child.wait()?;
            let _ = log.join();
            return Err(io::Error::other(format!(
                "{error}: {}",
                last_words(&instance)
            )));
        }
    };
    // The end of the pipe opens the gate.
    drop(gate_writer);
    record.init = ProcessKey::of(init);
    record.write(&instance)?;
    kept.lock().record = record;
    if let Some(control) = control {
        adoption::serve(control.reach(init), kept.clone())?;
    }
    report(&Started::Running);
    close_standard_streams()?;

    let status = child.wait()?;
    // bubblewrap's first process stays while anything runs inside: nothing may outlive Jupyter.
    let first = kept.lock().record.init;
    if isolated && let Some(first) = first {
        first.signal(Signal::SIGKILL);
    }
    if let Some(nat) = &mut nat {
        let _ = nat.kill();
        let _ = nat.wait();
    }
    end_orphans(isolated)?;
    let oom_kills = group
        .out_of_memory_kills()
        .unwrap_or(0)
        .saturating_sub(oom_kills_before);
    let _ = log.join();
    let asked = is_asked_to_stop(&kept.lock().instance);
    Ok(Exit::from_status(Status::of(status), oom_kills, asked))
}

/// How a spare can be told whom it is for.
struct Control {
    listener: UnixListener,
    path: PathBuf,
    jupyter: UnixStream,
}

impl Control {
    /// And the end that the server inherits.
    fn open(path: PathBuf) -> io::Result<(Self, UnixStream)> {
        let (jupyter, inner) = UnixStream::pair()?;
        let listener = listen(&path)?;
        Ok((
            Self {
                listener,
                path,
                jupyter,
            },
            inner,
        ))
    }

    fn reach(self, init: i32) -> adoption::Reach {
        adoption::Reach {
            listener: self.listener,
            control: self.path,
            jupyter: self.jupyter,
            init,
        }
    }
}

/// Opens the socket in our own directory: a user who could write there could put another socket in
/// its place and have the proxy talk to that.
fn listen(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Lets the next program inherit a descriptor.
fn pass_on(descriptor: &impl AsFd) -> io::Result<RawFd> {
    fcntl(descriptor.as_fd(), FcntlArg::F_SETFD(FdFlag::empty()))?;
    Ok(descriptor.as_fd().as_raw_fd())
}

fn start_entry(handover: &Handover, log: io::PipeWriter) -> io::Result<Child> {
    let plan = &handover.plan;
    let mut child = Command::new("/proc/self/exe")
        .arg(ENTRY)
        .env_clear()
        .envs(&plan.environment)
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&serde_json::to_vec(handover)?)?;
    }
    Ok(child)
}

/// bubblewrap's first status line: `{"child-pid": 123}`. None: it ended before. The pipe must stay
/// open until its end, when it writes a second line.
fn first_process(status: &io::PipeReader) -> Option<i32> {
    #[derive(Deserialize)]
    struct Line {
        #[serde(rename = "child-pid")]
        child_pid: i32,
    }
    let mut line = String::new();
    BufReader::new(status).read_line(&mut line).ok()?;
    serde_json::from_str::<Line>(&line)
        .ok()
        .map(|line| line.child_pid)
}

fn attach(network: &SandboxNetwork, init: i32, log: io::PipeWriter) -> io::Result<Option<Child>> {
    match network {
        SandboxNetwork::Nat(tool) => network::attach(tool, init, log).map(Some),
        SandboxNetwork::Off | SandboxNetwork::Shared => Ok(None),
    }
}

/// The engine waits for the end of our answer.
fn close_standard_streams() -> io::Result<()> {
    let nothing: OwnedFd = File::options()
        .read(true)
        .write(true)
        .open("/dev/null")?
        .into();
    nix::unistd::dup2_stdin(&nothing)?;
    nix::unistd::dup2_stdout(&nothing)?;
    nix::unistd::dup2_stderr(&nothing)?;
    Ok(())
}

/// Without a process id namespace, what the server has left behind is now our child.
fn end_orphans(isolated: bool) -> io::Result<()> {
    if isolated {
        return Ok(());
    }
    let own = std::process::id().cast_signed();
    while let left = descendants(own)
        && !left.is_empty()
    {
        for pid in left {
            signal_pid(pid, Signal::SIGKILL);
        }
        match nix::sys::wait::wait() {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(nix::errno::Errno::ECHILD) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// What was said last, in one line.
fn last_words(instance: &Path) -> String {
    const LINES_MAX: usize = 3;
    let lines = log_pump::tail(instance, LINES_MAX);
    if lines.is_empty() {
        "it said nothing".to_owned()
    } else {
        lines.join("; ")
    }
}

pub(crate) use log_pump::tail;
