//! Proves that a source is a contract's: it is compiled, and the result compared with the code on
//! the chain.

mod bytecode;
mod compiler;

use alloy_json_abi::JsonAbi;
use serde_json::Value;
use types::explorer::{Match, SourceFile, VerificationRequest};

use crate::ExplorerError;
use crate::limits::STANDARD_JSON_BYTES_MAX;
use crate::settings::CompilerSettings;
use bytecode::{Compiled, constructor_arguments};

/// What the chain has of a contract.
pub(crate) struct Deployed<'a> {
    pub code: &'a [u8],
    /// The data of the transaction that created it, where there is one.
    pub creation: Option<&'a [u8]>,
}

/// A source that fits.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    pub name: String,
    pub matched: Match,
    pub compiler: String,
    pub settings: String,
    pub files: Vec<SourceFile>,
    /// JSON.
    pub abi: String,
    pub constructor_arguments: Option<Vec<u8>>,
}

/// Compiles the source and finds the contract in it that has the deployed code.
///
/// # Errors
/// The input is not standard JSON with all sources in it, does not compile, or compiles to other
/// code; or the compiler fails.
pub(crate) async fn verify(
    compiler: &CompilerSettings,
    request: &VerificationRequest,
    deployed: &Deployed<'_>,
) -> Result<Verified, ExplorerError> {
    let input = read_input(&request.standard_json)?;
    let output = compiler::compile(compiler, &input.compiled).await?;
    if let Some(problem) = compile_errors(&output) {
        return Err(ExplorerError::Invalid(problem));
    }
    let mut best: Option<(Match, &str, &Value, Compiled)> = None;
    for (path, name, contract) in contracts(&output) {
        if !request.contract.is_empty()
            && request.contract != format!("{path}:{name}")
            && request.contract != name
        {
            continue;
        }
        let Some(compiled) = Compiled::read(&contract["evm"]["deployedBytecode"]) else {
            continue;
        };
        let Some(matched) = compiled.matches(deployed.code) else {
            continue;
        };
        if best.as_ref().is_none_or(|(known, ..)| matched < *known) {
            best = Some((matched, name, contract, compiled));
        }
    }
    let Some((matched, name, contract, _)) = best else {
        return Err(ExplorerError::Invalid(
            "none of the contracts in this source compiles to the code at that address; compare the compiler's version and settings".to_owned(),
        ));
    };
    let version = compiler_version(contract);
    if let Some(wanted) = &request.compiler
        && !version.starts_with(wanted.trim_start_matches('v'))
    {
        return Err(ExplorerError::Invalid(format!(
            "this server compiles with {version}, not with {wanted}"
        )));
    }
    let abi: JsonAbi = serde_json::from_value(contract["abi"].clone())
        .map_err(|error| ExplorerError::Verification(format!("the compiler's ABI: {error}")))?;
    let arguments = deployed.creation.and_then(|creation| {
        let compiled = Compiled::read(&contract["evm"]["bytecode"])?;
        constructor_arguments(&compiled, creation, &abi)
    });
    Ok(Verified {
        name: name.to_owned(),
        matched,
        compiler: version,
        settings: input.settings,
        files: input.files,
        abi: serde_json::to_string(&abi).unwrap_or_default(),
        constructor_arguments: arguments,
    })
}

struct Input {
    /// What the compiler is given.
    compiled: Value,
    settings: String,
    files: Vec<SourceFile>,
}

