//! How full a home is.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Space;

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
}
