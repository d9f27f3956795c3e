//! Addresses: who stands on either side of a transaction, and the overview of one.

use serde::{Deserialize, Serialize};

use super::{Amount, Part, TokenLabel, TransactionHash};
use crate::{Timestamp, WalletAddress};

/// An address with what is known of it without asking: for tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub address: WalletAddress,
    /// The verified contract's name or the token's symbol.
    pub name: Option<String>,
    pub is_contract: bool,
}

/// When something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub block: u64,
    pub at: Timestamp,
}

/// Everything about an address but its lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressOverview {
    pub party: Party,
    /// At the newest block, in wei.
    pub balance: Part<Amount>,
    /// The nonce of its next transaction, at the newest block.
    pub nonce: Part<u64>,
    pub counts: AddressCounts,
    /// None for an address that was never in a block.
    pub first_seen: Option<Moment>,
    pub last_seen: Option<Moment>,
    pub creation: Option<ContractCreation>,
    pub proxy: Option<Proxy>,
    /// Set when the address is a token.
    pub token: Option<TokenLabel>,
}

/// Lengths of an address's lists. Maintained with each block, never counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AddressCounts {
    /// Sent, received, or in which it was created.
    pub transactions: u64,
    pub sent: u64,
    pub internal_calls: u64,
    pub token_transfers: u64,
    pub signed_blocks: u64,
}

/// Who made a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractCreation {
    /// The account of the transaction, or the contract that created this one.
    pub creator: Party,
    pub transaction: TransactionHash,
    pub moment: Moment,
}

/// The contract whose code really runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    pub kind: ProxyKind,
    pub implementation: Party,
}

/// How an address names the code that it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyKind {
    /// ERC-1967: the implementation slot.
    Erc1967,
    /// ERC-1967: a beacon that names the implementation.
    Beacon,
    /// ERC-1167: the address is in the code.
    Minimal,
    /// EIP-7702: an account that delegates to a contract.
    Delegation,
}

/// One row of the ranking by balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRank {
    pub party: Party,
    /// In wei.
    pub balance: Amount,
    pub transactions: u64,
}
