//! Loads a node over JSON-RPC, whoever made it, and prints what it saw as JSON.
//!
//!     cargo run --release -p chain --example rpc_load -- compare URL KEY TRANSFERS LOGS
//!
//! sends plain transfers, each to an account of its own, until they are mined; then, with so many
//! logs in the chain, times single reads. `end2end/bench/chain.mjs` runs it against this node and
//! against anvil.
//!
//!     cargo run --release -p chain --example rpc_load -- pour URL KEY TRANSFERS RATE RECIPIENT
//!
//! sends transfers to one account, so many a second, for `end2end/bench/explorer.mjs`.
//!
//! KEY (32 bytes, hexadecimal) pays for everything.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // it reports, and fails loudly

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256, hex, keccak256};
use parking_lot::Mutex;
use rayon::prelude::*;
use reqwest::Client;
use secp256k1::{Message, SECP256K1, SecretKey};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// Accounts that send, so that no pool's bound for one sender is met.
const SENDERS: u64 = 500;
const CONNECTIONS: usize = 16;
/// Transactions that are sent and not mined: pools are bounded.
const WAITING_MAX: usize = 30_000;
/// No pause between two transactions.
const AT_ONCE: Duration = Duration::ZERO;
/// Writes 50 logs with the topics (input, number of the log).
const EMITTER_CODE: &[u8] = &hex!("5f5b805f355f5fa26001018060321160015700");
const LOGS_PER_CALL: u64 = 50;
/// Of so many calls, one has another topic.
const RARE: u64 = 100;
const EMIT_GAS: u64 = 150_000;
const SAMPLES: usize = 2_000;
const LOG_SAMPLES: usize = 20;

#[tokio::main]
async fn main() {
    // The HTTP client wants one, also where nothing is encrypted.
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let report = match arguments.as_slice() {
        ["compare", url, key, transfers, logs] => {
            compare(url, key, transfers.parse().unwrap(), logs.parse().unwrap()).await
        }
        ["pour", url, key, transfers, rate, recipient] => {
            let recipient = recipient.parse().unwrap();
            pour(
                url,
                key,
                transfers.parse().unwrap(),
                rate.parse().unwrap(),
                recipient,
            )
            .await
        }
        _ => panic!("compare URL KEY TRANSFERS LOGS, or pour URL KEY TRANSFERS RATE RECIPIENT"),
    };
    println!("{report}");
}

async fn pour(url: &str, key: &str, transfers: u64, rate: u64, recipient: Address) -> Value {
    let load = Load::begin(url, key, transfers).await;
    let signed = sign_all(load.chain_id, &load.senders, 0, transfers, |_| {
        (TxKind::Call(recipient), 21_000, U256::from(1), Bytes::new())
    });
    let pace = Duration::from_secs(1) / u32::try_from(rate).unwrap();
    json!({ "transfers_per_second": mined_per_second(&load.node, signed, pace).await })
}

async fn compare(url: &str, key: &str, transfers: u64, logs: u64) -> Value {
    let load = Load::begin(url, key, transfers).await;
    let (node, senders) = (&load.node, &load.senders);
    let signed = sign_all(load.chain_id, senders, 0, transfers, |number| {
        let to = Address::from_word(keccak256(number.to_le_bytes()));
        (TxKind::Call(to), 21_000, U256::from(1), Bytes::new())
    });
    let rate = mined_per_second(node, signed, AT_ONCE).await;
    let nonce = transfers / SENDERS;
    let signed = sign_all(
        load.chain_id,
        senders,
        nonce,
        logs / LOGS_PER_CALL,
        |number| {
            let topic = U256::from(u8::from(number % RARE == RARE / 2));
            let input = Bytes::from(topic.to_be_bytes::<32>());
            (TxKind::Call(load.emitter), EMIT_GAS, U256::ZERO, input)
        },
    );
    mined_per_second(node, signed, AT_ONCE).await;

    let word = format!("0x{:064x}", 1);
    let call = json!([{ "to": load.emitter, "data": word }, "latest"]);
    let balance = json!([load.treasury.address, "latest"]);
    let filter = json!([{ "fromBlock": "0x0", "toBlock": "latest", "address": load.emitter, "topics": [word] }]);
    let found = node.ask("eth_getLogs", filter.clone()).await;
    json!({
        "transfers_per_second": rate,
        "eth_call_ms": node.median_ms("eth_call", &call, SAMPLES).await,
        "eth_getBalance_ms": node.median_ms("eth_getBalance", &balance, SAMPLES).await,
        "eth_getLogs_ms": node.median_ms("eth_getLogs", &filter, LOG_SAMPLES).await,
        "logs_found": found.as_array().unwrap().len(),
    })
}

/// A node, and who sends to it.
struct Load {
    node: Node,
    chain_id: u64,
    treasury: Sender,
    senders: Vec<Sender>,
    emitter: Address,
}

impl Load {
    async fn begin(url: &str, key: &str, transfers: u64) -> Self {
        assert_eq!(
            transfers % SENDERS,
            0,
            "TRANSFERS is no multiple of {SENDERS}"
        );
        let client = Client::new();
        let url = url.to_owned();
        let node = Node { client, url };
        let chain_id = quantity(&node.ask("eth_chainId", json!([])).await);
        let treasury = Sender::new(hex::FromHex::from_hex(key).unwrap());
        let senders: Vec<Sender> = (0..SENDERS)
            .map(|number| Sender::new(keccak256(number.to_be_bytes()).0))
            .collect();
        let emitter = prepare(&node, chain_id, &treasury, &senders).await;
        Self {
            node,
            chain_id,
            treasury,
            senders,
            emitter,
        }
    }
}

