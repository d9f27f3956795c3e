//! Every route, over the router itself.

mod sockets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, TxKind, U256, hex};
use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use chain::ChainSpec;
use chain::mempool::Limits;
use chain::rpc::Options;
use chain::service::{Order, Sealer};
use chain::settings::{ChainSettings, History as States};
use chain::sync::{PeerOrigin, SyncSettings};
use chain::transaction::Unprotected;
use http::Request;
use secp256k1::SecretKey;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::address_book::{AddressBookError, Entry, History, Ranked, Ranking};
use super::input::Rows;
use super::*;

const CHAIN_ID: u64 = 1_337;
const RECIPIENT: Address = Address::repeat_byte(0xee);

fn key(name: u8) -> SecretKey {
    SecretKey::from_byte_array(&[name; 32]).unwrap()
}

fn rich() -> Address {
    chain::clique::signer_address(&key(10))
}

/// A node with its interface. It signs by itself; account 10 is rich.
struct Node {
    router: Router,
    chain: Chain,
    peers: Peers,
    _folder: tempfile::TempDir,
}

struct OneAddress;

#[async_trait]
impl AddressBook for OneAddress {
    async fn ranking(&self, _: Rows, _: U256) -> Result<Ranking, AddressBookError> {
        let rows = vec![Ranked {
            address: rich(),
            balance: U256::from(7),
            transactions: 3,
        }];
        Ok(Ranking { rows, total: 1 })
    }

    async fn history(&self, _: Address, rows: Rows) -> Result<History, AddressBookError> {
        if rows.offset > 10_000 {
            return Err(AddressBookError::TooFar);
        }
        let entry = |is_sent| Entry {
            is_sent,
            view: json!({"direction": is_sent}),
        };
        Ok(History {
            sent_total: 2,
            received_total: 1,
            entries: vec![entry(true), entry(false)],
        })
    }
}

impl Node {
    fn start(peers: &[String], complete: impl FnOnce(&mut Parts)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let signers = BTreeSet::from([chain::clique::signer_address(&key(1))]);
        let funded = BTreeMap::from([(rich(), U256::from(10).pow(U256::from(21)))]);
        let settings = ChainSettings {
            folder: folder.path().to_owned(),
            history: States::Archive,
            reorg_depth_max: 64,
            mempool: Limits::default(),
            unprotected: Unprotected::Refused,
            gas_limit_target: 30_000_000,
        };
        let spec = ChainSpec::development(CHAIN_ID, &signers, &funded).unwrap();
        let chain = Chain::open(spec, settings, 0).unwrap();
        let peers = Peers::new(
            chain.clone(),
            SyncSettings {
                peers: peers
                    .iter()
                    .map(|peer| PeerOrigin::parse(peer).unwrap())
                    .collect(),
                poll_interval: std::time::Duration::from_secs(1),
            },
        )
        .unwrap();
        let dispatcher = Dispatcher::new(chain.clone(), Options::default());
        let router = routes(ChainApi::new(dispatcher, peers.clone(), complete));
        Self {
            router,
            chain,
            peers,
            _folder: folder,
        }
    }

    fn complete() -> Self {
        Self::start(&[], |parts| {
            parts.faucet = Some(Arc::new(Faucet::new(key(10))));
            parts.address_book = Some(Arc::new(OneAddress));
        })
    }

    async fn mine(&self) {
        let chain = self.chain.clone();
        let mine = move || {
            let tip = chain.tip();
            let order = Order {
                parent: tip.hash,
                timestamp_s: tip.header.timestamp + 2,
                time_limit: std::time::Duration::from_secs(10),
                random: 0,
            };
            chain.produce(&Sealer::new(key(1)), order).unwrap();
        };
        tokio::task::spawn_blocking(mine).await.unwrap();
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(
            Request::post(path)
                .body(Body::from(body.to_string()))
                .unwrap(),
        )
        .await
    }

    async fn send(&self, request: Request<Body>) -> (u16, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 64 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}

fn transfer(nonce: u64) -> Vec<u8> {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(RECIPIENT),
        value: U256::from(5),
        ..Default::default()
    };
    let signature = alloy_consensus::crypto::secp256k1::sign_message(
        B256::repeat_byte(10),
        transaction.signature_hash(),
    )
    .unwrap();
    TxEnvelope::from(transaction.into_signed(signature)).encoded_2718()
}

