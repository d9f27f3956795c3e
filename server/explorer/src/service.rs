//! The handle that the pages hold. Its methods read like what the pages show.

use futures::stream::BoxStream;
use tokio::sync::watch;
use types::explorer::{
    AccountChange, AccountRank, AddressOverview, BlockId, BlockLookup, BlockSummary, CallFrame,
    Chart, ChartPeriod, ContractView, DecodedField, Export, HexBytes, Home, IndexStatus,
    InternalCall, LogView, Part, PendingTransaction, SearchResults, TokenBalance, TokenHolder,
    TokenInstance, TokenSummary, TokenTransfer, TransactionHash, TransactionLookup,
    TransactionSummary, Verification, VerificationRequest,
};
use types::{Page, PageRequest, WalletAddress};

use crate::node::SharedNode;
use crate::{ExplorerError, ExplorerSettings};
use sea_orm::DatabaseConnection;

type Result<T> = std::result::Result<T, ExplorerError>;

/// The explorer of one chain.
#[derive(Clone)]
#[allow(unused_variables, clippy::unused_async)]
pub struct Explorer {}

#[allow(unused_variables)]
impl Explorer {
    /// Opens the index in `index` (see `migrations::open_explorer`) for the chain of `node`;
    /// interfaces and sources lie in `database`. Nothing runs before [`Self::run`].
    ///
    /// # Errors
    /// The databases do not answer.
    pub async fn open(
        index: DatabaseConnection,
        database: DatabaseConnection,
        node: SharedNode,
        settings: ExplorerSettings,
    ) -> Result<Self> {
        let _ = (index, database, node, settings);
        Ok(Self {})
    }
    /// Follows the chain until `stop` becomes true. Failures are logged, shown in the status and tried again.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        let _ = stop;
    }
    /// Changes when the index does: for pages that are live.
    pub fn changes(&self) -> watch::Receiver<IndexStatus> {
        unimplemented!()
    }
    pub fn status(&self) -> IndexStatus {
        unimplemented!()
    }
    pub async fn home(&self) -> Result<Home> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn blocks(&self, page: &PageRequest) -> Result<Page<BlockSummary>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn block(&self, id: BlockId) -> Result<BlockLookup> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn block_transactions(
        &self,
        number: u64,
        page: &PageRequest,
    ) -> Result<Page<TransactionSummary>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn transactions(&self, page: &PageRequest) -> Result<Page<TransactionSummary>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn transaction(&self, hash: TransactionHash) -> Result<TransactionLookup> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn transaction_logs(&self, hash: TransactionHash) -> Result<Part<Vec<LogView>>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn transaction_calls(&self, hash: TransactionHash) -> Result<Part<Vec<CallFrame>>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn transaction_state_changes(
        &self,
        hash: TransactionHash,
    ) -> Result<Part<Vec<AccountChange>>> {
        unimplemented!()
    }
    pub async fn transaction_raw(&self, hash: TransactionHash) -> Result<Part<HexBytes>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn pending(&self, page: &PageRequest) -> Result<Part<Page<PendingTransaction>>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn broadcast(&self, raw: &HexBytes) -> Result<TransactionHash> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn address(&self, address: WalletAddress) -> Result<AddressOverview> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn address_transactions(
        &self,
        address: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TransactionSummary>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn address_internal_calls(
        &self,
        address: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<InternalCall>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn address_token_transfers(
        &self,
        address: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TokenTransfer>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn address_tokens(
        &self,
        address: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TokenBalance>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn transaction_by_nonce(
        &self,
        address: WalletAddress,
        nonce: u64,
    ) -> Result<Option<TransactionSummary>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn accounts(&self, page: &PageRequest) -> Result<Page<AccountRank>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn tokens(&self, page: &PageRequest) -> Result<Page<TokenSummary>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn token(&self, address: WalletAddress) -> Result<Option<TokenSummary>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn token_holders(
        &self,
        address: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TokenHolder>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn token_transfers(
        &self,
        address: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TokenTransfer>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn token_instances(
        &self,
        address: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<TokenInstance>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    /// The newest movements of all tokens.
    pub async fn latest_token_transfers(&self, page: &PageRequest) -> Result<Page<TokenTransfer>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn contract(&self, address: WalletAddress) -> Result<Option<ContractView>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    /// Calls a function that only reads.
    pub async fn read_contract(
        &self,
        address: WalletAddress,
        signature: &str,
        arguments: &[String],
    ) -> Result<Vec<DecodedField>> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    /// The call data of a function, for the user's wallet to send.
    pub async fn encode_call(
        &self,
        address: WalletAddress,
        signature: &str,
        arguments: &[String],
    ) -> Result<HexBytes> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn upload_interface(
        &self,
        address: WalletAddress,
        abi: &str,
        by: &str,
    ) -> Result<()> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn verify(&self, request: &VerificationRequest, by: &str) -> Result<Verification> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn chart(&self, period: ChartPeriod, points: u32) -> Result<Chart> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub async fn search(&self, text: &str) -> Result<SearchResults> {
        Err(ExplorerError::Busy("the index is not made yet".to_owned()))
    }
    pub fn export(&self, export: Export) -> BoxStream<'static, Result<String>> {
        let _ = export;
        futures::StreamExt::boxed(futures::stream::empty())
    }
}
