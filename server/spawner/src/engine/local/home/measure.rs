//! How full a home is.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Space;
use crate::engine::local::process::proc_path;

/// Entries that one look may count; a home with more is reported by what was counted.
const ENTRIES_MAX: u32 = 2_000_000;
/// Unit of `st_blocks`, stat(2).
const BLOCK_BYTES: u64 = 512;

/// A file system of its own: asked at once.
pub(super) fn file_system(path: &Path) -> io::Result<Space> {
    let counts = nix::sys::statvfs::statvfs(path)?;
    let unit = counts.fragment_size();
    Ok(Space {
        used_bytes: counts.blocks().saturating_sub(counts.blocks_available()) * unit,
        limit_bytes: counts.blocks() * unit,
    })
}

/// A directory: everything in it is looked at. Links are not followed, and what vanishes meanwhile
/// does not count.
pub(super) fn directory(path: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut left = ENTRIES_MAX;
    let mut waiting = vec![path.to_owned()];
    while let Some(next) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else {
            continue;
        };
        for entry in entries.flatten() {
            if left == 0 {
                return Ok(bytes);
            }
            left -= 1;
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if metadata.is_dir() {
                bytes += metadata.blocks() * BLOCK_BYTES;
                waiting.push(entry.path());
            } else {
                // A file of several names is counted a part by each.
                bytes += metadata.blocks() * BLOCK_BYTES / metadata.nlink().max(1);
            }
        }
    }
    Ok(bytes)
}

/// Files that have lost their names and take space until they are closed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in super::super) struct Unlinked {
    pub(in super::super) bytes: u64,
    /// Who has them open.
    pub(in super::super) holders: BTreeSet<i32>,
}

/// What these processes keep open of the home's file system without a name: no look through the
/// directory finds it.
pub(in super::super) fn unlinked(
    home: &Path,
    processes: impl IntoIterator<Item = i32>,
) -> io::Result<Unlinked> {
    let device = std::fs::metadata(home)?.dev();
    let mut found = Unlinked::default();
    let mut counted = BTreeSet::new();
    for pid in processes {
        // It may have ended by now.
        let Ok(descriptors) = std::fs::read_dir(proc_path(pid, "fd")) else {
            continue;
        };
        for descriptor in descriptors.flatten() {
            // The link leads to the open file itself, proc(5).
            let Ok(metadata) = std::fs::metadata(descriptor.path()) else {
                continue;
            };
            if !metadata.is_file() || metadata.nlink() > 0 || metadata.dev() != device {
                continue;
            }
            found.holders.insert(pid);
            if counted.insert(metadata.ino()) {
                found.bytes += metadata.blocks() * BLOCK_BYTES;
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_out_of_the_home_do_not_count() {
        let directory_of_home = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join("large"), vec![1; 4 << 20]).unwrap();
        std::fs::create_dir(directory_of_home.path().join("inner")).unwrap();
        std::fs::write(
            directory_of_home.path().join("inner/small"),
            vec![1; 1 << 20],
        )
        .unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), directory_of_home.path().join("link"))
            .unwrap();
        let bytes = directory(directory_of_home.path()).unwrap();
        assert!((1 << 20..2 << 20).contains(&bytes), "{bytes}");
    }

    #[test]
    fn files_without_a_name_count_once_as_long_as_they_are_open() {
        use std::io::Write;

        let home = tempfile::tempdir().unwrap();
        let own = std::process::id().cast_signed();
        let path = home.path().join("hidden");
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(&vec![1; 1 << 20]).unwrap();
        file.sync_all().unwrap();
        let second = file.try_clone().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(directory(home.path()).unwrap() < 1 << 20);
        let found = unlinked(home.path(), [own, own]).unwrap();
        assert!(found.holders.contains(&own));
        assert!(found.bytes >= 1 << 20, "{found:?}");
        // Other tests in this process may have such files too, but none so large.
        drop((file, second));
        let found = unlinked(home.path(), [own]).unwrap();
        assert!(found.bytes < 1 << 20, "{found:?}");
    }
}
