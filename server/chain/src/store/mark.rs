//! The number of the newest commit that was acknowledged, outside of the database: a journal that
//! is damaged in its middle looks to the engine like one that was torn at its end.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use alloy_primitives::keccak256;

use crate::error::StoreError;

const FILE_NAME: &str = "acknowledged";
/// The number, and as many bytes of its keccak-256.
const FILE_BYTES: usize = 16;

/// The open file.
#[derive(Debug)]
pub(super) struct Mark {
    file: File,
    path: PathBuf,
}

impl Mark {
    /// Writes the file of a new folder.
    pub(super) fn create(folder: &Path, commit: u64) -> Result<(), StoreError> {
        let path = folder.join(FILE_NAME);
        let write = || {
            fs::write(&path, encode(commit))?;
            File::open(&path)?.sync_all()
        };
        write().map_err(|error: std::io::Error| StoreError::open(&path, error))
    }

    /// Opens the file, and reads which commit was acknowledged: this one or a later one.
    pub(super) fn open(folder: &Path) -> Result<(Self, u64), StoreError> {
        let path = folder.join(FILE_NAME);
        let bytes = fs::read(&path).map_err(|error| StoreError::lost(&path, error))?;
        let commit = decode(&bytes).ok_or_else(|| StoreError::lost(&path, "it is no number"))?;
        let file = OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(|error| StoreError::open(&path, error))?;
        Ok((Self { file, path }, commit))
    }

    /// Puts a newer number in place. It is not forced to the disk: the number may be too small
    /// after a power cut, and that does no harm.
    pub(super) fn set(&self, commit: u64) {
        if let Err(error) = self.file.write_all_at(&encode(commit), 0) {
            tracing::warn!(path = %self.path.display(), %error, "cannot be written");
        }
    }
}

fn encode(commit: u64) -> [u8; FILE_BYTES] {
    let number = commit.to_be_bytes();
    let mut bytes = [0; FILE_BYTES];
    bytes[..8].copy_from_slice(&number);
    bytes[8..].copy_from_slice(&keccak256(number)[..8]);
    bytes
}

fn decode(bytes: &[u8]) -> Option<u64> {
    let commit = u64::from_be_bytes(*bytes.first_chunk()?);
    (bytes == encode(commit)).then_some(commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_damage_is_noticed() {
        let good = encode(4_711);
        assert_eq!(decode(&good), Some(4_711));
        for bit in 0..FILE_BYTES * 8 {
            let mut bad = good;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&bad), None, "bit {bit}");
        }
        for length in 0..FILE_BYTES {
            assert_eq!(decode(&good[..length]), None, "{length} bytes");
        }
    }
}
