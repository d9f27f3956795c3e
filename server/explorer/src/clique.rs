//! The signer of a Clique block (EIP-225). Such a block's fee recipient is empty or the subject of
//! a vote; who made it is in the signature at the end of the header's extra data.

use alloy_consensus::Header;
use alloy_primitives::{Address, Signature, U256, keccak256};
use serde_json::Value;

/// EIP-225: bytes of extra data before the list of signers.
const VANITY_BYTES: usize = 32;
/// EIP-225: bytes of the seal, a signature with recovery id, at the end of extra data.
const SEAL_BYTES: usize = 65;

/// Who sealed the block of this JSON header, if it is a Clique block.
pub(crate) fn signer(block: &Value) -> Option<Address> {
    let header: Header = serde_json::from_value(without_body(block)).ok()?;
    signer_of(header)
}

fn signer_of(mut header: Header) -> Option<Address> {
    // EIP-225: 2 for the signer whose turn it is, 1 for any other.
    let is_sealed = (U256::from(1)..=U256::from(2)).contains(&header.difficulty);
    if !is_sealed || header.extra_data.len() < VANITY_BYTES + SEAL_BYTES {
        return None;
    }
    let split = header.extra_data.len() - SEAL_BYTES;
    let seal = header.extra_data.slice(split..);
    header.extra_data = header.extra_data.slice(..split);
    let sealed = keccak256(alloy_rlp::encode(&header));
    let parity = match seal[64] {
        parity @ (0 | 1) => parity == 1,
        _ => return None,
    };
    Signature::from_bytes_and_parity(&seal[..64], parity)
        .recover_address_from_prehash(&sealed)
        .ok()
}

fn without_body(block: &Value) -> Value {
    let Value::Object(fields) = block else {
        return Value::Null;
    };
    fields
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "transactions" | "uncles" | "withdrawals"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;

    /// The genesis of a Clique chain is signed by nobody, and a block of another chain is not
    /// mistaken for one.
    #[test]
    fn other_headers_have_no_signer() {
        for (difficulty, extra) in [(0_u64, 97), (1, 96), (3, 97), (2, 97)] {
            let header = Header {
                difficulty: U256::from(difficulty),
                extra_data: Bytes::from(vec![0_u8; extra]),
                ..Header::default()
            };
            assert_eq!(signer_of(header), None, "{difficulty} {extra}");
        }
    }

    /// Signed with the key 1, whose address is well known.
    #[test]
    fn the_signer_is_recovered_from_the_seal() {
        let mut header = Header {
            difficulty: U256::from(2),
            extra_data: Bytes::from(vec![7_u8; VANITY_BYTES]),
            number: 5,
            ..Header::default()
        };
        let sealed = keccak256(alloy_rlp::encode(&header));
        let key = alloy_primitives::B256::with_last_byte(1);
        let signature = alloy_consensus::crypto::secp256k1::sign_message(key, sealed).unwrap();
        let mut extra = header.extra_data.to_vec();
        extra.extend_from_slice(&signature.as_bytes()[..64]);
        extra.push(u8::from(signature.v()));
        header.extra_data = extra.into();
        let json = serde_json::to_value(&header).unwrap();
        assert_eq!(
            signer(&json).unwrap().to_string(),
            "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
        );
    }
}
