//! How fast blocks of plain transfers are made and taken in, by how many accounts there are, and
//! how much memory that takes.
//!
//!     cargo run --release -p chain --example blocks_at_scale

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // it reports, and fails loudly

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_primitives::{Address, Signature, TxKind, U256, keccak256};
use chain::service::{Order, Sealer};
use chain::settings::{HISTORY_BLOCKS_DEFAULT, History, REORG_DEPTH_DEFAULT};
use chain::transaction::Transaction;
use chain::{Chain, ChainSettings, ChainSpec};
use secp256k1::{Message, SECP256K1, SecretKey};

const CHAIN_ID: u64 = 31_337;
const TRANSFERS: usize = 10_000;
const SENDERS: usize = 10_000;
const ROUNDS: u64 = 5;
const GAS_LIMIT: u64 = 400_000_000;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("blocks of {TRANSFERS} transfers between random accounts, median of {ROUNDS}");
    println!("accounts   make ms   take in ms   resident MiB");
    for accounts in [10_000, 100_000, 1_000_000] {
        runtime.block_on(measure(accounts));
    }
}

async fn measure(accounts: usize) {
    let folder = tempfile::tempdir().unwrap();
    let signer = Sealer::new(key(u64::MAX));
    let keys: Vec<SecretKey> = (0..SENDERS as u64).map(key).collect();
    let mut funded: BTreeMap<Address, U256> = keys
        .iter()
        .map(|key| (chain::clique::signer_address(key), rich()))
        .collect();
    for number in SENDERS..accounts {
        funded.insert(account(number as u64), U256::from(1));
    }
    let addresses: Vec<Address> = funded.keys().copied().collect();
    let signers = BTreeSet::from([signer.address()]);
    let mut genesis = ChainSpec::development(CHAIN_ID, &signers, &funded)
        .unwrap()
        .genesis()
        .clone();
    genesis.gas_limit = GAS_LIMIT;
    let spec = ChainSpec::new(genesis).unwrap();
    let open = |name: &str| {
        let settings = ChainSettings {
            folder: folder.path().join(name),
            history: History::Blocks(HISTORY_BLOCKS_DEFAULT),
            reorg_depth_max: REORG_DEPTH_DEFAULT,
            mempool: chain::mempool::Limits::default(),
            unprotected: chain::transaction::Unprotected::Refused,
            gas_limit_target: GAS_LIMIT,
        };
        Chain::open(spec.clone(), settings, 0).unwrap()
    };
    let (maker, follower) = (open("maker"), open("follower"));
    let (mut made_ms, mut imported_ms) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let transactions: Vec<Transaction> = (0..TRANSFERS)
            .map(|index| {
                let to = addresses[random(round * 1_000_003 + index as u64) % addresses.len()];
                transfer(&keys[index % SENDERS], round, to)
            })
            .collect();
        let submitted = transactions
            .into_iter()
            .map(|transaction| maker.submit_decoded(transaction));
        futures::future::try_join_all(submitted).await.unwrap();
        let tip = maker.tip();
        let order = Order {
            parent: tip.hash,
            timestamp_s: tip.header.timestamp + 2,
            time_limit: Duration::from_secs(60),
            random: 0,
        };
        let began = Instant::now();
        let made = maker.produce(&signer, order).unwrap();
        made_ms.push(began.elapsed());
        assert_eq!(made.block.transactions.len(), TRANSFERS);
        let bytes = made.block.encode();
        let began = Instant::now();
        let block = chain::block::Block::decode(&bytes).unwrap();
        follower.import(&[block], u64::MAX / 2).unwrap();
        imported_ms.push(began.elapsed());
        assert_eq!(follower.tip().hash, maker.tip().hash);
    }
    println!(
        "{accounts:>8}   {:>7}   {:>10}   {:>12}",
        median(made_ms).as_millis(),
        median(imported_ms).as_millis(),
        resident_mib()
    );
}

fn transfer(key: &SecretKey, nonce: u64, to: Address) -> Transaction {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 1_000_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(to),
        value: U256::from(1),
        ..TxEip1559::default()
    };
    let hash = transaction.signature_hash();
    let signature = SECP256K1.sign_ecdsa_recoverable(&Message::from_digest(hash.0), key);
    let (recovery, bytes) = signature.serialize_compact();
    let signature = Signature::from_bytes_and_parity(&bytes, i32::from(recovery) == 1);
    Transaction::recover(TxEnvelope::from(transaction.into_signed(signature))).unwrap()
}

fn key(number: u64) -> SecretKey {
    SecretKey::from_byte_array(&keccak256(number.to_be_bytes()).0).unwrap()
}

fn account(number: u64) -> Address {
    Address::from_word(keccak256(number.to_le_bytes()))
}

fn rich() -> U256 {
    U256::from(10).pow(U256::from(24))
}

fn random(seed: u64) -> usize {
    let hash = keccak256(seed.to_le_bytes());
    usize::from_be_bytes(hash[..8].try_into().unwrap())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096 / (1 << 20)
}
