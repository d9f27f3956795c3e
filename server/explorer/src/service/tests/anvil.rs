//! Real contracts on a real node: anvil 1.7.1, which `LEDGERCLOUD_TEST_ANVIL` names or npm has
//! installed in `end2end/`. The compiler is npm's as well, or `LEDGERCLOUD_TEST_SOLC`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use alloy_dyn_abi::DynSolValue;
use alloy_json_abi::JsonAbi;
use alloy_primitives::{Address, Bytes, U256, hex};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use types::explorer::{
    CallKind, DecodedValue, Freshness, HexBytes, Match, Part, Section, TransactionHash,
    TransactionLookup, TransactionStatus, TransactionView, Verification, VerificationRequest,
};

use super::*;
use crate::decode;
use crate::node::{EthereumNode as _, HttpNode};
use crate::settings::CompilerSettings;

const ARTEFACT: &str = include_str!("../../../testdata/Contracts.json");
/// Anvil's first accounts, which sign what they are asked to.
const ALICE: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const BOB: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

struct Anvil {
    node: Arc<HttpNode>,
    artefact: Value,
    _process: Child,
}

impl Anvil {
    async fn start() -> Self {
        let installed = "@foundry-rs/anvil-linux-amd64/bin/anvil";
        let mut process = Command::new(npm_file("LEDGERCLOUD_TEST_ANVIL", installed))
            .args(["--port", "0", "--accounts", "2"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("anvil runs");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("anvil says where it listens");
            if let Some(address) = line.strip_prefix("Listening on ") {
                break address.to_owned();
            }
        };
        // Whatever it says later is read, so that it never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            node: HttpNode::connect(&format!("ws://{address}")).unwrap(),
            artefact: serde_json::from_str(ARTEFACT).unwrap(),
            _process: process,
        }
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        self.node
            .request(method, params)
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sends a transaction and gives back its receipt.
    async fn send(&self, transaction: Value) -> Value {
        let hash = self.ask("eth_sendTransaction", json!([transaction])).await;
        for _ in 0..500 {
            let receipt = self.ask("eth_getTransactionReceipt", json!([hash])).await;
            if !receipt.is_null() {
                return receipt;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{hash} was not mined");
    }

    fn abi(&self, contract: &str) -> JsonAbi {
        serde_json::from_value(self.artefact["contracts"][contract]["abi"].clone()).unwrap()
    }

    /// Deploys a contract; `library` is put where its code leaves a place for one.
    async fn deploy(
        &self,
        contract: &str,
        arguments: &[DynSolValue],
        library: Option<Address>,
    ) -> Address {
        let mut code = self.artefact["contracts"][contract]["bytecode"]
            .as_str()
            .unwrap()
            .to_owned();
        if let Some(library) = library {
            while let Some(start) = code.find("__$") {
                code.replace_range(start..start + 40, &hex::encode(library));
            }
        }
        let arguments = DynSolValue::Tuple(arguments.to_vec()).abi_encode_params();
        let data = format!("0x{code}{}", hex::encode(arguments));
        let receipt = self
            .send(json!({"from": ALICE, "data": data, "gas": "0x3d0900"}))
            .await;
        assert_eq!(receipt["status"], "0x1", "{contract}");
        receipt["contractAddress"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn call(
        &self,
        contract: &str,
        at: Address,
        signature: &str,
        arguments: &[&str],
        extra: Value,
    ) -> TransactionHash {
        let abi = self.abi(contract);
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let function = decode::find_function(&abi, signature).unwrap();
        let data = Bytes::from(decode::encode_call(function, &arguments).unwrap());
        let mut transaction = json!({"from": ALICE, "to": at, "data": data, "gas": "0x7a1200"});
        for (name, value) in extra.as_object().into_iter().flatten() {
            transaction[name] = value.clone();
        }
        let receipt = self.send(transaction).await;
        receipt["transactionHash"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }
}

fn npm_file(variable: &str, installed: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../end2end/node_modules");
    let file = std::env::var_os(variable).map_or(folder.join(installed), PathBuf::from);
    assert!(
        file.exists(),
        "{} is missing: run `npm ci` in end2end/, or name it in {variable}",
        file.display()
    );
    file
}

async fn explorer_of(anvil: &Anvil) -> Vec<(Explorer, impl Sized)> {
    let solc = npm_file("LEDGERCLOUD_TEST_SOLC", "solc/solc.js");
    let settings = ExplorerSettings {
        compiler: Some(CompilerSettings {
            command: vec![
                "node".to_owned(),
                solc.display().to_string(),
                "--standard-json".to_owned(),
            ],
            timeout: Duration::from_secs(120),
            memory_bytes: 2 << 30,
        }),
        ..ExplorerSettings::default()
    };
    let mut explorers = Vec::new();
    for (index, database) in explorer_databases().await {
        let node: SharedNode = anvil.node.clone();
        let explorer = Explorer::open(
            index.connection.clone(),
            database.connection.clone(),
            node,
            settings.clone(),
        )
        .await
        .unwrap();
        let (stop, stopped) = watch::channel(false);
        let running = explorer.clone();
        tokio::spawn(async move { running.run(stopped).await });
        explorers.push((explorer, (stop, index, database)));
    }
    explorers
}

/// Waits until every section has the node's newest block.
async fn followed(explorer: &Explorer, anvil: &Anvil) {
    let tip: U256 = serde_json::from_value(anvil.ask("eth_blockNumber", json!([])).await).unwrap();
    let tip: u64 = tip.to();
    let mut changes = explorer.changes();
    let done = changes.wait_for(|status| {
        status.indexed == Some(tip)
            && status.sections.iter().all(|section| {
                section.indexed == Some(tip) && section.freshness == Freshness::Current
            })
    });
    let done = tokio::time::timeout(Duration::from_secs(60), done)
        .await
        .map(|_| ());
    assert!(done.is_ok(), "{:?}", explorer.status());
}

async fn mined(explorer: &Explorer, hash: TransactionHash) -> TransactionView {
    match explorer.transaction(hash).await.unwrap() {
        TransactionLookup::Mined(view) => *view,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_contracts_are_read() {
    let anvil = Anvil::start().await;
    let supply = DynSolValue::Uint(U256::from(1_000_000), 256);
    let coin = anvil
        .deploy("Coin", &[DynSolValue::Uint(U256::from(6), 8), supply], None)
        .await;
    let picture = anvil.deploy("Picture", &[], None).await;
    let items = anvil.deploy("Items", &[], None).await;
    let library = anvil.deploy("Doubling", &[], None).await;
    let factory = anvil.deploy("Factory", &[], Some(library)).await;
    let hostile = anvil.deploy("Hostile", &[], None).await;
    let none = || json!({});
    let paid = anvil
        .call(
            "Coin",
            coin,
            "transfer(address,uint256)",
            &[BOB, "400000"],
            none(),
        )
        .await;
    let refused = anvil
        .call(
            "Coin",
            coin,
            "transfer(address,uint256)",
            &[BOB, "999999999"],
            none(),
        )
        .await;
    anvil
        .call(
            "Picture",
            picture,
            "mint(address,uint256)",
            &[BOB, "77"],
            none(),
        )
        .await;
    anvil
        .call(
            "Items",
            items,
            "mint(address,uint256[],uint256[])",
            &[BOB, "[1, 2]", "[10, 20]"],
            none(),
        )
        .await;
    anvil
        .call("Hostile", hostile, "move(address)", &[BOB], none())
        .await;
    let made = anvil
        .call("Factory", factory, "make()", &[], json!({"value": "0x0"}))
        .await;
    let passed = anvil
        .call(
            "Factory",
            factory,
            "pay(address)",
            &[BOB],
            json!({"value": "0x1234"}),
        )
        .await;
    let contracts = Contracts {
        coin,
        picture,
        items,
        factory,
        hostile,
    };
    for (explorer, _kept) in explorer_of(&anvil).await {
        followed(&explorer, &anvil).await;
        tokens_are_known(&explorer, &contracts).await;
        calls_are_known(&explorer, &contracts, made, passed).await;
        sources_are_verified(&explorer, &anvil, &contracts, paid, refused).await;
    }
}

struct Contracts {
    coin: Address,
    picture: Address,
    items: Address,
    factory: Address,
    hostile: Address,
}

async fn tokens_are_known(explorer: &Explorer, contracts: &Contracts) {
    let bob: types::WalletAddress = BOB.parse().unwrap();
    let token = explorer
        .token(wallet(contracts.coin))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(token.token.name.as_deref(), Some("Test Coin"));
    assert_eq!(
        (token.token.decimals, token.holders, token.transfers),
        (Some(6), 2, 2)
    );
    assert_eq!(token.total_supply.unwrap().as_str(), "1000000");
    let holders = explorer
        .token_holders(wallet(contracts.coin), &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(holders.items[0].share_millionths, 600_000);
    let strange = explorer
        .token(wallet(contracts.hostile))
        .await
        .unwrap()
        .unwrap()
        .token;
    assert_eq!(strange.name.as_deref(), Some("AB"));
    assert_eq!(
        strange.symbol.as_deref(),
        Some("A very long symbol that does not")
    );
    assert_eq!(strange.decimals, None);
    let held = explorer
        .address_tokens(bob, &PageRequest::default())
        .await
        .unwrap()
        .items;
    let of = |token: Address| {
        held.iter()
            .filter(move |row| row.token.address == wallet(token))
    };
    // Each item by itself, and not their sum.
    assert!(of(contracts.items).all(|row| row.token_id.is_some()));
    let amounts: Vec<&str> = of(contracts.items).map(|row| row.amount.as_str()).collect();
    assert_eq!(amounts, ["10", "20"]);
    let instances = explorer
        .token_instances(wallet(contracts.picture), &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(instances.items[0].token_id.as_str(), "77");
    let found = explorer.search("tcn").await.unwrap();
    assert!(
        matches!(found.only(), Some(SearchHit::Token { token }) if token.address == wallet(contracts.coin))
    );
}

async fn calls_are_known(
    explorer: &Explorer,
    contracts: &Contracts,
    made: TransactionHash,
    passed: TransactionHash,
) {
    assert_eq!(
        explorer
            .status()
            .section(Section::InternalCalls)
            .unwrap()
            .freshness,
        Freshness::Current
    );
    let calls = explorer
        .address_internal_calls(wallet(contracts.factory), &PageRequest::default())
        .await
        .unwrap()
        .items;
    let kinds: Vec<_> = calls
        .iter()
        .map(|call| (call.kind, call.transaction))
        .collect();
    assert_eq!(kinds, [(CallKind::Call, passed), (CallKind::Create, made)]);
    assert_eq!(calls[0].value.as_str(), "4660");
    let child = calls[1].to.as_ref().unwrap().address;
    let overview = explorer.address(child).await.unwrap();
    assert!(overview.party.is_contract);
    let creation = overview.creation.unwrap();
    assert_eq!(
        (creation.creator.address, creation.transaction),
        (wallet(contracts.factory), made)
    );
    let Part::Known(tree) = explorer.transaction_calls(passed).await.unwrap() else {
        panic!("no calls")
    };
    assert_eq!(
        tree.iter().map(|frame| frame.depth).collect::<Vec<_>>(),
        [0, 1]
    );
    let Part::Known(changes) = explorer.transaction_state_changes(passed).await.unwrap() else {
        panic!("no changes")
    };
    let bob = changes
        .iter()
        .find(|change| change.party.address == BOB.parse().unwrap())
        .unwrap();
    assert!(bob.balance.is_some());
    let Part::Known(raw) = explorer.transaction_raw(passed).await.unwrap() else {
        panic!("no raw bytes")
    };
    assert_eq!(alloy_primitives::keccak256(&raw.0).0, passed.0);
    // Balances follow from internal calls too.
    let ranks = explorer
        .accounts(&PageRequest::default())
        .await
        .unwrap()
        .items;
    let bob: types::WalletAddress = BOB.parse().unwrap();
    let rank = ranks.iter().find(|rank| rank.party.address == bob).unwrap();
    assert_eq!(
        Part::Known(rank.balance.clone()),
        explorer.address(bob).await.unwrap().balance
    );
}

async fn sources_are_verified(
    explorer: &Explorer,
    anvil: &Anvil,
    contracts: &Contracts,
    paid: TransactionHash,
    refused: TransactionHash,
) {
    let coin = wallet(contracts.coin);
    let view = mined(explorer, paid).await;
    assert_eq!(
        view.summary.method.as_ref().unwrap().name.as_deref(),
        Some("transfer")
    );
    assert_eq!(
        view.decoded_input.unwrap().arguments[1].value,
        DecodedValue::Number("400000".to_owned())
    );
    assert_eq!(view.token_transfers[0].amount.to_units(6), "0.4");
    let failed = mined(explorer, refused).await;
    assert_eq!(failed.summary.status, TransactionStatus::Failed);
    let abi = serde_json::to_string(&anvil.abi("Coin")).unwrap();
    assert!(matches!(
        explorer.upload_interface(coin, "{}", "bob").await,
        Err(ExplorerError::Invalid(_))
    ));
    explorer.upload_interface(coin, &abi, "bob").await.unwrap();
    let Some(Part::Known(failure)) = mined(explorer, refused).await.failure else {
        panic!("no reason")
    };
    assert!(
        failure.message.contains("TooPoor(uint256,uint256)"),
        "{}",
        failure.message
    );
    assert_eq!(failure.decoded.unwrap().arguments[0].name, "held");

    let request = |address: Address, input: &Value| VerificationRequest {
        address: wallet(address),
        standard_json: input.to_string(),
        contract: String::new(),
        compiler: None,
    };
    let mut input = anvil.artefact["input"].clone();
    let source = input["sources"]["Contracts.sol"]["content"]
        .as_str()
        .unwrap()
        .to_owned();
    input["sources"]["Contracts.sol"]["content"] = json!(format!("{source}\n// another end\n"));
    let found = explorer
        .verify(&request(contracts.coin, &input), "bob")
        .await
        .unwrap();
    let Verification::Verified(found) = found else {
        panic!("{found:?}")
    };
    assert_eq!(
        (found.matched, found.name.as_str()),
        (Match::WithoutMetadata, "Coin")
    );
    input["sources"]["Contracts.sol"]["content"] = json!(source);
    for (address, name) in [
        (contracts.coin, "Coin"),
        (contracts.factory, "Factory"),
        (contracts.hostile, "Hostile"),
    ] {
        let found = explorer
            .verify(&request(address, &input), "alice")
            .await
            .unwrap();
        let Verification::Verified(found) = found else {
            panic!("{found:?}")
        };
        assert_eq!((found.matched, found.name.as_str()), (Match::Exact, name));
        assert!(found.compiler.starts_with("0.8."), "{}", found.compiler);
        let arguments = found.constructor_arguments.unwrap();
        assert_eq!(arguments.0.len(), if name == "Coin" { 64 } else { 0 });
    }
    input["sources"]["Contracts.sol"]["content"] =
        json!(source.replace("+= value", "+= value + 1"));
    let wrong = explorer
        .verify(&request(contracts.coin, &input), "eve")
        .await;
    assert!(matches!(wrong, Err(ExplorerError::Invalid(_))), "{wrong:?}");
    input["sources"]["Contracts.sol"]["content"] = json!("contract {");
    let broken = explorer
        .verify(&request(contracts.coin, &input), "eve")
        .await
        .unwrap_err()
        .to_string();
    assert!(broken.contains("does not compile"), "{broken}");
    assert!(
        explorer.upload_interface(coin, &abi, "eve").await.is_err(),
        "a proven interface stays"
    );

    let answer = explorer
        .read_contract(coin, "balanceOf(address)", &[BOB.to_owned()])
        .await
        .unwrap();
    assert_eq!(answer[0].value, DecodedValue::Number("400000".to_owned()));
    let view = explorer.contract(coin).await.unwrap().unwrap();
    let interface = view.interface.unwrap();
    assert_eq!(interface.writes[0].signature, "transfer(address,uint256)");
    let data: HexBytes = explorer
        .encode_call(
            coin,
            &interface.writes[0].signature,
            &[BOB.to_owned(), "1".to_owned()],
        )
        .await
        .unwrap();
    assert_eq!(data.0.len(), 68);
    let Part::Known(logs) = explorer.transaction_logs(paid).await.unwrap() else {
        panic!("no logs")
    };
    assert_eq!(logs[0].decoded.as_ref().unwrap().name, "Transfer");
    assert_eq!(logs[0].address.name.as_deref(), Some("Coin"));
    let found = explorer.search("coin").await.unwrap();
    assert!(
        matches!(found.only(), Some(SearchHit::Address { party }) if party.address == coin),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reorganised_node_is_followed() {
    let anvil = Anvil::start().await;
    let explorers = explorer_of(&anvil).await;
    let pay = |to: String, value: &'static str| json!({"from": ALICE, "to": to, "value": value});
    for index in 1..6 {
        anvil.send(pay(format!("0x{index:040x}"), "0x1")).await;
    }
    let snapshot = anvil.ask("evm_snapshot", json!([])).await;
    let mut gone = Vec::new();
    for index in 10..14 {
        let receipt = anvil.send(pay(format!("0x{index:040x}"), "0x5")).await;
        gone.push(
            receipt["transactionHash"]
                .as_str()
                .unwrap()
                .parse::<TransactionHash>()
                .unwrap(),
        );
    }
    for (explorer, _kept) in &explorers {
        followed(explorer, &anvil).await;
        mined(explorer, gone[0]).await;
    }
    anvil.ask("evm_revert", json!([snapshot])).await;
    anvil.ask("evm_increaseTime", json!([60])).await;
    let mut kept = Vec::new();
    for index in 20..23 {
        let receipt = anvil.send(pay(format!("0x{index:040x}"), "0x7")).await;
        kept.push(
            receipt["transactionHash"]
                .as_str()
                .unwrap()
                .parse::<TransactionHash>()
                .unwrap(),
        );
    }
    for (explorer, _kept) in &explorers {
        followed(explorer, &anvil).await;
        for hash in &kept {
            mined(explorer, *hash).await;
        }
        for hash in &gone {
            assert_eq!(
                explorer.transaction(*hash).await.unwrap(),
                TransactionLookup::Unknown
            );
        }
        let home = explorer.home().await.unwrap();
        assert_eq!(home.totals.transactions, 8);
        assert_eq!(home.totals.blocks, 9);
        let gone = explorer
            .address(
                "0x000000000000000000000000000000000000000a"
                    .parse()
                    .unwrap(),
            )
            .await
            .unwrap();
        assert_eq!(
            (gone.first_seen, gone.balance),
            (None, Part::Known(types::explorer::Amount::zero()))
        );
        assert!(home.block_time_ms.is_some());
    }
}
