//! Lists as CSV files.

use serde::{Deserialize, Serialize};

use crate::WalletAddress;

/// Which list is wanted as a file. Newest rows first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    pub kind: ExportKind,
    pub address: WalletAddress,
    /// Blocks of which rows are wanted, both included; none: all.
    pub from_block: Option<u64>,
    pub to_block: Option<u64>,
}

/// The lists that can be had as files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportKind {
    Transactions,
    InternalCalls,
    TokenTransfers,
    /// The address is the token.
    TokenHolders,
}

impl ExportKind {
    pub const ALL: [Self; 4] = [
        Self::Transactions,
        Self::InternalCalls,
        Self::TokenTransfers,
        Self::TokenHolders,
    ];

    /// As in URLs and file names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::InternalCalls => "internal-calls",
            Self::TokenTransfers => "token-transfers",
            Self::TokenHolders => "token-holders",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
