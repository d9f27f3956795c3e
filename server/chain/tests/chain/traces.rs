//! Traces: their answers as snapshots, their bounds, and that they agree with receipts.

use alloy_primitives::{Address, Bytes, U256};
use chain::settings::History;
use serde_json::{Value, json};

use crate::blocks::fill;
use crate::rpc::dispatcher;
use crate::support::{TestChain, Wallet, call_of, contracts, creation_of};

/// A block with a call within a call that reverts, after others.
async fn nested(test: &TestChain) -> alloy_primitives::B256 {
    let alice = Wallet::new(0);
    let (create_caller, caller) = creation_of(&alice, 0, &contracts::caller());
    let (create_reverter, reverter) = creation_of(&alice, 1, &contracts::reverter());
    let (create_cell, cell) = creation_of(&alice, 2, &contracts::memory_cell());
    test.mined([create_caller, create_reverter, create_cell])
        .await;
    let word = |address: Address| U256::from_be_bytes(address.into_word().0);
    let input: Vec<U256> = vec![word(caller), word(reverter), U256::from(7)];
    test.submit(call_of(&alice, 3, cell, &[U256::from(1), U256::from(5)]))
        .await;
    let hash = test.submit(call_of(&alice, 4, caller, &input)).await;
    test.mine();
    hash
}