/// Reads standard JSON. Sources must be in it: the compiler fetches nothing.
fn read_input(text: &str) -> Result<Input, ExplorerError> {
    let wrong = |problem: &str| ExplorerError::Invalid(problem.to_owned());
    if text.len() > STANDARD_JSON_BYTES_MAX {
        let limit = STANDARD_JSON_BYTES_MAX >> 20;
        return Err(wrong(&format!("standard JSON input may have {limit} MiB")));
    }
    let mut input: Value = serde_json::from_str(text)
        .map_err(|error| wrong(&format!("this is not standard JSON input: {error}")))?;
    if !matches!(input["language"].as_str(), Some("Solidity" | "Yul")) {
        return Err(wrong("the input's language is neither Solidity nor Yul"));
    }
    let files = input["sources"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(path, source)| {
            let content = source["content"]
                .as_str()
                .ok_or_else(|| wrong(&format!("the content of {path} is not in the input")))?;
            Ok(SourceFile {
                path: path.clone(),
                content: content.to_owned(),
            })
        })
        .collect::<Result<Vec<_>, ExplorerError>>()?;
    if files.is_empty() {
        return Err(wrong("the input has no sources"));
    }
    let mut settings = match input["settings"].take() {
        settings @ Value::Object(_) => settings,
        _ => Value::Object(serde_json::Map::new()),
    };
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("outputSelection");
        // It could ask the compiler to run solvers for hours.
        settings.remove("modelChecker");
    }
    let shown = settings.to_string();
    settings["outputSelection"] = serde_json::json!({"*": {"*": [
        "abi", "metadata", "evm.bytecode.object", "evm.bytecode.linkReferences",
        "evm.deployedBytecode.object", "evm.deployedBytecode.linkReferences",
        "evm.deployedBytecode.immutableReferences",
    ]}});
    let compiled = serde_json::json!({
        "language": input["language"],
        "sources": input["sources"],
        "settings": settings,
    });
    Ok(Input {
        compiled,
        settings: shown,
        files,
    })
}

/// The first errors as text.
fn compile_errors(output: &Value) -> Option<String> {
    const ERRORS_SHOWN: usize = 3;
    const CHARS_SHOWN: usize = 2_000;
    let errors: Vec<&str> = output["errors"]
        .as_array()?
        .iter()
        .filter(|error| error["severity"] == "error")
        .filter_map(|error| error["formattedMessage"].as_str())
        .take(ERRORS_SHOWN)
        .collect();
    if errors.is_empty() {
        return None;
    }
    let text: String = errors.join("\n").chars().take(CHARS_SHOWN).collect();
    Some(format!("the source does not compile:\n{text}"))
}

fn contracts(output: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let files = output["contracts"].as_object().into_iter().flatten();
    files.flat_map(|(path, contracts)| {
        let contracts = contracts.as_object().into_iter().flatten();
        contracts.map(move |(name, contract)| (path.as_str(), name.as_str(), contract))
    })
}

/// From the contract's metadata: `0.8.30+commit.73712a01`.
fn compiler_version(contract: &Value) -> String {
    contract["metadata"]
        .as_str()
        .and_then(|metadata| serde_json::from_str::<Value>(metadata).ok())
        .and_then(|metadata| Some(metadata["compiler"]["version"].as_str()?.to_owned()))
        .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn inputs_are_refused_with_a_reason() {
        let check = |input: Value, problem: &str| {
            let error = read_input(&input.to_string())
                .err()
                .map(|error| error.to_string());
            assert!(
                error
                    .as_deref()
                    .is_some_and(|error| error.contains(problem)),
                "{error:?}"
            );
        };
        check(json!([]), "language");
        check(json!({"language": "Vyper"}), "language");
        check(json!({"language": "Solidity"}), "no sources");
        check(
            json!({"language": "Solidity", "sources": {"a.sol": {"urls": ["file:///etc/passwd"]}}}),
            "content of a.sol",
        );
    }

    #[test]
    fn only_what_is_needed_is_asked_of_the_compiler() {
        let input = json!({
            "language": "Solidity",
            "sources": {"a.sol": {"content": "contract A {}"}},
            "settings": {"optimizer": {"enabled": true}, "modelChecker": {"engine": "all"},
                "outputSelection": {"*": {"*": ["*"]}}},
        });
        let input = read_input(&input.to_string()).unwrap();
        assert_eq!(input.settings, r#"{"optimizer":{"enabled":true}}"#);
        assert!(input.compiled["settings"]["modelChecker"].is_null());
        assert_eq!(input.files[0].path, "a.sol");
    }
}
