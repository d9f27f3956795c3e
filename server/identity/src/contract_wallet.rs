//! Wallets that are contracts: what to ask the chain, and how to read its answer.
//!
//! EIP-1271 (the wallet checks its signatures itself), EIP-6492 (it may not be deployed yet) and
//! EIP-7702 (an account that has lent its address to a contract's code).

use types::WalletAddress;

/// The last 32 bytes of a signature that is wrapped as EIP-6492 says.
const WRAPPER_SUFFIX: [u8; WORD] = {
    let mut suffix = [0x64; WORD];
    let mut index = 1;
    while index < WORD {
        suffix[index] = 0x92;
        index += 2;
    }
    suffix
};
/// Selector of `isValidSignature(bytes32,bytes)`, and its answer when the signature is good.
const GOOD: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];
/// EIP-7702: the code of an account is this and the address of the code that it runs.
const DELEGATION_PREFIX: [u8; 3] = [0xef, 0x01, 0x00];
const DELEGATION_BYTES: usize = 23;
const WORD: usize = 32;

/// Creation code of `contracts/SignatureValidator.sol`.
const VALIDATOR_ARTEFACT: &str = include_str!("../contracts/SignatureValidator.json");

/// A signature that carries what is needed to deploy its wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedSignature {
    pub factory: WalletAddress,
    pub factory_call: Vec<u8>,
    pub signature: Vec<u8>,
}

/// What stands at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// No code: only its key can sign.
    Account,
    /// EIP-7702: the code decides first, then the key.
    Delegated,
    /// Only the code can tell.
    Contract,
}

/// Whether a signature claims to be wrapped, well or badly.
#[must_use]
pub fn is_wrapped(signature: &[u8]) -> bool {
    signature.ends_with(&WRAPPER_SUFFIX)
}

/// Takes the wrapper of EIP-6492 off: `abi.encode(address, bytes, bytes)` and the suffix. None
/// when it is malformed.
#[must_use]
pub fn unwrap_signature(signature: &[u8]) -> Option<WrappedSignature> {
    let encoded = signature.strip_suffix(&WRAPPER_SUFFIX)?;
    let factory_word = encoded.get(..WORD)?;
    let (padding, factory) = factory_word.split_at(12);
    if padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    Some(WrappedSignature {
        factory: WalletAddress(factory.try_into().ok()?),
        factory_call: bytes_at(encoded, 1)?,
        signature: bytes_at(encoded, 2)?,
    })
}

/// What the code at an address makes of it.
#[must_use]
pub fn account_kind(code: &[u8]) -> AccountKind {
    if code.is_empty() {
        return AccountKind::Account;
    }
    if code.len() == DELEGATION_BYTES && code.starts_with(&DELEGATION_PREFIX) {
        return AccountKind::Delegated;
    }
    AccountKind::Contract
}

/// The data of a call of `isValidSignature(hash, signature)`.
#[must_use]
pub fn validity_call(hash: &[u8; 32], signature: &[u8]) -> Vec<u8> {
    let mut data = GOOD.to_vec();
    data.extend_from_slice(hash);
    data.extend_from_slice(&word(2 * WORD));
    push_bytes(&mut data, signature);
    data
}

/// Whether the answer to [`validity_call`] is exactly the agreed word.
#[must_use]
pub fn is_good_answer(answer: &[u8]) -> bool {
    answer.len() == WORD
        && answer.starts_with(&GOOD)
        && answer[GOOD.len()..].iter().all(|byte| *byte == 0)
}

/// The data of a call without receiver that deploys the wallet in thought and asks it.
///
/// # Errors
/// The artefact is damaged: a mistake in the build.
pub fn validator_call(
    account: WalletAddress,
    hash: &[u8; 32],
    wrapped: &WrappedSignature,
) -> Result<Vec<u8>, String> {
    let mut data = validator_creation_code()?;
    let call_bytes = WORD + padded(wrapped.factory_call.len());
    data.extend_from_slice(&address_word(account));
    data.extend_from_slice(hash);
    data.extend_from_slice(&address_word(wrapped.factory));
    data.extend_from_slice(&word(5 * WORD));
    data.extend_from_slice(&word(5 * WORD + call_bytes));
    push_bytes(&mut data, &wrapped.factory_call);
    push_bytes(&mut data, &wrapped.signature);
    Ok(data)
}

/// Whether the validator said yes.
#[must_use]
pub fn is_good_validator_answer(answer: &[u8]) -> bool {
    answer == [1]
}

fn validator_creation_code() -> Result<Vec<u8>, String> {
    let artefact: serde_json::Value =
        serde_json::from_str(VALIDATOR_ARTEFACT).map_err(|error| error.to_string())?;
    let code = artefact["contracts"]["SignatureValidator"]["bytecode"]
        .as_str()
        .unwrap_or_default();
    if code.is_empty() {
        return Err("the signature validator has no code".to_owned());
    }
    hex::decode(code).map_err(|error| error.to_string())
}

