//! From a passphrase to the 32 bytes that lock a key: PBKDF2 (RFC 8018) or scrypt (RFC 7914), in
//! slices, so that a page that derives stays alive, shows progress and can be left.
//!
//! Both are computed here because the kept crates run to the end in one call.

mod pbkdf2;
mod scrypt;

use zeroize::Zeroizing;

use self::pbkdf2::Pbkdf2;
use self::scrypt::Scrypt;

/// Bytes of derived key that Web3 Secret Storage uses: 16 for the cipher, 16 for the checksum.
pub const DERIVED_KEY_LENGTH: usize = 32;
/// Iterations of PBKDF2-HMAC-SHA-256 for new files: OWASP's figure.
pub const PBKDF2_ITERATIONS: u32 = 600_000;

/// More would keep a browser busy for minutes.
const PBKDF2_ITERATIONS_MAX: u32 = 10_000_000;
/// 512 MiB: twice what geth's standard files need (n = 2¹⁸, r = 8).
const SCRYPT_MEMORY_MAX: u64 = 512 * 1024 * 1024;
/// Blocks mixed in all, n · r · p: four times those of geth's standard files.
const SCRYPT_WORK_MAX: u64 = 1 << 23;
const SALT_LENGTH_MAX: usize = 256;

/// How a file's passphrase becomes its key, within bounds that a browser can bear.
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

/// The parameters are outside the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DerivationRefused {
    #[error("the file's key derivation has impossible parameters")]
    Malformed,
    #[error("the file's key derivation needs more memory or time than a browser can give")]
    TooCostly,
}

/// A derivation that is under way.
pub struct Derivation(Work);

enum Work {
    Pbkdf2(Pbkdf2),
    Scrypt(Scrypt),
}

/// How far a derivation is.
pub enum Progress {
    /// Thousandths done.
    Running {
        permille: u16,
    },
    Done(DerivedKey),
}

/// Wiped when dropped.
pub type DerivedKey = Zeroizing<[u8; DERIVED_KEY_LENGTH]>;

impl KeyDerivation {
    /// As for new files.
    #[must_use]
    pub fn for_new_file(salt: [u8; 32]) -> Self {
        Self(Parameters::Pbkdf2 {
            salt: salt.to_vec(),
            iterations: PBKDF2_ITERATIONS,
        })
    }

    /// # Errors
    /// No iterations, too many, or a salt that is no salt.
    pub fn pbkdf2(salt: Vec<u8>, iterations: u32) -> Result<Self, DerivationRefused> {
        if iterations == 0 || salt.len() > SALT_LENGTH_MAX {
            return Err(DerivationRefused::Malformed);
        }
        if iterations > PBKDF2_ITERATIONS_MAX {
            return Err(DerivationRefused::TooCostly);
        }
        Ok(Self(Parameters::Pbkdf2 { salt, iterations }))
    }

    /// # Errors
    /// Parameters that RFC 7914 §2 forbids, or that need too much memory or time.
    pub fn scrypt(salt: Vec<u8>, n: u32, r: u32, p: u32) -> Result<Self, DerivationRefused> {
        if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 || salt.len() > SALT_LENGTH_MAX {
            return Err(DerivationRefused::Malformed);
        }
        let blocks = u64::from(n)
            .checked_mul(u64::from(r))
            .ok_or(DerivationRefused::TooCostly)?;
        let work = blocks
            .checked_mul(u64::from(p))
            .ok_or(DerivationRefused::TooCostly)?;
        let memory = blocks
            .checked_mul(128)
            .ok_or(DerivationRefused::TooCostly)?;
        if memory > SCRYPT_MEMORY_MAX || work > SCRYPT_WORK_MAX {
            return Err(DerivationRefused::TooCostly);
        }
        Ok(Self(Parameters::Scrypt { salt, n, r, p }))
    }

    pub(super) const fn parameters(&self) -> &Parameters {
        &self.0
    }

    /// Salt and iterations, when this is PBKDF2: browsers compute that themselves (WebCrypto).
    #[must_use]
    pub fn as_pbkdf2(&self) -> Option<(&[u8], u32)> {
        match &self.0 {
            Parameters::Pbkdf2 { salt, iterations } => Some((salt, *iterations)),
            Parameters::Scrypt { .. } => None,
        }
    }

    /// Begins to derive.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn begin(&self, passphrase: &[u8]) -> Result<Derivation, DerivationRefused> {
        match &self.0 {
            Parameters::Pbkdf2 { salt, iterations } => Ok(Derivation(Work::Pbkdf2(Pbkdf2::new(
                passphrase,
                salt,
                *iterations,
            )))),
            Parameters::Scrypt { salt, n, r, p } => Ok(Derivation(Work::Scrypt(Scrypt::new(
                passphrase, salt, *n, *r, *p,
            )?))),
        }
    }
}

impl Derivation {
    /// Works on for about as long as `steps` iterations of PBKDF2 take.
    pub fn advance(&mut self, steps: u32) -> Progress {
        match &mut self.0 {
            Work::Pbkdf2(work) => work.advance(steps),
            Work::Scrypt(work) => work.advance(steps),
        }
    }

    /// Works to the end without a pause.
    #[cfg(test)]
    pub(super) fn finish(mut self) -> DerivedKey {
        loop {
            if let Progress::Done(key) = self.advance(u32::MAX) {
                return key;
            }
        }
    }
}

