//! What a search finds.

use serde::{Deserialize, Serialize};

use super::{BlockHash, Party, TokenLabel, TransactionHash};

/// One thing that a text may mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SearchHit {
    Block {
        number: u64,
        hash: BlockHash,
    },
    Transaction {
        hash: TransactionHash,
        block: u64,
    },
    /// A transaction that no block has yet.
    PendingTransaction {
        hash: TransactionHash,
    },
    Address {
        party: Party,
    },
    Token {
        token: TokenLabel,
    },
}

/// What a text may mean, the likeliest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SearchResults {
    pub hits: Vec<SearchHit>,
    /// What is wrong with the text when it looks like something and is not: for example a wrong
    /// checksum.
    pub note: Option<String>,
}

impl SearchResults {
    /// The one thing that the text can only mean: where a search leads without a list.
    #[must_use]
    pub fn only(&self) -> Option<&SearchHit> {
        match self.hits.as_slice() {
            [hit] => Some(hit),
            _ => None,
        }
    }
}
