use std::time::Instant;

use super::network::{CHAIN_ID, Node, mine, spec, spec_of, transfer, until};
use crate::sync::PeerState;

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_late_catches_up() {
    const BLOCKS: u64 = 2_000;
    let old = Node::start(spec(), &[]).await;
    let chain = old.chain.clone();
    for nonce in 0..50 {
        old.submit(&transfer(10, nonce)).await;
    }
    tokio::task::spawn_blocking(move || (0..BLOCKS).for_each(|_| drop(mine(&chain))))
        .await
        .unwrap();
    let began = Instant::now();
    let new = Node::join(spec(), &[old.address]).await;
    until("it says that it is behind", || {
        new.peers.syncing().is_some()
    })
    .await;
    let syncing = new.peers.syncing();
    until("it has caught up", || new.tip().hash == old.tip().hash).await;
    let took = began.elapsed();
    assert!(
        syncing.is_none_or(|syncing| {
            (syncing.starting_block, syncing.highest_block) == (0, BLOCKS)
        })
    );
    assert_eq!(new.tip().total_difficulty, old.tip().total_difficulty);
    until("it no longer says so", || new.peers.syncing().is_none()).await;
    eprintln!("{BLOCKS} blocks took {took:?}");
    let peer = new.peer("127.0.0.1");
    assert_eq!((peer.remote_height, peer.lag), (Some(BLOCKS), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_chain_is_named_and_left_alone() {
    for (other, reason) in [
        (spec_of(CHAIN_ID, 11..20), "another chain"),
        (spec_of(4_242, 10..20), "chain id is 4242"),
    ] {
        let other = Node::join(other, &[]).await;
        mine(&other.chain);
        let node = Node::join(spec(), &[other.address]).await;
        until("it is named", || {
            node.peer("127.0.0.1").state == PeerState::Incompatible
        })
        .await;
        let error = node.peer("127.0.0.1").last_error.unwrap();
        assert!(error.contains(reason), "{error}");
        assert_eq!((node.tip().header.number, node.peers.count()), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_told_to_follow_itself_notices() {
    let (listener, address) = super::network::Wire::reserve().await;
    let node = Node::join(spec(), &[address]).await;
    let _wire = super::network::Wire::lay(listener, node.address);
    until("it notices", || {
        let error = node.peers.status()[0].last_error.clone();
        error.is_some_and(|reason| reason.contains("itself"))
    })
    .await;
    assert_eq!(node.peers.count(), 0);
}