/// A node with three blocks; one transaction is in the first and one waits.
async fn node_with_blocks() -> (Node, String, String) {
    let node = Node::complete();
    let mined = node.chain.submit(&transfer(0)).await.unwrap().to_string();
    for _ in 0..3 {
        node.mine().await;
    }
    let waiting = node.chain.submit(&transfer(1)).await.unwrap().to_string();
    (node, mined, waiting)
}

#[tokio::test]
async fn reads_have_the_promised_fields() {
    let (node, mined, waiting) = node_with_blocks().await;
    let address = rich().to_string();
    let block = [
        "height",
        "hash",
        "parent_hash",
        "timestamp",
        "tx_count",
        "state_root",
        "proposer",
    ];
    let check = async |path: String, fields: &[&str]| {
        let (status, body) = node.get(&path).await;
        assert_eq!(status, 200, "{path}: {body}");
        for field in fields {
            assert!(body.get(field).is_some(), "{path}: {field} in {body}");
        }
        body
    };
    let head = check("/rpc/head".into(), &block).await;
    assert_eq!(
        (&head["height"], &head["chain_id"]),
        (&json!(3), &json!(CHAIN_ID))
    );
    assert_eq!(head["timestamp"], "1970-01-01T00:00:06");
    let first = check("/rpc/blocks/1".into(), &block).await;
    assert_eq!(first["transactions"][0]["tx_hash"], json!(mined));
    assert_eq!(first["receipts"][0]["receipt_id"], json!(mined));
    assert_eq!(
        check("/rpc/blocks/0".into(), &block).await["proposer"],
        "genesis"
    );
    let one = check(
        format!("/rpc/tx/{mined}"),
        &[
            "tx_hash",
            "block_height",
            "sender",
            "recipient",
            "payload",
            "created_at",
        ],
    )
    .await;
    assert_eq!(one["amount"], "5", "wei are text");
    assert_eq!(one["status"], "confirmed");
    let alias = check(
        format!("/rpc/transaction/{waiting}"),
        &["hash", "from", "to", "amount", "fee", "nonce", "status"],
    )
    .await;
    assert_eq!(alias["status"], "pending");
    let list = check(
        "/rpc/transactions?limit=1".into(),
        &["transactions", "limit", "offset"],
    )
    .await;
    assert_eq!(
        (&list["total"], &list["transactions"][0]["tx_hash"]),
        (&json!(1), &json!(mined))
    );
    let none = check("/rpc/transactions?offset=1".into(), &[]).await;
    assert_eq!(none["transactions"], json!([]));
    let receipt = check(
        format!("/rpc/receipts/{mined}"),
        &[
            "receipt_id",
            "job_id",
            "payload",
            "miner_signature",
            "minted_amount",
            "recorded_at",
        ],
    )
    .await;
    assert_eq!(receipt["payload"]["transactionHash"], json!(mined));
    let receipts = check("/rpc/receipts".into(), &["receipts", "total"]).await;
    assert_eq!(receipts["receipts"][0]["receipt_id"], json!(mined));
    let known = check(
        format!("/rpc/getBalance/{RECIPIENT}"),
        &["address", "balance", "nonce", "updated_at"],
    )
    .await;
    assert_eq!(known["balance"], "5");
    let nobody = check(format!("/rpc/getBalance/{}", Address::repeat_byte(3)), &[]).await;
    assert_eq!(nobody.as_object().unwrap().len(), 3, "{nobody}");
    let balance = check(format!("/rpc/balance/{address}"), &["available_balance"]).await;
    assert_eq!(
        (&balance["nonce"], &balance["next_nonce"]),
        (&json!(1), &json!(2))
    );
    check(format!("/rpc/account/{address}"), &["balance"]).await;
    check(format!("/rpc/accounts/{address}"), &["balance"]).await;
    let history = check(
        format!("/rpc/address/{address}"),
        &["total_transactions_sent", "total_transactions_received"],
    )
    .await;
    assert_eq!(history["latest_sent"], json!([{"direction": true}]));
    let ranking = check(
        "/rpc/addresses".into(),
        &["addresses", "total", "limit", "offset"],
    )
    .await;
    assert_eq!(ranking["addresses"][0]["balance"], "7");
    check(
        "/rpc/syncStatus".into(),
        &[
            "chain_id",
            "head_height",
            "head_hash",
            "head_proposer",
            "head_timestamp",
            "total_blocks",
            "total_transactions",
            "validate_signatures",
            "trusted_proposers",
            "max_reorg_depth",
        ],
    )
    .await;
    let status = check(
        "/rpc/status".into(),
        &["syncing", "current_block", "highest_block"],
    )
    .await;
    assert_eq!(status["syncing"], false);
    check(
        "/rpc/info".into(),
        &["genesis_params", "total_accounts", "rpc_version"],
    )
    .await;
    let supply = check("/rpc/supply".into(), &["faucet_address", "mint_per_unit"]).await;
    assert_eq!(supply["total_supply"], "1000000000000000000000");
    let validators = check("/rpc/validators".into(), &["total_validators"]).await;
    assert_eq!(validators["validators"][0]["is_in_turn"], true);
    check("/rpc/peers".into(), &["peers"]).await;
    check("/rpc/test-endpoint".into(), &["status"]).await;
    let pool = check("/rpc/mempool".into(), &["success"]).await;
    assert_eq!(
        (&pool["count"], &pool["transactions"][0]["hash"]),
        (&json!(1), &json!(waiting))
    );
    let bare = check("/rpc/mempool?format=list".into(), &[]).await;
    assert_eq!(bare[0]["tx_hash"], json!(waiting));
    assert_eq!(check("/rpc/sync/peers".into(), &[]).await, json!([]));
    check(
        "/rpc/sync/status".into(),
        &["chain_id", "genesis_hash", "head"],
    )
    .await;
}

