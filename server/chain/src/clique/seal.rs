//! The seal: a signature of everything in the header but itself.

use alloy_consensus::{Header, crypto::secp256k1::recover_signer as recover_address};
use alloy_primitives::{Address, B256, Signature};
use secp256k1::{Message, SECP256K1, SecretKey};

use super::{CliqueError, EXTRA_SEAL, signers_section};

/// The hash that a signer signs: that of the header without the seal in its extra data.
///
/// A base fee is part of it where there is one, as in go-ethereum since London.
///
/// # Errors
///
/// [`CliqueError::Header`] if there is no room for a seal.
pub fn seal_hash(header: &Header) -> Result<B256, CliqueError> {
    signers_section(header)?;
    let end = header.extra_data.len() - EXTRA_SEAL;
    let unsealed = Header {
        extra_data: header.extra_data.slice(..end),
        ..header.clone()
    };
    Ok(unsealed.hash_slow())
}

/// Who sealed a header.
///
/// # Errors
///
/// [`CliqueError::Header`], [`CliqueError::InvalidSeal`],
/// [`CliqueError::MalleableSeal`].
pub fn recover_signer(header: &Header) -> Result<Address, CliqueError> {
    let hash = seal_hash(header)?;
    let seal = &header.extra_data[header.extra_data.len() - EXTRA_SEAL..];
    let y_parity = match seal[EXTRA_SEAL - 1] {
        0 => false,
        1 => true,
        _ => return Err(CliqueError::InvalidSeal),
    };
    let signature = Signature::from_bytes_and_parity(seal, y_parity);
    if signature.normalize_s().is_some() {
        return Err(CliqueError::MalleableSeal);
    }
    recover_address(&signature, hash).map_err(|_| CliqueError::InvalidSeal)
}

/// Seals a header: writes the signature over the last 65 bytes of its extra data.
///
/// # Errors
///
/// [`CliqueError::Header`] if there is no room for a seal.
pub fn seal(header: &mut Header, key: &SecretKey) -> Result<(), CliqueError> {
    let message = Message::from_digest(seal_hash(header)?.0);
    let (recovery_id, signature) = SECP256K1
        .sign_ecdsa_recoverable(&message, key)
        .serialize_compact();
    let mut extra_data = header.extra_data.to_vec();
    extra_data.truncate(extra_data.len() - EXTRA_SEAL);
    extra_data.extend(signature);
    extra_data.push(u8::from(i32::from(recovery_id) == 1));
    header.extra_data = extra_data.into();
    Ok(())
}

/// The address of the signer with this key.
#[must_use]
pub fn signer_address(key: &SecretKey) -> Address {
    Address::from_raw_public_key(&key.public_key(SECP256K1).serialize_uncompressed()[1..])
}
