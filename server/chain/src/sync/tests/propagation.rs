use super::network::{Node, Wire, key, mine, spec, transfer, until};
use crate::clique::signer_address;
use crate::sync::PeerState;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Three nodes, each of which has named the two others.
async fn triangle() -> [Node; 3] {
    let mut listeners = Vec::new();
    let mut addresses = Vec::new();
    for _ in 0..3 {
        let (listener, address) = Wire::reserve().await;
        listeners.push(listener);
        addresses.push(address);
    }
    let others = |me: usize| {
        let all = addresses.iter().enumerate();
        all.filter(|(index, _)| *index != me)
            .map(|(_, address)| *address)
            .collect::<Vec<_>>()
    };
    let mut nodes = Vec::new();
    for (index, listener) in listeners.into_iter().enumerate() {
        let node = Node::start(spec(), &others(index)).await;
        // The wires are never cut; they only give each node an address before it is there.
        let wire = Wire::lay(listener, node.address);
        std::mem::forget(wire);
        nodes.push(node);
    }
    for node in &mut nodes {
        node.run();
    }
    let nodes: [Node; 3] = nodes.try_into().unwrap_or_else(|_| unreachable!());
    for node in &nodes {
        until("all are connected", || {
            let status = node.peers.status();
            node.peers.count() == 2 && status.iter().all(|peer| peer.state == PeerState::Connected)
        })
        .await;
    }
    nodes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_and_a_transaction_reach_everyone_within_a_second() {
    let nodes = triangle().await;
    let hash = nodes[0].submit(&transfer(10, 0)).await;
    let took = until("the transaction is everywhere", || {
        nodes.iter().all(|node| node.waits(&hash))
    })
    .await;
    assert!(took < SECOND, "{took:?}");
    let block = nodes[2].mine().await;
    let took = until("the block is everywhere", || {
        nodes.iter().all(|node| node.tip().hash == block.block.hash)
    })
    .await;
    assert!(took < SECOND, "{took:?}");
    assert_eq!(block.block.transactions.len(), 1);
    for node in &nodes {
        assert!(node.is_mined(&hash) && !node.waits(&hash));
        assert!(node.peers.syncing().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_transactions_in_the_order_of_nonces_reach_everyone() {
    const EACH: u64 = 200;
    let nodes = triangle().await;
    for nonce in 0..EACH {
        for sender in 10..13 {
            nodes[usize::from(sender) % 3]
                .submit(&transfer(sender, nonce))
                .await;
        }
    }
    until("all transactions are everywhere", || {
        nodes.iter().all(|node| {
            node.chain.with_mempool(|mempool| mempool.status().pending) == 3 * EACH as usize
        })
    })
    .await;
    let block = nodes[1].mine().await;
    assert_eq!(block.block.transactions.len(), 3 * EACH as usize);
    until("the block is everywhere", || {
        nodes.iter().all(|node| node.tip().hash == block.block.hash)
    })
    .await;
    let sender = signer_address(&key(12));
    let account = nodes[0].tip().state().account(sender).unwrap().unwrap();
    assert_eq!(account.nonce, EACH);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_listens_is_told_as_well() {
    let listener = Node::join(spec(), &[]).await;
    let dialler = Node::join(spec(), &[listener.address]).await;
    until("they are connected", || listener.peers.count() == 1).await;
    let hash = listener.submit(&transfer(10, 0)).await;
    until("what the listener has reaches the dialler", || {
        dialler.waits(&hash)
    })
    .await;
    let block = mine(&dialler.chain);
    until("what the dialler makes reaches the listener", || {
        listener.tip().hash == block.block.hash
    })
    .await;
    // They offer what waits when they meet.
    let mut late = Node::start(spec(), &[listener.address]).await;
    let offered = listener.submit(&transfer(11, 0)).await;
    let brought = late.submit(&transfer(12, 0)).await;
    late.run();
    until("mempools are exchanged", || {
        late.waits(&offered) && listener.waits(&brought) && dialler.waits(&brought)
    })
    .await;
}
