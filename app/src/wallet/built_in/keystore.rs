//! Key files: Web3 Secret Storage version 3, as geth, MetaMask, MyCrypto and eth-account read and
//! write them.

mod json;

use aes::cipher::{KeyIvInit, StreamCipher};
use sha3::{Digest, Keccak256};
use types::WalletAddress;
use zeroize::Zeroizing;

use self::json::KeystoreJson;
use super::derivation::{DerivationRefused, DerivedKey, KeyDerivation};
use super::secret_key::{SECRET_KEY_LENGTH, SecretKey};

type Aes128Ctr = ctr::Ctr128BE<aes::Aes128>;

/// Largest file that is read, in bytes. Real ones have about 500.
pub const FILE_LENGTH_MAX: usize = 16 * 1024;

/// A locked private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keystore {
    /// As the file says; [`Keystore::open`] checks it. Some programs leave it out.
    pub address: Option<WalletAddress>,
    pub derivation: KeyDerivation,
    /// UUID of the file. It has no meaning beyond naming it.
    id: String,
    iv: [u8; 16],
    /// One to 32 bytes: some programs leave leading zeros out.
    ciphertext: Vec<u8>,
    mac: [u8; 32],
}

/// Fresh random bytes for a new file.
#[derive(Debug, Clone, Copy)]
pub struct FileRandomness {
    pub salt: [u8; 32],
    pub iv: [u8; 16],
    pub id: [u8; 16],
}

/// Why a text is not a key file that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeystore {
    #[error("the file is too large to be a key file")]
    TooLarge,
    #[error("this is not a key file: it must be JSON in the Web3 Secret Storage format")]
    NotAKeystore,
    #[error("this is a key file of version {0}; only version 3 can be read")]
    Version(u64),
    #[error("the file uses {0}, which is not supported")]
    Unsupported(String),
    #[error("the file's {0} is malformed")]
    Field(&'static str),
    #[error(transparent)]
    Derivation(#[from] DerivationRefused),
}

/// Why a key file does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the passphrase does not open this key")]
    WrongPassphrase,
    #[error("the file names another address than its key has; it was altered")]
    AddressMismatch,
    #[error("the file holds no private key")]
    NoKey,
}

impl Keystore {
    /// Locks a key with a key derived by [`KeyDerivation::for_new_file`] of the same salt.
    #[must_use]
    pub fn seal(secret: &SecretKey, derived: &DerivedKey, randomness: &FileRandomness) -> Self {
        let mut ciphertext = secret.to_bytes();
        apply_cipher(derived, &randomness.iv, ciphertext.as_mut_slice());
        Self {
            address: Some(secret.address()),
            derivation: KeyDerivation::for_new_file(randomness.salt),
            id: uuid_v4(randomness.id),
            iv: randomness.iv,
            mac: checksum(derived, ciphertext.as_slice()),
            ciphertext: ciphertext.to_vec(),
        }
    }

    /// Unlocks the key.
    ///
    /// # Errors
    /// Another passphrase, or a file that was altered.
    pub fn open(&self, derived: &DerivedKey) -> Result<SecretKey, OpenError> {
        if checksum(derived, &self.ciphertext) != self.mac {
            return Err(OpenError::WrongPassphrase);
        }
        let mut bytes = Zeroizing::new([0_u8; SECRET_KEY_LENGTH]);
        let leading_zeros = SECRET_KEY_LENGTH - self.ciphertext.len();
        bytes[leading_zeros..].copy_from_slice(&self.ciphertext);
        apply_cipher(derived, &self.iv, &mut bytes[leading_zeros..]);
        let secret = SecretKey::from_bytes(&bytes).map_err(|_| OpenError::NoKey)?;
        if self
            .address
            .is_some_and(|address| address != secret.address())
        {
            return Err(OpenError::AddressMismatch);
        }
        Ok(secret)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It is not a key file of version 3, or uses what is not supported.
    pub fn parse(text: &str) -> Result<Self, InvalidKeystore> {
        if text.len() > FILE_LENGTH_MAX {
            return Err(InvalidKeystore::TooLarge);
        }
        json::parse(text)
    }

    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        KeystoreJson::of(self).to_text()
    }
}

/// AES-128 in counter mode, under the first half of the derived key.
fn apply_cipher(derived: &DerivedKey, iv: &[u8; 16], data: &mut [u8]) {
    let mut key = Zeroizing::new([0_u8; 16]);
    key.copy_from_slice(&derived[..16]);
    let mut cipher = Aes128Ctr::new((&*key).into(), iv.into());
    cipher.apply_keystream(data);
}

/// Keccak-256 of the second half of the derived key and the ciphertext.
fn checksum(derived: &DerivedKey, ciphertext: &[u8]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    hasher.update(&derived[16..]);
    hasher.update(ciphertext);
    hasher.finalize().into()
}

/// A random UUID (RFC 9562 §5.4).
fn uuid_v4(mut random: [u8; 16]) -> String {
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    let digits = hex::encode(random);
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}

#[cfg(test)]
mod tests;
