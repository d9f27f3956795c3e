//! Tokens: ERC-20, ERC-721 and ERC-1155.

use serde::{Deserialize, Serialize};

use super::{Amount, Moment, Party, TransactionHash};
use crate::WalletAddress;

/// The standard that a token follows, seen from its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    Erc20,
    Erc721,
    Erc1155,
}

impl TokenKind {
    pub const ALL: [Self; 3] = [Self::Erc20, Self::Erc721, Self::Erc1155];

    /// As people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Erc20 => "ERC-20",
            Self::Erc721 => "ERC-721",
            Self::Erc1155 => "ERC-1155",
        }
    }
}

/// What it takes to show an amount of a token. Names are what the contract says: anyone may call
/// a token anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLabel {
    pub address: WalletAddress,
    pub kind: TokenKind,
    pub name: Option<String>,
    pub symbol: Option<String>,
    /// None where the contract does not say: then show whole units.
    pub decimals: Option<u8>,
}

/// A token as a row of the list, and the head of its page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSummary {
    pub token: TokenLabel,
    /// As the contract says, in the smallest unit.
    pub total_supply: Option<Amount>,
    /// Addresses with more than nothing.
    pub holders: u64,
    pub transfers: u64,
}

/// A movement of a token. From the zero address it is a mint, to it a burn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenTransfer {
    pub transaction: TransactionHash,
    pub moment: Moment,
    pub log_index: u64,
    pub token: TokenLabel,
    pub from: Party,
    pub to: Party,
    /// In the smallest unit; 1 for an ERC-721 instance.
    pub amount: Amount,
    /// The instance; none for ERC-20.
    pub token_id: Option<Amount>,
}

/// What an address holds of a token: the sum of the token's events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenBalance {
    pub token: TokenLabel,
    /// The instance; none for ERC-20.
    pub token_id: Option<Amount>,
    pub amount: Amount,
}

/// A row of a token's holders, largest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenHolder {
    pub party: Party,
    /// The smallest unit of an ERC-20 token; how many instances or units of the others.
    pub amount: Amount,
    /// Of the sum of all holders' amounts, in millionths.
    pub share_millionths: u32,
}

/// One instance of an ERC-721 or ERC-1155 token with one of its owners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInstance {
    pub token_id: Amount,
    pub owner: Party,
    pub amount: Amount,
}
