//! The answers of the methods, as snapshots; and what depends on more than the chain.

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use chain::rpc::{Dispatcher, Options, RpcError};
use serde_json::{Map, Value, json};

use crate::blocks::fill;
use crate::support::assembly::assemble;
use crate::support::{TestChain, Wallet, call_of, contracts, creation_of, signer, transfer_of};

pub fn dispatcher(test: &TestChain) -> Dispatcher {
    Dispatcher::new(
        test.chain.clone(),
        Options {
            signer: Some(test.sealer.address()),
            ..Options::default()
        },
    )
    .for_operator()
}

/// The answers to some requests, by request.
async fn answers(dispatcher: &Dispatcher, requests: &[(&str, Value)]) -> Value {
    let mut answers = Map::new();
    for (method, params) in requests {
        let answer = match dispatcher.call(method, params.clone()).await {
            Ok(result) => json!({ "result": result }),
            Err(error) => json!({ "error": error }),
        };
        answers.insert(format!("{method}{params}"), answer);
    }
    Value::Object(answers)
}

#[tokio::test]
async fn blocks_and_transactions() {
    let test = TestChain::new();
    fill(&test).await;
    let third = test.chain.tip().block(3).unwrap().unwrap();
    let transaction = third.transactions[0].hash();
    let missing = B256::repeat_byte(1);
    let requests = [
        ("eth_getBlockByNumber", json!(["earliest", false])),
        ("eth_getBlockByNumber", json!(["0x1", true])),
        ("eth_getBlockByNumber", json!(["0x2", false])),
        ("eth_getBlockByNumber", json!(["0x99", false])),
        ("eth_getBlockByNumber", json!(["latest"])),
        ("eth_getBlockByNumber", json!(["finalized", false])),
        ("eth_getBlockByHash", json!([third.hash, false])),
        ("eth_getBlockByHash", json!([missing, false])),
        ("eth_getHeaderByNumber", json!(["0x3"])),
        ("eth_getBlockTransactionCountByNumber", json!(["0x3"])),
        ("eth_getBlockTransactionCountByHash", json!([third.hash])),
        ("eth_getUncleCountByBlockNumber", json!(["0x3"])),
        (
            "eth_getUncleByBlockHashAndIndex",
            json!([third.hash, "0x0"]),
        ),
        ("eth_getTransactionByHash", json!([transaction])),
        ("eth_getTransactionByHash", json!([missing])),
        (
            "eth_getTransactionByBlockNumberAndIndex",
            json!(["0x1", "0x2"]),
        ),
        (
            "eth_getTransactionByBlockHashAndIndex",
            json!([third.hash, "0x1"]),
        ),
        (
            "eth_getTransactionByBlockHashAndIndex",
            json!([third.hash, "0x7"]),
        ),
        ("eth_getRawTransactionByHash", json!([transaction])),
        ("eth_getTransactionReceipt", json!([transaction])),
        ("eth_getTransactionReceipt", json!([missing])),
        ("eth_getBlockReceipts", json!(["0x2"])),
        ("eth_getBlockReceipts", json!(["0x4"])),
        ("eth_getBlockReceipts", json!(["0x99"])),
        ("debug_getRawHeader", json!(["0x3"])),
        ("debug_getRawBlock", json!(["0x1"])),
        ("debug_getRawReceipts", json!(["0x3"])),
    ];
    insta::assert_json_snapshot!(answers(&dispatcher(&test), &requests).await);
}