fn permille(done: u64, all: u64) -> u16 {
    u16::try_from(done * 1_000 / all.max(1)).unwrap_or(1_000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn derive(derivation: &KeyDerivation, passphrase: &str) -> String {
        hex::encode(derivation.begin(passphrase.as_bytes()).unwrap().finish())
    }

    /// PBKDF2-HMAC-SHA-256 as in RFC 7914 §11 (first 32 bytes of 64) and the known answers for
    /// the inputs of RFC 6070.
    #[test]
    fn pbkdf2_known_answers() {
        for (passphrase, salt, iterations, key) in [
            (
                "passwd",
                "salt",
                1,
                "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc",
            ),
            (
                "Password",
                "NaCl",
                80_000,
                "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
            ),
            (
                "password",
                "salt",
                2,
                "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43",
            ),
            (
                "password",
                "salt",
                4_096,
                "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a",
            ),
        ] {
            let derivation = KeyDerivation::pbkdf2(salt.as_bytes().to_vec(), iterations).unwrap();
            assert_eq!(derive(&derivation, passphrase), key);
        }
    }

    /// RFC 7914 §12, first 32 bytes of 64.
    #[test]
    fn scrypt_known_answers() {
        for (passphrase, salt, n, r, p, key) in [
            (
                "",
                "",
                16,
                1,
                1,
                "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442",
            ),
            (
                "password",
                "NaCl",
                1_024,
                8,
                16,
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162",
            ),
            (
                "pleaseletmein",
                "SodiumChloride",
                16_384,
                8,
                1,
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2",
            ),
        ] {
            let derivation = KeyDerivation::scrypt(salt.as_bytes().to_vec(), n, r, p).unwrap();
            assert_eq!(derive(&derivation, passphrase), key, "{passphrase}");
        }
    }

    #[test]
    fn costly_and_impossible_parameters_are_refused() {
        use DerivationRefused::{Malformed, TooCostly};
        for (result, refusal) in [
            (KeyDerivation::pbkdf2(vec![], 0), Malformed),
            (KeyDerivation::pbkdf2(vec![0; 257], 1), Malformed),
            (KeyDerivation::pbkdf2(vec![], 10_000_001), TooCostly),
            (KeyDerivation::scrypt(vec![], 0, 8, 1), Malformed),
            (KeyDerivation::scrypt(vec![], 1, 8, 1), Malformed),
            (KeyDerivation::scrypt(vec![], 1_000, 8, 1), Malformed),
            (KeyDerivation::scrypt(vec![], 1_024, 0, 1), Malformed),
            (KeyDerivation::scrypt(vec![], 1_024, 8, 0), Malformed),
            (KeyDerivation::scrypt(vec![], 1 << 20, 8, 1), TooCostly),
            (
                KeyDerivation::scrypt(vec![], 2, u32::MAX, u32::MAX),
                TooCostly,
            ),
            (KeyDerivation::scrypt(vec![], 1 << 18, 8, 8), TooCostly),
        ] {
            assert_eq!(result, Err(refusal));
        }
        assert!(
            KeyDerivation::scrypt(vec![], 1 << 18, 8, 1).is_ok(),
            "geth's standard"
        );
        assert!(
            KeyDerivation::scrypt(vec![], 1 << 18, 1, 8).is_ok(),
            "the definition's example"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Slices of any size lead to the same key, and progress only grows.
        #[test]
        fn slices_do_not_matter(
            passphrase in ".{0,24}",
            salt in prop::collection::vec(any::<u8>(), 0..40),
            slice in 1_u32..64,
            log_n in 1_u32..6,
            r in 1_u32..5,
            p in 1_u32..4,
        ) {
            for derivation in [
                KeyDerivation::pbkdf2(salt.clone(), 97).unwrap(),
                KeyDerivation::scrypt(salt, 1 << log_n, r, p).unwrap(),
            ] {
                let whole = derivation.begin(passphrase.as_bytes()).unwrap().finish();
                let mut sliced = derivation.begin(passphrase.as_bytes()).unwrap();
                let mut last = 0;
                let key = loop {
                    match sliced.advance(slice) {
                        Progress::Running { permille } => {
                            prop_assert!(permille >= last && permille <= 1_000);
                            last = permille;
                        }
                        Progress::Done(key) => break key,
                    }
                };
                prop_assert_eq!(key, whole);
            }
        }

        /// Against the crate of the RustCrypto project.
        #[test]
        fn scrypt_agrees_with_another_implementation(
            passphrase in prop::collection::vec(any::<u8>(), 0..80),
            salt in prop::collection::vec(any::<u8>(), 0..40),
            log_n in 1_u8..7,
            r in 1_u32..10,
            p in 1_u32..4,
        ) {
            let mut expected = [0_u8; DERIVED_KEY_LENGTH];
            let parameters = ::scrypt::Params::new(log_n, r, p, DERIVED_KEY_LENGTH).unwrap();
            ::scrypt::scrypt(&passphrase, &salt, &parameters, &mut expected).unwrap();
            let ours = KeyDerivation::scrypt(salt, 1 << log_n, r, p).unwrap().begin(&passphrase).unwrap().finish();
            prop_assert_eq!(*ours, expected);
        }
    }
}
