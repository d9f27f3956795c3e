//! One random workload on ours and on anvil: equal outcomes, logs, traces and state.
//!
//! anvil is the one that `npm ci` has put into `end2end/`, or that `LEDGERCLOUD_TEST_ANVIL` names.

mod anvil;
mod program;

use std::collections::BTreeSet;

use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, B256, Bytes, TxKind, U64, U256};
use chain::rpc::Dispatcher;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use self::anvil::Anvil;
use crate::rpc::dispatcher;
use crate::support::{CHAIN_ID, START_S, TestChain, Wallet, contracts};

const SENDERS: usize = 6;
/// Accounts without transactions of their own that let contracts act in their place (EIP-7702).
const AUTHORITIES: usize = 4;
const BLOCKS: u64 = 40;
const TRANSACTIONS_PER_BLOCK: usize = 9;

struct Workload {
    random: StdRng,
    wallets: Vec<Wallet>,
    nonces: Vec<u64>,
    /// With their nonces.
    authorities: Vec<(Wallet, u64)>,
    unborn: Vec<Address>,
    contracts: Vec<Address>,
    /// Every address that may have come to be.
    touched: BTreeSet<Address>,
}

impl Workload {
    fn new(seed: u64) -> Self {
        let wallets: Vec<Wallet> = (0..SENDERS as u8).map(Wallet::new).collect();
        let authorities: Vec<(Wallet, u64)> = (0..AUTHORITIES as u8)
            .map(|number| (Wallet::new(100 + number), 0))
            .collect();
        Self {
            random: StdRng::seed_from_u64(seed),
            touched: wallets.iter().map(|wallet| wallet.address).collect(),
            nonces: vec![0; SENDERS],
            unborn: authorities.iter().map(|(it, _)| it.address).collect(),
            authorities,
            contracts: Vec::new(),
            wallets,
        }
    }

    /// The next transaction of any sender, and which.
    fn next(&mut self) -> (usize, Bytes) {
        // First they come to be: this anvil takes every authority for an account that exists, and
        // gives the gas of a new one back.
        if let Some(authority) = self.unborn.pop() {
            let nonce = self.nonces[0];
            self.nonces[0] += 1;
            return (0, self.wallets[0].transfer(nonce, authority, 1));
        }
        let who = self.random.random_range(0..SENDERS);
        (who, self.next_of(who))
    }

    fn next_of(&mut self, who: usize) -> Bytes {
        let nonce = self.nonces[who];
        self.nonces[who] += 1;
        let wallet = self.wallets[who].clone();
        let choice = self.random.random_range(0..100);
        if choice < 10 {
            let to = self.any_address();
            let gas = self.random.random_range(21_000..60_000);
            let value = U256::from(self.random.random_range(0..1_000_u64));
            return wallet.send(nonce, TxKind::Call(to), value, gas, Bytes::new());
        }
        if choice < 35 || self.contracts.len() < 4 {
            let born = wallet.address.create(nonce);
            self.touched.insert(born);
            let code = self.code();
            self.contracts.push(born);
            let value = U256::from(self.random.random_range(0..2_u64) * 1_000);
            let gas = self.random.random_range(60_000..1_500_000);
            return wallet.send(nonce, TxKind::Create, value, gas, code.into());
        }
        let to = self.contracts[self.random.random_range(0..self.contracts.len())];
        let input = self.input();
        if choice < 45 {
            let list = AccessList(vec![AccessListItem {
                address: self.any_address(),
                storage_keys: (0..3).map(|slot| B256::from(U256::from(slot))).collect(),
            }]);
            return wallet.with_access_list(nonce, to, input, list);
        }
        if choice < 52 {
            let authorizations = (0..self.random.random_range(1..4))
                .map(|_| self.authorization())
                .collect();
            let to = self.any_address();
            return wallet.with_authorizations(nonce, to, input, authorizations);
        }
        let gas = self.random.random_range(30_000..1_000_000) + input.len() as u64 * 40;
        let value = U256::from(self.random.random_range(0..3_u64));
        wallet.send(nonce, TxKind::Call(to), value, gas, input)
    }

    /// Names a contract, or nothing, as an account's code. One in four is not valid, and skipped.
    fn authorization(&mut self) -> SignedAuthorization {
        let target = match self.random.random_range(0..6) {
            0 => Address::ZERO,
            _ => self.contracts[self.random.random_range(0..self.contracts.len())],
        };
        let (chain_id, ahead) = match self.random.random_range(0..8) {
            0 => (1, 0),
            1 => (0, 1),
            2 => (0, 0),
            _ => (CHAIN_ID, 0),
        };
        let number = self.random.random_range(0..AUTHORITIES);
        let (authority, nonce) = &mut self.authorities[number];
        self.touched.insert(authority.address);
        let signed = authority.authorize(chain_id, target, *nonce + ahead);
        if chain_id != 1 && ahead == 0 {
            *nonce += 1;
        }
        signed
    }

