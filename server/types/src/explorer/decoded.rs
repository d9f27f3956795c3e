//! Call data and logs read by a contract's interface (ABI).

use serde::{Deserialize, Serialize};

/// The function that a transaction calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodName {
    /// `0x` and 8 digits.
    pub selector: String,
    /// `transfer`; none when no interface that we know has the selector.
    pub name: Option<String>,
}

/// A decoded value in the forms that pages show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum DecodedValue {
    /// With the checksum of EIP-55.
    Address(String),
    /// Decimal digits, with `-` for negative ones.
    Number(String),
    Bool(bool),
    /// Text as the contract wrote it: show it as text only.
    Text(String),
    /// `0x` and digits.
    Bytes(String),
    List(Vec<DecodedValue>),
    /// A structure: its fields by name.
    Tuple(Vec<DecodedField>),
}

/// A parameter with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodedField {
    /// Empty where the interface gives no name.
    pub name: String,
    /// As in Solidity: `uint256`, `(address,uint256)[]`.
    pub type_name: String,
    /// An indexed parameter of an event.
    pub is_indexed: bool,
    pub value: DecodedValue,
}

/// Call data read as a function's arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodedCall {
    pub name: String,
    /// `transfer(address,uint256)`.
    pub signature: String,
    pub arguments: Vec<DecodedField>,
}

/// A log read as an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodedEvent {
    pub name: String,
    /// `Transfer(address,address,uint256)`.
    pub signature: String,
    pub parameters: Vec<DecodedField>,
}
