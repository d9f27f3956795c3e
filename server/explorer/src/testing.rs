//! A chain in memory for tests: its blocks are made up, its answers have the shape of a node's.

use std::collections::HashMap;
use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::node::{EthereumNode, HeadNotice, NodeError};
use crate::token_event::{TRANSFER, TRANSFER_SINGLE};

/// Milliseconds between the blocks' times, in seconds: 20 minutes, so that charts have several
/// steps.
const BLOCK_TIME_S: u64 = 1_200;
/// The time of the first block.
const GENESIS_TIME_S: u64 = 1_750_000_000;

/// Numbers that look random and are the same in each run (splitmix64).
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// One of a few addresses.
pub(crate) fn person(index: u64) -> Address {
    Address::from_word(keccak256(format!("person {index}")))
}

/// One of a few tokens: even ones are ERC-20, every fourth ERC-1155, the others ERC-721.
pub(crate) fn token(index: u64) -> Address {
    Address::from_word(keccak256(format!("token {index}")))
}

/// The chain, and the node that answers for it.
pub(crate) struct FakeNode {
    chain: Mutex<Chain>,
    heads: watch::Sender<Option<HeadNotice>>,
}

#[derive(Default)]
struct Chain {
    blocks: Vec<Block>,
    nonces: HashMap<Address, u64>,
    /// How often the chain was replaced: its hashes differ.
    fork: u64,
}

struct Block {
    block: Value,
    receipts: Value,
    traces: Value,
    nonces_before: HashMap<Address, u64>,
}

impl FakeNode {
    /// A chain of one block.
    pub(crate) fn start() -> Arc<Self> {
        let node = Arc::new(Self {
            chain: Mutex::default(),
            heads: watch::Sender::new(None),
        });
        node.mine(&mut Dice(0), 0);
        node
    }

    pub(crate) fn height(&self) -> u64 {
        self.chain.lock().blocks.len() as u64 - 1
    }

    /// Adds a block of random transactions.
    pub(crate) fn mine(&self, dice: &mut Dice, transactions: u64) {
        let mut chain = self.chain.lock();
        let number = chain.blocks.len() as u64;
        let parent = chain
            .blocks
            .last()
            .map_or(B256::ZERO, |parent| hash_of(&parent.block));
        let hash = keccak256(format!("block {number} {} {parent}", chain.fork));
        let nonces_before = chain.nonces.clone();
        let mut rows = Vec::new();
        let mut receipts = Vec::new();
        let mut traces = Vec::new();
        let mut log_index = 0;
        for _ in 0..transactions {
            let sender = person(dice.below(6));
            let fork = chain.fork;
            let nonce = chain.nonces.entry(sender).or_default();
            let row = keccak256(format!("transaction {sender} {nonce} {fork}"));
            let creates = dice.below(8) == 0;
            let created = sender.create(*nonce);
            let to = (!creates).then(|| person(dice.below(9)));
            let fails = dice.below(9) == 0;
            let logs = if fails {
                Vec::new()
            } else {
                logs(dice, &mut log_index)
            };
            rows.push(json!({
                "hash": row, "blockNumber": quantity(number), "from": sender, "to": to,
                "nonce": quantity(*nonce), "value": quantity(dice.below(1_000)),
                "gas": quantity(90_000), "gasPrice": quantity(10), "type": "0x2",
                "maxFeePerGas": quantity(20), "maxPriorityFeePerGas": quantity(3),
                "input": if dice.below(2) == 0 { "0x" } else { "0xa9059cbb00" },
            }));
            receipts.push(json!({
                "transactionHash": row, "blockHash": hash, "gasUsed": quantity(21_000),
                "effectiveGasPrice": quantity(10), "status": if fails { "0x0" } else { "0x1" },
                "contractAddress": creates.then_some(created), "logs": logs,
            }));
            traces.push(
                json!({"txHash": row, "result": trace(dice, sender, to.unwrap_or(created), fails)}),
            );
            *nonce += 1;
        }
        let block = json!({
            "number": quantity(number), "hash": hash, "parentHash": parent,
            "timestamp": quantity(GENESIS_TIME_S + number * BLOCK_TIME_S),
            "miner": person(dice.below(2)), "gasLimit": quantity(30_000_000),
            "gasUsed": quantity(21_000 * transactions), "baseFeePerGas": quantity(7),
            "difficulty": "0x0", "extraData": "0x", "stateRoot": B256::ZERO,
            "transactionsRoot": B256::ZERO, "receiptsRoot": B256::ZERO, "size": "0x200",
            "transactions": rows,
        });
        chain.blocks.push(Block {
            block,
            receipts: Value::Array(receipts),
            traces: Value::Array(traces),
            nonces_before,
        });
        drop(chain);
        self.heads.send_replace(Some(HeadNotice { number, hash }));
    }

