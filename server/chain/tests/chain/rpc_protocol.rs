//! JSON-RPC 2.0 itself: requests, notifications, batches, bounds, and nonsense.

use chain::rpc::{BATCH_MAX, BODY_BYTES_MAX, Dispatcher, Options};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::TestChain;

fn dispatcher(test: &TestChain) -> Dispatcher {
    Dispatcher::new(test.chain.clone(), Options::default())
}

async fn answer(dispatcher: &Dispatcher, body: &str) -> Option<Value> {
    let text = dispatcher.handle(body.as_bytes()).await?;
    Some(serde_json::from_slice(&text).unwrap())
}

async fn check_error(body: &str, code: i64, id: Value) {
    let test = TestChain::new();
    let answer = answer(&dispatcher(&test), body).await.unwrap();
    assert_eq!(answer["error"]["code"], code, "{body} {answer}");
    assert_eq!(answer["id"], id, "{body}");
    assert_eq!(answer["jsonrpc"], "2.0");
    assert!(answer.get("result").is_none());
}

#[tokio::test]
async fn errors_have_their_codes() {
    check_error("", -32700, Value::Null).await;
    check_error("{", -32700, Value::Null).await;
    check_error("{\"jsonrpc\":\"2.0\"}x", -32700, Value::Null).await;
    check_error(&"[".repeat(1_000), -32700, Value::Null).await;
    check_error("1", -32600, Value::Null).await;
    check_error("[]", -32600, Value::Null).await;
    check_error(r#"{"id":1,"method":"eth_chainId"}"#, -32600, json!(1)).await;
    check_error(
        r#"{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}"#,
        -32600,
        json!(1),
    )
    .await;
    check_error(r#"{"jsonrpc":"2.0","id":1}"#, -32600, json!(1)).await;
    check_error(r#"{"jsonrpc":"2.0","id":1,"method":2}"#, -32600, json!(1)).await;
    check_error(
        r#"{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}"#,
        -32600,
        Value::Null,
    )
    .await;
    check_error(
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":1}"#,
        -32600,
        json!(1),
    )
    .await;
    check_error(
        r#"{"jsonrpc":"2.0","id":"a","method":"eth_nothing"}"#,
        -32601,
        json!("a"),
    )
    .await;
    check_error(
        r#"{"jsonrpc":"2.0","id":1,"method":"evm_mine"}"#,
        -32601,
        json!(1),
    )
    .await;
    check_error(
        r#"{"jsonrpc":"2.0","id":1,"method":"clique_propose"}"#,
        -32601,
        json!(1),
    )
    .await;
    check_error(
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}"#,
        -32602,
        json!(1),
    )
    .await;
    check_error(
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}"#,
        -32602,
        json!(1),
    )
    .await;
    check_error(
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}"#,
        -32602,
        json!(1),
    )
    .await;
    check_error(
        r#"{"jsonrpc":"2.0","id":null,"method":"eth_getBalance","params":["0x1"]}"#,
        -32602,
        Value::Null,
    )
    .await;
    check_error(
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x01"]}"#,
        -32602,
        json!(1),
    )
    .await;
    check_error(
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_sign","params":[]}"#,
        -32000,
        json!(1),
    )
    .await;
}

#[tokio::test]
async fn ids_come_back_as_they_were() {
    let test = TestChain::new();
    let dispatcher = dispatcher(&test);
    for id in [
        json!(1),
        json!("x\"y"),
        Value::Null,
        json!(1.5),
        json!(u64::MAX),
    ] {
        let body = json!({"jsonrpc": "2.0", "id": id, "method": "eth_chainId"}).to_string();
        let answer = answer(&dispatcher, &body).await.unwrap();
        assert_eq!(
            answer,
            json!({"jsonrpc": "2.0", "id": id, "result": "0x7a69"})
        );
    }
}

