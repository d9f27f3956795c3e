//! How far the index is, and what is missing from a page and why.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How far the index is behind its node; shown on every page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IndexStatus {
    /// EIP-155; none until the node was reached for the first time.
    pub chain_id: Option<u64>,
    pub node: NodeState,
    /// The newest block that the node told of.
    pub tip: Option<u64>,
    /// The newest block in the index, and its time.
    pub indexed: Option<u64>,
    pub indexed_at: Option<Timestamp>,
    /// Blocks of the node that the index lacks.
    pub lag_blocks: u64,
    /// Each part of the index has its own progress: none holds back another.
    pub sections: Vec<SectionStatus>,
}

impl IndexStatus {
    /// Whether the node answered the last time that it was asked.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        matches!(self.node, NodeState::Connected)
    }

    /// How far one section is.
    #[must_use]
    pub fn section(&self, name: Section) -> Option<&SectionStatus> {
        self.sections.iter().find(|section| section.section == name)
    }

    /// As [`Self::section`], to be changed.
    pub fn section_mut(&mut self, name: Section) -> Option<&mut SectionStatus> {
        self.sections
            .iter_mut()
            .find(|section| section.section == name)
    }
}

/// Whether the node answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum NodeState {
    /// Not asked yet.
    #[default]
    Connecting,
    Connected,
    /// It does not answer, or not as a node of this chain. What is indexed stays readable.
    Failing {
        message: String,
    },
}

/// A part of the index with its own progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Blocks, transactions, addresses, token transfers, holders, charts.
    Blocks,
    /// Calls between contracts.
    InternalCalls,
    /// Balances of the chain's coin, for the ranking of accounts.
    Balances,
    /// Names, symbols and decimals of tokens.
    TokenDetails,
}

/// How far one section is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionStatus {
    pub section: Section,
    /// The newest block of which everything is there.
    pub indexed: Option<u64>,
    pub freshness: Freshness,
}

/// What a section still lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Freshness {
    /// All that the node has.
    Current,
    /// So much is left: blocks, or addresses and tokens still to be asked for.
    CatchingUp {
        remaining: u64,
        /// At the present rate; none before it is known.
        ready_in_ms: Option<u64>,
    },
    /// The node does not offer what this section is made from (for example no `debug_` methods).
    NotOffered,
    /// The last attempt failed and is repeated.
    Failing { message: String },
}

/// Something that is read from the node when a page asks, and may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", content = "value", rename_all = "snake_case")]
pub enum Part<T> {
    Known(T),
    /// The node does not offer the method.
    NotOffered,
    /// The node has no state of that block any more.
    Pruned,
    /// The node did not answer, or too much; a sentence for people.
    Unavailable(String),
}

impl<T> Part<T> {
    /// The value, if it is there.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// The same part with its value changed.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Part<U> {
        match self {
            Self::Known(value) => Part::Known(change(value)),
            Self::NotOffered => Part::NotOffered,
            Self::Pruned => Part::Pruned,
            Self::Unavailable(message) => Part::Unavailable(message),
        }
    }
}
