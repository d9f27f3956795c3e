//! The chain's explorer: what its pages read. Everybody may; nothing here changes anything.

pub mod contract;
#[cfg(feature = "ssr")]
mod failure;
pub mod machinery;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use types::explorer::{
    AccountChange, AccountRank, AddressOverview, BlockId, BlockLookup, BlockSummary, CallFrame,
    Chart, ChartPeriod, HexBytes, Home, IndexStatus, InternalCall, LogView, Part,
    PendingTransaction, SearchResults, TokenBalance, TokenHolder, TokenInstance, TokenSummary,
    TokenTransfer, TransactionHash, TransactionLookup, TransactionSummary,
};
use types::{Page, WalletAddress};

use super::error::ActionResult;

#[cfg(feature = "ssr")]
use failure::explorer;
#[cfg(feature = "ssr")]
use types::PageRequest;

/// Rows of a list's page.
pub const ROWS_PER_PAGE: u32 = 25;

/// A suggestion while one types a search: where it leads and what to call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    pub path: String,
    /// `Block`, `Token`, …
    pub kind: String,
    pub label: String,
}

#[cfg(feature = "ssr")]
fn page(after: Option<String>) -> PageRequest {
    PageRequest {
        after,
        limit: Some(ROWS_PER_PAGE),
    }
}

/// How far the index is.
#[server(prefix = "/api", endpoint = "explorer/status")]
pub async fn read_status() -> ActionResult<IndexStatus> {
    Ok(explorer()?.status())
}

/// What the explorer's first page shows.
#[server(prefix = "/api", endpoint = "explorer/home")]
pub async fn read_home() -> ActionResult<Home> {
    Ok(explorer()?.home().await?)
}

/// Blocks, newest first.
#[server(prefix = "/api", endpoint = "explorer/blocks")]
pub async fn read_blocks(after: Option<String>) -> ActionResult<Page<BlockSummary>> {
    Ok(explorer()?.blocks(&page(after)).await?)
}

/// A block by its number or hash.
#[server(prefix = "/api", endpoint = "explorer/block")]
pub async fn read_block(id: BlockId) -> ActionResult<BlockLookup> {
    Ok(explorer()?.block(id).await?)
}

/// A block's transactions in their order.
#[server(prefix = "/api", endpoint = "explorer/block_transactions")]
pub async fn read_block_transactions(
    number: u64,
    after: Option<String>,
) -> ActionResult<Page<TransactionSummary>> {
    Ok(explorer()?.block_transactions(number, &page(after)).await?)
}

/// Mined transactions, newest first.
#[server(prefix = "/api", endpoint = "explorer/transactions")]
pub async fn read_transactions(after: Option<String>) -> ActionResult<Page<TransactionSummary>> {
    Ok(explorer()?.transactions(&page(after)).await?)
}

/// Transactions that wait to be mined.
#[server(prefix = "/api", endpoint = "explorer/pending")]
pub async fn read_pending(after: Option<String>) -> ActionResult<Part<Page<PendingTransaction>>> {
    Ok(explorer()?.pending(&page(after)).await?)
}

/// A transaction, mined or waiting.
#[server(prefix = "/api", endpoint = "explorer/transaction")]
pub async fn read_transaction(hash: TransactionHash) -> ActionResult<TransactionLookup> {
    Ok(explorer()?.transaction(hash).await?)
}

/// What a transaction logged.
#[server(prefix = "/api", endpoint = "explorer/transaction_logs")]
pub async fn read_transaction_logs(hash: TransactionHash) -> ActionResult<Part<Vec<LogView>>> {
    Ok(explorer()?.transaction_logs(hash).await?)
}

/// The calls of a transaction as a flat tree.
#[server(prefix = "/api", endpoint = "explorer/transaction_calls")]
pub async fn read_transaction_calls(hash: TransactionHash) -> ActionResult<Part<Vec<CallFrame>>> {
    Ok(explorer()?.transaction_calls(hash).await?)
}

/// What a transaction changed.
#[server(prefix = "/api", endpoint = "explorer/transaction_state_changes")]
pub async fn read_transaction_state_changes(
    hash: TransactionHash,
) -> ActionResult<Part<Vec<AccountChange>>> {
    Ok(explorer()?.transaction_state_changes(hash).await?)
}

/// A transaction's signed bytes (EIP-2718).
#[server(prefix = "/api", endpoint = "explorer/transaction_raw")]
pub async fn read_transaction_raw(hash: TransactionHash) -> ActionResult<Part<HexBytes>> {
    Ok(explorer()?.transaction_raw(hash).await?)
}

/// Everything about an address but its lists.
#[server(prefix = "/api", endpoint = "explorer/address")]
pub async fn read_address(address: WalletAddress) -> ActionResult<AddressOverview> {
    Ok(explorer()?.address(address).await?)
}

