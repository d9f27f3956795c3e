//! How fast the node answers and how fast the mempool takes: calls of the dispatcher, a search in
//! a million logs, additions and the order of a block.
//!
//!     cargo run --release -p chain --example reads_at_scale

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // it reports, and fails loudly

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use alloy_consensus::transaction::Recovered;
use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, hex, keccak256};
use alloy_rpc_types_eth::Filter;
use chain::mempool::{AccountState, Limits, Mempool};
use chain::rpc::{Dispatcher, LogLimits, Options, search_logs};
use chain::service::{Order, Sealer};
use chain::settings::{History, REORG_DEPTH_DEFAULT};
use chain::transaction::{Transaction, Unprotected};
use chain::{Chain, ChainSettings, ChainSpec};
use secp256k1::SecretKey;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc; // as the program has it

const CHAIN_ID: u64 = 31_337;
const GAS_LIMIT: u64 = 400_000_000;
const SENDER: Address = Address::repeat_byte(0xaa);
const EMITTER: Address = Address::repeat_byte(0xcc);
/// Writes 50 logs with the topics (input, number of the log).
const EMITTER_CODE: &[u8] = &hex!("5f5b805f355f5fa26001018060321160015700");
const LOG_BLOCKS: u64 = 200;
const CALLS_PER_BLOCK: u64 = 100;
const LOGS_PER_CALL: u64 = 50;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let signer = Sealer::new(SecretKey::from_byte_array(&keccak256("signer").0).unwrap());
    let chain = open(folder.path(), &signer);
    fill(&runtime, &chain, &signer);
    runtime.block_on(measure_calls(&chain));
    measure_logs(&chain);
    for senders in [4, 200] {
        measure_pool(senders);
    }
}

fn open(folder: &std::path::Path, signer: &Sealer) -> Chain {
    let rich = U256::from(10).pow(U256::from(30));
    let funded = BTreeMap::from([(SENDER, rich)]);
    let signers = BTreeSet::from([signer.address()]);
    let spec = ChainSpec::development(CHAIN_ID, &signers, &funded).unwrap();
    let contract = GenesisAccount::default().with_code(Some(Bytes::from_static(EMITTER_CODE)));
    let mut genesis = spec
        .genesis()
        .clone()
        .extend_accounts([(EMITTER, contract)]);
    genesis.gas_limit = GAS_LIMIT;
    let settings = ChainSettings {
        folder: folder.to_owned(),
        history: History::Archive,
        reorg_depth_max: REORG_DEPTH_DEFAULT,
        mempool: Limits::default(),
        unprotected: Unprotected::Refused,
        gas_limit_target: GAS_LIMIT,
    };
    Chain::open(ChainSpec::new(genesis).unwrap(), settings, 0).unwrap()
}

/// A million logs; those of one call in a hundred have another topic.
fn fill(runtime: &tokio::runtime::Runtime, chain: &Chain, signer: &Sealer) {
    let began = Instant::now();
    for block in 0..LOG_BLOCKS {
        for call in 0..CALLS_PER_BLOCK {
            let topic = U256::from(u8::from(call == 7));
            let input = Bytes::from(topic.to_be_bytes::<32>());
            let nonce = block * CALLS_PER_BLOCK + call;
            let call = transaction(SENDER, nonce, TxKind::Call(EMITTER), 200_000, 1, input);
            runtime.block_on(chain.submit_decoded(call)).unwrap();
        }
        let tip = chain.tip();
        let order = Order {
            parent: tip.hash,
            timestamp_s: tip.header.timestamp + 2,
            time_limit: Duration::from_secs(60),
            random: 0,
        };
        let made = chain.produce(signer, order).unwrap();
        assert_eq!(made.block.transactions.len() as u64, CALLS_PER_BLOCK);
    }
    println!(
        "a million logs in {LOG_BLOCKS} blocks: {:?}",
        began.elapsed()
    );
}

