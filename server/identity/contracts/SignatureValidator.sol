// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

interface SignatureWallet {
    /// EIP-1271: returns 0x1626ba7e when the signature is good.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4);
}

/// Answers, inside one `eth_call` without a receiver, whether a wallet that may not be deployed
/// yet would accept a signature (EIP-6492). The call's data is this contract's creation code and
/// its arguments; the "deployed code" that it returns is the answer: one byte, 1 or 0. Nothing is
/// written to the chain, whatever the factory does.
contract SignatureValidator {
    bytes4 private constant GOOD = 0x1626ba7e;

    /// @param account the wallet's address
    /// @param hash what was signed
    /// @param factory the contract that deploys or prepares the wallet
    /// @param factoryCall the call that makes it do so
    /// @param signature the signature inside the EIP-6492 wrapper
    constructor(address account, bytes32 hash, address factory, bytes memory factoryCall, bytes memory signature) {
        bool isGood;
        if (account.code.length > 0) {
            isGood = accepts(account, hash, signature);
        }
        if (!isGood) {
            // Not deployed yet, or deployed but not ready for this signature: let the factory
            // prepare it. A factory that fails leaves the wallet as it was, and so the answer.
            (bool isPrepared, ) = factory.call(factoryCall);
            isGood = isPrepared && account.code.length > 0 && accepts(account, hash, signature);
        }
        assembly ("memory-safe") {
            mstore8(0, isGood)
            return(0, 1)
        }
    }

    /// False as well when the wallet reverts or answers with anything but the agreed word.
    function accepts(address account, bytes32 hash, bytes memory signature) private view returns (bool) {
        (bool isAnswered, bytes memory answer) =
            account.staticcall(abi.encodeCall(SignatureWallet.isValidSignature, (hash, signature)));
        return isAnswered && answer.length == 32 && abi.decode(answer, (bytes32)) == bytes32(GOOD);
    }
}
