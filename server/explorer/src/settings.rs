//! What an operator can choose.

use std::time::Duration;

/// How the index is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplorerSettings {
    /// Blocks that a reorganisation may replace; a deeper one makes the index anew.
    pub reorganisation_depth: u64,
    /// The coin's symbol, for CSV headings.
    pub coin_symbol: String,
    /// Verifies sources with this compiler.
    pub compiler: Option<CompilerSettings>,
}

/// A Solidity compiler that reads standard JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompilerSettings {
    /// The program and its arguments: `["solc", "--standard-json"]`, or npm's
    /// `["node", "…/solc/solc.js", "--standard-json"]`.
    pub command: Vec<String>,
    /// From start to end; then it is killed.
    pub timeout: Duration,
    /// Address space of the process.
    pub memory_bytes: u64,
}

impl Default for ExplorerSettings {
    fn default() -> Self {
        Self {
            reorganisation_depth: 128,
            coin_symbol: "ETH".to_owned(),
            compiler: None,
        }
    }
}
