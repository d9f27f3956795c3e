//! Measurements, run by hand in release: `cargo test --release -p chain --test chain -- --ignored
//! --nocapture speed`.

use std::time::{Duration, Instant};

use alloy_primitives::{B256, Bytes, U256};
use alloy_rpc_types_eth::Filter;
use chain::rpc::{LogLimits, search_logs};
use serde_json::json;

use crate::rpc::dispatcher;
use crate::support::assembly::assemble;
use crate::support::{TestChain, Wallet, call_of, contracts, creation_of};

async fn rate(name: &str, test: &TestChain, body: serde_json::Value) {
    let dispatcher = dispatcher(test);
    let body = body.to_string();
    let (mut count, began) = (0_u32, Instant::now());
    while began.elapsed() < Duration::from_secs(2) {
        for _ in 0..100 {
            let answer = dispatcher.handle(body.as_bytes()).await.unwrap();
            assert!(
                !answer.windows(7).any(|window| window == b"\"error\""),
                "{}",
                String::from_utf8_lossy(&answer)
            );
        }
        count += 100;
    }
    eprintln!(
        "{name}: {:.0}/s",
        f64::from(count) / began.elapsed().as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed_of_reads() {
    let test = TestChain::new();
    let alice = Wallet::new(0);
    let (create, cell) = creation_of(&alice, 0, &contracts::memory_cell());
    test.mined([create]).await;
    test.mined([call_of(&alice, 1, cell, &[U256::from(1), U256::from(5)])])
        .await;
    let word = Bytes::from(U256::from(1).to_be_bytes::<32>());
    let request = |method: &str, params| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    rate("eth_chainId", &test, request("eth_chainId", json!([]))).await;
    rate(
        "eth_getBalance",
        &test,
        request("eth_getBalance", json!([alice.address, "latest"])),
    )
    .await;
    rate(
        "eth_getTransactionCount",
        &test,
        request("eth_getTransactionCount", json!([alice.address, "latest"])),
    )
    .await;
    rate(
        "eth_call",
        &test,
        request("eth_call", json!([{"to": cell, "data": word}, "latest"])),
    )
    .await;
    rate(
        "eth_estimateGas",
        &test,
        request("eth_estimateGas", json!([{"to": cell, "data": word}])),
    )
    .await;
    rate(
        "eth_getBlockByNumber",
        &test,
        request("eth_getBlockByNumber", json!(["latest", false])),
    )
    .await;
    rate(
        "eth_getTransactionReceipt",
        &test,
        request(
            "eth_getTransactionReceipt",
            json!([test.chain.tip().block(2).unwrap().unwrap().transactions[0].hash()]),
        ),
    )
    .await;
}

/// A contract that writes 50 logs a call, with topics (input, i).
fn many_logs() -> Vec<u8> {
    assemble(
        "PUSH0 JUMPDEST DUP1 PUSH0 CALLDATALOAD PUSH0 PUSH0 LOG2 PUSH1 0x01 ADD DUP1 PUSH1 0x32 GT \
         PUSH1 0x01 JUMPI STOP",
    )
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed_of_logs() {
    let test = TestChain::new();
    let alice = Wallet::new(0);
    let (create, emitter) = creation_of(&alice, 0, &many_logs());
    test.mined([create]).await;
    let began = Instant::now();
    // 20,000 calls of 50 logs; every hundredth has another topic.
    let mut nonce = 1;
    for _ in 0..200 {
        for call in 0..100_u64 {
            let topic = U256::from(u8::from(call == 7));
            test.submit(alice.send(
                nonce,
                alloy_primitives::TxKind::Call(emitter),
                U256::ZERO,
                200_000,
                Bytes::from(topic.to_be_bytes::<32>()),
            ))
            .await;
            nonce += 1;
        }
        while test.chain.with_mempool(|mempool| mempool.status().pending) > 0 {
            test.mine();
        }
    }
    eprintln!(
        "1 M logs in {} blocks: {:?}",
        test.chain.tip().header.number,
        began.elapsed()
    );
    let tip = test.chain.tip();
    let filter = Filter::new()
        .address(emitter)
        .event_signature(B256::from(U256::from(1)));
    for _ in 0..5 {
        let began = Instant::now();
        let limits = LogLimits {
            logs_max: 20_000,
            unindexed_blocks_max: 10_000,
            deadline: Instant::now() + Duration::from_secs(60),
        };
        let found = search_logs(&tip.view, &filter, 0..=tip.header.number, limits).unwrap();
        let searched = began.elapsed();
        let answer = dispatcher(&test).call("eth_getLogs", json!([filter])).await;
        eprintln!(
            "{} of 1 M logs: searched in {searched:?}, with JSON {:?} {}",
            found.len(),
            began.elapsed() - searched,
            answer.is_ok()
        );
    }
}