#[tokio::test]
async fn notifications_are_not_answered() {
    let test = TestChain::new();
    let dispatcher = dispatcher(&test);
    let notification = json!({"jsonrpc": "2.0", "method": "eth_chainId"});
    assert_eq!(answer(&dispatcher, &notification.to_string()).await, None);
    assert_eq!(
        answer(
            &dispatcher,
            &json!([notification, notification]).to_string()
        )
        .await,
        None
    );
    let request = json!({"jsonrpc": "2.0", "id": 7, "method": "eth_chainId"});
    let batch = json!([notification, request, 1]).to_string();
    let answers = answer(&dispatcher, &batch).await.unwrap();
    assert_eq!(answers.as_array().unwrap().len(), 2);
    assert_eq!(answers[0]["id"], 7);
    assert_eq!(answers[1]["error"]["code"], -32600);
}

#[tokio::test]
async fn batches_keep_their_order_and_are_bounded() {
    let test = TestChain::new();
    let dispatcher = dispatcher(&test);
    let method = |id: usize| {
        if id.is_multiple_of(3) {
            "txpool_content"
        } else {
            "eth_blockNumber"
        }
    };
    let batch = |count: usize| {
        let requests: Vec<Value> = (0..count)
            .map(|id| json!({"jsonrpc": "2.0", "id": id, "method": method(id)}))
            .collect();
        Value::Array(requests).to_string()
    };
    let answers = answer(&dispatcher, &batch(BATCH_MAX)).await.unwrap();
    for (id, answer) in answers.as_array().unwrap().iter().enumerate() {
        assert_eq!(answer["id"], id);
    }
    let refused = answer(&dispatcher, &batch(BATCH_MAX + 1)).await.unwrap();
    assert_eq!(refused["error"]["code"], -32600);
    let large = vec![b' '; BODY_BYTES_MAX + 1];
    let refused: Value = serde_json::from_slice(&dispatcher.handle(&large).await.unwrap()).unwrap();
    assert_eq!(refused["error"]["code"], -32600);
}

/// Methods with what may stand at each place.
fn any_request() -> impl Strategy<Value = Value> {
    let method = prop::sample::select(vec![
        "eth_call",
        "eth_getBalance",
        "eth_getBlockByNumber",
        "eth_getLogs",
        "eth_feeHistory",
        "eth_getProof",
        "eth_newFilter",
        "eth_getFilterChanges",
        "eth_estimateGas",
        "eth_createAccessList",
        "debug_traceCall",
        "debug_traceBlockByNumber",
        "eth_getStorageAt",
        "clique_getSigner",
        "eth_getTransactionByBlockNumberAndIndex",
        "debug_getRawBlock",
        "eth_getBlockReceipts",
        "web3_sha3",
        "eth_sendRawTransaction",
        "clique_getSnapshot",
    ]);
    let parameter = prop_oneof![
        Just(json!("latest")),
        Just(json!("pending")),
        Just(json!("0x0")),
        Just(json!("0xffffffffffffffff")),
        Just(json!("0x")),
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!({"to": "0x0000000000000000000000000000000000000001", "data": "0x00"})),
        Just(json!({"fromBlock": "0x0", "toBlock": "0xfffffffffffffff"})),
        Just(
            json!({"blockHash": "0x0000000000000000000000000000000000000000000000000000000000000000"})
        ),
        Just(json!("0x0000000000000000000000000000000000000000")),
        Just(json!([50.0, 10.0])),
        any::<u64>().prop_map(|number| json!(number)),
        ".{0,20}".prop_map(Value::String),
    ];
    let parameters = prop::collection::vec(parameter, 0..5);
    (method, parameters).prop_map(
        |(method, params)| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}),
    )
}

#[test]
fn nonsense_is_answered_with_an_error_and_not_with_a_failure() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let test = TestChain::new();
    test.mine();
    let dispatcher = dispatcher(&test);
    let config = ProptestConfig::with_cases(2_000);
    proptest!(config, |(request in any_request())| {
        let body = request.to_string();
        let answer = runtime.block_on(answer(&dispatcher, &body)).unwrap();
        let has_result = answer.get("result").is_some();
        prop_assert!(has_result != answer.get("error").is_some(), "{} {}", request, answer);
        prop_assert!(answer["error"]["code"] != -32603, "{} {}", request, answer);
    });
    proptest!(ProptestConfig::with_cases(500), |(body in prop::collection::vec(any::<u8>(), 0..100))| {
        let answer = runtime.block_on(dispatcher.handle(&body));
        prop_assert!(answer.is_some());
    });
}
