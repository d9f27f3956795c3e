//! A private key of secp256k1 and what it is for here: to sign a text as a wallet does.

use k256::ecdsa::SigningKey;
use sha3::{Digest, Keccak256};
use types::WalletAddress;
use zeroize::Zeroizing;

/// Bytes of a private key.
pub const SECRET_KEY_LENGTH: usize = 32;

/// A private key. It is wiped when dropped and has no textual form.
pub struct SecretKey(SigningKey);

/// The bytes are zero, or not below the order of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no private key")]
pub struct InvalidSecretKey;

impl SecretKey {
    /// # Errors
    /// One in 2¹²⁸ random values is no key.
    pub fn from_bytes(bytes: &[u8; SECRET_KEY_LENGTH]) -> Result<Self, InvalidSecretKey> {
        SigningKey::from_bytes(bytes.into())
            .map(Self)
            .map_err(|_| InvalidSecretKey)
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<[u8; SECRET_KEY_LENGTH]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The last 20 bytes of the Keccak-256 hash of the public key.
    #[must_use]
    pub fn address(&self) -> WalletAddress {
        let point = self.0.verifying_key().to_encoded_point(false);
        let hash = Keccak256::digest(&point.as_bytes()[1..]);
        let mut address = [0_u8; 20];
        address.copy_from_slice(&hash[12..]);
        WalletAddress(address)
    }

    /// `personal_sign`: version `0x45` of EIP-191. The result is `0x` and the 65 bytes r, s, v
    /// with low s (EIP-2) and v of 27 or 28; the nonce is that of RFC 6979.
    ///
    /// # Errors
    /// The curve point at infinity came out, which no known key and message do.
    pub fn sign_text(&self, text: &str) -> Result<String, InvalidSecretKey> {
        let (signature, is_odd) = self.sign_hash(&personal_hash(text.as_bytes()))?;
        Ok(format!(
            "0x{}{:02x}",
            hex::encode(signature),
            27 + u8::from(is_odd)
        ))
    }

    /// Signs the Keccak-256 hash of bytes: r and s, with low s (EIP-2), and whether y is odd.
    ///
    /// # Errors
    /// As [`Self::sign_text`].
    pub(super) fn sign_bytes(&self, bytes: &[u8]) -> Result<([u8; 64], bool), InvalidSecretKey> {
        self.sign_hash(&Keccak256::digest(bytes).into())
    }

    fn sign_hash(&self, hash: &[u8; 32]) -> Result<([u8; 64], bool), InvalidSecretKey> {
        let (signature, recovery) = self
            .0
            .sign_prehash_recoverable(hash)
            .map_err(|_| InvalidSecretKey)?;
        // r above the order of the curve, which recovery would need to know, is one in 2¹²⁷.
        if recovery.is_x_reduced() {
            return Err(InvalidSecretKey);
        }
        Ok((signature.to_bytes().into(), recovery.is_y_odd()))
    }
}

fn personal_hash(text: &[u8]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    hasher.update(b"\x19Ethereum Signed Message:\n");
    hasher.update(text.len().to_string());
    hasher.update(text);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> SecretKey {
        let mut bytes = [0_u8; 32];
        hex::decode_to_slice(text, &mut bytes).unwrap();
        SecretKey::from_bytes(&bytes).unwrap()
    }

    /// Keys, addresses and signatures made by eth-account 0.13.
    #[test]
    fn signatures_of_another_implementation() {
        let key = key("4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318");
        assert_eq!(
            key.address().to_checksum(),
            "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
        );
        for (text, signature) in [
            (
                "Some data",
                "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c",
            ),
            (
                "Grüße\n東京",
                "0x044e0e471282b8502b1398f38411292875f49a2198e846460bc73b74a1c8702e0d3ae00106dae70ea79ba1058108e66ee89c549bdff62b9825e57fb4549981011c",
            ),
        ] {
            assert_eq!(key.sign_text(text).unwrap(), signature);
        }
    }

    #[test]
    fn zero_and_the_order_of_the_curve_are_no_keys() {
        assert!(SecretKey::from_bytes(&[0; 32]).is_err());
        assert!(SecretKey::from_bytes(&[0xff; 32]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Whoever recovers the signer gets the key's address; s is always low.
        #[test]
        fn signatures_recover_to_the_address(secret in prop::array::uniform32(1_u8..255), text in "\\PC{0,80}") {
            let key = SecretKey::from_bytes(&secret).unwrap();
            let bytes = hex::decode(&key.sign_text(&text).unwrap()[2..]).unwrap();
            prop_assert_eq!(bytes.len(), 65);
            let signature = Signature::from_slice(&bytes[..64]).unwrap();
            prop_assert!(signature.normalize_s().is_none());
            let recovery = RecoveryId::from_byte(bytes[64] - 27).unwrap();
            let signer = VerifyingKey::recover_from_prehash(&personal_hash(text.as_bytes()), &signature, recovery).unwrap();
            prop_assert_eq!(&signer, key.0.verifying_key());
        }
    }
}
