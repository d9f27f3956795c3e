//! How fast plain transfers are indexed, and how fast the busiest address answers:
//! `cargo run --release -p explorer --example index_at_scale [blocks] [transactions per block]`.
//!
//! The chain is made up in memory. Every transaction pays the same address, so that its list is as
//! long as the chain. The time that the node's answers take is measured and told apart.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use explorer::{EthereumNode, Explorer, ExplorerSettings, HeadNotice, NodeError};
use serde_json::{Value, json};
use tokio::sync::watch;
use types::{PageRequest, WalletAddress};

/// Accounts that send.
const SENDERS: u64 = 100_000;
/// Whom all pay.
const BUSIEST: WalletAddress = WalletAddress([0xbb; 20]);
/// First pages that are timed.
const READS: usize = 200;

struct MadeUpNode {
    blocks: u64,
    transactions: u64,
    busy_ns: AtomicU64,
    heads: watch::Sender<Option<HeadNotice>>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |otherwise: u64| {
        arguments
            .next()
            .map_or(otherwise, |text| text.parse().unwrap())
    };
    let (blocks, transactions) = (argument(1_000), argument(1_000));
    let folder = tempfile::tempdir().unwrap();
    let url = match std::env::var("INDEX_URL") {
        Ok(url) => url,
        Err(_) => format!(
            "sqlite://{}?mode=rwc",
            folder.path().join("index.db").display()
        ),
    };
    let index = migrations::open_explorer(&url).await.unwrap();
    let database = format!(
        "sqlite://{}?mode=rwc",
        folder.path().join("main.db").display()
    );
    let database = migrations::open(&database).await.unwrap();
    let node = Arc::new(MadeUpNode {
        blocks,
        transactions,
        busy_ns: AtomicU64::new(0),
        heads: watch::Sender::new(None),
    });
    let explorer = Explorer::open(index, database, node.clone(), ExplorerSettings::default())
        .await
        .unwrap();
    let (_stop, stopped) = watch::channel(false);
    let running = explorer.clone();
    let started = Instant::now();
    tokio::spawn(async move { running.run(stopped).await });
    let mut changes = explorer.changes();
    changes
        .wait_for(|status| status.indexed == Some(blocks))
        .await
        .unwrap();
    let took = started.elapsed();
    let node_took = Duration::from_nanos(node.busy_ns.load(Ordering::Relaxed));
    let count = blocks * transactions;
    println!(
        "{count} transfers in {took:.1?}: {} a second; the node's answers took {node_took:.1?} of processor time",
        count * 1_000 / took.as_millis() as u64
    );
    let mut times: Vec<Duration> = Vec::with_capacity(READS);
    for _ in 0..READS {
        let started = Instant::now();
        let page = explorer
            .address_transactions(BUSIEST, &PageRequest::default())
            .await
            .unwrap();
        assert_eq!(page.items.len(), 50);
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let overview = explorer.address(BUSIEST).await.unwrap();
    println!(
        "first page of an address with {} transactions: p50 {:.1?}, p99 {:.1?}",
        overview.counts.transactions,
        times[READS / 2],
        times[READS * 99 / 100]
    );
}

impl MadeUpNode {
    fn block_hash(number: u64) -> String {
        format!("0x{:064x}", number + 1)
    }

    fn transaction_hash(number: u64, place: u64) -> String {
        // Spread like real hashes, so that their index is written at random places.
        let mixed = (number * 1_000_003 + place).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("0x{mixed:016x}{number:024x}{place:024x}")
    }

    fn sender(number: u64, place: u64) -> String {
        let sender = (number * 7_919 + place * 104_729) % SENDERS;
        format!(
            "0x{:016x}{sender:024x}",
            sender.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        )
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, NodeError> {
        let number = || {
            let digits = params[0].as_str().unwrap().trim_start_matches("0x");
            u64::from_str_radix(digits, 16).unwrap()
        };
        Ok(match method {
            "eth_chainId" => json!("0x539"),
            "eth_blockNumber" => json!(format!("{:#x}", self.blocks)),
            "eth_getBalance" => json!("0xde0b6b3a7640000"),
            "eth_getCode" => json!("0x"),
            "eth_getBlockByNumber" => self.block(number(), params[1] == true),
            "eth_getBlockReceipts" => self.receipts(number()),
            method => {
                return Err(NodeError::NotOffered {
                    method: method.to_owned(),
                });
            }
        })
    }

    fn places(&self, number: u64) -> std::ops::Range<u64> {
        0..if number == 0 { 0 } else { self.transactions }
    }

    fn block(&self, number: u64, is_full: bool) -> Value {
        let zero = format!("0x{:064x}", 0);
        let rows: Vec<Value> = self.places(if is_full { number } else { 0 }).map(|place| json!({
            "hash": Self::transaction_hash(number, place), "from": Self::sender(number, place),
            "to": BUSIEST.to_lower_hex(), "nonce": format!("{number:#x}"), "value": "0x1", "gas": "0x5208",
            "gasPrice": "0x3b9aca00", "type": "0x2", "maxFeePerGas": "0x77359400",
            "maxPriorityFeePerGas": "0x1", "input": "0x",
        })).collect();
        json!({
            "number": format!("{number:#x}"), "hash": Self::block_hash(number),
            "parentHash": number.checked_sub(1).map_or(zero.clone(), Self::block_hash),
            "timestamp": format!("{:#x}", 1_750_000_000 + number * 2), "miner": format!("0x{:040x}", 1),
            "gasLimit": "0x1c9c380", "gasUsed": "0x1406f40", "baseFeePerGas": "0x7",
            "difficulty": "0x0", "extraData": "0x", "stateRoot": zero, "transactionsRoot": zero,
            "receiptsRoot": zero, "transactions": rows,
        })
    }

    fn receipts(&self, number: u64) -> Value {
        let receipt = |place| {
            json!({
                "transactionHash": Self::transaction_hash(number, place), "blockHash": Self::block_hash(number),
                "gasUsed": "0x5208", "effectiveGasPrice": "0x3b9aca00", "contractAddress": null,
                "status": "0x1", "logs": [],
            })
        };
        self.places(number).map(receipt).collect()
    }
}

#[async_trait::async_trait]
impl EthereumNode for MadeUpNode {
    async fn request(&self, method: &str, params: Value) -> Result<Value, NodeError> {
        let started = Instant::now();
        let answer = self.answer(method, &params);
        let busy_ns = u64::try_from(started.elapsed().as_nanos()).unwrap();
        self.busy_ns.fetch_add(busy_ns, Ordering::Relaxed);
        answer
    }

    fn heads(&self) -> watch::Receiver<Option<HeadNotice>> {
        self.heads.subscribe()
    }
}
