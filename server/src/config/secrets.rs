//! Secrets that the program makes for itself on first start: one file each in
//! `<data folder>/secrets`, readable by the operator alone.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rand::RngCore;

/// Bytes of each secret.
const SECRET_BYTES: usize = 32;

const DOOR_KEY: &str = "door_key";
const SIGNER_KEY: &str = "signer_key";
const TREASURY_KEY: &str = "treasury_key";

/// The program's own keys.
#[derive(Clone)]
pub struct Secrets {
    /// Signs the cookies that open notebook servers.
    pub door_key: [u8; SECRET_BYTES],
    /// Seals blocks, where no key file is named.
    pub signer_key: [u8; SECRET_BYTES],
    /// Holds what a chain that is made here begins with; the faucet pays from it.
    pub treasury_key: [u8; SECRET_BYTES],
}

/// Reads the secrets, making those that are missing.
///
/// # Errors
/// One line per secret that is unreadable, too short, or readable by others.
pub fn load_or_create(data_dir: &Path) -> Result<Secrets, Vec<String>> {
    let folder = data_dir.join("secrets");
    if !folder.exists() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|error| vec![format!("{}: {error}", folder.display())])?;
    }
    let read = |name| read_or_make(&folder.join(name)).map_err(|problem| vec![problem]);
    Ok(Secrets {
        door_key: read(DOOR_KEY)?,
        signer_key: read(SIGNER_KEY)?,
        treasury_key: read(TREASURY_KEY)?,
    })
}

/// Paths and modes of the secrets, for `doctor`.
#[must_use]
pub fn paths(data_dir: &Path) -> Vec<PathBuf> {
    [DOOR_KEY, SIGNER_KEY, TREASURY_KEY]
        .map(|name| data_dir.join("secrets").join(name))
        .to_vec()
}

/// Why a secret's file cannot be used, if so.
#[must_use]
pub fn problem_with(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    if metadata.mode() & 0o077 != 0 {
        return Some(format!(
            "{}: other users can read it (mode {:o}); run: chmod 600 {0}",
            path.display(),
            metadata.mode() & 0o777
        ));
    }
    match fs::read_to_string(path) {
        Err(error) => Some(format!("{}: {error}", path.display())),
        Ok(text) if decode(&text).is_none() => Some(format!(
            "{}: not a secret of {SECRET_BYTES} bytes in hexadecimal; remove the file to have a new one made",
            path.display()
        )),
        Ok(_) => None,
    }
}

fn read_or_make(path: &Path) -> Result<[u8; SECRET_BYTES], String> {
    if let Some(problem) = problem_with(path) {
        return Err(problem);
    }
    match fs::read_to_string(path) {
        Ok(text) => decode(&text).ok_or_else(|| format!("{}: not a secret", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => make(path),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

fn make(path: &Path) -> Result<[u8; SECRET_BYTES], String> {
    let mut secret = [0_u8; SECRET_BYTES];
    rand::rng().fill_bytes(&mut secret);
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(hex::encode(secret).as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(secret)
}

fn decode(text: &str) -> Option<[u8; SECRET_BYTES]> {
    let mut secret = [0_u8; SECRET_BYTES];
    hex::decode_to_slice(text.trim(), &mut secret).ok()?;
    Some(secret)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first = load_or_create(folder.path()).unwrap();
        let second = load_or_create(folder.path()).unwrap();
        assert_eq!(first.door_key, second.door_key);
        assert_ne!(first.door_key, [0; SECRET_BYTES]);
        for path in paths(folder.path()) {
            assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_weak_secret_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        load_or_create(folder.path()).unwrap();
        let path = &paths(folder.path())[0];
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(load_or_create(folder.path()).err().unwrap()[0].contains("chmod 600"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(path, "short").unwrap();
        assert!(load_or_create(folder.path()).err().unwrap()[0].contains("32 bytes"));
    }
}
