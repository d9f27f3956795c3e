//! A home as an ext4 file system in a sparse file: its size is a hard limit, and it uses of the
//! host's disk only what is in it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nix::mount::{MntFlags, MsFlags};

/// Less cannot hold a file system with a journal.
const IMAGE_BYTES_MIN: u64 = 16 << 20;

/// Mounts the image, made or grown to `bytes` before; one that is mounted stays as it is.
///
/// # Errors
/// In the words of the tool that failed.
pub(super) fn mount(image: &Path, at: &Path, bytes: u64) -> io::Result<()> {
    if is_mounted(at)? {
        if is_same_image(at, image)? {
            return Ok(());
        }
        // What is there belongs to a data directory that has been removed.
        unmount(at)?;
    }
    make(image, bytes.max(IMAGE_BYTES_MIN))?;
    if attached(image)?.is_none() {
        // Only while nobody else has it mounted may anything but the kernel touch it.
        check(image, &[])?;
        grow(image, bytes)?;
    }
    make_mount_point(at)?;
    let device = attach(image)?;
    // The owner of a home decides what is in it: no program in it gains rights, no file is a device.
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOATIME;
    let mounted = nix::mount::mount(Some(&device), at, Some("ext4"), flags, None::<&str>);
    if let Err(error) = mounted {
        detach(&device);
        return Err(io::Error::other(format!("mounting the home: {error}")));
    }
    Ok(())
}

/// Unmounts and gives the loop device back. Nothing happens if nothing is mounted.
pub(super) fn unmount(at: &Path) -> io::Result<()> {
    if !is_mounted(at)? {
        return Ok(());
    }
    let device = device_of(at)?;
    if nix::mount::umount2(at, MntFlags::empty()).is_err() {
        // A sandbox that is just going may hold it for a moment: it goes with its last user.
        nix::mount::umount2(at, MntFlags::MNT_DETACH)?;
    }
    if let Some(device) = device {
        detach(&device);
    }
    let _ = std::fs::remove_dir(at);
    Ok(())
}

/// Whether something is mounted there: it is on another device than its parent.
pub(super) fn is_mounted(at: &Path) -> io::Result<bool> {
    let own = match std::fs::symlink_metadata(at) {
        Ok(metadata) => metadata.dev(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let parent = at
        .parent()
        .map(std::fs::symlink_metadata)
        .transpose()?
        .map(|metadata| metadata.dev());
    Ok(parent.is_some_and(|parent| parent != own))
}

fn make_mount_point(at: &Path) -> io::Result<()> {
    std::fs::create_dir_all(at)?;
    // Only we look into it; sandboxes get the directory below by another way.
    std::fs::set_permissions(at, std::fs::Permissions::from_mode(0o700))
}

fn make(image: &Path, bytes: u64) -> io::Result<()> {
    if image.exists() {
        return Ok(());
    }
    let unfinished = image.with_extension("new");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.set_len(bytes)?;
    drop(file);
    run(Command::new("mkfs.ext4")
        .args([
            "-q",
            "-F",
            "-m",
            "0",
            "-E",
            "lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0",
        ])
        .arg(&unfinished))?;
    std::fs::rename(&unfinished, image)
}

/// Replays the journal after a crash and mends what can be mended without a question. `more`:
/// further options of e2fsck(8).
fn check(image: &Path, more: &[&str]) -> io::Result<()> {
    let output = Command::new("e2fsck")
        .arg("-p")
        .args(more)
        .arg(image)
        .output()?;
    // e2fsck(8): 1 means that errors were corrected.
    match output.status.code() {
        Some(0 | 1) => Ok(()),
        _ => Err(io::Error::other(format!(
            "the home's file system needs repair (e2fsck {}): {}",
            image.display(),
            words(&output)
        ))),
    }
}

/// Homes grow with their profile and never shrink.
fn grow(image: &Path, bytes: u64) -> io::Result<()> {
    if image.metadata()?.len() >= bytes {
        return Ok(());
    }
    File::options().write(true).open(image)?.set_len(bytes)?;
    // resize2fs(8) wants a file system that has just been looked through.
    check(image, &["-f"])?;
    run(Command::new("resize2fs").arg(image)).map(drop)
}

/// The loop device of an image. A device that has it already is used again: two would each have
/// their own idea of what is in it.
fn attach(image: &Path) -> io::Result<PathBuf> {
    let output = run(Command::new("losetup")
        .args(["--find", "--show", "--nooverlap"])
        .arg(image))?;
    Ok(PathBuf::from(
        String::from_utf8_lossy(&output.stdout).trim(),
    ))
}

/// The loop device that an image has already: a sandbox that is just going may still hold it.
fn attached(image: &Path) -> io::Result<Option<PathBuf>> {
    let output = run(Command::new("losetup")
        .args(["--noheadings", "--output", "NAME", "--associated"])
        .arg(image))?;
    let name = String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()
        .map(str::trim)
        .unwrap_or_default()
        .to_owned();
    Ok((!name.is_empty()).then(|| PathBuf::from(name)))
}

fn detach(device: &Path) {
    // The kernel puts it off while the device is in use.
    let _ = Command::new("losetup").arg("--detach").arg(device).output();
}

/// The device that is mounted at a path, by its number.
fn device_of(at: &Path) -> io::Result<Option<PathBuf>> {
    let number = std::fs::metadata(at)?.dev();
    let (major, minor) = (nix::sys::stat::major(number), nix::sys::stat::minor(number));
    let link = std::fs::read_link(format!("/sys/dev/block/{major}:{minor}"));
    Ok(link
        .ok()
        .and_then(|link| Some(Path::new("/dev").join(link.file_name()?))))
}

fn is_same_image(at: &Path, image: &Path) -> io::Result<bool> {
    let Some(device) = device_of(at)? else {
        return Ok(false);
    };
    let name = device
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let backing =
        std::fs::read_to_string(format!("/sys/block/{name}/loop/backing_file")).unwrap_or_default();
    // The kernel adds " (deleted)" to the name of a file that is gone.
    Ok(Path::new(backing.trim_end()) == image && image.exists())
}

/// Whether homes can be images here: tried, with a small one.
pub(in super::super) fn try_out(directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let trial = directory.join(format!("trial-{}.ext4", std::process::id()));
    let at = directory.join(format!("trial-{}", std::process::id()));
    let outcome = mount(&trial, &at, IMAGE_BYTES_MIN).and_then(|()| unmount(&at));
    let _ = std::fs::remove_dir(&at);
    let _ = std::fs::remove_file(&trial);
    let _ = std::fs::remove_file(trial.with_extension("new"));
    outcome
}

fn run(command: &mut Command) -> io::Result<Output> {
    let output = command.output().map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("{}: {error}", command.get_program().to_string_lossy()),
        )
    })?;
    if output.status.success() {
        return Ok(output);
    }
    Err(io::Error::other(format!(
        "{}: {}",
        command.get_program().to_string_lossy(),
        words(&output)
    )))
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr)
        .trim()
        .replace('\n', "; ")
}
