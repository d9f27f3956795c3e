//! Peers whose answers are endless, slow, garbage or lies.

use std::net::SocketAddr;
use std::time::Duration;

use alloy_primitives::{B256, U256};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::network::{CHAIN_ID, Node, key, mine, open_chain, spec, until};
use crate::block::Block;
use crate::clique;
use crate::sync::PeerState;
use crate::sync::protocol::{Head, Hello, PROTOCOL_VERSION, encode_blocks, encode_hashes};

async fn serve(router: Router) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, tasks)
}

fn endless() -> Response {
    let chunks = futures::stream::repeat_with(|| {
        Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[0x20; 65_536]))
    });
    Response::new(Body::from_stream(chunks))
}

fn hello(number: u64, hash: B256, total_difficulty: u64) -> Hello {
    Hello {
        version: PROTOCOL_VERSION,
        chain_id: CHAIN_ID,
        genesis_hash: spec().genesis_hash(),
        node: B256::repeat_byte(0xcc),
        head: Head {
            number,
            hash,
            total_difficulty: U256::from(total_difficulty),
        },
    }
}

/// A peer that claims a head and answers with these blocks.
fn claiming(claim: Hello, blocks: Vec<Block>) -> Router {
    let mut hashes = vec![spec().genesis_hash()];
    hashes.extend(blocks.iter().map(|block| block.hash));
    let encoded: Vec<Vec<u8>> = blocks.iter().map(Block::encode).collect();
    Router::new()
        .route("/rpc/sync/status", get(async move || axum::Json(claim)))
        .route(
            "/rpc/sync/hashes",
            get(async move || encode_hashes(&hashes)),
        )
        .route(
            "/rpc/sync/blocks",
            get(async move || encode_blocks(&encoded)),
        )
}

/// Runs a node against a peer until its last error says `reason`.
async fn check(router: Router, reason: &str) -> (Node, JoinSet<()>) {
    let (address, tasks) = serve(router).await;
    let node = Node::join(spec(), &[address]).await;
    until(reason, || {
        let status = &node.peers.status()[0];
        status
            .last_error
            .as_ref()
            .is_some_and(|error| error.contains(reason))
    })
    .await;
    (node, tasks)
}

fn standing(node: &Node) -> u32 {
    node.peers.status()[0].standing
}

fn blocks(count: usize) -> Vec<Block> {
    let folder = tempfile::tempdir().unwrap();
    let chain = open_chain(spec(), folder.path());
    (0..count).map(|_| mine(&chain).block.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_status_is_cut_off() {
    let router = Router::new().route("/rpc/sync/status", get(async || endless()));
    let (node, _peer) = check(router, "more than").await;
    assert!(standing(&node) <= 66);
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_blocks_are_cut_off() {
    let claim = hello(3, B256::repeat_byte(1), 9);
    let genesis = spec().genesis_hash();
    let router = Router::new()
        .route("/rpc/sync/status", get(async move || axum::Json(claim)))
        .route(
            "/rpc/sync/hashes",
            get(async move || encode_hashes(&[genesis])),
        )
        .route("/rpc/sync/blocks", get(async || endless()));
    let (node, _peer) = check(router, "more than").await;
    assert!(standing(&node) <= 66);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_no_status() {
    let router = Router::new().route("/rpc/sync/status", get(async || "{\"version\":"));
    let (node, _peer) = check(router, "not the status of a node").await;
    until("it is banned", || {
        node.peers.status()[0].state == PeerState::Banned
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_never_ends_its_answer_is_given_up() {
    let router = Router::new().route(
        "/rpc/sync/status",
        get(async || {
            let drops = futures::stream::unfold((), async |()| {
                tokio::time::sleep(Duration::from_millis(200)).await;
                Some((Ok::<_, std::io::Error>(bytes::Bytes::from_static(b" ")), ()))
            });
            Response::new(Body::from_stream(drops))
        }),
    );
    let (node, _peer) = check(router, "longer than 5 s").await;
    assert_eq!(node.peers.status()[0].state, PeerState::Unreachable);
    // Slowness is no crime.
    assert_eq!(standing(&node), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claimed_difficulty_is_compared_with_the_branch() {
    let blocks = tokio::task::spawn_blocking(|| blocks(3)).await.unwrap();
    let head = blocks[2].hash;
    let (node, _peer) = check(
        claiming(hello(3, head, 1_000), blocks),
        "claims total difficulty",
    )
    .await;
    // What it has is valid all the same.
    assert_eq!(node.tip().hash, head);
    assert!(standing(&node) <= 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_with_a_broken_block_is_taken_up_to_it() {
    let mut blocks = tokio::task::spawn_blocking(|| blocks(3)).await.unwrap();
    let mut header = blocks[2].header.clone();
    header.state_root = B256::ZERO;
    clique::seal(&mut header, &key(1)).unwrap();
    blocks[2] = Block::new(header, Vec::new());
    let (second, head) = (blocks[1].hash, blocks[2].hash);
    let (node, _peer) = check(claiming(hello(3, head, 1_000), blocks), "state root").await;
    assert_eq!(node.tip().hash, second);
    assert!(standing(&node) <= 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_do_not_follow_one_another_are_not_imported() {
    let mut blocks = tokio::task::spawn_blocking(|| blocks(3)).await.unwrap();
    let head = blocks[2].hash;
    blocks.swap(0, 1);
    let (node, _peer) = check(claiming(hello(3, head, 1_000), blocks), "does not follow").await;
    assert_eq!(node.tip().header.number, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_genesis_block_behind_the_same_name_is_a_lie() {
    let claim = hello(3, B256::repeat_byte(1), 9);
    let router = Router::new()
        .route("/rpc/sync/status", get(async move || axum::Json(claim)))
        .route(
            "/rpc/sync/hashes",
            get(async || encode_hashes(&[B256::repeat_byte(9)])),
        );
    let (node, _peer) = check(router, "is not its genesis block").await;
    assert!(standing(&node) <= 50);
}
