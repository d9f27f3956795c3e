//! Private keys on disk, for the command line and for signers: a folder of files in Web3 Secret
//! Storage version 3, as geth keeps it and every wallet reads it.

mod derivation;
mod error;
mod file;
mod json;
mod secret_key;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use alloy_primitives::Address;
use rand::CryptoRng;
use time::OffsetDateTime;
use time::macros::format_description;

pub use self::derivation::{DerivationChoice, KeyDerivation};
pub use self::error::KeystoreError;
pub use self::file::KeyFile;
pub use self::secret_key::{InvalidSecretKey, SecretKey};

/// Largest key file that is read, in bytes. Real ones have about 500.
const FILE_LENGTH_MAX: u64 = 16 * 1024;
/// Most files of a folder that are looked at.
const FOLDER_FILES_MAX: usize = 10_000;

/// A folder of key files that only its owner can read.
#[derive(Debug, Clone)]
pub struct Keystore {
    folder: PathBuf,
}

/// A key file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredKey {
    pub path: PathBuf,
    pub address: Address,
}

impl Keystore {
    /// Opens the folder, which is made with mode 0700 if it is not there.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, KeystoreError> {
        let folder = folder.into();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(at(&folder))?;
        Ok(Self { folder })
    }

    /// Makes a new key and keeps it under the passphrase.
    ///
    /// # Errors
    /// As [`Keystore::import`].
    pub fn create(
        &self,
        passphrase: &str,
        choice: DerivationChoice,
        now: OffsetDateTime,
        random: &mut impl CryptoRng,
    ) -> Result<StoredKey, KeystoreError> {
        let secret = SecretKey::generate(random)?;
        self.import(&secret, passphrase, choice, now, random)
    }

    /// Keeps a key under the passphrase, durably, in a file of mode 0600.
    ///
    /// # Errors
    /// The folder has this key already, which is then left as it is; or the file system's.
    pub fn import(
        &self,
        secret: &SecretKey,
        passphrase: &str,
        choice: DerivationChoice,
        now: OffsetDateTime,
        random: &mut impl CryptoRng,
    ) -> Result<StoredKey, KeystoreError> {
        let address = secret.address();
        if let Some(held) = self.find(address)? {
            return Err(KeystoreError::AlreadyStored {
                address,
                path: held.path,
            });
        }
        let file = KeyFile::encrypt(secret, passphrase, choice, random)?;
        let path = self.folder.join(file_name(address, now)?);
        write_new(&path, file.to_json().as_bytes()).map_err(at(&path))?;
        Ok(StoredKey { path, address })
    }

    /// Unlocks the key of an address.
    ///
    /// # Errors
    /// No such key, a file that is damaged or too costly to open, or another passphrase.
    pub fn decrypt(&self, address: Address, passphrase: &str) -> Result<SecretKey, KeystoreError> {
        let held = self
            .find(address)?
            .ok_or(KeystoreError::NotFound(address))?;
        let secret = read(&held.path)?.decrypt(passphrase)?;
        if secret.address() != address {
            return Err(KeystoreError::Damaged("it holds another key than it names"));
        }
        Ok(secret)
    }

    /// The key files in the order of their names, which begin with the time of their making. Files
    /// that are none, or that do not say their address, are left out.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> Result<Vec<StoredKey>, KeystoreError> {
        let mut keys = Vec::new();
        for entry in fs::read_dir(&self.folder)
            .map_err(at(&self.folder))?
            .take(FOLDER_FILES_MAX)
        {
            let path = entry.map_err(at(&self.folder))?.path();
            if let Some(address) = address_of(&path) {
                keys.push(StoredKey { path, address });
            }
        }
        keys.sort();
        Ok(keys)
    }

    /// The key file of an address: the oldest, if programs of others left several.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn find(&self, address: Address) -> Result<Option<StoredKey>, KeystoreError> {
        let mut keys = self.list()?.into_iter();
        Ok(keys.find(|key| key.address == address))
    }
}

/// Reads a key file of any name, for example one that is to be imported.
///
/// # Errors
/// It is not there, or it is not a key file that can be used.
pub fn read(path: &Path) -> Result<KeyFile, KeystoreError> {
    let mut text = String::new();
    let file = File::open(path).map_err(at(path))?;
    match file.take(FILE_LENGTH_MAX + 1).read_to_string(&mut text) {
        Ok(length) if length as u64 > FILE_LENGTH_MAX => Err(KeystoreError::NotAKeyFile),
        Ok(_) => KeyFile::parse(&text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(KeystoreError::NotAKeyFile),
        Err(error) => Err(at(path)(error)),
    }
}

/// Of the name, or of the content when another program chose the name.
fn address_of(path: &Path) -> Option<Address> {
    let name = path.file_name()?.to_str()?;
    if name.starts_with('.') || !path.is_file() {
        return None;
    }
    match name
        .strip_prefix("UTC--")
        .and_then(|rest| rest.rsplit_once("--"))
    {
        Some((_, digits)) => digits.parse().ok(),
        None => read(path).ok()?.address(),
    }
}

/// As geth names them: `UTC--2026-11-21T18-55-24.123456789Z--` and the address without `0x`.
fn file_name(address: Address, now: OffsetDateTime) -> Result<String, KeystoreError> {
    let format =
        format_description!("[year]-[month]-[day]T[hour]-[minute]-[second].[subsecond digits:9]Z");
    let time = now
        .to_offset(time::UtcOffset::UTC)
        .format(format)
        .map_err(|_| KeystoreError::Clock)?;
    Ok(format!("UTC--{time}--{}", hex::encode(address)))
}

/// Writes a file that is either whole or not there, and never over another.
fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.new", std::process::id()));
    let unfinished = path.with_file_name(name);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    // A link is refused where a file is, which renaming would replace.
    let written = file
        .write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&unfinished, path));
    fs::remove_file(&unfinished)?;
    written?;
    // The name is only safe when the folder is.
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> KeystoreError {
    let path = path.to_owned();
    move |source| KeystoreError::Io { path, source }
}

#[cfg(test)]
mod tests;
