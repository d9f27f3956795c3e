//! A spare becomes somebody's server, while it runs.
//!
//! The engine tells the supervisor, over a socket in our own directory; the supervisor takes the
//! server's lock, puts the home in its place inside, tells Jupyter, and moves its records. From the
//! moment that something of the user is inside, a failure ends the instance.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::sched::{CloneFlags, setns};
use nix::sys::signal::Signal;
use parking_lot::Mutex;
use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use super::super::launch::{Adoption, Started};
use super::super::process::signal_pid;
use super::super::record::{Exit, Record};
use super::super::sandbox::INNER_HOME;
use super::has_living_generation;

/// First argument of the process that mounts a home into a sandbox.
pub(super) const MOUNT: &str = "notebook-mount";
/// An adoption is a few kilobytes.
const MESSAGE_BYTES_MAX: u64 = 1 << 20;
/// Jupyter has only to change directories; it may just have been frozen, though.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// What a supervisor keeps, as far as an adoption changes it.
pub(super) struct Kept {
    pub(super) instance: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) record: Record,
    /// Of the server, and of the spare that it was.
    pub(super) locks: Vec<File>,
}

/// How an adoption can reach the running instance.
pub(super) struct Reach {
    pub(super) listener: UnixListener,
    pub(super) control: PathBuf,
    pub(super) jupyter: UnixStream,
    pub(super) init: i32,
}

/// Waits for the one adoption; ends with the process.
pub(super) fn serve(reach: Reach, kept: Arc<Mutex<Kept>>) -> io::Result<()> {
    std::thread::Builder::new()
        .name("adoption".to_owned())
        .spawn(move || {
            loop {
                let Ok((engine, _)) = reach.listener.accept() else {
                    return;
                };
                // Whoever hangs up or writes nonsense is not the engine; the next one may be.
                if let Ok(Started::Running) = answer(engine, &reach, &kept) {
                    let _ = std::fs::remove_file(&reach.control);
                    return;
                }
            }
        })?;
    Ok(())
}

fn answer(engine: UnixStream, reach: &Reach, kept: &Mutex<Kept>) -> io::Result<Started> {
    engine.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    let mut line = String::new();
    BufReader::new((&engine).take(MESSAGE_BYTES_MAX)).read_line(&mut line)?;
    let adoption: Adoption = serde_json::from_str(&line)?;
    let outcome =
        adopt(adoption, reach, kept).unwrap_or_else(|error| Started::Failed(error.to_string()));
    let mut line = serde_json::to_vec(&outcome)?;
    line.push(b'\n');
    // It may have given up waiting: then it finds out by itself.
    let _ = (&engine).write_all(&line);
    Ok(outcome)
}

fn adopt(adoption: Adoption, reach: &Reach, kept: &Mutex<Kept>) -> io::Result<Started> {
    let mut kept = kept.lock();
    if let Some(server) = adoption.lock.parent() {
        std::fs::create_dir_all(server)?;
    }
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&adoption.lock)?;
    if lock.try_lock().is_err()
        || adoption
            .instance
            .parent()
            .is_some_and(has_living_generation)
    {
        return Ok(Started::Held);
    }
    if Exit::read(&adoption.instance)?.is_some() {
        return Ok(Started::RanBefore);
    }
    let outcome = hand_over(&adoption, reach, &mut kept);
    if outcome.is_err() {
        signal_pid(reach.init, Signal::SIGKILL);
    } else {
        kept.locks.push(lock);
    }
    outcome.map(|()| Started::Running)
}

fn hand_over(adoption: &Adoption, reach: &Reach, kept: &mut Kept) -> io::Result<()> {
    mount_in(reach.init, &adoption.home)?;
    tell(&reach.jupyter, adoption)?;
    let mut record = kept.record.clone();
    record.server_id = adoption.server_id;
    record.user_id = adoption.user_id;
    record.generation = adoption.generation;
    record.is_spare = false;
    // Written where it is, so that the directory is right at the moment in which it has its name.
    record.write(&kept.instance)?;
    let renamed = std::fs::rename(&kept.instance, &adoption.instance)
        .and_then(|()| std::fs::rename(&kept.socket, &adoption.socket));
    if let Err(error) = renamed {
        kept.record.write(&kept.instance)?;
        return Err(error);
    }
    kept.record = record;
    kept.instance.clone_from(&adoption.instance);
    kept.socket.clone_from(&adoption.socket);
    Ok(())
}

/// `notebook_server.py` answers when everything in it is the user's.
fn tell(mut jupyter: &UnixStream, adoption: &Adoption) -> io::Result<()> {
    jupyter.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    jupyter.set_write_timeout(Some(ANSWER_TIMEOUT))?;
    let mut line = serde_json::to_vec(&adoption.environment)?;
    line.push(b'\n');
    jupyter.write_all(&line)?;
    let mut answer = [0; 3];
    jupyter.read_exact(&mut answer)?;
    if &answer == b"ok\n" {
        Ok(())
    } else {
        Err(io::Error::other("the spare did not take its user"))
    }
}

/// Done by a process of its own: a mount namespace can only be entered without threads.
fn mount_in(init: i32, home: &Path) -> io::Result<()> {
    let output = Command::new("/proc/self/exe")
        .args([
            OsStr::new(MOUNT),
            OsStr::new(&init.to_string()),
            home.as_os_str(),
        ])
        .env_clear()
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(
        String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    ))
}

/// In that process: takes the home as it is seen out here, and puts it in its place inside
/// (open_tree(2), move_mount(2)).
pub(super) fn mount_home(arguments: impl Iterator<Item = std::ffi::OsString>) -> io::Result<()> {
    let mut arguments = arguments.skip_while(|argument| argument != MOUNT).skip(1);
    let (Some(init), Some(home)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    let init: i32 = init
        .to_str()
        .and_then(|init| init.parse().ok())
        .ok_or(io::ErrorKind::InvalidInput)?;
    let tree = open_tree(
        CWD,
        Path::new(&home),
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )?;
    setns(
        File::open(format!("/proc/{init}/ns/mnt"))?,
        CloneFlags::CLONE_NEWNS,
    )?;
    move_mount(
        &tree,
        "",
        CWD,
        INNER_HOME,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )?;
    Ok(())
}
