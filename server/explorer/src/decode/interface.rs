//! A contract's interface as forms: what can be asked, and how people write arguments.

use alloy_dyn_abi::{DynSolType, DynSolValue, JsonAbiExt as _, Specifier as _};
use alloy_json_abi::{Function, JsonAbi, Param, StateMutability};
use types::explorer::{ContractCall, ContractInterface};

use crate::ExplorerError;
use crate::limits::ABI_BYTES_MAX;

/// Reads a JSON ABI: the list itself, or a compiler's artefact that has it under `abi`.
///
/// # Errors
/// It is neither, or too long.
pub(crate) fn parse_abi(text: &str) -> Result<JsonAbi, ExplorerError> {
    if text.len() > ABI_BYTES_MAX {
        let limit = ABI_BYTES_MAX >> 10;
        return Err(ExplorerError::Invalid(format!(
            "an interface may have {limit} KiB"
        )));
    }
    let wrong = |error: serde_json::Error| {
        ExplorerError::Invalid(format!("this is not a contract's JSON ABI: {error}"))
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(wrong)?;
    let list = match value {
        serde_json::Value::Object(mut artefact) => artefact.remove("abi").unwrap_or_default(),
        list => list,
    };
    let abi: JsonAbi = serde_json::from_value(list).map_err(wrong)?;
    if abi.is_empty() {
        return Err(ExplorerError::Invalid("the interface is empty".to_owned()));
    }
    Ok(abi)
}

/// The functions of an interface as forms.
pub(crate) fn forms(abi: &JsonAbi) -> ContractInterface {
    let (reads, writes): (Vec<&Function>, Vec<&Function>) =
        abi.functions().partition(|function| only_reads(function));
    ContractInterface {
        // An interface that was read can be written.
        abi: serde_json::to_string(abi).unwrap_or_default(),
        reads: reads.into_iter().map(form).collect(),
        writes: writes.into_iter().map(form).collect(),
    }
}

/// The function of that signature.
///
/// # Errors
/// The interface has none.
pub(crate) fn find_function<'a>(
    abi: &'a JsonAbi,
    signature: &str,
) -> Result<&'a Function, ExplorerError> {
    abi.functions()
        .find(|function| function.signature() == signature)
        .ok_or_else(|| ExplorerError::Invalid(format!("the contract has no {signature:?}")))
}

/// Call data from arguments as people write them: numbers in decimal or `0x`, bytes in `0x`, lists
/// as `[a, b]`, structures as `(a, b)`.
///
/// # Errors
/// Says which argument does not fit its type.
pub(crate) fn encode_call(
    function: &Function,
    arguments: &[String],
) -> Result<Vec<u8>, ExplorerError> {
    if arguments.len() != function.inputs.len() {
        let count = function.inputs.len();
        return Err(ExplorerError::Invalid(format!(
            "{} takes {count} arguments",
            function.name
        )));
    }
    let values = function
        .inputs
        .iter()
        .zip(arguments)
        .map(|(input, text)| argument(input, text))
        .collect::<Result<Vec<_>, _>>()?;
    function
        .abi_encode_input(&values)
        .map_err(|error| ExplorerError::Invalid(error.to_string()))
}

fn argument(input: &Param, text: &str) -> Result<DynSolValue, ExplorerError> {
    let wrong = |error: alloy_dyn_abi::Error| {
        let name = match input.name.as_str() {
            "" => "an argument",
            name => name,
        };
        let kind = input.selector_type();
        ExplorerError::Invalid(format!("{name} is not a valid {kind}: {error}"))
    };
    let kind = input.resolve().map_err(wrong)?;
    if kind == DynSolType::String {
        return Ok(DynSolValue::String(text.to_owned()));
    }
    kind.coerce_str(text.trim()).map_err(wrong)
}

const fn only_reads(function: &Function) -> bool {
    matches!(
        function.state_mutability,
        StateMutability::Pure | StateMutability::View
    )
}

fn form(function: &Function) -> ContractCall {
    let parameters = |parameters: &[Param]| {
        parameters
            .iter()
            .map(|parameter| {
                let kind = parameter.selector_type().into_owned();
                (parameter.name.clone(), kind)
            })
            .collect()
    };
    ContractCall {
        signature: function.signature(),
        name: function.name.clone(),
        inputs: parameters(&function.inputs),
        outputs: parameters(&function.outputs),
        is_payable: function.state_mutability == StateMutability::Payable,
        answer: None,
    }
}