    fn code(&mut self) -> Vec<u8> {
        let fixed = match self.random.random_range(0..16) {
            0 => contracts::emitter(),
            1 => contracts::factory(),
            2 => contracts::caller(),
            3 => contracts::destroyer(),
            4 => contracts::burner(),
            5 => contracts::recursion(),
            6 => contracts::memory_cell(),
            7 => contracts::reverter(),
            8 => contracts::echo(),
            _ => {
                let addresses: Vec<Address> = self.touched.iter().copied().collect();
                let program = program::random(&mut self.random, &addresses);
                // Now and then it is the init code itself that does things.
                if self.random.random_bool(0.2) {
                    return program;
                }
                program
            }
        };
        contracts::init_code(&fixed)
    }

    /// Words that may mean something to one of the contracts; now and then very many.
    fn input(&mut self) -> Bytes {
        let words = if self.random.random_bool(0.02) {
            3_000
        } else {
            self.random.random_range(0..7)
        };
        let mut input = Vec::new();
        for _ in 0..words {
            let word = match self.random.random_range(0..4) {
                0 => self.any_address().into_word(),
                1 => B256::from(U256::from(self.random.random_range(0..8_u64))),
                2 => B256::ZERO,
                _ => B256::new(self.random.random()),
            };
            input.extend(word);
        }
        if self.random.random_bool(0.1) {
            input.extend(contracts::init_code(&contracts::destroyer()));
        }
        input.into()
    }

    fn any_address(&mut self) -> Address {
        let known: Vec<Address> = self.touched.iter().copied().collect();
        match self.random.random_range(0..5) {
            // Precompiles, up to the curve operations of EIP-2537.
            0 => Address::left_padding_from(&[self.random.random_range(1..0x12)]),
            1 => Address::repeat_byte(self.random.random_range(0x20..0x28)),
            _ => known[self.random.random_range(0..known.len())],
        }
    }
}

