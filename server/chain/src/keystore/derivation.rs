//! From a passphrase to the bytes that lock a key: PBKDF2 (RFC 8018) or scrypt (RFC 7914), within
//! bounds, because the parameters come from files of others.

use pbkdf2::sha2::Sha256;
use zeroize::Zeroizing;

use super::KeystoreError;

/// Bytes of derived key that Web3 Secret Storage uses: 16 for the cipher, 16 for the checksum.
pub(super) const DERIVED_KEY_LENGTH: usize = 32;
/// Wiped when dropped.
pub(super) type DerivedKey = Zeroizing<[u8; DERIVED_KEY_LENGTH]>;

/// Some seconds of work.
const PBKDF2_ITERATIONS_MAX: u32 = 10_000_000;
/// 512 MiB: twice what geth's standard files need.
const SCRYPT_MEMORY_MAX: u64 = 512 * 1024 * 1024;
/// Blocks mixed in all, n · r · p: four times those of geth's standard files.
const SCRYPT_WORK_MAX: u64 = 1 << 23;
const SALT_LENGTH_MAX: usize = 256;

/// How the passphrase of a new file becomes its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DerivationChoice {
    /// geth's standard: n = 2¹⁸, r = 8, p = 1; 256 MiB and about a second.
    #[default]
    Scrypt,
    /// geth's light one: n = 2¹², r = 8, p = 6; 4 MiB and a tenth of a second.
    ScryptLight,
    /// 600,000 iterations, OWASP's figure, where memory is short.
    Pbkdf2,
}

/// How a file's passphrase becomes its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDerivation(Parameters);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parameters {
    Pbkdf2 {
        salt: Vec<u8>,
        iterations: u32,
    },
    Scrypt {
        salt: Vec<u8>,
        n: u32,
        r: u32,
        p: u32,
    },
}

impl KeyDerivation {
    /// As for new files.
    #[must_use]
    pub fn new(choice: DerivationChoice, salt: [u8; 32]) -> Self {
        let salt = salt.to_vec();
        Self(match choice {
            DerivationChoice::Scrypt => Parameters::Scrypt {
                salt,
                n: 1 << 18,
                r: 8,
                p: 1,
            },
            DerivationChoice::ScryptLight => Parameters::Scrypt {
                salt,
                n: 1 << 12,
                r: 8,
                p: 6,
            },
            DerivationChoice::Pbkdf2 => Parameters::Pbkdf2 {
                salt,
                iterations: 600_000,
            },
        })
    }

    /// # Errors
    /// No iterations, too many, or a salt that is no salt.
    pub fn pbkdf2(salt: Vec<u8>, iterations: u32) -> Result<Self, KeystoreError> {
        if iterations == 0 || salt.len() > SALT_LENGTH_MAX {
            return Err(IMPOSSIBLE);
        }
        if iterations > PBKDF2_ITERATIONS_MAX {
            return Err(KeystoreError::TooCostly);
        }
        Ok(Self(Parameters::Pbkdf2 { salt, iterations }))
    }

    /// # Errors
    /// Parameters that RFC 7914 §2 forbids, or that need too much memory or time.
    pub fn scrypt(salt: Vec<u8>, n: u32, r: u32, p: u32) -> Result<Self, KeystoreError> {
        if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 || salt.len() > SALT_LENGTH_MAX {
            return Err(IMPOSSIBLE);
        }
        // Blocks of 128 bytes: of the table, and those that are mixed at its end.
        let table = u64::from(n) * u64::from(r);
        let memory = table.saturating_add(u64::from(r) * u64::from(p));
        if memory.saturating_mul(128) > SCRYPT_MEMORY_MAX
            || table.saturating_mul(u64::from(p)) > SCRYPT_WORK_MAX
        {
            return Err(KeystoreError::TooCostly);
        }
        Ok(Self(Parameters::Scrypt { salt, n, r, p }))
    }

    pub(super) const fn parameters(&self) -> &Parameters {
        &self.0
    }

    /// Takes up to some seconds, and the memory that the parameters say.
    pub(super) fn derive(&self, passphrase: &[u8]) -> Result<DerivedKey, KeystoreError> {
        let mut key = DerivedKey::new([0; DERIVED_KEY_LENGTH]);
        match &self.0 {
            Parameters::Pbkdf2 { salt, iterations } => {
                let output = key.as_mut_slice();
                pbkdf2::pbkdf2_hmac::<Sha256>(passphrase, salt, *iterations, output);
            }
            Parameters::Scrypt { salt, n, r, p } => {
                // A power of two of 32 bits: its logarithm fits.
                let parameters =
                    scrypt::Params::new(n.ilog2() as u8, *r, *p).map_err(|_| IMPOSSIBLE)?;
                scrypt::scrypt(passphrase, salt, &parameters, key.as_mut_slice())
                    .map_err(|_| IMPOSSIBLE)?;
            }
        }
        Ok(key)
    }
}

const IMPOSSIBLE: KeystoreError =
    KeystoreError::Damaged("its key derivation has impossible parameters");