#[tokio::test]
async fn ranges_have_both_forms() {
    let (node, ..) = node_with_blocks().await;
    let heights = |blocks: &Value| -> Vec<u64> {
        blocks
            .as_array()
            .unwrap()
            .iter()
            .map(|block| block["height"].as_u64().unwrap())
            .collect()
    };
    let (_, newer) = node
        .get("/rpc/blocks-range?start=1&end=9&include_tx=true")
        .await;
    assert_eq!(
        (heights(&newer["blocks"]), &newer["count"]),
        (vec![1, 2, 3], &json!(3))
    );
    assert!(newer["blocks"][0]["raw"].is_string());
    let (_, older) = node
        .get("/rpc/blocks-range?start_height=1&end_height=3&limit=2")
        .await;
    assert_eq!(heights(&older), [1, 2]);
    assert!(older[0].get("transactions").is_none());
    let (_, all) = node.get("/rpc/blocks-range").await;
    assert_eq!(heights(&all), [0, 1, 2, 3]);
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let (node, ..) = node_with_blocks().await;
    let nothing = B256::ZERO;
    for (path, status, detail) in [
        ("/rpc/blocks/9".to_owned(), 404, "block not found"),
        ("/rpc/blocks/-1".to_owned(), 404, "block not found"),
        ("/rpc/blocks/x".to_owned(), 422, "int_parsing"),
        (format!("/rpc/tx/{nothing}"), 404, "transaction not found"),
        ("/rpc/tx/0x12".to_owned(), 404, "transaction not found"),
        (format!("/rpc/receipts/{nothing}"), 404, "receipt not found"),
        (
            "/rpc/blocks-range?start=-1&end=2".to_owned(),
            400,
            "start must be non-negative",
        ),
        (
            "/rpc/blocks-range?start=3&end=2".to_owned(),
            400,
            "greater than or equal to start",
        ),
        (
            "/rpc/blocks-range?start=0&end=1001".to_owned(),
            400,
            "cannot exceed 1000 blocks",
        ),
        ("/rpc/blocks-range?start=0".to_owned(), 422, "missing"),
        (
            "/rpc/transactions?limit=0".to_owned(),
            400,
            "limit must be between 1 and 100",
        ),
        (
            "/rpc/receipts?limit=101".to_owned(),
            400,
            "limit must be between 1 and 100",
        ),
        (
            "/rpc/addresses?offset=-1".to_owned(),
            400,
            "offset must be non-negative",
        ),
        (
            format!("/rpc/address/{RECIPIENT}?offset=20000"),
            400,
            "offset must not exceed",
        ),
        ("/rpc/getBalance/somebody".to_owned(), 422, "not an address"),
        (
            format!("/rpc/account/{}", Address::repeat_byte(3)),
            404,
            "account not found",
        ),
        ("/rpc/head?chain_id=1".to_owned(), 404, "chain not found"),
        ("/rpc/nothing".to_owned(), 404, "Not Found"),
        ("/rpc/sendTx".to_owned(), 405, "Method Not Allowed"),
        (
            "/rpc/sync/blocks?count=1".to_owned(),
            400,
            "either start or hash",
        ),
        (
            "/rpc/sync/blocks?start=1&count=0".to_owned(),
            400,
            "at least 1",
        ),
        (
            "/rpc/sync/blocks?hash=x&count=1".to_owned(),
            422,
            "not a hash",
        ),
        ("/rpc/sync/hashes?start=1".to_owned(), 422, "missing"),
    ] {
        let (found, body) = node.get(&path).await;
        assert_eq!(found, status, "{path}: {body}");
        assert!(
            body["detail"].to_string().contains(detail),
            "{path}: {body}"
        );
    }
    assert_eq!(
        node.get(&format!("/rpc/head?chain_id={CHAIN_ID}")).await.0,
        200
    );
    let bare = Node::start(&[], |_| {});
    for path in [
        "/rpc/addresses".to_owned(),
        format!("/rpc/address/{RECIPIENT}"),
    ] {
        let (status, body) = bare.get(&path).await;
        assert_eq!(status, 503, "{path}");
        assert!(body["detail"].to_string().contains("no index"), "{body}");
    }
}

