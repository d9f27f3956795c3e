//! Which contract's code really runs behind an address.

use alloy_primitives::{Address, B256, Bytes, b256};
use serde_json::{Value, json};
use types::explorer::ProxyKind;

use crate::NodeError;
use crate::answer::read;
use crate::node::EthereumNode;

/// ERC-1967: `keccak256("eip1967.proxy.implementation") - 1`.
const IMPLEMENTATION_SLOT: B256 =
    b256!("0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");
/// ERC-1967: `keccak256("eip1967.proxy.beacon") - 1`.
const BEACON_SLOT: B256 =
    b256!("0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50");
/// `implementation()` of a beacon.
const IMPLEMENTATION_SELECTOR: &str = "0x5c60da1b";
/// ERC-1167: the code before and after the address.
const MINIMAL_BEFORE: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
const MINIMAL_AFTER: [u8; 15] = [
    0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3,
];
/// EIP-7702: the code of an account that delegates.
const DELEGATION: [u8; 3] = [0xef, 0x01, 0x00];

/// The contract that an address hands its calls to, with how it names it.
///
/// # Errors
/// The node does not answer.
pub(crate) async fn implementation(
    node: &dyn EthereumNode,
    of: Address,
) -> Result<Option<(ProxyKind, Address)>, NodeError> {
    let answers = node
        .request_all(vec![
            ("eth_getCode", json!([of, "latest"])),
            (
                "eth_getStorageAt",
                json!([of, IMPLEMENTATION_SLOT, "latest"]),
            ),
            ("eth_getStorageAt", json!([of, BEACON_SLOT, "latest"])),
        ])
        .await?;
    let Ok([code, implementation, beacon]) = <[_; 3]>::try_from(answers) else {
        return Err(NodeError::malformed(
            "eth_getStorageAt",
            "not three answers",
        ));
    };
    let code: Bytes = read("eth_getCode", code?)?;
    if code.is_empty() {
        return Ok(None);
    }
    if let Some(found) = in_code(&code) {
        return Ok(Some(found));
    }
    if let Some(target) = in_slot(implementation?) {
        return Ok(Some((ProxyKind::Erc1967, target)));
    }
    let Some(beacon) = in_slot(beacon?) else {
        return Ok(None);
    };
    let call = json!({"to": beacon, "data": IMPLEMENTATION_SELECTOR});
    let answer = node.request("eth_call", json!([call, "latest"])).await;
    Ok(answer
        .ok()
        .and_then(in_slot)
        .map(|target| (ProxyKind::Beacon, target)))
}

/// Whether the code is a contract's and not an account's delegation.
pub(crate) fn is_contract(code: &[u8]) -> bool {
    !code.is_empty() && !code.starts_with(&DELEGATION)
}

fn in_code(code: &[u8]) -> Option<(ProxyKind, Address)> {
    if let Some(target) = code.strip_prefix(&DELEGATION) {
        let target = Address::try_from(target).ok()?;
        return Some((ProxyKind::Delegation, target));
    }
    let target = code
        .strip_prefix(&MINIMAL_BEFORE)?
        .strip_suffix(&MINIMAL_AFTER)?;
    Some((ProxyKind::Minimal, Address::try_from(target).ok()?))
}

fn in_slot(answer: Value) -> Option<Address> {
    let word: alloy_primitives::U256 = serde_json::from_value(answer).ok()?;
    let word = B256::from(word);
    let target = Address::from_word(word);
    (!target.is_zero() && word[..12].iter().all(|byte| *byte == 0)).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{U256, keccak256};

    #[test]
    fn slots_are_those_of_the_standard() {
        for (name, slot) in [
            ("eip1967.proxy.implementation", IMPLEMENTATION_SLOT),
            ("eip1967.proxy.beacon", BEACON_SLOT),
        ] {
            let expected = U256::from_be_bytes(keccak256(name).0) - U256::ONE;
            assert_eq!(B256::from(expected), slot, "{name}");
        }
    }

    #[test]
    fn targets_are_found_in_code() {
        let target = Address::repeat_byte(7);
        let minimal = [&MINIMAL_BEFORE[..], &target[..], &MINIMAL_AFTER[..]].concat();
        let delegation = [&DELEGATION[..], &target[..]].concat();
        for (code, expected) in [
            (minimal, Some((ProxyKind::Minimal, target))),
            (delegation, Some((ProxyKind::Delegation, target))),
            (MINIMAL_BEFORE.to_vec(), None),
            (vec![0x60, 0x00], None),
        ] {
            assert_eq!(in_code(&code), expected);
        }
    }
}
