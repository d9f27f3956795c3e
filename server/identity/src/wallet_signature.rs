//! Signatures of externally owned accounts: secp256k1 over the hash of EIP-191 ("personal_sign").

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use sha3::{Digest, Keccak256};
use types::WalletAddress;

/// Bytes of r, s and v.
pub const ACCOUNT_SIGNATURE_BYTES: usize = 65;
/// Longest signature of a contract wallet, in bytes: room for several passkeys and owners.
pub const SIGNATURE_BYTES_MAX: usize = 16 * 1_024;

/// Why a signature is not by the wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    #[error(
        "the signature is not 0x and an even number of hexadecimal digits, at most {SIGNATURE_BYTES_MAX} bytes"
    )]
    Encoding,
    #[error("the signature of an account has 65 bytes")]
    Length,
    #[error("the signature's last byte is not 27 or 28")]
    RecoveryId,
    #[error("the signature's s is not in the lower half (EIP-2), so it can be forged from another")]
    HighS,
    #[error("no key belongs to this signature")]
    NotRecoverable,
    #[error("the signature is by another wallet")]
    OtherSigner,
}

/// Reads `0x` and hexadecimal digits.
///
/// # Errors
/// [`SignatureFault::Encoding`].
pub fn decode_signature(text: &str) -> Result<Vec<u8>, SignatureFault> {
    let digits = text.strip_prefix("0x").ok_or(SignatureFault::Encoding)?;
    if digits.is_empty() || digits.len() > 2 * SIGNATURE_BYTES_MAX {
        return Err(SignatureFault::Encoding);
    }
    hex::decode(digits).map_err(|_| SignatureFault::Encoding)
}

/// The hash that `personal_sign` signs: EIP-191 version `E`, with the length in bytes.
#[must_use]
pub fn personal_hash(message: &[u8]) -> [u8; 32] {
    Keccak256::new()
        .chain_update(b"\x19Ethereum Signed Message:\n")
        .chain_update(message.len().to_string())
        .chain_update(message)
        .finalize()
        .into()
}

/// Checks that `signature` over `hash` is by the account itself.
///
/// # Errors
/// The first fault.
pub fn verify_account_signature(
    hash: &[u8; 32],
    signature: &[u8],
    address: WalletAddress,
) -> Result<(), SignatureFault> {
    let recovered = recover(hash, signature)?;
    if recovered == WalletAddress([0; 20]) || recovered != address {
        return Err(SignatureFault::OtherSigner);
    }
    Ok(())
}

fn recover(hash: &[u8; 32], signature: &[u8]) -> Result<WalletAddress, SignatureFault> {
    if signature.len() != ACCOUNT_SIGNATURE_BYTES {
        return Err(SignatureFault::Length);
    }
    // Some wallets write the parity itself instead of 27 or 28.
    let parity = match signature[64] {
        value @ (0 | 1) => value,
        value @ (27 | 28) => value - 27,
        _ => return Err(SignatureFault::RecoveryId),
    };
    let recovery_id = RecoveryId::from_byte(parity).ok_or(SignatureFault::RecoveryId)?;
    let signature =
        Signature::from_slice(&signature[..64]).map_err(|_| SignatureFault::NotRecoverable)?;
    if signature.normalize_s().is_some() {
        return Err(SignatureFault::HighS);
    }
    let key = VerifyingKey::recover_from_prehash(hash, &signature, recovery_id)
        .map_err(|_| SignatureFault::NotRecoverable)?;
    Ok(address_of(&key))
}

