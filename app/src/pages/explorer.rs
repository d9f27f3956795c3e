//! The chain's explorer: blocks, transactions, addresses, tokens and contracts, live by push.
//!
//! Every page is below [`ExplorerFrame`], which shows how far the index is and opens the one
//! stream ([`feed`]) that makes lists follow the chain. Links are made in [`path`].

mod accounts;
mod address;
mod block;
mod blocks;
mod broadcast;
mod bytes;
mod charts;
mod contract;
mod export;
pub(crate) mod feed;
mod frame;
mod home;
mod list;
mod missing;
mod nodes;
mod part;
mod party;
pub(crate) mod path;
pub(crate) mod search;
mod signers;
mod status;
mod tables;
mod token;
mod tokens;
mod transaction;
mod transactions;
mod verify;

pub use accounts::AccountsPage;
pub use address::AddressPage;
pub use block::BlockPage;
pub use blocks::BlocksPage;
pub use broadcast::BroadcastPage;
pub use charts::ChartsPage;
pub use frame::ExplorerFrame;
pub use home::HomePage;
pub use nodes::NodesPage;
pub use search::SearchPage;
pub use signers::SignersPage;
pub use token::TokenPage;
pub use tokens::TokensPage;
pub use transaction::TransactionPage;
pub use transactions::{PendingPage, TransactionsPage};
pub use verify::VerifyPage;

pub(crate) use part::word_of;
pub(crate) use party::{BlockLink, TransactionLink};
pub(crate) use status::ChainStatusLine;
pub(crate) use tables::transaction_table;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(all(test, feature = "ssr"))]
mod tests;
