//! The chain over HTTP: AITBC's paths and JSON names for what are Ethereum's blocks, transactions
//! and receipts, and the interface between nodes.
//!
//! It is open to pages of every origin and knows neither cookies nor sessions. Amounts are wei, as
//! decimal text; everything else that is a number fits into 2^53 and is one.

mod address_book;
mod addresses;
mod blocks;
mod failure;
mod faucet;
mod import;
mod input;
mod measure;
mod node;
mod streams;
mod submit;
mod sync;
mod totals;
mod transactions;
mod view;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get, post};
use chain::rpc::Dispatcher;
use chain::sync::Peers;
use chain::{Chain, StateView, Tip};
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use tokio::sync::Semaphore;
use tower_http::cors::{Any, CorsLayer};

pub use address_book::AddressBook;
pub use faucet::{DAY_MAX_WEI, Faucet, GiveError};

use failure::Failure;
use input::Query;
use measure::measured;
use totals::Totals;

/// Longest body but for a block, in bytes: one transaction in hexadecimal and what is around it.
const BODY_BYTES_MAX: usize = 512 << 10;
/// Longest body with a block: its RLP in hexadecimal, and AITBC's fields.
const BLOCK_BODY_BYTES_MAX: usize = 16 << 20;
/// Blocks that are imported at once over this interface.
const IMPORTS_MAX: usize = 1;
/// Streams of blocks and transactions that are open at once.
const STREAMS_MAX: usize = 512;

/// What the routes work with. Cheap to clone.
#[derive(Clone)]
pub struct ChainApi {
    parts: Arc<Parts>,
}

/// The parts of it.
pub struct Parts {
    pub dispatcher: Dispatcher,
    pub peers: Peers,
    /// Who seals this node's blocks.
    pub sealer: Option<alloy_primitives::Address>,
    /// None where nothing is given away.
    pub faucet: Option<Arc<Faucet>>,
    /// None where there is no index of addresses.
    pub address_book: Option<Arc<dyn AddressBook>>,
    /// Reverse proxies whose word about the client is taken.
    pub trusted_proxies: Arc<[IpAddr]>,
    totals: Totals,
    imports: Semaphore,
    streams: Arc<Semaphore>,
}

impl ChainApi {
    /// An interface without faucet and index; see the fields of [`Parts`].
    #[must_use]
    pub fn new(dispatcher: Dispatcher, peers: Peers, complete: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = Parts {
            dispatcher,
            peers,
            sealer: None,
            faucet: None,
            address_book: None,
            trusted_proxies: Arc::default(),
            totals: Totals::default(),
            imports: Semaphore::new(IMPORTS_MAX),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        };
        complete(&mut parts);
        Self {
            parts: Arc::new(parts),
        }
    }

    fn chain(&self) -> &Chain {
        self.parts.dispatcher.chain()
    }

    fn tip(&self) -> Arc<Tip> {
        self.chain().tip()
    }

    fn state(&self) -> StateView {
        self.tip().state()
    }

    /// Runs what reads the disk where blocking is allowed.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let api = self.clone();
        tokio::task::spawn_blocking(move || work(api))
            .await
            .map_err(Failure::internal)?
    }
}

/// The routes. `POST /rpc` and `GET /rpc` are JSON-RPC's and are not among them.
pub fn routes(api: ChainApi) -> Router {
    reads()
        .merge(writes())
        .merge(streams())
        .merge(between_nodes())
        .route(
            "/rpc/{*rest}",
            any(async || Failure::detail(StatusCode::NOT_FOUND, "Not Found")),
        )
        .method_not_allowed_fallback(async || {
            Failure::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        })
        .layer(from_fn_with_state(api.clone(), refuse_other_chains))
        .layer(axum::middleware::from_fn(measure::count_requests))
        .with_state(api)
}

/// Pages of every origin may ask: nothing here depends on who does.
pub fn every_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE])
}

