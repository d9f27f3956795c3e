//! Homes: one per user, shared by the user's servers, kept when servers go.
//!
//! As root, where the host has loop devices, a home is a file system in a file of the size that the
//! profile grants: a full home is full for its user alone. Elsewhere it is a directory whose size is
//! watched.

pub(super) mod image;
pub(super) mod measure;

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use types::UserId;

use super::accounts::Account;
use super::layout::Layout;

/// How homes are kept here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HomeKind {
    /// A file system of its own with a hard limit.
    Image,
    /// A directory that is watched.
    Directory,
}

/// A home that is ready to be shown to a sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) path: PathBuf,
    pub(super) kind: HomeKind,
}

/// Space in a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Space {
    pub(super) used_bytes: u64,
    pub(super) limit_bytes: u64,
}

/// Left over when a home counts as full: less than this cannot hold a saved notebook.
const FULL_BYTES: u64 = 1 << 20;

impl Space {
    pub(super) const fn is_full(self) -> bool {
        self.used_bytes + FULL_BYTES >= self.limit_bytes
    }
}

/// Where the home is, whether it exists or not.
pub(super) fn locate(layout: &Layout, user_id: UserId, kind: HomeKind) -> Home {
    let path = match kind {
        HomeKind::Image => layout.home_mount(user_id).join("home"),
        HomeKind::Directory => layout.home_directory(user_id),
    };
    Home { path, kind }
}

/// Makes the home if it is missing, and has it mounted. Blocks for up to a second.
///
/// # Errors
/// If the disk is full, the image is damaged or a tool is missing.
pub(super) fn provide(
    layout: &Layout,
    user_id: UserId,
    kind: HomeKind,
    account: Option<Account>,
    disk_bytes: u64,
) -> io::Result<Home> {
    let home = locate(layout, user_id, kind);
    if kind == HomeKind::Image {
        image::mount(
            &layout.home_image(user_id),
            &layout.home_mount(user_id),
            disk_bytes,
        )?;
    }
    make_private(&home.path, account)?;
    Ok(home)
}

/// Unmounts the home; nobody may use it any more.
pub(super) fn release(layout: &Layout, user_id: UserId, kind: HomeKind) -> io::Result<()> {
    match kind {
        HomeKind::Image => image::unmount(&layout.home_mount(user_id)),
        HomeKind::Directory => Ok(()),
    }
}

/// The directory, for its owner alone. It lies where only we can write, so the name cannot have been
/// exchanged by its owner.
fn make_private(path: &Path, account: Option<Account>) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
    account.map_or(Ok(()), |account| give(path, account))
}

/// Makes a home and everything in it an account's, unless it is already. Nobody may run in it. The
/// home itself is last: as long as it is another's, this has not been finished.
pub(super) fn give(path: &Path, Account(id): Account) -> io::Result<()> {
    if std::fs::symlink_metadata(path)?.uid() == id {
        return Ok(());
    }
    for entry in walk(path) {
        // The link itself, never what it points to.
        lchown(entry?, Some(id), Some(id))?;
    }
    lchown(path, Some(id), Some(id))
}

/// Fails if there are more files than that in a home.
pub(super) fn count_files(path: &Path, files_max: u32) -> io::Result<()> {
    if walk(path).take(files_max as usize + 1).count() > files_max as usize {
        return Err(io::Error::other(format!(
            "the home has more than {files_max} files"
        )));
    }
    Ok(())
}

/// Everything below a directory; links are not followed.
fn walk(path: &Path) -> impl Iterator<Item = io::Result<PathBuf>> {
    let mut directories = vec![path.to_owned()];
    let mut entries: Option<std::fs::ReadDir> = None;
    std::iter::from_fn(move || {
        loop {
            if let Some(entry) = entries.as_mut().and_then(Iterator::next) {
                return Some(entry.and_then(|entry| {
                    if entry.file_type()?.is_dir() {
                        directories.push(entry.path());
                    }
                    Ok(entry.path())
                }));
            }
            match std::fs::read_dir(directories.pop()?) {
                Ok(found) => entries = Some(found),
                Err(error) => return Some(Err(error)),
            }
        }
    })
}

/// What is used now. `limit_bytes` is the profile's; an image knows its own.
pub(super) fn space(home: &Home, limit_bytes: u64) -> io::Result<Space> {
    match home.kind {
        HomeKind::Image => measure::file_system(&home.path),
        HomeKind::Directory => Ok(Space {
            used_bytes: measure::directory(&home.path)?,
            limit_bytes,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_changes_hands_with_everything_in_it_and_nothing_outside() {
        if !nix::unistd::geteuid().is_root() {
            // Only root gives files away; without root homes never change hands.
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let (home, outside) = (
            directory.path().join("home"),
            directory.path().join("outside"),
        );
        std::fs::create_dir_all(home.join("a/b")).unwrap();
        std::fs::write(home.join("a/b/file"), "x").unwrap();
        std::fs::write(&outside, "x").unwrap();
        std::os::unix::fs::symlink(&outside, home.join("a/link")).unwrap();
        count_files(&home, 4).unwrap();
        assert!(count_files(&home, 3).is_err());

        give(&home, Account(70_001)).unwrap();
        for path in ["", "a", "a/b", "a/b/file", "a/link"] {
            assert_eq!(
                std::fs::symlink_metadata(home.join(path)).unwrap().uid(),
                70_001,
                "{path}"
            );
        }
        assert_eq!(std::fs::metadata(&outside).unwrap().uid(), 0);
    }
}