#[tokio::test]
async fn every_tracer() {
    let test = TestChain::new();
    let hash = nested(&test).await;
    let dispatcher = dispatcher(&test);
    let trace = async |options: Value| {
        dispatcher
            .call("debug_traceTransaction", json!([hash, options]))
            .await
            .unwrap()
    };
    insta::assert_json_snapshot!(
        "call_tracer",
        trace(json!({"tracer": "callTracer", "tracerConfig": {"withLog": true}})).await
    );
    insta::assert_json_snapshot!(
        "call_tracer_top",
        trace(json!({"tracer": "callTracer", "tracerConfig": {"onlyTopCall": true}})).await
    );
    insta::assert_json_snapshot!(
        "prestate_tracer",
        trace(json!({"tracer": "prestateTracer"})).await
    );
    insta::assert_json_snapshot!(
        "prestate_tracer_diff",
        trace(json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": true}})).await
    );
    insta::assert_json_snapshot!(
        "four_byte_tracer",
        trace(json!({"tracer": "4byteTracer"})).await
    );
    assert_eq!(trace(json!({"tracer": "noopTracer"})).await, json!({}));
    let steps = trace(json!({})).await;
    assert_eq!(steps["failed"], false);
    let all = steps["structLogs"].as_array().unwrap().len();
    assert!(all > 20);
    let three = trace(json!({"limit": 3, "enableMemory": true, "enableReturnData": true})).await;
    assert_eq!(three["structLogs"].as_array().unwrap().len(), 3);
    insta::assert_json_snapshot!("struct_logs", three);
    let bare = trace(json!({"disableStack": true, "disableStorage": true})).await;
    assert!(bare["structLogs"][0].get("stack").is_none());
    for wrong in [
        json!({"tracer": "noSuchTracer"}),
        json!({"tracer": "callTracer", "tracerConfig": 3}),
        json!({"timeout": "soon"}),
    ] {
        let error = dispatcher
            .call("debug_traceTransaction", json!([hash, wrong]))
            .await
            .unwrap_err();
        assert_eq!(error.code, -32602, "{error}");
    }
    let unknown = dispatcher
        .call(
            "debug_traceTransaction",
            json!([alloy_primitives::B256::ZERO]),
        )
        .await
        .unwrap_err();
    assert_eq!(unknown.message, "transaction not found");
}

#[tokio::test]
async fn traces_of_a_block_agree_with_its_receipts() {
    let test = TestChain::new();
    fill(&test).await;
    let dispatcher = dispatcher(&test);
    let tip = test.chain.tip();
    for number in 1..=tip.header.number {
        let tag = format!("{number:#x}");
        let options = json!({"tracer": "callTracer"});
        let traces = dispatcher
            .call("debug_traceBlockByNumber", json!([tag, options]))
            .await
            .unwrap();
        let hash = tip.block(number).unwrap().unwrap().hash;
        assert_eq!(
            dispatcher
                .call("debug_traceBlockByHash", json!([hash, options]))
                .await
                .unwrap(),
            traces
        );
        let receipts = dispatcher
            .call("eth_getBlockReceipts", json!([tag]))
            .await
            .unwrap();
        let (traces, receipts) = (traces.as_array().unwrap(), receipts.as_array().unwrap());
        assert_eq!(traces.len(), receipts.len());
        for (trace, receipt) in traces.iter().zip(receipts) {
            assert_eq!(trace["txHash"], receipt["transactionHash"]);
            assert_eq!(trace["result"]["gasUsed"], receipt["gasUsed"]);
            assert_eq!(
                trace["result"].get("error").is_none(),
                receipt["status"] == "0x1"
            );
            let one = dispatcher
                .call("debug_traceTransaction", json!([trace["txHash"], options]))
                .await
                .unwrap();
            assert_eq!(one, trace["result"]);
        }
    }
    let genesis = dispatcher
        .call("debug_traceBlockByNumber", json!(["0x0"]))
        .await
        .unwrap_err();
    assert_eq!(genesis.message, "genesis is not traceable");
}

#[tokio::test]
async fn calls_are_traced_with_overrides_and_within_a_block() {
    let test = TestChain::new();
    let alice = Wallet::new(0);
    let (create, cell) = creation_of(&alice, 0, &contracts::memory_cell());
    test.mined([create]).await;
    let words = |slot: u64, value: u64| [U256::from(slot), U256::from(value)];
    test.mined([
        call_of(&alice, 1, cell, &words(1, 7)),
        call_of(&alice, 2, cell, &words(1, 8)),
    ])
    .await;
    let dispatcher = dispatcher(&test);
    let request = json!({"to": cell, "data": Bytes::from(U256::from(1).to_be_bytes::<32>())});
    let output = async |options: Value| {
        let params = json!([request, "latest", options]);
        let trace = dispatcher.call("debug_traceCall", params).await.unwrap();
        U256::from_str_radix(&trace["output"].as_str().unwrap()[2..], 16).unwrap()
    };
    assert_eq!(output(json!({"tracer": "callTracer"})).await, U256::from(8));
    assert_eq!(
        output(json!({"tracer": "callTracer", "txIndex": "0x0"})).await,
        U256::from(0)
    );
    assert_eq!(
        output(json!({"tracer": "callTracer", "txIndex": "0x1"})).await,
        U256::from(7)
    );
    assert_eq!(
        output(json!({"tracer": "callTracer", "txIndex": "0x2"})).await,
        U256::from(8)
    );
    let overridden =
        json!({"tracer": "callTracer", "stateOverrides": {cell.to_string(): {"state": {}}}});
    assert_eq!(output(overridden).await, U256::ZERO);
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_a_way_out() {
    let test = TestChain::new();
    let alice = Wallet::new(0);
    let (create, burner) = creation_of(&alice, 0, &contracts::burner());
    test.mined([create]).await;
    let dispatcher = dispatcher(&test);
    let request = json!({"from": alice.address, "to": burner, "gas": "0x1312d00"});
    let error = dispatcher
        .call("debug_traceCall", json!([request, "latest", {}]))
        .await
        .unwrap_err();
    assert_eq!(error.code, -32005, "{error}");
    let limited = dispatcher
        .call("debug_traceCall", json!([request, "latest", {"limit": 5}]))
        .await
        .unwrap();
    assert_eq!(limited["structLogs"].as_array().unwrap().len(), 5);
    assert_eq!(limited["failed"], true);
    let short = json!([request, "latest", {"tracer": "callTracer", "timeout": "1ms"}]);
    let late = dispatcher.call("debug_traceCall", short).await.unwrap_err();
    assert!(late.message.contains("too long"), "{late}");
}

#[tokio::test]
async fn a_forgotten_state_cannot_be_traced() {
    let test = TestChain::with(1, |settings| settings.history = History::Blocks(2));
    let hash = nested(&test).await;
    for _ in 0..2 {
        test.mine();
    }
    let dispatcher = dispatcher(&test);
    let error = dispatcher
        .call("debug_traceTransaction", json!([hash]))
        .await
        .unwrap_err();
    assert!(error.message.contains("since block 0x2"), "{error}");
}
