// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// A wallet with one owner key: the least that EIP-1271 asks for. For tests only.
contract OwnedWallet {
    address public immutable owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bytes32 r = bytes32(signature[0:32]);
        bytes32 s = bytes32(signature[32:64]);
        address signer = ecrecover(hash, uint8(signature[64]), r, s);
        return signer != address(0) && signer == owner ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

/// Accepts one signature only: the hash itself, so that it can stand behind any account.
contract EchoWallet {
    function isValidSignature(bytes32 hash, bytes calldata signature) external pure returns (bytes4) {
        return keccak256(signature) == keccak256(abi.encodePacked(hash)) ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

/// Answers more than was asked, as a hostile endpoint or contract may.
contract BabblingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes memory) {
        return new bytes(200000);
    }
}

/// Deploys wallets at addresses that are known before.
contract OwnedWalletFactory {
    function deploy(address owner, bytes32 salt) external returns (address) {
        return address(new OwnedWallet{salt: salt}(owner));
    }

    function addressOf(address owner, bytes32 salt) external view returns (address) {
        bytes32 code = keccak256(abi.encodePacked(type(OwnedWallet).creationCode, abi.encode(owner)));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, code)))));
    }
}
