//! Random programs that do something: each instruction finds operands on the stack that make sense.

use alloy_primitives::{Address, U256};
use rand::Rng;
use rand::rngs::StdRng;

use crate::support::assembly::assemble;

/// Slots that programs read and write.
pub const SLOTS: u64 = 6;

/// Instructions, with what their operands are: `n` a number, `s` a slot, `m` a place in memory,
/// `l` a length, `a` an address, `v` a small value, `g` gas. The first letter is on top.
const INSTRUCTIONS: &[(&str, &str)] = &[
    ("ADD", "nn"),
    ("MUL", "nn"),
    ("SUB", "nn"),
    ("DIV", "nn"),
    ("SDIV", "nn"),
    ("MOD", "nn"),
    ("SMOD", "nn"),
    ("ADDMOD", "nnn"),
    ("MULMOD", "nnn"),
    ("EXP", "nv"),
    ("SIGNEXTEND", "vn"),
    ("LT", "nn"),
    ("SGT", "nn"),
    ("EQ", "nn"),
    ("ISZERO", "n"),
    ("AND", "nn"),
    ("NOT", "n"),
    ("BYTE", "vn"),
    ("SHL", "vn"),
    ("SHR", "vn"),
    ("SAR", "vn"),
    ("KECCAK256", "ml"),
    ("ADDRESS", ""),
    ("BALANCE", "a"),
    ("ORIGIN", ""),
    ("CALLER", ""),
    ("CALLVALUE", ""),
    ("CALLDATALOAD", "m"),
    ("CALLDATASIZE", ""),
    ("CALLDATACOPY", "mml"),
    ("CODESIZE", ""),
    ("CODECOPY", "mml"),
    ("GASPRICE", ""),
    ("EXTCODESIZE", "a"),
    ("EXTCODECOPY", "amml"),
    ("RETURNDATASIZE", ""),
    ("EXTCODEHASH", "a"),
    ("COINBASE", ""),
    ("TIMESTAMP", ""),
    ("NUMBER", ""),
    ("GASLIMIT", ""),
    ("CHAINID", ""),
    ("SELFBALANCE", ""),
    ("BASEFEE", ""),
    ("BLOBBASEFEE", ""),
    ("BLOBHASH", "v"),
    ("MLOAD", "m"),
    ("MSTORE", "mn"),
    ("MSTORE8", "mn"),
    ("SLOAD", "s"),
    ("SSTORE", "sv"),
    ("PC", ""),
    ("MSIZE", ""),
    ("GAS", ""),
    ("TLOAD", "s"),
    ("TSTORE", "sn"),
    ("MCOPY", "mml"),
    ("LOG0", "ml"),
    ("LOG1", "mln"),
    ("LOG2", "mlnv"),
    ("LOG3", "mlnnn"),
    ("LOG4", "mlnnnv"),
    ("CREATE", "vml"),
    ("CREATE2", "vmlv"),
    ("CALL", "gavmlml"),
    ("CALLCODE", "gavmlml"),
    ("DELEGATECALL", "gamlml"),
    ("STATICCALL", "gamlml"),
    ("SSTORE", "sn"),
    ("SSTORE", "sv"),
    ("CALL", "gavmlml"),
];
/// Instructions of which a program has at most one, at its end.
const ENDS: &[(&str, &str)] = &[
    ("STOP", ""),
    ("RETURN", "ml"),
    ("RETURN", "ml"),
    ("REVERT", "ml"),
    ("SELFDESTRUCT", "a"),
    ("INVALID", ""),
    ("JUMP", "v"),
    ("RETURNDATACOPY", "mml"),
    ("POP", "v"),
];

/// A program that knows some addresses.
pub fn random(random: &mut StdRng, addresses: &[Address]) -> Vec<u8> {
    let mut code = Vec::new();
    for _ in 0..random.random_range(3..25) {
        let (name, operands) = INSTRUCTIONS[random.random_range(0..INSTRUCTIONS.len())];
        instruction(random, addresses, name, operands, &mut code);
        if random.random_bool(0.15) {
            code.extend(assemble("DUP1"));
        }
    }
    let (name, operands) = ENDS[random.random_range(0..ENDS.len())];
    instruction(random, addresses, name, operands, &mut code);
    code
}

fn instruction(
    random: &mut StdRng,
    addresses: &[Address],
    name: &str,
    operands: &str,
    code: &mut Vec<u8>,
) {
    for operand in operands.chars().rev() {
        let word = match operand {
            's' => U256::from(random.random_range(0..SLOTS)),
            'm' | 'l' => U256::from(random.random_range(0..100_u64)),
            'v' => U256::from(random.random_range(0..40_u64)),
            'g' => U256::from(random.random_range(0..200_000_u64)),
            'a' => any_address(random, addresses),
            _ => U256::from_be_bytes(random.random::<[u8; 32]>()),
        };
        let bytes = word.to_be_bytes_trimmed_vec();
        // PUSH0 and its longer sisters.
        code.push(0x5f + u8::try_from(bytes.len()).unwrap());
        code.extend(bytes);
    }
    code.extend(assemble(name));
}

fn any_address(random: &mut StdRng, addresses: &[Address]) -> U256 {
    let address = if random.random_bool(0.3) {
        Address::left_padding_from(&[random.random_range(1..0x12)])
    } else {
        addresses[random.random_range(0..addresses.len())]
    };
    U256::from_be_bytes(address.into_word().0)
}
