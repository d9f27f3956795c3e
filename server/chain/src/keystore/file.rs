use aes::Aes128;
use alloy_primitives::{Address, Keccak256};
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::derivation::{DerivationChoice, DerivedKey, KeyDerivation};
use super::json;
use super::secret_key::{SECRET_KEY_LENGTH, SecretKey};
use super::{FILE_LENGTH_MAX, KeystoreError};

/// A locked private key: AES-128 in counter mode under the first half of the derived key, and a
/// Keccak-256 checksum under the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// As the file says; [`KeyFile::decrypt`] checks it. Some programs leave it out.
    pub(super) address: Option<Address>,
    pub(super) derivation: KeyDerivation,
    /// UUID of the file. It has no meaning beyond naming it.
    pub(super) id: String,
    pub(super) iv: [u8; 16],
    /// One to 32 bytes: some programs leave leading zeros out.
    pub(super) ciphertext: Vec<u8>,
    pub(super) mac: [u8; 32],
}

impl KeyFile {
    /// Locks a key. Takes about a second.
    ///
    /// # Errors
    /// None that the parameters of new files can have.
    pub fn encrypt(
        secret: &SecretKey,
        passphrase: &str,
        choice: DerivationChoice,
        random: &mut impl CryptoRng,
    ) -> Result<Self, KeystoreError> {
        let (mut salt, mut iv, mut id) = ([0; 32], [0; 16], [0; 16]);
        random.fill_bytes(&mut salt);
        random.fill_bytes(&mut iv);
        random.fill_bytes(&mut id);
        let derivation = KeyDerivation::new(choice, salt);
        let derived = derivation.derive(passphrase.as_bytes())?;
        let mut ciphertext = secret.to_bytes();
        apply_cipher(&derived, &iv, ciphertext.as_mut_slice());
        Ok(Self {
            address: Some(secret.address()),
            derivation,
            id: uuid_v4(id),
            iv,
            mac: checksum(&derived, ciphertext.as_slice()),
            ciphertext: ciphertext.to_vec(),
        })
    }

    /// Unlocks the key.
    ///
    /// # Errors
    /// Another passphrase, or a file that was altered.
    pub fn decrypt(&self, passphrase: &str) -> Result<SecretKey, KeystoreError> {
        let derived = self.derivation.derive(passphrase.as_bytes())?;
        if checksum(&derived, &self.ciphertext) != self.mac {
            return Err(KeystoreError::WrongPassphrase);
        }
        let mut bytes = Zeroizing::new([0; SECRET_KEY_LENGTH]);
        let leading_zeros = SECRET_KEY_LENGTH - self.ciphertext.len();
        bytes[leading_zeros..].copy_from_slice(&self.ciphertext);
        apply_cipher(&derived, &self.iv, &mut bytes[leading_zeros..]);
        // The checksum does not cover the initialisation vector and the address.
        let secret = SecretKey::from_bytes(&bytes)
            .map_err(|_| KeystoreError::Damaged("what it holds is no private key"))?;
        if self
            .address
            .is_some_and(|address| address != secret.address())
        {
            return Err(KeystoreError::Damaged("it holds another key than it names"));
        }
        Ok(secret)
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// It is not a key file of version 3, it is damaged, or it uses what is not supported.
    pub fn parse(text: &str) -> Result<Self, KeystoreError> {
        if text.len() as u64 > FILE_LENGTH_MAX {
            return Err(KeystoreError::NotAKeyFile);
        }
        json::parse(text)
    }

    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::to_text(self)
    }

    /// As the file says: true only once it was decrypted.
    #[must_use]
    pub fn address(&self) -> Option<Address> {
        self.address
    }
}

fn apply_cipher(derived: &DerivedKey, iv: &[u8; 16], data: &mut [u8]) {
    let mut key = Zeroizing::new([0_u8; 16]);
    key.copy_from_slice(&derived[..16]);
    Ctr128BE::<Aes128>::new((&*key).into(), iv.into()).apply_keystream(data);
}

fn checksum(derived: &DerivedKey, ciphertext: &[u8]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    hasher.update(&derived[16..]);
    hasher.update(ciphertext);
    hasher.finalize().0
}

/// A random UUID (RFC 9562 §5.4).
fn uuid_v4(mut random: [u8; 16]) -> String {
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    let digits = hex::encode(random);
    let groups = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    groups.join("-")
}