/// What must be equal of a receipt.
fn outcome(receipt: &Value) -> Value {
    let logs: Vec<Value> = receipt["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| json!([log["address"], log["topics"], log["data"], log["logIndex"]]))
        .collect();
    json!({
        "hash": receipt["transactionHash"],
        "index": receipt["transactionIndex"],
        "status": receipt["status"],
        "gasUsed": receipt["gasUsed"],
        "cumulativeGasUsed": receipt["cumulativeGasUsed"],
        "effectiveGasPrice": receipt["effectiveGasPrice"],
        "contractAddress": receipt["contractAddress"],
        "logsBloom": receipt["logsBloom"],
        "type": receipt["type"],
        "from": receipt["from"],
        "to": receipt["to"],
        "logs": logs,
    })
}

async fn check(seed: u64, anvil: &Anvil) {
    let test = TestChain::new();
    let ours = dispatcher(&test);
    let mut workload = Workload::new(seed);
    anvil
        .call("anvil_setCoinbase", json!([test.sealer.address()]))
        .await;
    for wallet in &workload.wallets {
        let balance = ours
            .call("eth_getBalance", json!([wallet.address]))
            .await
            .unwrap();
        anvil
            .call("anvil_setBalance", json!([wallet.address, balance]))
            .await;
    }
    let (mut statuses, mut refused) = ([0_usize; 2], 0);
    for number in 1..=BLOCKS {
        // Those of the last block were carried out in an order of their own, if at all.
        for (authority, nonce) in &mut workload.authorities {
            let params = json!([authority.address, "latest"]);
            let count = ours.call("eth_getTransactionCount", params).await.unwrap();
            *nonce = serde_json::from_value::<U64>(count).unwrap().to();
        }
        for _ in 0..TRANSACTIONS_PER_BLOCK {
            let (who, raw) = workload.next();
            let mine = ours.call("eth_sendRawTransaction", json!([raw])).await;
            if mine.is_err() {
                // Both refuse, for too little gas: the nonce is free.
                let theirs = anvil.try_call("eth_sendRawTransaction", json!([raw])).await;
                assert!(theirs.is_err(), "{raw}: {mine:?} and {theirs:?}");
                refused += 1;
                workload.nonces[who] -= 1;
            }
        }
        let made = test.mine();
        // We take those that pay more first. It takes them as they come: in our order, then.
        for transaction in &made.block.transactions {
            let theirs = anvil
                .call("eth_sendRawTransaction", json!([transaction.encoded()]))
                .await;
            assert_eq!(theirs, json!(transaction.hash()));
        }
        assert!(test.chain.with_mempool(|mempool| mempool.status().pending) == 0);
        let time = made.block.header.timestamp.max(START_S);
        anvil.call("evm_setNextBlockTimestamp", json!([time])).await;
        let base_fee = U256::from(made.block.header.base_fee_per_gas.unwrap());
        anvil
            .call("anvil_setNextBlockBaseFeePerGas", json!([base_fee]))
            .await;
        anvil.call("evm_mine", json!([])).await;
        let tag = json!([format!("{number:#x}")]);
        let mine = ours
            .call("eth_getBlockReceipts", tag.clone())
            .await
            .unwrap();
        let theirs = anvil.call("eth_getBlockReceipts", tag).await;
        let (mine, theirs) = (mine.as_array().unwrap(), theirs.as_array().unwrap());
        assert_eq!(mine.len(), theirs.len(), "block {number}");
        for (mine, theirs) in mine.iter().zip(theirs) {
            assert_eq!(outcome(mine), outcome(theirs), "seed {seed} block {number}");
            statuses[usize::from(mine["status"] == "0x1")] += 1;
            compare_traces(
                &ours,
                anvil,
                &mine["transactionHash"],
                &mut workload.touched,
            )
            .await;
        }
    }
    assert!(
        statuses[0] > 20 && statuses[1] > 100 && refused < 100,
        "{statuses:?} {refused}"
    );
    assert!(
        workload.authorities.iter().any(|(_, nonce)| *nonce > 5),
        "accounts were hardly ever given code"
    );
    compare_calls(&ours, anvil, &mut workload).await;
    compare_state(&ours, anvil, &workload.touched).await;
}

async fn compare_traces(
    ours: &Dispatcher,
    anvil: &Anvil,
    hash: &Value,
    touched: &mut BTreeSet<Address>,
) {
    let params = json!([hash, {"tracer": "callTracer", "tracerConfig": {"withLog": true}}]);
    let mut mine = ours
        .call("debug_traceTransaction", params.clone())
        .await
        .unwrap();
    let mut theirs = anvil.call("debug_traceTransaction", params).await;
    // Of the outermost call, geth and we tell the gas of the whole transaction, and this anvil
    // leaves the intrinsic gas out. Gas used is compared with the receipts.
    for name in ["gas", "gasUsed"] {
        mine[name].take();
        theirs[name].take();
    }
    // Each names failures of the machine in its own words.
    for frame in [&mut mine, &mut theirs] {
        name_failures_alike(frame);
    }
    collect_addresses(&mine, touched);
    assert_eq!(mine, theirs, "trace of {hash}");
}

fn name_failures_alike(frame: &mut Value) {
    if let Some(error) = frame.get_mut("error") {
        *error = json!("failed");
    }
    for call in frame["calls"].as_array_mut().into_iter().flatten() {
        name_failures_alike(call);
    }
}

fn collect_addresses(frame: &Value, touched: &mut BTreeSet<Address>) {
    touched.extend(
        frame["to"]
            .as_str()
            .and_then(|to| to.parse::<Address>().ok()),
    );
    for call in frame["calls"].as_array().into_iter().flatten() {
        collect_addresses(call, touched);
    }
}

async fn compare_calls(ours: &Dispatcher, anvil: &Anvil, workload: &mut Workload) {
    for _ in 0..200 {
        let to = workload.contracts[workload.random.random_range(0..workload.contracts.len())];
        let from = workload.wallets[0].address;
        let request =
            json!([{"from": from, "to": to, "data": workload.input(), "gas": "0x493e0"}, "latest"]);
        let mine = ours.call("eth_call", request.clone()).await;
        let theirs = anvil.try_call("eth_call", request.clone()).await;
        match (mine, theirs) {
            (Ok(mine), Ok(theirs)) => assert_eq!(mine, theirs, "{request}"),
            (Err(mine), Err(theirs)) => {
                let is_revert = theirs["code"] == 3;
                assert_eq!(mine.code == 3, is_revert, "{request} {mine} {theirs}");
                if is_revert {
                    assert_eq!(mine.data.unwrap(), theirs["data"], "{request}");
                }
            }
            (mine, theirs) => panic!("{request}: {mine:?} and {theirs:?}"),
        }
    }
}

async fn compare_state(ours: &Dispatcher, anvil: &Anvil, touched: &BTreeSet<Address>) {
    for address in touched {
        for method in ["eth_getBalance", "eth_getTransactionCount", "eth_getCode"] {
            let params = json!([address, "latest"]);
            let mine = ours.call(method, params.clone()).await.unwrap();
            assert_eq!(mine, anvil.call(method, params).await, "{method} {address}");
        }
        for slot in 0..program::SLOTS {
            let params = json!([address, format!("{slot:#x}"), "latest"]);
            let mine = ours.call("eth_getStorageAt", params.clone()).await.unwrap();
            assert_eq!(
                mine,
                anvil.call("eth_getStorageAt", params).await,
                "{address} slot {slot}"
            );
        }
    }
}

#[tokio::test]
async fn anvil_agrees() {
    let seeds: u64 = std::env::var("LEDGERCLOUD_TEST_SEEDS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(1);
    for seed in 1..=seeds {
        let anvil = Anvil::start().await;
        check(seed, &anvil).await;
    }
}
