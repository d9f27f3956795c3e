//! A chain as its explorer shows it: blocks, transactions, addresses, tokens, contracts, charts.
//!
//! Invariants:
//! - Amounts are whole numbers of the smallest unit ([`Amount`]): wei for the chain's own coin,
//!   the token's unit for tokens. Never floats.
//! - Names follow the Ethereum execution API: a block has a number, a transaction a hash.
//! - What the node of a chain may be unable to tell is a [`Part`], which says why it is missing.

mod account;
mod amount;
mod block;
mod call;
mod chart;
mod contract;
mod decoded;
mod export;
mod hash;
mod home;
mod search;
mod state_change;
mod status;
mod token;
mod transaction;

pub use account::{
    AccountRank, AddressCounts, AddressOverview, ContractCreation, Moment, Party, Proxy, ProxyKind,
};
pub use amount::{Amount, InvalidAmount};
pub use block::{BlockDetails, BlockId, BlockLookup, BlockSummary, BlockView};
pub use call::{CallFrame, CallKind, InternalCall};
pub use chart::{Chart, ChartPeriod, ChartPoint};
pub use contract::{
    ContractCall, ContractInterface, ContractView, Match, SourceFile, Verification,
    VerificationRequest, VerifiedSource,
};
pub use decoded::{DecodedCall, DecodedEvent, DecodedField, DecodedValue, MethodName};
pub use export::{Export, ExportKind};
pub use hash::{BlockHash, HexBytes, InvalidHex, TransactionHash, Word};
pub use home::{ChainTotals, GasPrices, Home};
pub use search::{SearchHit, SearchResults};
pub use state_change::{AccountChange, Change, SlotChange};
pub use status::{Freshness, IndexStatus, NodeState, Part, Section, SectionStatus};
pub use token::{
    TokenBalance, TokenHolder, TokenInstance, TokenKind, TokenLabel, TokenSummary, TokenTransfer,
};
pub use transaction::{
    AccessListEntry, FeeSplit, LogView, PendingTransaction, TransactionFailure, TransactionLookup,
    TransactionNeighbours, TransactionStatus, TransactionSummary, TransactionView,
};
