use alloy_primitives::hex;
use revm::bytecode::opcode::OpCode;

/// Bytecode from mnemonics, and bytes that begin with `0x`.
pub fn assemble(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .flat_map(|word| match word.strip_prefix("0x") {
            Some(bytes) => hex::decode(bytes).unwrap(),
            None => vec![opcode(word)],
        })
        .collect()
}

fn opcode(mnemonic: &str) -> u8 {
    let is_it = |code: &OpCode| code.as_str() == mnemonic;
    let found = (0..=u8::MAX).filter_map(OpCode::new).find(is_it);
    found.unwrap_or_else(|| panic!("{mnemonic}")).get()
}