#[tokio::test]
async fn transactions_are_sent_signed() {
    let node = Node::complete();
    let raw = hex::encode_prefixed(transfer(0));
    let (status, body) = node.post("/rpc/sendTx", &json!({ "raw": raw })).await;
    assert_eq!(
        (status, body.as_object().unwrap().len()),
        (200, 1),
        "{body}"
    );
    let (status, again) = node.post("/rpc/transaction", &json!({ "raw": raw })).await;
    assert_eq!(
        (status, again["detail"].as_str()),
        (400, Some("already known"))
    );
    let second = hex::encode_prefixed(transfer(1));
    let (status, body) = node
        .post("/rpc/transaction", &json!({ "raw": second }))
        .await;
    assert_eq!((status, &body["success"]), (200, &json!(true)));
    assert_eq!(body["tx_hash"], body["transaction_hash"]);
    let unsigned = json!({"type": "TRANSFER", "sender": "a", "nonce": 0, "fee": 1, "payload": {}});
    for (path, body, status, detail) in [
        (
            "/rpc/sendTx",
            unsigned,
            422,
            "Sign one with the sender's key",
        ),
        (
            "/rpc/sendTx",
            json!({}),
            422,
            "a signed Ethereum transaction",
        ),
        ("/rpc/sendTx", json!([]), 422, "valid dictionary"),
        ("/rpc/sendTx", json!({"raw": 5}), 422, "string_type"),
        ("/rpc/sendTx", json!({"raw": "0x02"}), 400, "rlp"),
        ("/rpc/sendTx", json!({"raw": "02"}), 422, "with 0x"),
        (
            "/rpc/submitReceipt",
            json!({"payload": {}}),
            403,
            "mints nothing",
        ),
        (
            "/rpc/estimateFee",
            json!({"type": "message"}),
            422,
            "unsupported transaction type: MESSAGE",
        ),
    ] {
        let (found, answer) = node.post(path, &body).await;
        assert_eq!(found, status, "{path} {body}: {answer}");
        assert!(
            answer["detail"].to_string().contains(detail),
            "{path} {body}: {answer}"
        );
    }
    let (status, fee) = node
        .post("/rpc/estimateFee", &json!({"payload": {"data": "0x0102"}}))
        .await;
    assert_eq!(
        (status, &fee["gas"], &fee["type"]),
        (200, &json!(21_032), &json!("TRANSFER"))
    );
    let base_fee: u64 = fee["base_fee"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        fee["estimated_fee"],
        (21_032 * (base_fee + 1_000_000_000)).to_string()
    );
}

