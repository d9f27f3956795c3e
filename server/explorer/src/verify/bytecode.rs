//! Compares compiled with deployed code, as Sourcify does.
//!
//! Three things differ though the source is the same: addresses of linked libraries, values of
//! immutable variables, and a library's own address at its start. They are taken from the chain
//! before the comparison. What is left may differ in the metadata at the end: then the source
//! behaves the same and its text may be another.

use alloy_dyn_abi::JsonAbiExt as _;
use alloy_json_abi::JsonAbi;
use alloy_primitives::hex;
use serde_json::Value;
use types::explorer::Match;

/// Code as the compiler wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compiled {
    code: Vec<u8>,
    /// Begin and length of what is only known on the chain.
    open: Vec<(usize, usize)>,
}

/// A library begins with PUSH20 and its own address, which the compiler leaves zero.
const LIBRARY_START: [u8; 21] = {
    let mut start = [0; 21];
    start[0] = 0x73;
    start
};

impl Compiled {
    /// Reads `evm.bytecode` or `evm.deployedBytecode`; none for an interface, which has no code.
    pub(super) fn read(bytecode: &Value) -> Option<Self> {
        let object = bytecode["object"].as_str()?;
        let mut open = Vec::new();
        let files = bytecode["linkReferences"].as_object().into_iter().flatten();
        for (_, libraries) in files {
            for (_, places) in libraries.as_object().into_iter().flatten() {
                open.extend(read_places(places));
            }
        }
        let variables = bytecode["immutableReferences"]
            .as_object()
            .into_iter()
            .flatten();
        for (_, places) in variables {
            open.extend(read_places(places));
        }
        let code = hex::decode(without_placeholders(object)).ok()?;
        if code.is_empty()
            || open
                .iter()
                .any(|(start, length)| start + length > code.len())
        {
            return None;
        }
        if code.starts_with(&LIBRARY_START) {
            open.push((1, 20));
        }
        Some(Self { code, open })
    }

    /// How well the code fits what is deployed.
    pub(super) fn matches(&self, deployed: &[u8]) -> Option<Match> {
        let filled = self.filled(deployed)?;
        let (ours, our_metadata) = split_metadata(&filled);
        if filled == deployed && our_metadata.is_some() {
            return Some(Match::Exact);
        }
        let (theirs, _) = split_metadata(deployed);
        (ours == theirs).then_some(Match::WithoutMetadata)
    }

    /// The code with what is only known on the chain taken from there.
    fn filled(&self, deployed: &[u8]) -> Option<Vec<u8>> {
        let mut code = self.code.clone();
        for (start, length) in &self.open {
            let range = *start..start + length;
            code[range.clone()].copy_from_slice(deployed.get(range)?);
        }
        Some(code)
    }
}

/// What follows the code in the data of the creating transaction, if the interface's constructor
/// can read it.
pub(super) fn constructor_arguments(
    compiled: &Compiled,
    creation: &[u8],
    abi: &JsonAbi,
) -> Option<Vec<u8>> {
    let (code, arguments) = creation.split_at_checked(compiled.code.len())?;
    compiled.matches(code)?;
    match &abi.constructor {
        Some(constructor) => {
            constructor.abi_decode_input(arguments).ok()?;
        }
        None if !arguments.is_empty() => return None,
        None => {}
    }
    Some(arguments.to_vec())
}

fn read_places(places: &Value) -> Vec<(usize, usize)> {
    places
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|place| {
            let start = usize::try_from(place["start"].as_u64()?).ok()?;
            let length = usize::try_from(place["length"].as_u64()?).ok()?;
            Some((start, length))
        })
        .collect()
}

