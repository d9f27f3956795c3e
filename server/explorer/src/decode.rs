//! Call data, logs and errors read by interfaces (ABI). Pure.
//!
//! The contract's own interface counts first; then those of the standards, so that tokens, proxies
//! and wallets are readable on the first day. An interface that does not fit the data exactly is
//! passed over: wrong names would be worse than none.

mod interface;
mod standard;
#[cfg(test)]
mod tests;
mod value;

use alloy_dyn_abi::{DynSolValue, EventExt as _, FunctionExt as _, JsonAbiExt as _};
use alloy_json_abi::{EventParam, Function, JsonAbi, Param};
use alloy_primitives::{B256, Selector};
use types::explorer::{DecodedCall, DecodedEvent, DecodedField, DecodedValue};

pub(crate) use interface::{encode_call, find_function, forms, parse_abi};
pub(crate) use standard::{failure_reason, standard};
use value::Budget;

use crate::limits::DECODED_BYTES_MAX;

/// The name of the function that a selector stands for.
pub(crate) fn function_name(own: Option<&JsonAbi>, selector: Selector) -> Option<String> {
    functions(own, selector)
        .next()
        .map(|function| function.name.clone())
}

/// Call data as a function's arguments.
pub(crate) fn call(own: Option<&JsonAbi>, input: &[u8]) -> Option<DecodedCall> {
    let (selector, arguments) = split(input)?;
    functions(own, selector).find_map(|function| {
        let values = exact(arguments, &function.inputs)?;
        Some(DecodedCall {
            name: function.name.clone(),
            signature: function.signature(),
            arguments: fields(&function.inputs, &values),
        })
    })
}

/// What a function gave back.
pub(crate) fn output(function: &Function, output: &[u8]) -> Option<Vec<DecodedField>> {
    let values = function.abi_decode_output(output).ok()?;
    Some(fields(&function.outputs, &values))
}

/// The data of a revert as one of the interface's own errors.
pub(crate) fn custom_error(own: Option<&JsonAbi>, data: &[u8]) -> Option<DecodedCall> {
    let (selector, arguments) = split(data)?;
    let error = own?.errors().find(|error| error.selector() == selector)?;
    let values = exact(arguments, &error.inputs)?;
    Some(DecodedCall {
        name: error.name.clone(),
        signature: error.signature(),
        arguments: fields(&error.inputs, &values),
    })
}

/// A log as an event.
pub(crate) fn log(own: Option<&JsonAbi>, topics: &[B256], data: &[u8]) -> Option<DecodedEvent> {
    if data.len() > DECODED_BYTES_MAX {
        return None;
    }
    let first = topics.first()?;
    let candidates = own
        .into_iter()
        .chain([standard()])
        .flat_map(JsonAbi::events)
        .filter(|event| !event.anonymous && event.selector() == *first)
        // One signature is several events: ERC-20 and ERC-721 differ in what is indexed.
        .filter(|event| event.num_topics() == topics.len());
    for event in candidates {
        let Ok(decoded) = event.decode_log_parts(topics.iter().copied(), data) else {
            continue;
        };
        let mut indexed = decoded.indexed.iter();
        let mut body = decoded.body.iter();
        let mut budget = Budget::new();
        let parameters = event
            .inputs
            .iter()
            .map(|input| {
                let value = if input.indexed {
                    indexed.next()
                } else {
                    body.next()
                };
                event_field(input, value, &mut budget)
            })
            .collect::<Option<Vec<_>>>();
        if let Some(parameters) = parameters {
            return Some(DecodedEvent {
                name: event.name.clone(),
                signature: event.signature(),
                parameters,
            });
        }
    }
    None
}

fn functions(own: Option<&JsonAbi>, selector: Selector) -> impl Iterator<Item = &Function> {
    own.into_iter()
        .chain([standard()])
        .flat_map(JsonAbi::functions)
        .filter(move |function| function.selector() == selector)
}

fn split(data: &[u8]) -> Option<(Selector, &[u8])> {
    if data.len() > DECODED_BYTES_MAX {
        return None;
    }
    let (selector, rest) = data.split_at_checked(4)?;
    Some((Selector::from_slice(selector), rest))
}

/// Arguments that encode back to the very same bytes: data of another function that happens to be
/// readable is not shown under a wrong name.
fn exact(data: &[u8], inputs: &[Param]) -> Option<Vec<DynSolValue>> {
    let function = Function {
        name: String::new(),
        inputs: inputs.to_vec(),
        outputs: Vec::new(),
        state_mutability: alloy_json_abi::StateMutability::NonPayable,
    };
    let values = function.abi_decode_input(data).ok()?;
    let again = function.abi_encode_input_raw(&values).ok()?;
    (again == data).then_some(values)
}

fn fields(inputs: &[Param], values: &[DynSolValue]) -> Vec<DecodedField> {
    let mut budget = Budget::new();
    inputs
        .iter()
        .zip(values)
        .map(|(input, value)| DecodedField {
            name: input.name.clone(),
            type_name: input.selector_type().into_owned(),
            is_indexed: false,
            value: value::of(value, &input.components, &mut budget),
        })
        .collect()
}

fn event_field(
    input: &EventParam,
    value: Option<&DynSolValue>,
    budget: &mut Budget,
) -> Option<DecodedField> {
    let value = value?;
    Some(DecodedField {
        name: input.name.clone(),
        type_name: input.selector_type().into_owned(),
        is_indexed: input.indexed,
        value: match value {
            // Of an indexed text or list only the hash is in the log.
            DynSolValue::FixedBytes(word, 32) if input.indexed => {
                DecodedValue::Bytes(word.to_string())
            }
            value => value::of(value, &input.components, budget),
        },
    })
}
