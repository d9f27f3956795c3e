//! Calls between contracts, from geth's `callTracer`.

use alloy_primitives::map::HashMap;
use alloy_primitives::{Address, U256};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use serde::Deserialize as _;
use serde_json::Value;
use types::explorer::CallKind;

use crate::NodeError;
use crate::answer::CallAnswer;

/// A call that is kept for the lists of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallRow {
    pub block_number: u64,
    /// The transaction's index in the block.
    pub place: u64,
    /// Which call of the transaction, parents first.
    pub call_index: u64,
    pub kind: CallKind,
    pub sender: Address,
    pub recipient: Option<Address>,
    pub value: U256,
    /// It and every call around it succeeded.
    pub is_effective: bool,
}

impl CallRow {
    /// The addresses whose list it is in, each once.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Address> {
        let recipient = self.recipient.filter(|recipient| *recipient != self.sender);
        [Some(self.sender), recipient].into_iter().flatten()
    }

    /// The contract that it created.
    pub(crate) fn created(&self) -> Option<Address> {
        let creates = matches!(self.kind, CallKind::Create | CallKind::Create2);
        self.recipient.filter(|_| creates && self.is_effective)
    }

    /// It moved coins, so that balances changed.
    pub(crate) fn moves_value(&self) -> bool {
        self.is_effective && (!self.value.is_zero() || self.kind == CallKind::SelfDestruct)
    }
}

/// The calls of a block.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallRows {
    pub calls: Vec<CallRow>,
}

/// One call of a trace.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// 0 for the transaction itself.
    pub depth: u32,
    pub call: CallAnswer,
    /// It and every call around it succeeded.
    pub is_effective: bool,
}

/// The calls of a `callTracer` answer, parents first, at most `frames_max`. How deep calls are
/// nested is the contracts' choice, so nothing here recurses.
///
/// # Errors
/// It is not the answer of a `callTracer`.
pub(crate) fn frames(root: &Value, frames_max: usize) -> Result<Vec<Frame>, NodeError> {
    let mut frames = Vec::new();
    let mut open = vec![(root, 0, true)];
    while let Some((value, depth, is_effective)) = open.pop() {
        if frames.len() == frames_max {
            break;
        }
        let call = CallAnswer::deserialize(value)
            .map_err(|error| NodeError::malformed("debug_traceTransaction", error))?;
        let is_effective = is_effective && call.error.is_none();
        let children = value["calls"].as_array().map_or(&[][..], Vec::as_slice);
        open.extend(
            children
                .iter()
                .rev()
                .map(|child| (child, depth + 1, is_effective)),
        );
        frames.push(Frame {
            depth,
            call,
            is_effective,
        });
    }
    Ok(frames)
}

/// The calls that a transaction made and that can move something; the transaction itself is not
/// among them.
pub(crate) fn rows(block_number: u64, place: u64, frames: &[Frame]) -> Vec<CallRow> {
    let kinds = frames
        .iter()
        .filter(|frame| frame.depth > 0)
        .filter_map(|frame| {
            let kind = CallKind::parse(&frame.call.kind).filter(|kind| can_move(*kind))?;
            Some((frame, kind))
        });
    (0_u64..)
        .zip(kinds)
        .map(|(call_index, (frame, kind))| CallRow {
            block_number,
            place,
            call_index,
            kind,
            sender: frame.call.from,
            recipient: frame.call.to,
            value: frame.call.value.unwrap_or_default(),
            is_effective: frame.is_effective,
        })
        .collect()
}

fn can_move(kind: CallKind) -> bool {
    !matches!(kind, CallKind::StaticCall | CallKind::DelegateCall)
}

/// Counters of the section of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, RlpEncodable, RlpDecodable)]
pub(crate) struct AccountCalls {
    pub calls: u64,
}

/// What those counters were before a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CallImages {
    pub accounts: Vec<(Address, AccountCalls)>,
    pub contracts: u64,
}

impl CallImages {
    /// As [`crate::aggregate::Images::and_before`]: the older state counts.
    pub(crate) fn and_before(self, older: Self) -> Self {
        let accounts: HashMap<_, _> = self.accounts.into_iter().chain(older.accounts).collect();
        Self {
            accounts: accounts.into_iter().collect(),
            contracts: older.contracts,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.contracts.encode(&mut bytes);
        let (addresses, counts): (Vec<Address>, Vec<AccountCalls>) =
            self.accounts.iter().copied().unzip();
        addresses.encode(&mut bytes);
        counts.encode(&mut bytes);
        bytes
    }

    /// # Errors
    /// The bytes are not what [`Self::encode`] makes.
    pub(crate) fn decode(mut bytes: &[u8]) -> alloy_rlp::Result<Self> {
        let contracts = u64::decode(&mut bytes)?;
        let addresses = Vec::<Address>::decode(&mut bytes)?;
        let counts = Vec::<AccountCalls>::decode(&mut bytes)?;
        if addresses.len() != counts.len() || !bytes.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength);
        }
        Ok(Self {
            accounts: addresses.into_iter().zip(counts).collect(),
            contracts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_failed_call_takes_its_calls_with_it() {
        let call = |kind: &str, to: u8, extra: serde_json::Value| {
            let mut call = json!({
                "type": kind, "from": Address::repeat_byte(1), "to": Address::repeat_byte(to),
                "value": "0x5", "gas": "0x1", "gasUsed": "0x1", "input": "0x",
            });
            for (name, value) in extra.as_object().unwrap() {
                call[name] = value.clone();
            }
            call
        };
        let root = call(
            "CALL",
            9,
            json!({"calls": [
                call("CALL", 2, json!({"error": "execution reverted", "calls": [
                    call("CREATE", 3, json!({})),
                ]})),
                call("DELEGATECALL", 4, json!({"calls": [call("CREATE2", 5, json!({}))]})),
                call("STATICCALL", 6, json!({})),
                call("SELFDESTRUCT", 7, json!({})),
            ]}),
        );
        let frames = frames(&root, 100).unwrap();
        let found: Vec<_> = rows(1, 0, &frames)
            .into_iter()
            .map(|row| {
                (
                    row.kind.as_str(),
                    row.recipient.unwrap()[0],
                    row.is_effective,
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("CALL", 2, false),
                ("CREATE", 3, false),
                ("CREATE2", 5, true),
                ("SELFDESTRUCT", 7, true),
            ]
        );
    }

    #[test]
    fn the_deepest_nesting_is_read() {
        /// The yellow paper's limit of nested calls.
        const DEPTH: u32 = 1_024;
        let address = Address::ZERO;
        let call = json!({"type": "CALL", "from": address, "to": address});
        let mut root = call.clone();
        for _ in 0..DEPTH {
            let mut outer = call.clone();
            outer["calls"] = Value::Array(vec![root]);
            root = outer;
        }
        let all = frames(&root, 5_000).unwrap();
        assert_eq!(all.last().unwrap().depth, DEPTH);
        assert_eq!(frames(&root, 10).unwrap().len(), 10);
        assert!(frames(&json!({"type": 5}), 10).is_err());
    }

    #[test]
    fn images_read_back() {
        let images = CallImages {
            accounts: vec![(Address::repeat_byte(3), AccountCalls { calls: 7 })],
            contracts: 300,
        };
        assert_eq!(CallImages::decode(&images.encode()), Ok(images));
        assert!(CallImages::decode(&[1, 2, 3]).is_err());
    }
}