/// Transactions from, to or creating an address, newest first.
#[server(prefix = "/api", endpoint = "explorer/address_transactions")]
pub async fn read_address_transactions(
    address: WalletAddress,
    after: Option<String>,
) -> ActionResult<Page<TransactionSummary>> {
    Ok(explorer()?
        .address_transactions(address, &page(after))
        .await?)
}

/// Calls between contracts that touched an address, newest first.
#[server(prefix = "/api", endpoint = "explorer/address_internal_calls")]
pub async fn read_address_internal_calls(
    address: WalletAddress,
    after: Option<String>,
) -> ActionResult<Page<InternalCall>> {
    Ok(explorer()?
        .address_internal_calls(address, &page(after))
        .await?)
}

/// Token movements from or to an address, newest first.
#[server(prefix = "/api", endpoint = "explorer/address_token_transfers")]
pub async fn read_address_token_transfers(
    address: WalletAddress,
    after: Option<String>,
) -> ActionResult<Page<TokenTransfer>> {
    Ok(explorer()?
        .address_token_transfers(address, &page(after))
        .await?)
}

/// What an address holds of tokens.
#[server(prefix = "/api", endpoint = "explorer/address_tokens")]
pub async fn read_address_tokens(
    address: WalletAddress,
    after: Option<String>,
) -> ActionResult<Page<TokenBalance>> {
    Ok(explorer()?.address_tokens(address, &page(after)).await?)
}

/// The transaction that an address sent with a nonce.
#[server(prefix = "/api", endpoint = "explorer/transaction_by_nonce")]
pub async fn read_transaction_by_nonce(
    address: WalletAddress,
    nonce: u64,
) -> ActionResult<Option<TransactionSummary>> {
    Ok(explorer()?.transaction_by_nonce(address, nonce).await?)
}

/// Addresses by their balance, the largest first.
#[server(prefix = "/api", endpoint = "explorer/accounts")]
pub async fn read_accounts(after: Option<String>) -> ActionResult<Page<AccountRank>> {
    Ok(explorer()?.accounts(&page(after)).await?)
}

/// Tokens, those with most holders first.
#[server(prefix = "/api", endpoint = "explorer/tokens")]
pub async fn read_tokens(after: Option<String>) -> ActionResult<Page<TokenSummary>> {
    Ok(explorer()?.tokens(&page(after)).await?)
}

/// One token; none when the address is not known as one.
#[server(prefix = "/api", endpoint = "explorer/token")]
pub async fn read_token(address: WalletAddress) -> ActionResult<Option<TokenSummary>> {
    Ok(explorer()?.token(address).await?)
}

/// Who holds a token, the largest first.
#[server(prefix = "/api", endpoint = "explorer/token_holders")]
pub async fn read_token_holders(
    address: WalletAddress,
    after: Option<String>,
) -> ActionResult<Page<TokenHolder>> {
    Ok(explorer()?.token_holders(address, &page(after)).await?)
}

/// A token's movements, newest first.
#[server(prefix = "/api", endpoint = "explorer/token_transfers")]
pub async fn read_token_transfers(
    address: WalletAddress,
    after: Option<String>,
) -> ActionResult<Page<TokenTransfer>> {
    Ok(explorer()?.token_transfers(address, &page(after)).await?)
}

/// The instances of an ERC-721 or ERC-1155 token.
#[server(prefix = "/api", endpoint = "explorer/token_instances")]
pub async fn read_token_instances(
    address: WalletAddress,
    after: Option<String>,
) -> ActionResult<Page<TokenInstance>> {
    Ok(explorer()?.token_instances(address, &page(after)).await?)
}

/// The newest movements of all tokens.
#[server(prefix = "/api", endpoint = "explorer/latest_token_transfers")]
pub async fn read_latest_token_transfers(
    after: Option<String>,
) -> ActionResult<Page<TokenTransfer>> {
    Ok(explorer()?.latest_token_transfers(&page(after)).await?)
}

/// Activity in steps of an hour or a day.
#[server(prefix = "/api", endpoint = "explorer/chart")]
pub async fn read_chart(period: ChartPeriod, points: u32) -> ActionResult<Chart> {
    Ok(explorer()?.chart(period, points).await?)
}

/// What a text may mean.
#[server(prefix = "/api", endpoint = "explorer/search")]
pub async fn search(text: String) -> ActionResult<SearchResults> {
    Ok(explorer()?.search(text.trim()).await?)
}

/// The same while one types: only what the list under the search line shows.
#[server(prefix = "/api", endpoint = "explorer/suggest")]
pub async fn suggest(text: String) -> ActionResult<Vec<Suggestion>> {
    let found = explorer()?.search(text.trim()).await?;
    Ok(found
        .hits
        .iter()
        .map(crate::pages::explorer::search::suggestion)
        .collect())
}
