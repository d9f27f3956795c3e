//! Subscriptions: who hears what, removed logs, and readers that do not read.

use std::time::Duration;

use alloy_primitives::U256;
use chain::rpc::{CloseReason, Dispatcher, Message, Options, SESSION_QUEUE_MAX, serve_session};
use chain::service::Sealer;
use futures::channel::mpsc as texts;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::support::{
    LATER_S, TestChain, Wallet, call_of, contracts, creation_of, signer, transfer_of,
};

struct Client {
    sender: texts::UnboundedSender<String>,
    receiver: mpsc::Receiver<Message>,
    session: JoinHandle<CloseReason>,
    /// Notifications that came while an answer was waited for.
    heard: Vec<Value>,
}

impl Client {
    fn connect(test: &TestChain) -> Self {
        Self::with_queue(test, SESSION_QUEUE_MAX)
    }

    fn with_queue(test: &TestChain, queue: usize) -> Self {
        let dispatcher = Dispatcher::new(test.chain.clone(), Options::default());
        let (sender, incoming) = texts::unbounded();
        let (outgoing, receiver) = mpsc::channel(queue);
        let session = tokio::spawn(serve_session(dispatcher, incoming, outgoing));
        Self {
            sender,
            receiver,
            session,
            heard: Vec::new(),
        }
    }

    async fn next(&mut self) -> Value {
        let message = tokio::time::timeout(Duration::from_secs(10), self.receiver.recv()).await;
        serde_json::from_str(message.unwrap().unwrap().text()).unwrap()
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.sender.unbounded_send(request.to_string()).unwrap();
        loop {
            let message = self.next().await;
            if message.get("id").is_some() {
                return message;
            }
            self.heard.push(message);
        }
    }

    async fn subscribe(&mut self, params: Value) -> Value {
        self.call("eth_subscribe", params).await["result"].clone()
    }

    /// The next notification.
    async fn hear(&mut self) -> Value {
        if !self.heard.is_empty() {
            return self.heard.remove(0);
        }
        let message = self.next().await;
        assert_eq!(message["method"], "eth_subscription");
        message
    }
}

#[tokio::test]
async fn heads_logs_and_pending_transactions() {
    let test = TestChain::new();
    let alice = Wallet::new(0);
    let mut client = Client::connect(&test);
    let heads = client.subscribe(json!(["newHeads"])).await;
    let raw = transfer_of(&alice, 0);
    let hash = test.submit(raw).await;
    let made = test.mine();
    let heard = client.hear().await;
    assert_eq!(heard["params"]["subscription"], heads);
    assert_eq!(heard["params"]["result"]["hash"], json!(made.block.hash));
    assert_eq!(heard["params"]["result"]["number"], "0x1");
    assert!(heard["params"]["result"].get("transactions").is_none());
    assert_eq!(
        client.call("eth_unsubscribe", json!([heads])).await["result"],
        true
    );
    assert!(
        client
            .call("eth_unsubscribe", json!([heads]))
            .await
            .get("error")
            .is_some()
    );

    let (create, emitter) = creation_of(&alice, 1, &contracts::emitter());
    test.mined([create]).await;
    let hashes = client.subscribe(json!(["newPendingTransactions"])).await;
    let whole = client
        .subscribe(json!(["newPendingTransactions", true]))
        .await;
    let topic = alloy_primitives::B256::from(U256::from(3));
    let logs = client
        .subscribe(json!(["logs", {"address": emitter, "topics": [topic]}]))
        .await;
    test.submit(call_of(&alice, 2, emitter, &[U256::from(2), U256::ZERO]))
        .await;
    let wanted = test
        .submit(call_of(&alice, 3, emitter, &[U256::from(3), U256::ZERO]))
        .await;
    test.mine();
    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(client.hear().await["params"].clone());
    }
    let of = |id: &Value| -> Vec<&Value> {
        heard
            .iter()
            .filter(|it| it["subscription"] == *id)
            .map(|it| &it["result"])
            .collect()
    };
    assert_eq!(of(&hashes).len(), 2);
    assert_eq!(of(&whole)[1]["hash"], json!(wanted));
    assert_eq!(of(&logs).len(), 1);
    assert_eq!(of(&logs)[0]["transactionHash"], json!(wanted));
    assert_eq!(of(&logs)[0]["removed"], false);
    assert_ne!(hash, wanted);
    // Ordinary requests go on beside.
    assert_eq!(
        client.call("eth_chainId", json!([])).await["result"],
        "0x7a69"
    );
    assert!(
        client
            .call("eth_subscribe", json!(["nothing"]))
            .await
            .get("error")
            .is_some()
    );
    drop(client.sender);
    assert_eq!(client.session.await.unwrap(), CloseReason::ClosedByPeer);
}

#[tokio::test]
async fn logs_of_blocks_that_were_taken_off() {
    let (light, heavy) = (TestChain::with_signers(2), TestChain::with_signers(2));
    let alice = Wallet::new(0);
    let (create, emitter) = creation_of(&alice, 0, &contracts::emitter());
    // Block 1 is the turn of one of the two; the other's is lighter.
    let snapshot = light.chain.spec().genesis_snapshot();
    let in_turn = (0..2)
        .find(|number| snapshot.in_turn(signer(*number).address, 1))
        .unwrap();
    light.submit(create).await;
    light
        .submit(call_of(&alice, 1, emitter, &[U256::from(3), U256::ZERO]))
        .await;
    let mut client = Client::connect(&light);
    client.subscribe(json!(["logs", {}])).await;
    light
        .try_mine(&Sealer::new(signer(1 - in_turn).key))
        .unwrap();
    let first = client.hear().await;
    assert_eq!(first["params"]["result"]["removed"], false);
    heavy.try_mine(&Sealer::new(signer(in_turn).key)).unwrap();
    light.chain.import(&heavy.blocks(), LATER_S).unwrap();
    let mut removed = client.hear().await["params"]["result"].clone();
    assert_eq!(removed["removed"], true);
    removed["removed"] = json!(false);
    assert_eq!(removed, first["params"]["result"]);
}

#[tokio::test]
async fn a_slow_reader_is_let_go() {
    let test = TestChain::new();
    let mut client = Client::with_queue(&test, 4);
    client.subscribe(json!(["newHeads"])).await;
    for _ in 0..8 {
        test.mine();
        tokio::task::yield_now().await;
    }
    let reason = tokio::time::timeout(Duration::from_secs(10), &mut client.session).await;
    assert_eq!(reason.unwrap().unwrap(), CloseReason::SlowReader);
    assert_eq!(CloseReason::SlowReader.websocket_code(), 1008);
}

#[tokio::test]
async fn subscriptions_are_bounded() {
    let test = TestChain::new();
    let mut client = Client::connect(&test);
    for _ in 0..100 {
        assert!(client.subscribe(json!(["newHeads"])).await.is_string());
    }
    let refused = client.call("eth_subscribe", json!(["newHeads"])).await;
    assert_eq!(refused["error"]["code"], -32005);
}
