//! Calls between contracts.

use serde::{Deserialize, Serialize};

use super::{Amount, DecodedCall, HexBytes, Moment, Party, TransactionHash};

/// How one contract ran another's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    Call,
    CallCode,
    DelegateCall,
    StaticCall,
    Create,
    Create2,
    SelfDestruct,
}

impl CallKind {
    pub const ALL: [Self; 7] = [
        Self::Call,
        Self::CallCode,
        Self::DelegateCall,
        Self::StaticCall,
        Self::Create,
        Self::Create2,
        Self::SelfDestruct,
    ];

    /// The name of the instruction, as geth's `callTracer` writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "CALL",
            Self::CallCode => "CALLCODE",
            Self::DelegateCall => "DELEGATECALL",
            Self::StaticCall => "STATICCALL",
            Self::Create => "CREATE",
            Self::Create2 => "CREATE2",
            Self::SelfDestruct => "SELFDESTRUCT",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A call of a transaction as a row of an address's table. Calls that can move nothing
/// (`STATICCALL`, `DELEGATECALL`) are only in the tree on the transaction's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternalCall {
    pub transaction: TransactionHash,
    pub moment: Moment,
    pub kind: CallKind,
    pub from: Party,
    pub to: Option<Party>,
    /// In wei.
    pub value: Amount,
    /// It and all calls around it took effect.
    pub is_effective: bool,
}

/// One call in the tree of a transaction. The tree is flat: parents stand before their children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFrame {
    /// 0 for the transaction itself, 1 for the calls that it made, …
    pub depth: u32,
    pub kind: CallKind,
    pub from: Party,
    pub to: Option<Party>,
    /// In wei; none where the instruction carries no value.
    pub value: Option<Amount>,
    pub gas: u64,
    pub gas_used: u64,
    pub input: HexBytes,
    pub output: HexBytes,
    pub decoded: Option<DecodedCall>,
    /// Why it failed, with the contract's reason.
    pub error: Option<String>,
}
