//! Token movements in logs: ERC-20, ERC-721 and ERC-1155 transfers, and WETH's deposits and
//! withdrawals. The kind is told by the shape of the log, as the standards define it.

use alloy_primitives::{Address, B256, U256, b256};
use types::explorer::TokenKind;

use crate::limits::TRANSFERS_PER_LOG_MAX;

/// `Transfer(address,address,uint256)`: ERC-20 with two indexed parameters, ERC-721 with three.
pub(crate) const TRANSFER: B256 =
    b256!("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
/// ERC-1155 `TransferSingle(address,address,address,uint256,uint256)`.
pub(crate) const TRANSFER_SINGLE: B256 =
    b256!("0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62");
/// ERC-1155 `TransferBatch(address,address,address,uint256[],uint256[])`.
pub(crate) const TRANSFER_BATCH: B256 =
    b256!("0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb");

/// Tokens that went from one address to another; from or to zero when made or burnt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Movement {
    pub token: Address,
    pub kind: TokenKind,
    pub from: Address,
    pub to: Address,
    pub amount: U256,
    /// None for ERC-20.
    pub token_id: Option<U256>,
}

/// The movements that a log tells of, at most [`TRANSFERS_PER_LOG_MAX`]. A log that only looks
/// like a transfer has none.
pub(crate) fn movements(token: Address, topics: &[B256], data: &[u8]) -> Vec<Movement> {
    let one = |kind, from: &B256, to: &B256, amount, token_id| match (address(from), address(to)) {
        (Some(from), Some(to)) => vec![Movement {
            token,
            kind,
            from,
            to,
            amount,
            token_id,
        }],
        _ => Vec::new(),
    };
    match topics {
        [TRANSFER, from, to] if data.len() == 32 => one(
            TokenKind::Erc20,
            from,
            to,
            word(data, 0).unwrap_or_default(),
            None,
        ),
        [TRANSFER, from, to, id] if data.is_empty() => {
            one(TokenKind::Erc721, from, to, U256::ONE, Some((*id).into()))
        }
        [TRANSFER_SINGLE, _operator, from, to] if data.len() == 64 => {
            let (id, amount) = (word(data, 0), word(data, 1));
            one(TokenKind::Erc1155, from, to, amount.unwrap_or_default(), id)
        }
        [TRANSFER_BATCH, _operator, from, to] => {
            let (Some(from), Some(to)) = (address(from), address(to)) else {
                return Vec::new();
            };
            batch(data)
                .unwrap_or_default()
                .into_iter()
                .map(|(id, amount)| Movement {
                    token,
                    kind: TokenKind::Erc1155,
                    from,
                    to,
                    amount,
                    token_id: Some(id),
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Ids and amounts of a `TransferBatch`: two arrays of equal length.
fn batch(data: &[u8]) -> Option<Vec<(U256, U256)>> {
    let ids = array(data, word(data, 0)?)?;
    let amounts = array(data, word(data, 1)?)?;
    if ids.len() != amounts.len() {
        return None;
    }
    Some(ids.into_iter().zip(amounts).collect())
}

fn array(data: &[u8], offset: U256) -> Option<Vec<U256>> {
    let start: usize = offset.try_into().ok()?;
    let tail = data.get(start..)?;
    let length: usize = word(tail, 0)?.try_into().ok()?;
    if length > TRANSFERS_PER_LOG_MAX {
        return None;
    }
    (1..=length).map(|index| word(tail, index)).collect()
}

fn word(data: &[u8], index: usize) -> Option<U256> {
    let start = index.checked_mul(32)?;
    data.get(start..start.checked_add(32)?)
        .map(U256::from_be_slice)
}

/// An indexed address fills its topic from the right.
fn address(topic: &B256) -> Option<Address> {
    topic[..12]
        .iter()
        .all(|byte| *byte == 0)
        .then(|| Address::from_word(*topic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_dyn_abi::DynSolValue;
    use alloy_primitives::keccak256;
    use proptest::prelude::*;

    fn topic(byte: u8) -> B256 {
        Address::repeat_byte(byte).into_word()
    }

    #[test]
    fn signatures_hash_to_the_topics() {
        for (signature, hash) in [
            ("Transfer(address,address,uint256)", TRANSFER),
            (
                "TransferSingle(address,address,address,uint256,uint256)",
                TRANSFER_SINGLE,
            ),
            (
                "TransferBatch(address,address,address,uint256[],uint256[])",
                TRANSFER_BATCH,
            ),
        ] {
            assert_eq!(keccak256(signature), hash, "{signature}");
        }
    }

    #[test]
    fn the_shape_tells_the_standard() {
        let amount = B256::with_last_byte(5);
        let check = |topics: &[B256], data: &[u8], kind: Option<TokenKind>| {
            let found = movements(Address::repeat_byte(9), topics, data);
            assert_eq!(
                found.first().map(|movement| movement.kind),
                kind,
                "{topics:?}"
            );
        };
        check(
            &[TRANSFER, topic(1), topic(2)],
            &amount[..],
            Some(TokenKind::Erc20),
        );
        check(
            &[TRANSFER, topic(1), topic(2), amount],
            &[],
            Some(TokenKind::Erc721),
        );
        let single = [&amount[..], &amount[..]].concat();
        check(
            &[TRANSFER_SINGLE, topic(3), topic(1), topic(2)],
            &single,
            Some(TokenKind::Erc1155),
        );
        check(&[TRANSFER, topic(1), topic(2)], &[], None);
        check(
            &[TRANSFER, B256::repeat_byte(1), topic(2)],
            &amount[..],
            None,
        );
        check(
            &[TRANSFER_BATCH, topic(3), topic(1), topic(2)],
            &single,
            None,
        );
        check(&[], &[], None);
    }

    proptest! {
        /// Against an independent encoder.
        #[test]
        fn batches_are_read(pairs in proptest::collection::vec((any::<u64>(), any::<u128>()), 0..20)) {
            let numbers = |values: Vec<U256>| {
                DynSolValue::Array(values.into_iter().map(|value| DynSolValue::Uint(value, 256)).collect())
            };
            let data = DynSolValue::Tuple(vec![
                numbers(pairs.iter().map(|(id, _)| U256::from(*id)).collect()),
                numbers(pairs.iter().map(|(_, amount)| U256::from(*amount)).collect()),
            ]).abi_encode_params();
            let found = movements(Address::ZERO, &[TRANSFER_BATCH, topic(3), topic(1), topic(2)], &data);
            let found: Vec<_> = found.into_iter().map(|movement| (movement.token_id.unwrap(), movement.amount)).collect();
            let given: Vec<_> = pairs.iter().map(|(id, amount)| (U256::from(*id), U256::from(*amount))).collect();
            prop_assert_eq!(found, given);
        }

        #[test]
        fn hostile_data_is_harmless(data: Vec<u8>, word in any::<[u8; 32]>(), count in 0_usize..5) {
            let topics: Vec<B256> = [TRANSFER_BATCH, word.into(), topic(1), topic(2)].into_iter().take(count).collect();
            movements(Address::ZERO, &topics, &data);
        }
    }
}