#[tokio::test]
async fn state_and_fees() {
    let test = TestChain::new();
    fill(&test).await;
    let alice = Wallet::new(0).address;
    let cell = alice.create(3);
    let tip = test.chain.tip();
    let requests = [
        ("eth_getBalance", json!([alice, "latest"])),
        ("eth_getBalance", json!([alice])),
        ("eth_getBalance", json!([alice, "0x1"])),
        ("eth_getBalance", json!([alice, {"blockHash": tip.hash}])),
        (
            "eth_getBalance",
            json!([alice, {"blockHash": B256::repeat_byte(2)}]),
        ),
        ("eth_getBalance", json!([alice, "0x99"])),
        ("eth_getTransactionCount", json!([alice, "latest"])),
        ("eth_getTransactionCount", json!([alice, "earliest"])),
        ("eth_getCode", json!([cell, "latest"])),
        ("eth_getCode", json!([alice, "latest"])),
        ("eth_getStorageAt", json!([cell, "0x2", "latest"])),
        ("eth_getStorageAt", json!([cell, "0x1", "0x3"])),
        ("eth_gasPrice", json!([])),
        ("eth_maxPriorityFeePerGas", json!([])),
        ("eth_feeHistory", json!(["0x3", "latest", [25.0, 75.0]])),
        ("eth_feeHistory", json!([2, "0x2"])),
        ("eth_feeHistory", json!(["0x1", "latest", [75.0, 25.0]])),
        (
            "eth_getProof",
            json!([
                cell,
                [
                    "0x2",
                    "0x0000000000000000000000000000000000000000000000000000000000000001"
                ],
                "latest"
            ]),
        ),
        ("txpool_status", json!([])),
    ];
    insta::assert_json_snapshot!(answers(&dispatcher(&test), &requests).await);
}

#[tokio::test]
async fn the_node_itself() {
    let test = TestChain::new();
    test.mine();
    let requests = [
        ("eth_chainId", json!([])),
        ("eth_blockNumber", json!([])),
        ("eth_syncing", json!([])),
        ("eth_accounts", json!([])),
        ("eth_coinbase", json!([])),
        ("eth_mining", json!([])),
        ("eth_hashrate", json!([])),
        ("eth_protocolVersion", json!([])),
        ("eth_sendTransaction", json!([{}])),
        ("net_version", json!([])),
        ("net_listening", json!([])),
        ("net_peerCount", json!([])),
        ("web3_clientVersion", json!([])),
        ("web3_sha3", json!(["0x68656c6c6f"])),
        ("clique_getSnapshot", json!([])),
        ("clique_getSigners", json!(["0x0"])),
        ("clique_getSignersAtHash", json!([test.chain.tip().hash])),
        ("clique_getSigner", json!(["0x1"])),
        ("clique_status", json!([])),
        ("clique_propose", json!([signer(5).address, true])),
        ("clique_proposals", json!([])),
        ("clique_discard", json!([signer(5).address])),
        ("clique_proposals", json!(null)),
    ];
    insta::assert_json_snapshot!(answers(&dispatcher(&test), &requests).await);
}

