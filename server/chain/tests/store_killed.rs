//! A node that is killed at any moment has, when it starts again, every block that it has
//! acknowledged, and a state that its newest header names.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, hex, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::{HashBuilder, Nibbles, TrieAccount};
use chain::service::{Order, Sealer};
use chain::settings::{History, REORG_DEPTH_DEFAULT};
use chain::store::tables::slot_key;
use chain::transaction::Transaction;
use chain::{Chain, ChainSettings, ChainSpec, Tip};
use secp256k1::{Message, SECP256K1, SecretKey};

const FOLDER_VARIABLE: &str = "STORE_KILLED_FOLDER";
const ROUNDS: u64 = 20;
const CHAIN_ID: u64 = 31_337;
const CONTRACT: Address = Address::repeat_byte(0xcc);
/// `sstore(number(), number())`.
const CODE: &[u8] = &hex!("43435500");

#[test]
fn acknowledged_blocks_survive_a_kill() {
    // The process that is killed is this test, started again.
    if let Ok(folder) = std::env::var(FOLDER_VARIABLE) {
        make_blocks_until_killed(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut blocks = 0;
    for round in 0..ROUNDS {
        let acknowledged = run_and_kill(folder.path(), round);
        let chain = open(folder.path());
        let tip = chain.tip();
        for (number, hash) in &acknowledged {
            let found = tip.view.canonical(*number).unwrap();
            assert_eq!(found, Some(*hash), "round {round}, block {number}");
        }
        check_state(&tip);
        blocks += acknowledged.len();
    }
    assert!(blocks > 0, "no block was ever acknowledged");
}

fn make_blocks_until_killed(folder: &Path) -> ! {
    let chain = open(folder);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut acknowledged = std::io::stderr();
    loop {
        let tip = chain.tip();
        let address = chain::clique::signer_address(&key());
        let account = tip.state().account(address).unwrap().unwrap();
        // Those that wait already are refused; they will be mined.
        for index in 0..20 {
            let transaction = call(account.nonce + index, tip.header.number);
            let _ = runtime.block_on(chain.submit_decoded(transaction));
        }
        let order = Order {
            parent: tip.hash,
            timestamp_s: tip.header.timestamp + 2,
            time_limit: Duration::from_secs(60),
            random: 0,
        };
        let made = chain.produce(&Sealer::new(key()), order).unwrap();
        writeln!(
            acknowledged,
            "block {} {}",
            made.block.number(),
            made.block.hash
        )
        .unwrap();
    }
}

fn run_and_kill(folder: &Path, round: u64) -> Vec<(u64, B256)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "acknowledged_blocks_survive_a_kill",
            "--nocapture",
        ])
        .env(FOLDER_VARIABLE, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let random = u64::from(keccak256(round.to_be_bytes())[0]);
    let mut acknowledged = Vec::new();
    acknowledged.extend(lines.next().map(|line| parse(&line.unwrap())));
    std::thread::sleep(Duration::from_millis(random));
    child.kill().unwrap();
    child.wait().unwrap();
    // A line that was cut off was not said.
    acknowledged.extend(lines.map_while(Result::ok).map(|line| parse(&line)));
    acknowledged.into_iter().flatten().collect()
}

fn parse(line: &str) -> Option<(u64, B256)> {
    let (number, hash) = line.strip_prefix("block ")?.split_once(' ')?;
    Some((number.parse().ok()?, hash.parse().ok()?))
}

/// Recomputes the state's root from all accounts and slots, with another implementation.
fn check_state(tip: &Tip) {
    let mut accounts = HashBuilder::default();
    for account in tip.view.accounts_within(&[0; 32], &[0xff; 32]).unwrap() {
        let (key, row) = account.unwrap();
        let mut slots = HashBuilder::default();
        let (first, last) = (slot_key(&key, &[0; 32]), slot_key(&key, &[0xff; 32]));
        for slot in tip.view.slots_within(&first, &last).unwrap() {
            let (slot, row) = slot.unwrap();
            slots.add_leaf(Nibbles::unpack(&slot[32..]), &row);
        }
        let account = TrieAccount::decode(&mut row.as_slice()).unwrap();
        assert_eq!(slots.root(), account.storage_root);
        accounts.add_leaf(Nibbles::unpack(key), &row);
    }
    assert_eq!(accounts.root(), tip.header.state_root);
}

fn open(folder: &Path) -> Chain {
    let signer = chain::clique::signer_address(&key());
    let funded = BTreeMap::from([(signer, U256::from(10).pow(U256::from(24)))]);
    let signers = BTreeSet::from([signer]);
    let spec = ChainSpec::development(CHAIN_ID, &signers, &funded).unwrap();
    let contract = GenesisAccount::default().with_code(Some(Bytes::from_static(CODE)));
    let genesis = spec
        .genesis()
        .clone()
        .extend_accounts([(CONTRACT, contract)]);
    let settings = ChainSettings {
        folder: folder.to_owned(),
        history: History::Blocks(16),
        reorg_depth_max: REORG_DEPTH_DEFAULT,
        mempool: chain::mempool::Limits::default(),
        unprotected: chain::transaction::Unprotected::Refused,
        gas_limit_target: 30_000_000,
    };
    Chain::open(ChainSpec::new(genesis).unwrap(), settings, 0).unwrap()
}

/// Every second one pays a new account, the others call the contract.
fn call(nonce: u64, seed: u64) -> Transaction {
    let new = Address::from_word(keccak256((seed ^ (nonce << 32)).to_be_bytes()));
    let to = if nonce.is_multiple_of(2) {
        new
    } else {
        CONTRACT
    };
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 1_000_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(to),
        value: U256::from(u8::from(to == new)),
        ..TxEip1559::default()
    };
    let hash = Message::from_digest(transaction.signature_hash().0);
    let signature = SECP256K1.sign_ecdsa_recoverable(&hash, &key());
    let (recovery, bytes) = signature.serialize_compact();
    let signature = Signature::from_bytes_and_parity(&bytes, i32::from(recovery) == 1);
    Transaction::recover(TxEnvelope::from(transaction.into_signed(signature))).unwrap()
}

fn key() -> SecretKey {
    SecretKey::from_byte_array(&[1; 32]).unwrap()
}