struct Sender {
    key: SecretKey,
    address: Address,
}

impl Sender {
    fn new(key: [u8; 32]) -> Self {
        let key = SecretKey::from_byte_array(&key).unwrap();
        let address = chain::clique::signer_address(&key);
        Self { key, address }
    }

    /// A signed transaction, as `eth_sendRawTransaction` takes it.
    fn signed(&self, chain_id: u64, nonce: u64, what: Content) -> String {
        let (to, gas_limit, value, input) = what;
        let transaction = TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: 1_000_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to,
            value,
            input,
            ..TxEip1559::default()
        };
        let hash = transaction.signature_hash();
        let signature = SECP256K1.sign_ecdsa_recoverable(&Message::from_digest(hash.0), &self.key);
        let (recovery, bytes) = signature.serialize_compact();
        let signature = Signature::from_bytes_and_parity(&bytes, i32::from(recovery) == 1);
        let envelope = TxEnvelope::from(transaction.into_signed(signature));
        hex::encode_prefixed(envelope.encoded_2718())
    }
}

/// Recipient, gas limit, value and input.
type Content = (TxKind, u64, U256, Bytes);

/// Signs so many transactions, which the senders send in turn.
fn sign_all(
    chain_id: u64,
    senders: &[Sender],
    first_nonce: u64,
    count: u64,
    content: impl Fn(u64) -> Content + Sync,
) -> Vec<String> {
    (0..count)
        .into_par_iter()
        .map(|number| {
            let sender = &senders[(number % SENDERS) as usize];
            sender.signed(chain_id, first_nonce + number / SENDERS, content(number))
        })
        .collect()
}

/// Gives every sender what it needs, and deploys the contract that writes logs.
async fn prepare(node: &Node, chain_id: u64, treasury: &Sender, senders: &[Sender]) -> Address {
    let asked = node.ask(
        "eth_getTransactionCount",
        json!([treasury.address, "latest"]),
    );
    let first_nonce = quantity(&asked.await);
    // PUSH1 length, DUP1, PUSH1 9, PUSH0, CODECOPY, PUSH0, RETURN: what follows is the code.
    let length = u8::try_from(EMITTER_CODE.len()).unwrap();
    let creation = [&[0x60, length], &hex!("8060095f395ff3")[..], EMITTER_CODE].concat();
    let deployment = (TxKind::Create, 1_000_000, U256::ZERO, Bytes::from(creation));
    let mut signed = vec![treasury.signed(chain_id, first_nonce, deployment)];
    let gift = U256::from(10).pow(U256::from(20));
    signed.extend((first_nonce + 1..).zip(senders).map(|(nonce, sender)| {
        let what = (TxKind::Call(sender.address), 21_000, gift, Bytes::new());
        treasury.signed(chain_id, nonce, what)
    }));
    // Some nodes take no more than a few of one sender's ahead of each other.
    for some in signed.chunks(50) {
        mined_per_second(node, some.to_vec(), AT_ONCE).await;
    }
    let emitter = treasury.address.create(first_nonce);
    let code = node.ask("eth_getCode", json!([emitter, "latest"])).await;
    assert_eq!(code, hex::encode_prefixed(EMITTER_CODE));
    emitter
}

/// Sends all, one in each time of `pace`, and waits until blocks hold as many. Nobody else may be
/// using the node.
async fn mined_per_second(node: &Node, signed: Vec<String>, pace: Duration) -> f64 {
    let count = signed.len() as u64;
    let waiting = Arc::new(Semaphore::new(WAITING_MAX));
    let mut next_block = 1 + quantity(&node.ask("eth_blockNumber", json!([])).await);
    let queue = Arc::new(Mutex::new(VecDeque::from(signed)));
    let began = Instant::now();
    let sending: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (node, queue, waiting) = (node.clone(), queue.clone(), waiting.clone());
            tokio::spawn(async move {
                loop {
                    let (place, raw) = {
                        let mut queue = queue.lock();
                        let Some(raw) = queue.pop_front() else { return };
                        (count - queue.len() as u64 - 1, raw)
                    };
                    let at = began + pace * u32::try_from(place).unwrap();
                    tokio::time::sleep_until(at.into()).await;
                    // Given back when it is mined.
                    waiting.acquire().await.unwrap().forget();
                    node.ask("eth_sendRawTransaction", json!([raw])).await;
                }
            })
        })
        .collect();
    let mut mined = 0;
    while mined < count {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let newest = quantity(&node.ask("eth_blockNumber", json!([])).await);
        while next_block <= newest {
            let params = json!([format!("0x{next_block:x}")]);
            let asked = node.ask("eth_getBlockTransactionCountByNumber", params);
            let in_block = quantity(&asked.await);
            waiting.add_permits(in_block as usize);
            mined += in_block;
            next_block += 1;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    for one in sending {
        one.await.unwrap();
    }
    count as f64 / seconds
}

#[derive(Clone)]
struct Node {
    client: Client,
    url: String,
}

impl Node {
    async fn ask(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = self.post(body.to_string()).await;
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    async fn median_ms(&self, method: &str, params: &Value, samples: usize) -> f64 {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let body = body.to_string();
        let mut times = Vec::with_capacity(samples);
        for _ in 0..samples {
            let began = Instant::now();
            self.post(body.clone()).await;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        times[samples / 2].as_secs_f64() * 1e3
    }

    async fn post(&self, body: String) -> Bytes {
        let request = self.client.post(&self.url);
        let request = request
            .header("content-type", "application/json")
            .body(body);
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.status());
        response.bytes().await.unwrap().into()
    }
}

fn quantity(value: &Value) -> u64 {
    let text = value.as_str().unwrap();
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}