#[tokio::test]
async fn calls() {
    let test = TestChain::new();
    fill(&test).await;
    let alice = Wallet::new(0).address;
    let (cell, reverter, burner) = (
        alice.create(3),
        Wallet::new(1).address.create(1),
        Wallet::new(1).address.create(3),
    );
    let word = |number: u64| Bytes::from(U256::from(number).to_be_bytes::<32>());
    let error_text = "0x08c379a00000000000000000000000000000000000000000000000000000000000000020\
                      0000000000000000000000000000000000000000000000000000000000000002\
                      6e6f000000000000000000000000000000000000000000000000000000000000";
    let load = Bytes::from(contracts::load());
    let poor = Address::repeat_byte(0x55);
    let basefee = Bytes::from(assemble("BASEFEE PUSH0 MSTORE PUSH1 0x20 PUSH0 RETURN"));
    let number = Bytes::from(assemble("NUMBER PUSH0 MSTORE PUSH1 0x20 PUSH0 RETURN"));
    let hash_of_two = Bytes::from(assemble(
        "PUSH1 0x02 BLOCKHASH PUSH0 MSTORE PUSH1 0x20 PUSH0 RETURN",
    ));
    let requests = [
        ("eth_call", json!([{"to": cell, "data": word(2)}, "latest"])),
        ("eth_call", json!([{"to": cell, "input": word(2)}, "0x4"])),
        ("eth_call", json!([{"to": reverter, "data": error_text}])),
        ("eth_call", json!([{"to": reverter, "data": "0x"}])),
        ("eth_call", json!([{"to": burner, "gas": "0x186a0"}])),
        ("eth_call", json!([{"to": burner}])),
        (
            "eth_call",
            json!([{"to": cell, "gas": "0x5208", "data": word(2)}]),
        ),
        (
            "eth_call",
            json!([{"from": poor, "to": alice, "value": "0x1"}]),
        ),
        (
            "eth_call",
            json!([{"from": poor, "to": alice, "value": "0x1"}, "latest", {poor.to_string(): {"balance": "0x1"}}]),
        ),
        (
            "eth_call",
            json!([{"to": poor, "data": word(7)}, "latest", {poor.to_string(): {"code": load, "stateDiff": {B256::from(U256::from(7)).to_string(): B256::repeat_byte(9)}}}]),
        ),
        (
            "eth_call",
            json!([{"to": cell, "data": word(2)}, "latest", {cell.to_string(): {"state": {}}}]),
        ),
        (
            "eth_call",
            json!([{"to": poor}, "latest", {poor.to_string(): {"code": basefee}}]),
        ),
        (
            "eth_call",
            json!([{"from": alice, "to": poor, "gasPrice": "0x77359400", "gas": "0x186a0"}, "latest", {poor.to_string(): {"code": basefee}}]),
        ),
        (
            "eth_call",
            json!([{"from": alice, "to": poor, "gasPrice": "0x1"}]),
        ),
        (
            "eth_call",
            json!([{"from": alice, "to": poor, "gasPrice": "0x1", "maxFeePerGas": "0x1"}]),
        ),
        (
            "eth_call",
            json!([{"to": poor}, "latest", {poor.to_string(): {"code": number}}, {"number": "0x99"}]),
        ),
        (
            "eth_call",
            json!([{"to": poor}, "pending", {poor.to_string(): {"code": number}}]),
        ),
        (
            "eth_call",
            json!([{"to": poor}, "latest", {poor.to_string(): {"code": hash_of_two}}]),
        ),
        (
            "eth_call",
            json!([{"to": poor}, "latest", {poor.to_string(): {"code": hash_of_two}}, {"blockHash": {"2": B256::repeat_byte(4)}}]),
        ),
        ("eth_call", json!([{"data": "0x60016000f3"}])),
        ("eth_call", json!([{"to": poor, "chainId": "0x1"}])),
        (
            "eth_call",
            json!([{"to": poor}, {"blockHash": B256::ZERO, "requireCanonical": true}]),
        ),
        (
            "eth_estimateGas",
            json!([{"from": alice, "to": poor, "value": "0x1"}]),
        ),
        (
            "eth_estimateGas",
            json!([{"from": poor, "to": alice, "value": "0x1"}]),
        ),
        (
            "eth_estimateGas",
            json!([{"from": alice, "to": cell, "data": format!("{}{}", word(1), &word(3).to_string()[2..])}]),
        ),
        (
            "eth_estimateGas",
            json!([{"to": reverter, "data": error_text}]),
        ),
        ("eth_estimateGas", json!([{"to": burner}])),
        (
            "eth_estimateGas",
            json!([{"from": alice, "to": cell, "gas": "0x5209", "data": word(1)}]),
        ),
        (
            "eth_createAccessList",
            json!([{"from": alice, "to": cell, "data": word(2)}]),
        ),
        (
            "eth_createAccessList",
            json!([{"from": alice, "to": reverter, "data": error_text}]),
        ),
    ];
    insta::assert_json_snapshot!(answers(&dispatcher(&test), &requests).await);
}

#[tokio::test]
async fn an_estimate_is_enough_and_hardly_more() {
    let test = TestChain::new();
    let alice = Wallet::new(0);
    let (create, recursion) = creation_of(&alice, 0, &contracts::recursion());
    let (create_cell, cell) = creation_of(&alice, 1, &contracts::memory_cell());
    let (create_factory, factory) = creation_of(&alice, 2, &contracts::factory());
    test.mined([create, create_cell, create_factory]).await;
    let dispatcher = dispatcher(&test);
    let mut factory_input = vec![0; 32];
    factory_input.extend(contracts::init_code(&contracts::echo()));
    let mut cell_input = vec![1; 64];
    cell_input[63] = 9;
    for (nonce, (to, input)) in (3..).zip([(cell, cell_input), (factory, factory_input)]) {
        let request =
            json!([{"from": alice.address, "to": to, "data": Bytes::from(input.clone())}]);
        let estimate = dispatcher.call("eth_estimateGas", request).await.unwrap();
        let gas: u64 = estimate
            .as_str()
            .map(|text| u64::from_str_radix(&text[2..], 16))
            .unwrap()
            .unwrap();
        let raw = alice.send(nonce, TxKind::Call(to), U256::ZERO, gas, input.into());
        let made = test.mined([raw]).await;
        assert!(made.receipts[0].succeeded);
        let used = made.receipts[0].gas_used;
        assert!(
            gas >= used && gas < used + used / 20 + 3_000,
            "{gas} for {used}"
        );
    }
    let _ = recursion;
}