fn reads() -> Router<ChainApi> {
    Router::new()
        .route("/rpc/head", measured("get_head", get(blocks::head)))
        .route(
            "/rpc/blocks/{height}",
            measured("get_block", get(blocks::block)),
        )
        .route(
            "/rpc/blocks-range",
            measured("get_blocks_range", get(blocks::range)),
        )
        .route(
            "/rpc/tx/{hash}",
            measured("get_transaction", get(transactions::transaction)),
        )
        .route(
            "/rpc/transaction/{hash}",
            measured("get_transaction", get(transactions::transaction)),
        )
        .route(
            "/rpc/transactions",
            measured("get_transactions", get(transactions::list)),
        )
        .route(
            "/rpc/receipts/{hash}",
            measured("get_receipt", get(transactions::receipt)),
        )
        .route(
            "/rpc/receipts",
            measured("get_receipts", get(transactions::receipts)),
        )
        .route(
            "/rpc/mempool",
            measured("get_mempool", get(transactions::mempool)),
        )
        .route(
            "/rpc/getBalance/{address}",
            measured("get_balance", get(addresses::get_balance)),
        )
        .route(
            "/rpc/balance/{address}",
            measured("get_balance", get(addresses::balance)),
        )
        .route(
            "/rpc/account/{address}",
            measured("get_account", get(addresses::account)),
        )
        .route(
            "/rpc/accounts/{address}",
            measured("get_account", get(addresses::account)),
        )
        .route(
            "/rpc/address/{address}",
            measured("get_address", get(addresses::address)),
        )
        .route(
            "/rpc/addresses",
            measured("get_addresses", get(addresses::ranking)),
        )
        .route(
            "/rpc/syncStatus",
            measured("sync_status", get(node::sync_status)),
        )
        .route("/rpc/status", measured("status", get(node::status)))
        .route("/rpc/info", measured("info", get(node::info)))
        .route("/rpc/supply", measured("supply", get(node::supply)))
        .route(
            "/rpc/validators",
            measured("validators", get(node::validators)),
        )
        .route("/rpc/peers", measured("peers", get(node::peers)))
        .route(
            "/rpc/test-endpoint",
            get(async || axum::Json(serde_json::json!({"status": "updated_code_running"}))),
        )
}

fn writes() -> Router<ChainApi> {
    let blocks = Router::new()
        .route(
            "/rpc/blocks/import",
            measured("import_block", post(import::import)),
        )
        .route(
            "/rpc/importBlock",
            measured("import_block", post(import::import_block)),
        )
        .layer(DefaultBodyLimit::max(BLOCK_BODY_BYTES_MAX));
    Router::new()
        .route("/rpc/sendTx", measured("send_tx", post(submit::send_tx)))
        .route(
            "/rpc/transaction",
            measured("send_tx", post(submit::transaction)),
        )
        .route(
            "/rpc/submitReceipt",
            measured("submit_receipt", post(submit::submit_receipt)),
        )
        .route(
            "/rpc/estimateFee",
            measured("estimate_fee", post(submit::estimate_fee)),
        )
        .route("/rpc/faucet", measured("mint_faucet", post(faucet::faucet)))
        .route(
            "/rpc/admin/mintFaucet",
            measured("mint_faucet", post(faucet::mint)),
        )
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(blocks)
}

fn streams() -> Router<ChainApi> {
    Router::new()
        .route("/rpc/ws/blocks", get(streams::blocks))
        .route("/rpc/ws/transactions", get(streams::transactions))
        .route("/rpc/blocks", get(streams::blocks))
        .route("/rpc/subscribe/ws", get(streams::all))
}

fn between_nodes() -> Router<ChainApi> {
    Router::new()
        .route("/rpc/sync/status", get(sync::status))
        .route("/rpc/sync/blocks", get(sync::blocks))
        .route("/rpc/sync/hashes", get(sync::hashes))
        .route("/rpc/sync/peers", get(sync::peers))
        .route("/rpc/sync/ws", get(sync::open))
}

/// `?chain_id=` may stand on every address; there is one chain.
async fn refuse_other_chains(
    State(api): State<ChainApi>,
    query: Query,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let ours = api.chain().spec().chain_id().to_string();
    if query.text("chain_id").is_some_and(|asked| asked != ours) {
        return Err(Failure::detail(StatusCode::NOT_FOUND, "chain not found"));
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests;
