//! What a transaction changed.

use serde::{Deserialize, Serialize};

use super::{Amount, Party, Word};

/// A value before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<T> {
    pub before: T,
    pub after: T,
}

/// What a transaction changed of one account. What did not change is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChange {
    pub party: Party,
    /// In wei.
    pub balance: Option<Change<Amount>>,
    pub nonce: Option<Change<u64>>,
    /// Lengths of the code in bytes.
    pub code_bytes: Option<Change<u64>>,
    pub slots: Vec<SlotChange>,
}

/// What a transaction changed of one storage slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotChange {
    pub slot: Word,
    pub before: Word,
    pub after: Word,
}
