use std::fmt;

use alloy_primitives::{Address, B256, Signature};
use rand::CryptoRng;
use secp256k1::{Message, SECP256K1};
use zeroize::Zeroizing;

/// Bytes of a private key.
pub(super) const SECRET_KEY_LENGTH: usize = 32;

/// A private key of secp256k1. It is wiped when dropped and has no textual form.
pub struct SecretKey(secp256k1::SecretKey);

/// The bytes are zero, or not below the order of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are not the 32 bytes of a private key")]
pub struct InvalidSecretKey;

impl SecretKey {
    /// # Errors
    /// One in 2¹²⁸ draws is no key.
    pub fn generate(random: &mut impl CryptoRng) -> Result<Self, InvalidSecretKey> {
        let mut bytes = Zeroizing::new([0; SECRET_KEY_LENGTH]);
        random.fill_bytes(bytes.as_mut_slice());
        Self::from_bytes(&bytes)
    }

    /// # Errors
    /// The bytes are no key.
    pub fn from_bytes(bytes: &[u8; SECRET_KEY_LENGTH]) -> Result<Self, InvalidSecretKey> {
        secp256k1::SecretKey::from_slice(bytes)
            .map(Self)
            .map_err(|_| InvalidSecretKey)
    }

    /// From 64 hexadecimal digits, with or without `0x`, as other programs export keys.
    ///
    /// # Errors
    /// Other digits, or they are no key.
    pub fn from_hex(digits: &str) -> Result<Self, InvalidSecretKey> {
        let digits = digits.trim();
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        let mut bytes = Zeroizing::new([0; SECRET_KEY_LENGTH]);
        hex::decode_to_slice(digits, bytes.as_mut_slice()).map_err(|_| InvalidSecretKey)?;
        Self::from_bytes(&bytes)
    }

    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; SECRET_KEY_LENGTH]> {
        Zeroizing::new(self.0.secret_bytes())
    }

    /// The last 20 bytes of the Keccak-256 hash of the public key.
    #[must_use]
    pub fn address(&self) -> Address {
        let public = self.0.public_key(SECP256K1).serialize_uncompressed();
        // The first byte says that both coordinates follow.
        Address::from_raw_public_key(&public[1..])
    }

    /// Signs a hash: low s (EIP-2), and the nonce of RFC 6979.
    #[must_use]
    pub fn sign(&self, hash: B256) -> Signature {
        let message = Message::from_digest(hash.0);
        let signed = SECP256K1.sign_ecdsa_recoverable(&message, &self.0);
        let (parity, bytes) = signed.serialize_compact();
        Signature::from_bytes_and_parity(&bytes, i32::from(parity) % 2 != 0)
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SecretKey(of {})", self.address())
    }
}
