//! Small contracts, written by hand.

use super::assembly::assemble;

/// Code that deploys this code.
pub fn init_code(runtime: &[u8]) -> Vec<u8> {
    let length = u16::try_from(runtime.len()).unwrap().to_be_bytes();
    let mut code = vec![0x61];
    code.extend(length);
    code.extend(assemble("DUP1 PUSH1 0x0a PUSH0 CODECOPY PUSH0 RETURN"));
    assert_eq!(code.len(), 0x0a);
    code.extend(runtime);
    code
}

/// Stores the second word of its input under the first.
pub fn store() -> Vec<u8> {
    assemble("PUSH1 0x20 CALLDATALOAD PUSH0 CALLDATALOAD SSTORE STOP")
}

/// Writes a log with the first two words of its input as topics and the rest as data.
pub fn emitter() -> Vec<u8> {
    assemble(
        "PUSH1 0x40 CALLDATASIZE SUB DUP1 PUSH1 0x40 PUSH0 CALLDATACOPY \
         PUSH1 0x20 CALLDATALOAD PUSH0 CALLDATALOAD DUP3 PUSH0 LOG2 STOP",
    )
}

/// Reverts with its input.
pub fn reverter() -> Vec<u8> {
    assemble("CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY CALLDATASIZE PUSH0 REVERT")
}

/// Returns its input.
pub fn echo() -> Vec<u8> {
    assemble("CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY CALLDATASIZE PUSH0 RETURN")
}

/// Calls the address in the first word of its input with the rest of it, and passes on the value;
/// returns what that returned, and whether it succeeded before it.
pub fn caller() -> Vec<u8> {
    assemble(
        "PUSH1 0x20 CALLDATASIZE SUB DUP1 PUSH1 0x20 PUSH0 CALLDATACOPY \
         PUSH0 PUSH0 DUP3 PUSH0 CALLVALUE PUSH0 CALLDATALOAD GAS CALL \
         PUSH0 MSTORE RETURNDATASIZE PUSH0 PUSH1 0x20 RETURNDATACOPY \
         RETURNDATASIZE PUSH1 0x20 ADD PUSH0 RETURN",
    )
}

/// Creates a contract (CREATE2): the first word of its input is the salt, the rest the code.
pub fn factory() -> Vec<u8> {
    assemble(
        "PUSH1 0x20 CALLDATASIZE SUB DUP1 PUSH1 0x20 PUSH0 CALLDATACOPY \
         PUSH0 CALLDATALOAD SWAP1 PUSH0 CALLVALUE CREATE2 PUSH0 MSTORE PUSH1 0x20 PUSH0 RETURN",
    )
}

/// Destroys itself in favour of the address in its input.
pub fn destroyer() -> Vec<u8> {
    assemble("PUSH0 CALLDATALOAD SELFDESTRUCT")
}

/// Runs until no gas is left.
pub fn burner() -> Vec<u8> {
    assemble("JUMPDEST PUSH0 JUMP")
}

/// Calls itself until no gas is left.
pub fn recursion() -> Vec<u8> {
    assemble("PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ADDRESS GAS CALL PUSH0 MSTORE PUSH1 0x20 PUSH0 RETURN")
}

/// Returns the slot that the first word of its input names.
pub fn load() -> Vec<u8> {
    assemble("PUSH0 CALLDATALOAD SLOAD PUSH0 MSTORE PUSH1 0x20 PUSH0 RETURN")
}

/// Reads when called with one word, stores when called with two.
pub fn memory_cell() -> Vec<u8> {
    let mut code = assemble("CALLDATASIZE PUSH1 0x40 EQ PUSH1 0x10 JUMPI");
    code.extend(load());
    assert_eq!(code.len(), 0x10);
    code.extend(assemble("JUMPDEST"));
    code.extend(store());
    code
}