    /// Takes the newest blocks away; the next ones have other hashes.
    pub(crate) fn forget(&self, blocks: usize) {
        let mut chain = self.chain.lock();
        let left = chain.blocks.len() - blocks;
        let first = chain.blocks.drain(left..).next();
        if let Some(first) = first {
            chain.nonces = first.nonces_before;
        }
        chain.fork += 1;
    }
}

fn quantity(number: u64) -> String {
    format!("{number:#x}")
}

fn hash_of(block: &Value) -> B256 {
    block["hash"].as_str().unwrap().parse().unwrap()
}

/// Token movements of one transaction.
fn logs(dice: &mut Dice, log_index: &mut u64) -> Vec<Value> {
    (0..dice.below(4))
        .map(|_| {
            let kind = dice.below(4);
            let side = |dice: &mut Dice| match dice.below(4) {
                0 => Address::ZERO,
                _ => person(dice.below(9)),
            };
            let (from, to) = (side(dice).into_word(), side(dice).into_word());
            let id = B256::from(U256::from(dice.below(5)));
            let amount = B256::from(U256::from(dice.below(100)));
            let (topics, data) = match kind {
                0 | 2 => (vec![TRANSFER, from, to], Bytes::from(amount.to_vec())),
                1 => (vec![TRANSFER, from, to, id], Bytes::new()),
                _ => (
                    vec![TRANSFER_SINGLE, from, from, to],
                    Bytes::from([id.to_vec(), amount.to_vec()].concat()),
                ),
            };
            *log_index += 1;
            json!({
                "address": token(kind), "topics": topics, "data": data,
                "logIndex": quantity(*log_index - 1),
            })
        })
        .collect()
}

fn trace(dice: &mut Dice, from: Address, to: Address, fails: bool) -> Value {
    let call = |kind: &str, from: Address, to: Address| json!({"type": kind, "from": from, "to": to, "value": "0x5", "gas": "0x1", "gasUsed": "0x1", "input": "0x"});
    let mut root = call("CALL", from, to);
    if fails {
        root["error"] = json!("execution reverted");
    }
    let calls: Vec<Value> = (0..dice.below(3))
        .map(|index| match dice.below(5) {
            0 => call("CREATE", to, to.create(dice.below(1_000) + index)),
            1 => call("STATICCALL", to, person(dice.below(9))),
            _ => call("CALL", to, person(dice.below(9))),
        })
        .collect();
    root["calls"] = Value::Array(calls);
    root
}

#[async_trait::async_trait]
impl EthereumNode for FakeNode {
    async fn request(&self, method: &str, params: Value) -> Result<Value, NodeError> {
        let chain = self.chain.lock();
        let by_number = || {
            let digits = params[0].as_str().unwrap().strip_prefix("0x")?;
            chain.blocks.get(usize::from_str_radix(digits, 16).ok()?)
        };
        Ok(match method {
            "eth_chainId" => json!("0x539"),
            "eth_blockNumber" => json!(quantity(chain.blocks.len() as u64 - 1)),
            "eth_getBlockByNumber" => by_number().map_or(Value::Null, |block| block.block.clone()),
            "eth_getBlockReceipts" => {
                by_number().map_or(Value::Null, |block| block.receipts.clone())
            }
            "debug_traceBlockByHash" => {
                let block = chain
                    .blocks
                    .iter()
                    .find(|block| block.block["hash"] == params[0]);
                block.map_or(Value::Null, |block| block.traces.clone())
            }
            // A balance that depends on the height: one that is asked too early is wrong.
            "eth_getBalance" => {
                let address: Address = params[0].as_str().unwrap().parse().unwrap();
                json!(U256::from(address[19]) * U256::from(chain.blocks.len()))
            }
            "eth_getCode" => json!("0x"),
            "eth_getTransactionByHash" => {
                let rows = chain
                    .blocks
                    .iter()
                    .flat_map(|block| block.block["transactions"].as_array().unwrap());
                rows.into_iter()
                    .find(|row| row["hash"] == params[0])
                    .cloned()
                    .unwrap_or_default()
            }
            "eth_call" => {
                return Err(NodeError::Refused {
                    code: 3,
                    message: "execution reverted".to_owned(),
                    data: None,
                });
            }
            method => {
                return Err(NodeError::NotOffered {
                    method: method.to_owned(),
                });
            }
        })
    }

    fn heads(&self) -> watch::Receiver<Option<HeadNotice>> {
        self.heads.subscribe()
    }
}
