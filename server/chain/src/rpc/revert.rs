//! What a contract says when it reverts (Solidity's ABI: `Error(string)` and `Panic(uint256)`).

use alloy_primitives::U256;

/// The reason in words; none when the output is neither of the two.
#[must_use]
pub fn revert_reason(output: &[u8]) -> Option<String> {
    let (selector, arguments) = output.split_first_chunk::<4>()?;
    match *selector {
        ERROR => decode_string(arguments),
        PANIC => {
            let code = arguments
                .first_chunk::<32>()
                .map(|word| U256::from_be_bytes(*word))?;
            Some(panic_reason(code))
        }
        _ => None,
    }
}

/// Selector of `Error(string)`.
const ERROR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];
/// Selector of `Panic(uint256)`.
const PANIC: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];

fn decode_string(arguments: &[u8]) -> Option<String> {
    let offset = word_at(arguments, 0)?;
    let length = word_at(arguments, offset)?;
    let start = offset.checked_add(32)?;
    let bytes = arguments.get(start..start.checked_add(length)?)?;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

fn word_at(bytes: &[u8], offset: usize) -> Option<usize> {
    let word = bytes.get(offset..)?.first_chunk::<32>()?;
    usize::try_from(U256::from_be_bytes(*word)).ok()
}

/// geth's words for Solidity's panic codes.
fn panic_reason(code: U256) -> String {
    let reason = match u8::try_from(code).unwrap_or(u8::MAX) {
        0x00 => "generic panic",
        0x01 => "assert(false)",
        0x11 => "arithmetic underflow or overflow",
        0x12 => "division or modulo by zero",
        0x21 => "enum overflow",
        0x22 => "invalid encoded storage byte array accessed",
        0x31 => "out-of-bounds array access; popping on an empty array",
        0x32 => "out-of-bounds access of an array or bytesN",
        0x41 => "out of memory",
        0x51 => "uninitialized function",
        _ => return format!("unknown panic code: {code:#x}"),
    };
    reason.to_owned()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;
    use proptest::prelude::*;

    use super::*;

    fn check(output: &str, reason: Option<&str>) {
        assert_eq!(
            revert_reason(&hex::decode(output).unwrap()).as_deref(),
            reason
        );
    }

    #[test]
    fn known_reasons() {
        check(
            "08c379a00000000000000000000000000000000000000000000000000000000000000020\
             000000000000000000000000000000000000000000000000000000000000000d\
             6e6f7420746865206f776e657200000000000000000000000000000000000000",
            Some("not the owner"),
        );
        check(
            "4e487b710000000000000000000000000000000000000000000000000000000000000011",
            Some("arithmetic underflow or overflow"),
        );
        check(
            "4e487b7100000000000000000000000000000000000000000000000000000000000000ff",
            Some("unknown panic code: 0xff"),
        );
        check("", None);
        check("08c379a0", None);
        check("deadbeef", None);
    }

    proptest! {
        #[test]
        fn never_panics(mut output in prop::collection::vec(any::<u8>(), 0..200), known in any::<bool>()) {
            if known && output.len() >= 4 {
                output[..4].copy_from_slice(&ERROR);
            }
            let _ = revert_reason(&output);
        }
    }
}