/// Placeholders of libraries, `__$…$__`, are as long as an address.
fn without_placeholders(object: &str) -> String {
    const PLACEHOLDER_CHARS: usize = 40;
    let mut text = String::with_capacity(object.len());
    let mut rest = object;
    while let Some(start) = rest.find("__") {
        text.push_str(&rest[..start]);
        text.push_str(&"0".repeat(PLACEHOLDER_CHARS));
        rest = rest.get(start + PLACEHOLDER_CHARS..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// Code and metadata: a CBOR map, and its length in the last two bytes.
fn split_metadata(code: &[u8]) -> (&[u8], Option<&[u8]>) {
    /// CBOR: a map of 1…8 entries begins with such a byte.
    const MAPS: std::ops::RangeInclusive<u8> = 0xa1..=0xa8;
    let Some((body, length)) = code.split_last_chunk::<2>() else {
        return (code, None);
    };
    let length = usize::from(u16::from_be_bytes(*length));
    let Some(start) = body.len().checked_sub(length) else {
        return (code, None);
    };
    let (code_only, metadata) = body.split_at(start);
    match metadata.first() {
        Some(first) if MAPS.contains(first) => (code_only, Some(metadata)),
        _ => (code, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn with_metadata(code: &[u8], metadata: &[u8]) -> Vec<u8> {
        let length = u16::try_from(metadata.len()).unwrap().to_be_bytes();
        [code, metadata, &length].concat()
    }

    fn compiled(code: &[u8]) -> Compiled {
        Compiled::read(&json!({"object": hex::encode(code)})).unwrap()
    }

    #[test]
    fn metadata_tells_an_exact_match() {
        let code = [0x60, 0x80, 0x60, 0x40];
        let ours = compiled(&with_metadata(&code, &[0xa1, 1, 2, 3]));
        for (deployed, expected) in [
            (with_metadata(&code, &[0xa1, 1, 2, 3]), Some(Match::Exact)),
            (
                with_metadata(&code, &[0xa2, 9, 9]),
                Some(Match::WithoutMetadata),
            ),
            (code.to_vec(), Some(Match::WithoutMetadata)),
            (
                with_metadata(&[0x60, 0x80, 0x60, 0x41], &[0xa1, 1, 2, 3]),
                None,
            ),
            (Vec::new(), None),
        ] {
            assert_eq!(ours.matches(&deployed), expected, "{deployed:?}");
        }
        assert_eq!(compiled(&code).matches(&code), Some(Match::WithoutMetadata));
    }

    #[test]
    fn what_only_the_chain_knows_is_taken_from_there() {
        let placeholder = format!("__${}$__", "a".repeat(34));
        let bytecode = json!({
            "object": format!("6001{placeholder}{}60ff", "00".repeat(32)),
            "linkReferences": {"a.sol": {"Library": [{"start": 2, "length": 20}]}},
            "immutableReferences": {"7": [{"start": 22, "length": 32}]},
        });
        let ours = Compiled::read(&bytecode).unwrap();
        let deployed = [&[0x60, 1][..], &[5; 20], &[6; 32], &[0x60, 0xff]].concat();
        assert_eq!(ours.matches(&deployed), Some(Match::WithoutMetadata));
        let library = [&LIBRARY_START[..], &[0x30, 0x14]].concat();
        let deployed = [&[0x73][..], &[9; 20], &[0x30, 0x14]].concat();
        assert_eq!(
            compiled(&library).matches(&deployed),
            Some(Match::WithoutMetadata)
        );
        assert_eq!(Compiled::read(&json!({"object": ""})), None);
    }

    #[test]
    fn arguments_follow_the_code() {
        let abi = JsonAbi::parse(["constructor(uint256 cap)"]).unwrap();
        let ours = compiled(&[1, 2, 3]);
        let arguments = [[0; 31].as_slice(), &[7]].concat();
        let creation = [&[1, 2, 3][..], &arguments].concat();
        assert_eq!(
            constructor_arguments(&ours, &creation, &abi),
            Some(arguments)
        );
        assert_eq!(constructor_arguments(&ours, &[1, 2, 4], &abi), None);
        assert_eq!(
            constructor_arguments(&ours, &creation, &JsonAbi::new()),
            None
        );
    }

    proptest! {
        #[test]
        fn any_code_is_harmless(code: Vec<u8>, deployed: Vec<u8>) {
            split_metadata(&code);
            if let Some(compiled) = Compiled::read(&json!({"object": hex::encode(&code)})) {
                compiled.matches(&deployed);
            }
        }
    }
}