#[tokio::test]
async fn what_waits() {
    let test = TestChain::new();
    let (alice, bob) = (Wallet::new(0), Wallet::new(1));
    let waiting = transfer_of(&alice, 0);
    let dispatcher = dispatcher(&test);
    let send = |raw: Bytes| dispatcher.call("eth_sendRawTransaction", json!([raw]));
    let hash = send(waiting.clone()).await.unwrap();
    send(transfer_of(&alice, 1)).await.unwrap();
    send(transfer_of(&bob, 1)).await.unwrap();
    let again = send(waiting).await.unwrap_err();
    assert_eq!(again, RpcError::new(-32000, "already known"));
    let requests = [
        ("eth_getTransactionByHash", json!([hash])),
        ("eth_getTransactionCount", json!([alice.address, "pending"])),
        ("eth_getTransactionCount", json!([alice.address, "latest"])),
        ("eth_getTransactionCount", json!([bob.address, "pending"])),
        ("eth_getTransactionReceipt", json!([hash])),
        ("eth_getBlockTransactionCountByNumber", json!(["pending"])),
        ("txpool_status", json!([])),
        ("txpool_inspect", json!([])),
        ("txpool_content", json!([])),
        ("txpool_contentFrom", json!([bob.address])),
    ];
    insta::assert_json_snapshot!(answers(&dispatcher, &requests).await);
    let mut pending = dispatcher
        .call("eth_getBlockByNumber", json!(["pending", false]))
        .await
        .unwrap();
    pending["timestamp"] = json!("now");
    insta::assert_json_snapshot!("pending_block", pending);
}

#[tokio::test]
async fn filters() {
    let test = TestChain::new();
    let dispatcher = dispatcher(&test);
    let alice = Wallet::new(0);
    let call = |method: &'static str, params: Value| {
        let dispatcher = dispatcher.clone();
        async move { dispatcher.call(method, params).await.unwrap() }
    };
    let (create, emitter) = creation_of(&alice, 0, &contracts::emitter());
    let logs = call(
        "eth_newFilter",
        json!([{"address": emitter, "fromBlock": "0x0"}]),
    )
    .await;
    let blocks = call("eth_newBlockFilter", json!([])).await;
    let pending = call("eth_newPendingTransactionFilter", json!([])).await;
    let hash = test.submit(create).await;
    let first = test.mine();
    let second = test
        .mined([call_of(&alice, 1, emitter, &[U256::from(1), U256::from(2)])])
        .await;
    // The listener has its own task.
    let mut seen = Vec::new();
    for _ in 0..100 {
        let new = call("eth_getFilterChanges", json!([blocks])).await;
        seen.extend(new.as_array().unwrap().clone());
        if seen.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(seen, [json!(first.block.hash), json!(second.block.hash)]);
    let hashes = call("eth_getFilterChanges", json!([pending])).await;
    assert_eq!(hashes[0], json!(hash));
    assert_eq!(hashes.as_array().unwrap().len(), 2);
    let changes = call("eth_getFilterChanges", json!([logs])).await;
    assert_eq!(changes.as_array().unwrap().len(), 1);
    assert_eq!(changes, call("eth_getFilterLogs", json!([logs])).await);
    assert_eq!(call("eth_getFilterChanges", json!([logs])).await, json!([]));
    assert_eq!(
        call("eth_uninstallFilter", json!([logs])).await,
        json!(true)
    );
    assert_eq!(
        call("eth_uninstallFilter", json!([logs])).await,
        json!(false)
    );
    let gone = dispatcher
        .call("eth_getFilterChanges", json!([logs]))
        .await
        .unwrap_err();
    assert_eq!(gone, RpcError::new(-32000, "filter not found"));
    let wrong = dispatcher
        .call("eth_getFilterLogs", json!([blocks]))
        .await
        .unwrap_err();
    assert_eq!(wrong.message, "filter not found");
    for _ in 0..998 {
        call("eth_newBlockFilter", json!([])).await;
    }
    let full = dispatcher
        .call("eth_newBlockFilter", json!([]))
        .await
        .unwrap_err();
    assert_eq!(full.code, -32005);
}