async fn measure_calls(chain: &Chain) {
    let dispatcher = Dispatcher::new(chain.clone(), Options::default());
    let hash = chain.tip().block(1).unwrap().unwrap().transactions[0].hash();
    let call = json!({ "from": SENDER, "to": EMITTER, "data": format!("{:#x}", B256::ZERO) });
    println!("calls a second, one after the other:");
    for (method, params) in [
        ("eth_chainId", json!([])),
        ("eth_getBalance", json!([SENDER, "latest"])),
        ("eth_getTransactionCount", json!([SENDER, "pending"])),
        ("eth_call", json!([call, "latest"])),
        ("eth_estimateGas", json!([call])),
        ("eth_getBlockByNumber", json!(["latest", false])),
        ("eth_getTransactionReceipt", json!([hash])),
    ] {
        let per_second = rate(&dispatcher, method, params).await;
        println!("  {method:<26} {per_second:>9.0}");
    }
}

async fn rate(dispatcher: &Dispatcher, method: &str, params: Value) -> f64 {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let first = dispatcher.handle(body.as_bytes()).await.unwrap();
    let first: Value = serde_json::from_slice(&first).unwrap();
    assert!(first.get("error").is_none(), "{method}: {first}");
    let (mut count, began) = (0_u32, Instant::now());
    while began.elapsed() < Duration::from_secs(2) {
        for _ in 0..100 {
            dispatcher.handle(body.as_bytes()).await.unwrap();
        }
        count += 100;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}

fn measure_logs(chain: &Chain) {
    let tip = chain.tip();
    let topic = B256::from(U256::from(1));
    let filter = Filter::new().address(EMITTER).event_signature(topic);
    let mut times = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let limits = LogLimits {
            logs_max: 20_000,
            unindexed_blocks_max: 10_000,
            deadline: began + Duration::from_secs(60),
        };
        let found = search_logs(&tip.view, &filter, 0..=tip.header.number, limits).unwrap();
        times.push(began.elapsed());
        assert_eq!(found.len() as u64, LOG_BLOCKS * LOGS_PER_CALL);
    }
    times.sort_unstable();
    println!(
        "10,000 logs found among a million: {:?}",
        times[times.len() / 2]
    );
}

fn measure_pool(senders: u64) {
    let per_sender = 40_000 / senders;
    let rich = AccountState {
        nonce: 0,
        balance_wei: U256::MAX,
    };
    let all: Vec<Transaction> = (0..per_sender)
        .flat_map(|nonce| (0..senders).map(move |sender| (nonce, sender)))
        .map(|(nonce, sender)| {
            let from = Address::left_padding_from(&(sender + 1).to_be_bytes());
            let tip = u128::from(10 + sender * 7 % 50);
            transaction(
                from,
                nonce,
                TxKind::Call(EMITTER),
                21_000,
                tip,
                Bytes::new(),
            )
        })
        .collect();
    let mut pool = Mempool::new(Limits::default(), 0);
    let began = Instant::now();
    for transaction in all.clone() {
        pool.add(transaction, rich, 0).unwrap();
    }
    let added = all.len() as f64 / began.elapsed().as_secs_f64();
    let began = Instant::now();
    assert_eq!(pool.best(7).count(), all.len());
    println!(
        "mempool, {senders} senders: {added:.0} additions/s, {} in a block's order in {:?}",
        all.len(),
        began.elapsed()
    );
}

/// As if its sender had been recovered: signatures are not what is measured.
fn transaction(
    from: Address,
    nonce: u64,
    to: TxKind,
    gas_limit: u64,
    tip_wei: u128,
    input: Bytes,
) -> Transaction {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit,
        max_fee_per_gas: 1_000_000_000_000,
        max_priority_fee_per_gas: tip_wei,
        to,
        input,
        ..TxEip1559::default()
    };
    // Different transactions must have different hashes, and the sender is no part of one.
    let r = U256::from_be_slice(from.as_slice());
    let signature = Signature::new(r, U256::from(1), false);
    let signed = TxEnvelope::from(transaction.into_signed(signature));
    Transaction::from_recovered(Recovered::new_unchecked(signed, from)).unwrap()
}
