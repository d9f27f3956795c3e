//! What a transaction changed, from geth's `prestateTracer` in `diffMode`.
//!
//! `pre` holds, for each account that changed, its fields before; `post` only the fields that
//! changed. An account that is not in `pre` is new, one that is not in `post` is gone, and a slot
//! that is not in `post` is zero now.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use types::explorer::{Amount, Change, SlotChange, Word};

use crate::NodeError;
use crate::answer::read;
use crate::convert::amount;

/// Changes of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    pub address: Address,
    pub balance: Option<Change<Amount>>,
    pub nonce: Option<Change<u64>>,
    pub code_bytes: Option<Change<u64>>,
    pub slots: Vec<SlotChange>,
}

/// Changes by address.
///
/// # Errors
/// It is not the answer of that tracer.
pub(crate) fn changes(answer: &Value) -> Result<Vec<Changed>, NodeError> {
    let difference: Difference = read("debug_traceTransaction", answer.clone())?;
    let mut addresses: Vec<Address> = difference
        .pre
        .keys()
        .chain(difference.post.keys())
        .copied()
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let nothing = State::default();
    Ok(addresses
        .into_iter()
        .map(|address| {
            let before = difference.pre.get(&address).unwrap_or(&nothing);
            match difference.post.get(&address) {
                Some(after) => changed(address, before, after),
                None => changed(address, before, &State::emptied()),
            }
        })
        .filter(|changed| !changed.is_empty())
        .collect())
}

impl Changed {
    fn is_empty(&self) -> bool {
        self.balance.is_none()
            && self.nonce.is_none()
            && self.code_bytes.is_none()
            && self.slots.is_empty()
    }
}

#[derive(Deserialize)]
struct Difference {
    pre: BTreeMap<Address, State>,
    post: BTreeMap<Address, State>,
}

#[derive(Default, Deserialize)]
struct State {
    balance: Option<U256>,
    #[serde(default, deserialize_with = "number")]
    nonce: Option<u64>,
    code: Option<Bytes>,
    #[serde(default)]
    storage: BTreeMap<B256, B256>,
}

impl State {
    /// What is left of an account that destroyed itself.
    fn emptied() -> Self {
        Self {
            balance: Some(U256::ZERO),
            nonce: Some(0),
            code: Some(Bytes::new()),
            storage: BTreeMap::new(),
        }
    }
}

/// geth writes nonces as JSON numbers, others as quantities.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    let number = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text
            .strip_prefix("0x")
            .and_then(|digits| u64::from_str_radix(digits, 16).ok()),
        Some(_) => None,
    };
    number
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom("a nonce is a number"))
}

fn changed(address: Address, before: &State, after: &State) -> Changed {
    let length = |code: &Option<Bytes>| code.as_ref().map_or(0, |code| code.len() as u64);
    let mut slots: Vec<B256> = before
        .storage
        .keys()
        .chain(after.storage.keys())
        .copied()
        .collect();
    slots.sort_unstable();
    slots.dedup();
    let value = |state: &State, slot| Word(state.storage.get(slot).copied().unwrap_or_default().0);
    Changed {
        address,
        balance: after.balance.and_then(|balance| {
            change(amount(before.balance.unwrap_or_default()), amount(balance))
        }),
        nonce: after
            .nonce
            .and_then(|nonce| change(before.nonce.unwrap_or_default(), nonce)),
        code_bytes: after
            .code
            .as_ref()
            .and_then(|_| change(length(&before.code), length(&after.code))),
        slots: slots
            .iter()
            .map(|slot| SlotChange {
                slot: Word(slot.0),
                before: value(before, slot),
                after: value(after, slot),
            })
            .filter(|change| change.before != change.after)
            .collect(),
    }
}

fn change<T: PartialEq>(before: T, after: T) -> Option<Change<T>> {
    (before != after).then_some(Change { before, after })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_read() {
        let slot = B256::with_last_byte(1);
        let value = B256::with_last_byte(9);
        let [paid, made, gone] = [1, 2, 3].map(Address::repeat_byte);
        let answer = json!({
            "pre": {
                paid.to_string(): {"balance": "0x5", "nonce": 3, "storage": {slot.to_string(): value}},
                gone.to_string(): {"balance": "0x7", "code": "0x6000"},
            },
            "post": {
                paid.to_string(): {"balance": "0x2", "nonce": 4},
                made.to_string(): {"balance": "0x1", "nonce": "0x1", "code": "0x6001"},
            },
        });
        let found = changes(&answer).unwrap();
        let coins = |number: u64| Amount::from(number);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].balance, change(coins(5), coins(2)));
        assert_eq!(found[0].nonce, change(3, 4));
        assert_eq!(found[0].slots[0].after, Word([0; 32]));
        assert_eq!(found[1].code_bytes, change(0, 2));
        assert_eq!(found[2].balance, change(coins(7), coins(0)));
        assert!(changes(&json!({"pre": 1})).is_err());
    }
}