#[tokio::test]
async fn blocks_are_imported_as_they_were_shown() {
    let (source, ..) = node_with_blocks().await;
    let node = Node::start(&[], |_| {});
    let block = async |height: u64| source.get(&format!("/rpc/blocks/{height}")).await.1;
    let first = block(1).await;
    let with = |field: &str, value: Value| {
        let mut changed = first.clone();
        changed[field] = value;
        changed
    };
    let other = json!(format!("0x{}", "11".repeat(32)));
    for (body, status, detail) in [
        (with("raw", Value::Null), 422, "RLP"),
        (with("height", json!(0)), 422, "greater than 0"),
        (with("height", json!("x")), 422, "int_parsing"),
        (with("hash", Value::Null), 422, "missing"),
        (
            with("parent_hash", other.clone()),
            400,
            "Parent block not found",
        ),
        (
            with("hash", other.clone()),
            400,
            "Invalid block hash. Expected: ",
        ),
        (with("height", json!(1_001)), 400, "does not follow parent"),
        (with("tx_count", json!(5)), 400, "tx_count"),
        (with("raw", json!("0xc0")), 400, "Block rejected"),
        (block(2).await, 400, "Parent block not found"),
    ] {
        let (found, answer) = node.post("/rpc/blocks/import", &body).await;
        assert_eq!(found, status, "{answer}");
        assert!(answer["detail"].to_string().contains(detail), "{answer}");
    }
    let (status, answer) = node.post("/rpc/blocks/import", &first).await;
    assert_eq!(
        (status, &answer["status"], &answer["tx_count"]),
        (200, &json!("imported"), &json!(1))
    );
    let (status, answer) = node.post("/rpc/blocks/import", &first).await;
    assert_eq!((status, &answer["status"]), (200, &json!("exists")));
    let (status, _) = node.post("/rpc/blocks/import", &with("hash", other)).await;
    assert_eq!(status, 409);
    // The older form says everything with 200.
    let third = block(3).await;
    let check = async |body: Value, accepted: bool, reason: &str| {
        let (status, answer) = node.post("/rpc/importBlock", &body).await;
        assert_eq!(
            (status, &answer["accepted"]),
            (200, &json!(accepted)),
            "{answer}"
        );
        assert!(
            answer["reason"].as_str().unwrap().contains(reason),
            "{answer}"
        );
    };
    check(with("proposer", json!("")), false, "Missing proposer field").await;
    check(
        with("hash", json!("12")),
        false,
        "Invalid block hash format: 12",
    )
    .await;
    check(with("hash", json!("0x12")), false, "Invalid hash length: 2").await;
    check(
        with("timestamp", Value::Null),
        false,
        "Missing required field: timestamp",
    )
    .await;
    check(first.clone(), false, "Block already exists").await;
    check(third, false, "Gap detected (our height: 1, received: 3)").await;
    check(block(2).await, true, "Appended to chain").await;
    assert_eq!(
        node.get("/rpc/head").await.1["hash"],
        block(2).await["hash"]
    );
}

#[tokio::test]
async fn the_faucet_pays_with_a_real_transaction() {
    let node = Node::complete();
    let gift = json!({"address": RECIPIENT, "amount": "1000"});
    let (status, answer) = node.post("/rpc/faucet", &gift).await;
    assert_eq!(
        (status, &answer["success"], &answer["balance"]),
        (200, &json!(true), &json!("1000"))
    );
    node.post(
        "/rpc/admin/mintFaucet",
        &json!({"address": RECIPIENT, "amount": 5}),
    )
    .await;
    node.mine().await;
    let (_, balance) = node.get(&format!("/rpc/getBalance/{RECIPIENT}")).await;
    assert_eq!(balance["balance"], "1005");
    let hash = answer["tx_hash"].as_str().unwrap();
    assert_eq!(
        node.get(&format!("/rpc/tx/{hash}")).await.1["status"],
        "confirmed"
    );
    let ten_ether = "10000000000000000000";
    for (amount, status) in [
        (json!(0), 422),
        (json!(-4), 422),
        (json!("x"), 422),
        (json!("10000000000000000001"), 400),
        (json!(ten_ether), 200),
        (json!(ten_ether), 429),
    ] {
        let body = json!({"address": RECIPIENT, "amount": amount});
        let (found, answer) = node.post("/rpc/faucet", &body).await;
        assert_eq!(found, status, "{body}: {answer}");
    }
    let without = Node::start(&[], |_| {});
    assert_eq!(without.post("/rpc/faucet", &gift).await.0, 403);
    assert_eq!(without.post("/rpc/admin/mintFaucet", &gift).await.0, 403);
}

#[tokio::test]
async fn the_document_names_the_methods_of_each_path() {
    let node = Node::complete();
    let dispatcher = Dispatcher::new(node.chain.clone(), Options::default());
    let router = node
        .router
        .clone()
        .merge(crate::api::json_rpc::routes(dispatcher));
    let document: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with("/rpc")) {
        for method in [Method::GET, Method::POST] {
            let request = Request::builder()
                .method(method.clone())
                .uri(path.replace(['{', '}'], "x"))
                .body(Body::empty())
                .unwrap();
            let status = router.clone().oneshot(request).await.unwrap().status();
            assert_eq!(
                status != StatusCode::METHOD_NOT_ALLOWED,
                item.get(method.as_str().to_lowercase()).is_some(),
                "{method} {path}: {status}"
            );
        }
    }
}
