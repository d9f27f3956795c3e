//! What a token's contract answers about itself, from anyone and therefore anything: too long,
//! not text, made to look like something else.

use alloy_primitives::U256;

use crate::limits::{
    REASON_CHARS_MAX, TOKEN_ANSWER_BYTES_MAX, TOKEN_NAME_CHARS_MAX, TOKEN_SYMBOL_CHARS_MAX,
};

/// A token's name.
pub(crate) fn name(answer: &[u8]) -> Option<String> {
    text(answer, TOKEN_NAME_CHARS_MAX)
}

/// A token's symbol.
pub(crate) fn symbol(answer: &[u8]) -> Option<String> {
    text(answer, TOKEN_SYMBOL_CHARS_MAX)
}

/// The text of Solidity's `Error(string)`.
pub(crate) fn reason(encoded: &[u8]) -> Option<String> {
    text(encoded, REASON_CHARS_MAX)
}

/// A token's decimals (ERC-20: `uint8`).
pub(crate) fn decimals(answer: &[u8]) -> Option<u8> {
    number(answer)?.try_into().ok()
}

/// One word.
pub(crate) fn number(answer: &[u8]) -> Option<U256> {
    (answer.len() == 32).then(|| U256::from_be_slice(answer))
}

/// A `string`, or the `bytes32` of early tokens. Characters that are not seen, or that turn the
/// direction of what follows, are left out.
fn text(answer: &[u8], chars_max: usize) -> Option<String> {
    let answer = answer.get(..TOKEN_ANSWER_BYTES_MAX).unwrap_or(answer);
    let bytes = string(answer).or_else(|| {
        let end = answer.iter().position(|byte| *byte == 0).unwrap_or(32);
        answer.get(..end).filter(|_| answer.len() == 32)
    })?;
    let text: String = String::from_utf8_lossy(bytes)
        .chars()
        .filter(|character| is_seen(*character))
        .collect();
    let text: String = text.trim().chars().take(chars_max).collect();
    (!text.is_empty()).then_some(text)
}

fn string(answer: &[u8]) -> Option<&[u8]> {
    let offset: usize = number(answer.get(..32)?)?.try_into().ok()?;
    let tail = answer.get(offset..)?;
    let length: usize = number(tail.get(..32)?)?.try_into().ok()?;
    let bytes = &tail[32..];
    // Longer than what arrived: cut, as the answer was.
    Some(bytes.get(..length).unwrap_or(bytes))
}

fn is_seen(character: char) -> bool {
    let turns_direction = matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !character.is_control() && !turns_direction && character != char::REPLACEMENT_CHARACTER
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_dyn_abi::DynSolValue;
    use proptest::prelude::*;

    fn encoded(text: &str) -> Vec<u8> {
        DynSolValue::Tuple(vec![DynSolValue::String(text.to_owned())]).abi_encode_params()
    }

    #[test]
    fn names_are_made_harmless() {
        let check = |answer: &[u8], expected: Option<&str>| {
            assert_eq!(symbol(answer).as_deref(), expected, "{answer:?}");
        };
        check(&encoded("DAI"), Some("DAI"));
        check(&encoded("  D\u{202e}A\nI\u{0}  "), Some("DAI"));
        check(&encoded(&"x".repeat(9_000)), Some(&"x".repeat(32)));
        check(&encoded(""), None);
        let mut early = [0_u8; 32];
        early[..3].copy_from_slice(b"MKR");
        check(&early, Some("MKR"));
        check(&[], None);
        check(&[0xff; 31], None);
        let mut not_text = encoded("abc");
        not_text[64] = 0xff;
        check(&not_text, Some("bc"));
    }

    #[test]
    fn decimals_fit_a_byte() {
        assert_eq!(decimals(&U256::from(18).to_be_bytes::<32>()), Some(18));
        assert_eq!(decimals(&U256::from(256).to_be_bytes::<32>()), None);
        assert_eq!(decimals(&[]), None);
    }

    proptest! {
        #[test]
        fn any_answer_is_bounded(answer: Vec<u8>) {
            let found = name(&answer).unwrap_or_default();
            prop_assert!(found.chars().count() <= TOKEN_NAME_CHARS_MAX);
        }

        #[test]
        fn plain_names_are_kept(plain in "[a-zA-Z0-9]{1,30}") {
            prop_assert_eq!(symbol(&encoded(&plain)), Some(plain));
        }
    }
}