/// The dynamic `bytes` whose offset is the word number `index`.
fn bytes_at(encoded: &[u8], index: usize) -> Option<Vec<u8>> {
    let offset = number_at(encoded, index * WORD)?;
    let length = number_at(encoded, offset)?;
    let start = offset.checked_add(WORD)?;
    encoded
        .get(start..start.checked_add(length)?)
        .map(<[u8]>::to_vec)
}

fn number_at(encoded: &[u8], offset: usize) -> Option<usize> {
    let bytes = encoded.get(offset..offset.checked_add(WORD)?)?;
    let (high, low) = bytes.split_at(WORD - 4);
    if high.iter().any(|byte| *byte != 0) {
        return None;
    }
    usize::try_from(u32::from_be_bytes(low.try_into().ok()?)).ok()
}

fn push_bytes(data: &mut Vec<u8>, bytes: &[u8]) {
    data.extend_from_slice(&word(bytes.len()));
    data.extend_from_slice(bytes);
    data.resize(data.len() + padded(bytes.len()) - bytes.len(), 0);
}

const fn padded(length: usize) -> usize {
    length.div_ceil(WORD) * WORD
}

fn word(number: usize) -> [u8; WORD] {
    let mut bytes = [0; WORD];
    bytes[WORD - 8..].copy_from_slice(&(number as u64).to_be_bytes());
    bytes
}

fn address_word(address: WalletAddress) -> [u8; WORD] {
    let mut bytes = [0; WORD];
    bytes[12..].copy_from_slice(&address.0);
    bytes
}

/// Wraps a signature as a wallet would: for tests of whoever reads it.
#[cfg(test)]
pub(crate) fn wrap_signature(wrapped: &WrappedSignature) -> Vec<u8> {
    let mut data = Vec::new();
    data.extend_from_slice(&address_word(wrapped.factory));
    data.extend_from_slice(&word(3 * WORD));
    data.extend_from_slice(&word(4 * WORD + padded(wrapped.factory_call.len())));
    push_bytes(&mut data, &wrapped.factory_call);
    push_bytes(&mut data, &wrapped.signature);
    data.extend_from_slice(&WRAPPER_SUFFIX);
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn code_decides_what_an_address_is() {
        let delegated = [&DELEGATION_PREFIX[..], &[9; 20]].concat();
        for (code, kind) in [
            (&[][..], AccountKind::Account),
            (&delegated, AccountKind::Delegated),
            (&delegated[..22], AccountKind::Contract),
            (&[0x60, 0x80], AccountKind::Contract),
        ] {
            assert_eq!(account_kind(code), kind);
        }
    }

    #[test]
    fn only_the_agreed_word_is_a_yes() {
        let mut good = [0; 32];
        good[..4].copy_from_slice(&GOOD);
        assert!(is_good_answer(&good));
        let mut dirty = good;
        dirty[31] = 1;
        for answer in [
            &[][..],
            &GOOD,
            &dirty,
            &[0xff; 32],
            &[&good[..], &[0]].concat(),
        ] {
            assert!(!is_good_answer(answer), "{answer:?}");
        }
        for answer in [&[][..], &[0], &[2], &[1, 0], &[0; 32]] {
            assert!(!is_good_validator_answer(answer), "{answer:?}");
        }
    }

    #[test]
    fn a_validity_call_is_encoded_as_the_abi_says() {
        let data = validity_call(&[0xab; 32], &[1, 2, 3]);
        let expected = format!(
            "1626ba7e{}{:064x}{:064x}010203{}",
            "ab".repeat(32),
            64,
            3,
            "0".repeat(58)
        );
        assert_eq!(hex::encode(data), expected);
    }

    #[test]
    fn bent_wrappers_are_refused() {
        let good = wrap_signature(&WrappedSignature {
            factory: WalletAddress([5; 20]),
            factory_call: vec![1; 40],
            signature: vec![2; 65],
        });
        assert!(unwrap_signature(&good).is_some());
        for (index, value) in [
            (0, 1),
            (32, 1),
            (63, 0xff),
            (62, 0xff),
            (95, 0xff),
            (64, 0x80),
        ] {
            let mut bent = good.clone();
            bent[index] = value;
            assert_eq!(unwrap_signature(&bent), None, "byte {index}");
        }
        assert_eq!(unwrap_signature(&WRAPPER_SUFFIX), None);
        assert!(!is_wrapped(&[0x64; 32]));
    }

    proptest! {
        #[test]
        fn wrappers_read_back(
            factory: [u8; 20],
            factory_call in proptest::collection::vec(any::<u8>(), 0..200),
            signature in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let wrapped = WrappedSignature { factory: WalletAddress(factory), factory_call, signature };
            let bytes = wrap_signature(&wrapped);
            prop_assert!(is_wrapped(&bytes));
            prop_assert_eq!(unwrap_signature(&bytes), Some(wrapped));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut wrapped = bytes;
            wrapped.extend_from_slice(&WRAPPER_SUFFIX);
            let _ = unwrap_signature(&wrapped);
        }
    }
}
