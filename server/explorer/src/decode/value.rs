//! Decoded values in the forms that pages show.

use alloy_dyn_abi::DynSolValue;
use alloy_json_abi::Param;
use alloy_primitives::hex;
use types::explorer::{DecodedField, DecodedValue};

use crate::limits::DECODED_VALUES_MAX;

/// How many values may still be shown: a few bytes can encode very long lists.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) const fn new() -> Self {
        Self(DECODED_VALUES_MAX)
    }
}

/// A value with the names of its fields. What exceeds the budget is left out of lists.
pub(super) fn of(value: &DynSolValue, components: &[Param], budget: &mut Budget) -> DecodedValue {
    budget.0 = budget.0.saturating_sub(1);
    match value {
        DynSolValue::Bool(value) => DecodedValue::Bool(*value),
        DynSolValue::Int(number, _) => DecodedValue::Number(number.to_string()),
        DynSolValue::Uint(number, _) => DecodedValue::Number(number.to_string()),
        DynSolValue::FixedBytes(word, length) => {
            let bytes = word.get(..*length).unwrap_or(&word[..]);
            DecodedValue::Bytes(hex::encode_prefixed(bytes))
        }
        DynSolValue::Address(address) => DecodedValue::Address(address.to_string()),
        DynSolValue::Function(function) => DecodedValue::Bytes(hex::encode_prefixed(function)),
        DynSolValue::Bytes(bytes) => DecodedValue::Bytes(hex::encode_prefixed(bytes)),
        DynSolValue::String(text) => DecodedValue::Text(text.clone()),
        DynSolValue::Array(values) | DynSolValue::FixedArray(values) => {
            let mut list = Vec::new();
            for value in values {
                if budget.0 == 0 {
                    break;
                }
                list.push(of(value, components, budget));
            }
            DecodedValue::List(list)
        }
        DynSolValue::Tuple(values) => {
            let mut fields = Vec::new();
            for (index, value) in values.iter().enumerate() {
                if budget.0 == 0 {
                    break;
                }
                let component = components.get(index);
                let inner = component.map_or(&[][..], |component| &component.components);
                fields.push(DecodedField {
                    name: component
                        .map(|component| component.name.clone())
                        .unwrap_or_default(),
                    type_name: component
                        .map(|component| component.selector_type().into_owned())
                        .unwrap_or_default(),
                    is_indexed: false,
                    value: of(value, inner, budget),
                });
            }
            DecodedValue::Tuple(fields)
        }
    }
}
