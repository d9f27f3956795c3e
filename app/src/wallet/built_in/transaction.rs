//! Transactions that the built-in wallet signs: dynamic-fee ones (EIP-1559), in RLP (yellow paper,
//! appendix B).

use types::chain::PreparedTransaction;

use super::secret_key::{InvalidSecretKey, SecretKey};
use crate::wallet::transaction::big_endian;

/// EIP-2718's type byte of a dynamic-fee transaction.
const DYNAMIC_FEE_TYPE: u8 = 0x02;
/// From this length on, RLP writes the length of the length.
const LONG_LENGTH: usize = 56;

/// Why nothing was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    #[error("an amount is larger than the chain can hold")]
    TooLarge,
    #[error(transparent)]
    Key(#[from] InvalidSecretKey),
}

/// The signed transaction as `eth_sendRawTransaction` takes it: `0x02…`.
///
/// # Errors
/// An amount is above 256 bits, or the key cannot sign.
pub fn sign_transaction(
    key: &SecretKey,
    transaction: &PreparedTransaction,
) -> Result<String, SigningError> {
    let mut fields = unsigned_fields(transaction)?;
    let mut hashed = vec![DYNAMIC_FEE_TYPE];
    hashed.extend(list(&fields));
    let (signature, is_odd) = key.sign_bytes(&hashed)?;
    let (r, s) = signature.split_at(32);
    fields.extend(text(number(u64::from(is_odd))));
    fields.extend(text(without_zeros(r).to_vec()));
    fields.extend(text(without_zeros(s).to_vec()));
    let mut signed = vec![DYNAMIC_FEE_TYPE];
    signed.extend(list(&fields));
    Ok(format!("0x{}", hex::encode(signed)))
}

/// The fields of EIP-1559 up to the access list, each in RLP, one after the other.
fn unsigned_fields(transaction: &PreparedTransaction) -> Result<Vec<u8>, SigningError> {
    let amount = |amount| big_endian(amount).map(text).ok_or(SigningError::TooLarge);
    let request = &transaction.request;
    let to = request
        .to
        .map(|address| address.0.to_vec())
        .unwrap_or_default();
    let mut fields = Vec::new();
    fields.extend(text(number(transaction.chain_id)));
    fields.extend(text(number(transaction.nonce)));
    fields.extend(amount(&transaction.max_priority_fee_per_gas)?);
    fields.extend(amount(&transaction.max_fee_per_gas)?);
    fields.extend(text(number(transaction.gas_limit)));
    fields.extend(text(to));
    fields.extend(amount(&request.value)?);
    fields.extend(text(request.data.0.clone()));
    fields.extend(list(&[]));
    Ok(fields)
}

fn number(number: u64) -> Vec<u8> {
    without_zeros(&number.to_be_bytes()).to_vec()
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

/// A byte string.
fn text(bytes: Vec<u8>) -> Vec<u8> {
    match bytes.as_slice() {
        [byte] if *byte < 0x80 => bytes,
        _ => with_head(0x80, &bytes),
    }
}

/// A list of items that are encoded already.
fn list(items: &[u8]) -> Vec<u8> {
    with_head(0xc0, items)
}

fn with_head(base: u8, payload: &[u8]) -> Vec<u8> {
    let length = number(payload.len() as u64);
    let mut encoded = Vec::with_capacity(payload.len() + 1 + length.len());
    if payload.len() < LONG_LENGTH {
        // Both fit: the payload is shorter than 56 bytes.
        encoded.push(base + payload.len() as u8);
    } else {
        encoded.push(base + 55 + length.len() as u8);
        encoded.extend(length);
    }
    encoded.extend_from_slice(payload);
    encoded
}

#[cfg(test)]
mod tests;
