use std::sync::Arc;

use alloy_primitives::B256;

use super::network::{Node, Wire, mine, spec, transfer, until};
use crate::sync::PeerState;
use crate::sync::outbox::Next;
use crate::sync::peer::{Direction, Peer};

/// Two nodes that have named one another, over wires that can be cut.
struct Pair {
    left: Node,
    right: Node,
    wires: [Wire; 2],
}

impl Pair {
    async fn connected() -> Self {
        let (to_left, left_address) = Wire::reserve().await;
        let (to_right, right_address) = Wire::reserve().await;
        let left = Node::join(spec(), &[right_address]).await;
        let right = Node::join(spec(), &[left_address]).await;
        let wires = [
            Wire::lay(to_left, left.address),
            Wire::lay(to_right, right.address),
        ];
        let pair = Self { left, right, wires };
        pair.until_connected().await;
        pair
    }

    async fn until_connected(&self) {
        until("both are connected", || {
            [&self.left, &self.right]
                .iter()
                .all(|node| node.peers.status()[0].state == PeerState::Connected)
        })
        .await;
    }

    async fn cut(&self) {
        self.wires.iter().for_each(Wire::cut);
        until("both have noticed", || {
            self.left.peers.count() == 0 && self.right.peers.count() == 0
        })
        .await;
    }

    fn mend(&self) {
        self.wires.iter().for_each(Wire::mend);
    }

    async fn until_agreed(&self, head: B256) {
        until("they agree", || {
            self.left.tip().hash == head && self.right.tip().hash == head
        })
        .await;
    }
}

async fn submit_all(node: &Node, sender: u8, nonces: std::ops::Range<u64>) -> Vec<B256> {
    let mut hashes = Vec::new();
    for nonce in nonces {
        hashes.push(node.submit(&transfer(sender, nonce)).await);
    }
    hashes
}

#[tokio::test(flavor = "multi_thread")]
async fn halves_agree_on_the_heaviest_branch_and_lose_nothing() {
    let pair = Pair::connected().await;
    pair.until_agreed(mine(&pair.left.chain).block.hash).await;
    pair.cut().await;
    // Each half mines a part of what it is given, and the rest waits there.
    let mut transactions = submit_all(&pair.left, 10, 0..5).await;
    transactions.extend(submit_all(&pair.right, 11, 0..5).await);
    for _ in 0..3 {
        mine(&pair.left.chain);
    }
    for _ in 0..7 {
        mine(&pair.right.chain);
    }
    transactions.extend(submit_all(&pair.left, 10, 5..8).await);
    transactions.extend(submit_all(&pair.right, 12, 0..3).await);
    let heaviest = pair.right.tip().hash;
    pair.mend();
    pair.until_agreed(heaviest).await;
    // Whoever makes the next block has heard of everything.
    until("all wait or are mined, on both sides", || {
        transactions.iter().all(|hash| {
            [&pair.left, &pair.right]
                .iter()
                .all(|node| node.waits(hash) || node.is_mined(hash))
        })
    })
    .await;
    let last = pair.right.mine().await;
    pair.until_agreed(last.block.hash).await;
    for hash in &transactions {
        assert!(
            pair.left.is_mined(hash) && pair.right.is_mined(hash),
            "{hash} is lost"
        );
    }
}

#[tokio::test]
async fn what_was_on_its_way_when_a_connection_broke_is_told_over_the_other() {
    let node = Node::start(spec(), &[]).await;
    let hash = node.submit(&transfer(10, 0)).await;
    let inner = &node.peers.inner;
    let peer = Arc::new(Peer::new("neighbour".to_owned(), Direction::Inbound));
    let other_node = B256::repeat_byte(7);
    let breaking = inner.register(&peer, other_node);
    let other = inner.register(&peer, other_node);
    // Written into a socket; nobody knows whether it was read at the other end.
    breaking.session().known().insert(hash);
    drop(breaking);
    assert!(!other.session().known().contains(&hash));
    let next = other.session().outbox.lock().next(10);
    assert_eq!(next, Some(Next::Transactions(vec![hash])));
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_that_part_too_far_back_are_left_to_people() {
    let pair = Pair::connected().await;
    pair.cut().await;
    submit_all(&pair.left, 10, 0..1).await;
    for _ in 0..70 {
        mine(&pair.left.chain);
    }
    for _ in 0..80 {
        mine(&pair.right.chain);
    }
    let ours = pair.left.tip().hash;
    pair.mend();
    until("it is said", || {
        let error = pair.left.peers.status()[0].last_error.clone();
        error.is_some_and(|reason| reason.contains("more than 64 blocks back"))
    })
    .await;
    let peer = &pair.left.peers.status()[0];
    assert_eq!(peer.standing, 100);
    assert_eq!(pair.left.tip().hash, ours);
}
