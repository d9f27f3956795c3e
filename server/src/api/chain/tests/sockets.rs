//! What goes over real sockets: the streams, and two nodes that follow one another.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_tungstenite::connect_async;

use super::{Node, transfer};

const PATIENCE: Duration = Duration::from_secs(20);

async fn serve(node: &Node, tasks: &mut JoinSet<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = node.router.clone();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_push_what_is_new() {
    let node = Node::complete();
    let mut tasks = JoinSet::new();
    let address = serve(&node, &mut tasks).await;
    let mut streams = Vec::new();
    for path in [
        "ws/blocks",
        "blocks",
        "ws/transactions",
        "transactions",
        "subscribe/ws",
    ] {
        let (stream, _) = connect_async(format!("ws://{address}/rpc/{path}"))
            .await
            .unwrap();
        streams.push(stream);
    }
    let hash = node.chain.submit(&transfer(0)).await.unwrap().to_string();
    node.mine().await;
    let mut next = async |index: usize| -> Value {
        let message = tokio::time::timeout(PATIENCE, streams[index].next())
            .await
            .unwrap();
        serde_json::from_str(message.unwrap().unwrap().to_text().unwrap()).unwrap()
    };
    for index in [0, 1] {
        let block = next(index).await;
        assert_eq!(
            (&block["height"], &block["transactions"][0]),
            (&1.into(), &hash.clone().into())
        );
    }
    for index in [2, 3] {
        assert_eq!(next(index).await["tx_hash"], hash.as_str());
    }
    let both = (next(4).await, next(4).await);
    assert_eq!(
        (&both.0["type"], &both.1["type"]),
        (&"transaction".into(), &"block".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_follow_one_another_over_these_routes() {
    let mut tasks = JoinSet::new();
    let old = Node::complete();
    old.chain.submit(&transfer(0)).await.unwrap();
    for _ in 0..5 {
        old.mine().await;
    }
    let address = serve(&old, &mut tasks).await;
    let new = Node::start(&[format!("http://{address}")], |_| {});
    for node in [&old, &new] {
        let peers = node.peers.clone();
        tasks.spawn(async move { peers.run().await });
    }
    let waiting = old.chain.submit(&transfer(1)).await.unwrap();
    let began = Instant::now();
    loop {
        let has_all = new.chain.tip().hash == old.chain.tip().hash
            && new
                .chain
                .with_mempool(|mempool| mempool.get(&waiting).is_some());
        if has_all && new.peers.count() == 1 {
            break;
        }
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (_, peers) = new.get("/rpc/sync/peers").await;
    assert_eq!(
        (&peers[0]["state"], &peers[0]["lag"]),
        (&"connected".into(), &0.into())
    );
    let (_, peers) = old.get("/rpc/peers").await;
    assert_eq!(peers["peers"][0]["direction"], "inbound");
}