/// The account of a public key: the last 20 bytes of its hash.
#[must_use]
pub fn address_of(key: &VerifyingKey) -> WalletAddress {
    let point = key.to_encoded_point(false);
    let hash = Keccak256::digest(&point.as_bytes()[1..]);
    let mut address = [0_u8; 20];
    address.copy_from_slice(&hash[12..]);
    WalletAddress(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use k256::ecdsa::SigningKey;
    use proptest::prelude::*;

    const MESSAGE: &[u8] = b"hello";

    fn key() -> SigningKey {
        SigningKey::from_slice(&[7; 32]).unwrap()
    }

    fn signed(message: &[u8]) -> Vec<u8> {
        let (signature, recovery_id) = key()
            .sign_prehash_recoverable(&personal_hash(message))
            .unwrap();
        let mut bytes = signature.to_bytes().to_vec();
        bytes.push(27 + recovery_id.to_byte());
        bytes
    }

    fn check(signature: &[u8], expected: Result<(), SignatureFault>) {
        let address = address_of(key().verifying_key());
        assert_eq!(
            verify_account_signature(&personal_hash(MESSAGE), signature, address),
            expected
        );
    }

    /// The example of EIP-191's reference, web3.js `eth.accounts.sign("Some data", …)`.
    #[test]
    fn a_signature_of_another_implementation_is_accepted() {
        let signature = decode_signature(
            "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c",
        )
        .unwrap();
        let address = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
            .parse()
            .unwrap();
        assert_eq!(
            verify_account_signature(&personal_hash(b"Some data"), &signature, address),
            Ok(())
        );
    }

    #[test]
    fn both_spellings_of_the_parity_are_accepted() {
        let mut signature = signed(MESSAGE);
        check(&signature, Ok(()));
        signature[64] -= 27;
        check(&signature, Ok(()));
        for value in [2, 26, 29, 37, 255] {
            signature[64] = value;
            check(&signature, Err(SignatureFault::RecoveryId));
        }
    }

    #[test]
    fn a_high_s_is_refused() {
        let good = signed(MESSAGE);
        let signature = Signature::from_slice(&good[..64]).unwrap();
        let (r, s) = signature.split_scalars();
        let high = Signature::from_scalars(r, -s.as_ref()).unwrap();
        let mut bytes = high.to_bytes().to_vec();
        bytes.push(if good[64] == 27 { 28 } else { 27 });
        check(&bytes, Err(SignatureFault::HighS));
    }

    #[test]
    fn truncated_and_empty_signatures_are_refused() {
        let good = signed(MESSAGE);
        check(&good[..64], Err(SignatureFault::Length));
        check(&[], Err(SignatureFault::Length));
        check(&[&good[..], &[0]].concat(), Err(SignatureFault::Length));
        let mut zeros = vec![0; 65];
        zeros[64] = 27;
        check(&zeros, Err(SignatureFault::NotRecoverable));
        for text in [
            "",
            "0x",
            "0xzz",
            "0x123",
            "1234",
            &format!("0x{}", "00".repeat(SIGNATURE_BYTES_MAX + 1)),
        ] {
            assert_eq!(decode_signature(text), Err(SignatureFault::Encoding));
        }
    }

    #[test]
    fn another_message_or_wallet_is_refused() {
        check(&signed(b"hullo"), Err(SignatureFault::OtherSigner));
        let other = WalletAddress([1; 20]);
        assert_eq!(
            verify_account_signature(&personal_hash(MESSAGE), &signed(MESSAGE), other),
            Err(SignatureFault::OtherSigner)
        );
        let nobody = WalletAddress([0; 20]);
        assert!(
            verify_account_signature(&personal_hash(MESSAGE), &signed(MESSAGE), nobody).is_err()
        );
    }

    proptest! {
        /// Two independent implementations agree on the hash and the signer.
        #[test]
        fn agrees_with_the_siwe_crate(nonce in "[a-zA-Z0-9]{20}") {
            let address = address_of(key().verifying_key());
            let text = format!(
                "hub.example wants you to sign in with your Ethereum account:\n{address}\n\n\
                 Sign in.\n\nURI: https://hub.example/sign-in\nVersion: 1\nChain ID: 1\n\
                 Nonce: {nonce}\nIssued At: 2026-09-21T14:13:20.000Z"
            );
            let message: siwe::Message = text.parse().unwrap();
            let signature: [u8; 65] = signed(text.as_bytes()).try_into().unwrap();
            prop_assert!(message.verify_eip191(&signature).is_ok());
            prop_assert!(verify_account_signature(&personal_hash(text.as_bytes()), &signature, address).is_ok());
        }
    }
}
