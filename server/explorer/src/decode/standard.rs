//! Interfaces of the standards, known without anybody's help.

use std::sync::LazyLock;

use alloy_json_abi::JsonAbi;
use alloy_primitives::U256;

/// ERC-20, ERC-721, ERC-1155, ERC-165, ERC-173, ERC-1967, ERC-2612, ERC-4626, WETH, multicall and
/// OpenZeppelin's access control.
const SIGNATURES: &[&str] = &[
    // ERC-20 and ERC-2612
    "function name() view returns (string)",
    "function symbol() view returns (string)",
    "function decimals() view returns (uint8)",
    "function totalSupply() view returns (uint256)",
    "function balanceOf(address owner) view returns (uint256)",
    "function allowance(address owner, address spender) view returns (uint256)",
    "function transfer(address to, uint256 value) returns (bool)",
    "function transferFrom(address from, address to, uint256 value) returns (bool)",
    "function approve(address spender, uint256 value) returns (bool)",
    "function mint(address to, uint256 value)",
    "function burn(uint256 value)",
    "function burnFrom(address from, uint256 value)",
    "function increaseAllowance(address spender, uint256 addedValue) returns (bool)",
    "function decreaseAllowance(address spender, uint256 subtractedValue) returns (bool)",
    "function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
    "event Transfer(address indexed from, address indexed to, uint256 value)",
    "event Approval(address indexed owner, address indexed spender, uint256 value)",
    // ERC-721
    "function ownerOf(uint256 tokenId) view returns (address)",
    "function tokenURI(uint256 tokenId) view returns (string)",
    "function safeTransferFrom(address from, address to, uint256 tokenId)",
    "function safeTransferFrom(address from, address to, uint256 tokenId, bytes data)",
    "function setApprovalForAll(address operator, bool approved)",
    "function getApproved(uint256 tokenId) view returns (address)",
    "function isApprovedForAll(address owner, address operator) view returns (bool)",
    "event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)",
    "event Approval(address indexed owner, address indexed approved, uint256 indexed tokenId)",
    "event ApprovalForAll(address indexed owner, address indexed operator, bool approved)",
    // ERC-1155
    "function safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes data)",
    "function safeBatchTransferFrom(address from, address to, uint256[] ids, uint256[] values, bytes data)",
    "event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value)",
    "event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values)",
    "event URI(string value, uint256 indexed id)",
    // WETH and ERC-4626
    "function deposit() payable",
    "function withdraw(uint256 value)",
    "event Deposit(address indexed owner, uint256 value)",
    "event Withdrawal(address indexed owner, uint256 value)",
    "function deposit(uint256 assets, address receiver) returns (uint256 shares)",
    "function withdraw(uint256 assets, address receiver, address owner) returns (uint256 shares)",
    "function redeem(uint256 shares, address receiver, address owner) returns (uint256 assets)",
    "event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares)",
    "event Withdraw(address indexed sender, address indexed receiver, address indexed owner, uint256 assets, uint256 shares)",
    // ERC-1967 proxies
    "function upgradeTo(address newImplementation)",
    "function upgradeToAndCall(address newImplementation, bytes data) payable",
    "event Upgraded(address indexed implementation)",
    "event BeaconUpgraded(address indexed beacon)",
    "event AdminChanged(address previousAdmin, address newAdmin)",
    "event Initialized(uint64 version)",
    // Ownership and roles
    "function supportsInterface(bytes4 interfaceId) view returns (bool)",
    "function owner() view returns (address)",
    "function transferOwnership(address newOwner)",
    "function renounceOwnership()",
    "function grantRole(bytes32 role, address account)",
    "function revokeRole(bytes32 role, address account)",
    "event OwnershipTransferred(address indexed previousOwner, address indexed newOwner)",
    "event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)",
    "event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender)",
    "event Paused(address account)",
    "event Unpaused(address account)",
    // Several calls at once
    "function multicall(bytes[] data) returns (bytes[] results)",
];

/// The interfaces of the standards as one.
pub(crate) fn standard() -> &'static JsonAbi {
    static STANDARD: LazyLock<JsonAbi> = LazyLock::new(|| {
        // Each line is parsed in a test.
        JsonAbi::parse(SIGNATURES.iter().copied()).unwrap_or_default()
    });
    &STANDARD
}

/// Solidity's built-in errors as a sentence: `Error(string)` and `Panic(uint256)`.
pub(crate) fn failure_reason(data: &[u8]) -> Option<String> {
    const ERROR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];
    const PANIC: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];
    let (selector, rest) = data.split_at_checked(4)?;
    if selector == ERROR {
        return crate::token_details::reason(rest);
    }
    if selector != PANIC || rest.len() != 32 {
        return None;
    }
    let code: u64 = U256::from_be_slice(rest).try_into().ok()?;
    let meaning = match code {
        0x01 => "an assertion failed",
        0x11 => "an arithmetic overflow",
        0x12 => "a division by zero",
        0x21 => "a value outside of its enumeration",
        0x22 => "wrongly stored bytes",
        0x31 => "an empty array has nothing to pop",
        0x32 => "an index out of bounds",
        0x41 => "too much memory",
        0x51 => "a call of an unset function",
        _ => "an unknown panic",
    };
    Some(format!("{meaning} (panic {code:#04x})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_is_read() {
        assert_eq!(
            JsonAbi::parse(SIGNATURES.iter().copied()).unwrap().len(),
            SIGNATURES.len()
        );
    }
}
