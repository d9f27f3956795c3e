//! Contracts: code, interface and source.

use serde::{Deserialize, Serialize};

use super::{DecodedField, HexBytes, Proxy, Word};
use crate::{Timestamp, WalletAddress};

/// The contract of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractView {
    pub address: WalletAddress,
    pub code: HexBytes,
    pub code_hash: Word,
    pub verification: Verification,
    pub proxy: Option<Proxy>,
    /// The interface of the contract or, for a proxy, of its implementation.
    pub interface: Option<ContractInterface>,
}

/// How much is known of a contract's source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Verification {
    Unverified,
    /// Someone gave an interface; nobody proved that it is this contract's.
    InterfaceOnly {
        by: String,
        at: Timestamp,
    },
    Verified(Box<VerifiedSource>),
}

/// How well the compiled source and the chain's code agree, in Sourcify's sense. The better one is
/// the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// With the metadata hash: the very same source, comments too.
    Exact,
    /// All but the metadata: the same behaviour.
    WithoutMetadata,
}

/// Source that compiles to the contract's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedSource {
    pub name: String,
    pub matched: Match,
    /// `0.8.30+commit.73712a01`.
    pub compiler: String,
    /// The compiler's settings as JSON.
    pub settings: String,
    pub files: Vec<SourceFile>,
    /// ABI-encoded, when the creation transaction shows them.
    pub constructor_arguments: Option<HexBytes>,
    pub by: String,
    pub at: Timestamp,
}

/// One file of a contract's source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    pub path: String,
    pub content: String,
}

/// What can be asked of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractInterface {
    /// The JSON ABI.
    pub abi: String,
    /// Functions that only read.
    pub reads: Vec<ContractCall>,
    /// Functions that change something and need a transaction.
    pub writes: Vec<ContractCall>,
}

/// A function as a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractCall {
    /// Its identity within the contract: `transfer(address,uint256)`.
    pub signature: String,
    pub name: String,
    /// Name and type of each parameter.
    pub inputs: Vec<(String, String)>,
    pub outputs: Vec<(String, String)>,
    pub is_payable: bool,
    /// The answer, where the page has asked already.
    pub answer: Option<Vec<DecodedField>>,
}

/// What someone gives so that a contract is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationRequest {
    pub address: WalletAddress,
    /// The compiler's standard JSON input, as frameworks write it.
    pub standard_json: String,
    /// `contracts/Token.sol:Token`; empty: whichever contract of the input fits.
    pub contract: String,
    /// The compiler's version, if it must be a certain one.
    pub compiler: Option<String>,
}
