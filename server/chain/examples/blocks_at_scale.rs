//! How fast blocks of plain transfers are made and taken in, by how many accounts there are; how
//! much memory a node takes; how fast many small blocks are taken in; how long a read takes.
//!
//!     cargo run --release -p chain --example blocks_at_scale [-- ACCOUNTS...]
//!
//! Each phase is a process of its own, so that none profits from another's memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // it reports, and fails loudly

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_primitives::{Address, Signature, TxKind, U256, keccak256};
use chain::block::Block;
use chain::service::{Order, Sealer};
use chain::settings::{HISTORY_BLOCKS_DEFAULT, History, REORG_DEPTH_DEFAULT};
use chain::transaction::Transaction;
use chain::{Chain, ChainSettings, ChainSpec};
use secp256k1::{Message, SECP256K1, SecretKey};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CHAIN_ID: u64 = 31_337;
/// Each sends as often as the others.
const SENDERS: usize = 5_000;
const GAS_LIMIT: u64 = 400_000_000;
/// Blocks of many transfers, and transfers in each.
const LARGE: Shape = Shape {
    blocks: 12,
    transfers: 10_000,
};
/// Blocks of few transfers, and transfers in each.
const SMALL: Shape = Shape {
    blocks: 4_000,
    transfers: 10,
};
/// Small blocks that are handed over at once, as from a peer.
const IMPORTED_AT_ONCE: usize = 256;
const READS: usize = 100_000;

#[derive(Clone, Copy)]
struct Shape {
    blocks: usize,
    transfers: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(phase @ ("make" | "begin" | "follow")) => {
            let folder = PathBuf::from(&arguments[1]);
            let accounts = arguments[2].parse().unwrap();
            match phase {
                "make" => make(&folder, accounts),
                "begin" => drop(open(&folder.join("follower"), &spec(accounts))),
                _ => follow(&folder, accounts),
            }
        }
        Some(_) => {
            for accounts in &arguments {
                measure(accounts);
            }
        }
        None => {
            for accounts in ["10000", "1000000"] {
                measure(accounts);
            }
        }
    }
}

fn measure(accounts: &str) {
    println!("{accounts} accounts, load {}", load());
    let folder = tempfile::tempdir().unwrap();
    for phase in ["make", "begin", "follow"] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.arg(phase).arg(folder.path()).arg(accounts);
        assert!(child.status().unwrap().success(), "{phase}");
    }
}

fn make(folder: &Path, accounts: usize) {
    let addresses = addresses(accounts);
    let chain = open(&folder.join("maker"), &spec(accounts));
    let keys: Vec<SecretKey> = (0..SENDERS as u64).map(key).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut nonces = vec![0; SENDERS];
    // However many accounts there are, a large block touches twice as many as there are senders,
    // and all that only receive come in turn.
    let recipients = &addresses[SENDERS..];
    for (name, shape) in [("large", LARGE), ("small", SMALL)] {
        let (mut times, mut blocks) = (Vec::new(), Vec::new());
        for round in 0..shape.blocks {
            let transfers = (0..shape.transfers).map(|index| {
                let number = round * shape.transfers + index;
                let sender = number % SENDERS;
                let nonce = nonces[sender];
                nonces[sender] += 1;
                let turn = round * shape.transfers / 2 + index % (shape.transfers / 2);
                let to = recipients[turn % recipients.len()];
                chain.submit_decoded(transfer(&keys[sender], nonce, to))
            });
            runtime
                .block_on(futures::future::try_join_all(transfers))
                .unwrap();
            let tip = chain.tip();
            let order = Order {
                parent: tip.hash,
                timestamp_s: tip.header.timestamp + 2,
                time_limit: Duration::from_secs(60),
                random: 0,
            };
            let began = Instant::now();
            let made = chain.produce(&sealer(), order).unwrap();
            times.push(began.elapsed());
            assert_eq!(made.block.transactions.len(), shape.transfers);
            blocks.push(made.block.encode());
        }
        println!("  {name}: made in {}", spread(times));
        write_blocks(&folder.join(name), &blocks);
    }
}

fn follow(folder: &Path, accounts: usize) {
    let addresses = addresses(accounts);
    let spec = spec(accounts);
    let without_node_mib = resident_mib();
    let began = Instant::now();
    let chain = open(&folder.join("follower"), &spec);
    println!("  opened in {} ms", began.elapsed().as_millis());

    let (mut decoded, mut imported, mut both) = (Vec::new(), Vec::new(), Vec::new());
    for bytes in read_blocks(&folder.join("large")) {
        let began = Instant::now();
        let block = Block::decode(&bytes).unwrap();
        decoded.push(began.elapsed());
        let imports = Instant::now();
        chain.import(&[block], u64::MAX / 2).unwrap();
        imported.push(imports.elapsed());
        both.push(began.elapsed());
    }
    println!("  large: decoded in {}", spread(decoded));
    println!("  large: executed and committed in {}", spread(imported));
    println!("  large: both in {}", spread(both));

    let small = read_blocks(&folder.join("small"));
    let began = Instant::now();
    for some in small.chunks(IMPORTED_AT_ONCE) {
        let some: Vec<Block> = some
            .iter()
            .map(|bytes| Block::decode(bytes).unwrap())
            .collect();
        chain.import(&some, u64::MAX / 2).unwrap();
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "  small: {:.0} blocks/s, {:.0} transfers/s",
        small.len() as f64 / seconds,
        (small.len() * SMALL.transfers) as f64 / seconds
    );

    let state = chain.tip().state();
    for pass in ["first", "second"] {
        let began = Instant::now();
        for number in 0..READS as u64 {
            let address = addresses[random(number) % addresses.len()];
            assert!(state.account(address).unwrap().is_some());
        }
        let took = began.elapsed() / u32::try_from(READS).unwrap();
        println!(
            "  an account at the tip, {pass} time: {} ns",
            took.as_nanos()
        );
    }
    println!(
        "  resident: {} MiB besides {without_node_mib} MiB for the genesis file, load {}",
        resident_mib().saturating_sub(without_node_mib),
        load()
    );
}

fn open(folder: &Path, spec: &ChainSpec) -> Chain {
    let settings = ChainSettings {
        folder: folder.to_owned(),
        history: History::Blocks(HISTORY_BLOCKS_DEFAULT),
        reorg_depth_max: REORG_DEPTH_DEFAULT,
        mempool: chain::mempool::Limits::default(),
        unprotected: chain::transaction::Unprotected::Refused,
        gas_limit_target: GAS_LIMIT,
    };
    Chain::open(spec.clone(), settings, 0).unwrap()
}

fn spec(accounts: usize) -> ChainSpec {
    let mut genesis = {
        let addresses = addresses(accounts);
        let (senders, others) = addresses.split_at(SENDERS);
        let funded: BTreeMap<Address, U256> = senders
            .iter()
            .map(|address| (*address, U256::from(10).pow(U256::from(24))))
            .chain(others.iter().map(|address| (*address, U256::from(1))))
            .collect();
        let signers = BTreeSet::from([sealer().address()]);
        let spec = ChainSpec::development(CHAIN_ID, &signers, &funded).unwrap();
        spec.genesis().clone()
    };
    genesis.gas_limit = GAS_LIMIT;
    ChainSpec::new(genesis).unwrap()
}

/// The senders, and those who only receive.
fn addresses(accounts: usize) -> Vec<Address> {
    let senders = (0..SENDERS as u64).map(|number| chain::clique::signer_address(&key(number)));
    let others = (SENDERS as u64..accounts as u64)
        .map(|number| Address::from_word(keccak256(number.to_le_bytes())));
    senders.chain(others).collect()
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

fn sealer() -> Sealer {
    Sealer::new(key(u64::MAX))
}

fn key(number: u64) -> SecretKey {
    SecretKey::from_byte_array(&keccak256(number.to_be_bytes()).0).unwrap()
}

fn random(seed: u64) -> usize {
    let hash = keccak256(seed.to_le_bytes());
    usize::from_be_bytes(hash[..8].try_into().unwrap())
}

fn write_blocks(path: &Path, blocks: &[Vec<u8>]) {
    let mut bytes = Vec::new();
    for block in blocks {
        bytes.extend((block.len() as u64).to_be_bytes());
        bytes.extend(block);
    }
    std::fs::write(path, bytes).unwrap();
}

fn read_blocks(path: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let mut rest = bytes.as_slice();
    let mut blocks = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<8>() {
        let (block, after) = after.split_at(u64::from_be_bytes(*length) as usize);
        blocks.push(block.to_vec());
        rest = after;
    }
    blocks
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let ms = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    format!(
        "{:.1} ms (at best {:.1}, at worst {:.1})",
        ms(50),
        ms(0),
        ms(100)
    )
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096 / (1 << 20)
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap();
    load.split(' ').next().unwrap().to_owned()
}
