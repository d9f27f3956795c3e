//! Every rule of a block broken once, and messages that are none.

use std::net::SocketAddr;
use std::time::Duration;

use alloy_consensus::{Header, TxEnvelope};
use alloy_primitives::{B64, B256, Bytes, U256};
use futures::{SinkExt, StreamExt};
use secp256k1::SecretKey;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::network::{CHAIN_ID, Node, key, mine, open_chain, spec, transfer, until};
use crate::block::Block;
use crate::clique;
use crate::sync::PeerState;
use crate::sync::protocol::{
    Head, Hello, Message, PROTOCOL_VERSION, SMALL_MESSAGE_BYTES_MAX, TRANSACTIONS_MAX,
};
use crate::transaction;

/// A peer that says whatever it likes.
struct Hostile {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

async fn open(
    node: SocketAddr,
    name: &str,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, tungstenite::Error> {
    let mut request = format!("ws://{node}/rpc/sync/ws")
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("x-address", name.parse().unwrap());
    connect_async(request).await.map(|(socket, _)| socket)
}

impl Hostile {
    async fn connect(node: &Node, name: &str) -> Self {
        let socket = open(node.address, name).await.unwrap();
        let mut hostile = Self { socket };
        let spec = spec();
        hostile
            .say(Message::Hello(Hello {
                version: PROTOCOL_VERSION,
                chain_id: CHAIN_ID,
                genesis_hash: spec.genesis_hash(),
                node: B256::repeat_byte(0xbb),
                head: Head {
                    number: 0,
                    hash: spec.genesis_hash(),
                    total_difficulty: U256::ZERO,
                },
            }))
            .await;
        until("it is a peer", || {
            let all = node.peers.status();
            all.iter().any(|peer| peer.endpoint == name)
        })
        .await;
        hostile
    }

    async fn say(&mut self, message: Message) {
        self.bytes(message.encode()).await;
    }

    async fn bytes(&mut self, bytes: bytes::Bytes) {
        self.socket.send(Frame::Binary(bytes)).await.unwrap();
    }

    /// Whether the node hangs up before long.
    async fn is_left(&mut self) -> bool {
        let end = async {
            while let Some(Ok(message)) = self.socket.next().await {
                if message.is_close() {
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), end)
            .await
            .is_ok()
    }
}

/// A block that follows the genesis block and is valid.
fn valid_block() -> Block {
    let folder = tempfile::tempdir().unwrap();
    let chain = open_chain(spec(), folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for nonce in 0..2 {
        runtime
            .block_on(chain.submit(&transfer(10, nonce)))
            .unwrap();
    }
    mine(&chain).block.clone()
}

fn sealed(mut header: Header, key: &SecretKey) -> Header {
    // Where the seal does not fit there is none.
    if clique::signers_section(&header).is_ok() {
        clique::seal(&mut header, key).unwrap();
    }
    header
}

fn changed(block: &Block, change: impl FnOnce(&mut Header)) -> Block {
    let mut header = block.header.clone();
    change(&mut header);
    Block::new(sealed(header, &key(1)), block.transactions.clone())
}

fn with_seal(block: &Block, change: impl FnOnce(&mut [u8])) -> Block {
    let mut header = block.header.clone();
    let mut extra_data = header.extra_data.to_vec();
    let at = extra_data.len() - clique::EXTRA_SEAL;
    change(&mut extra_data[at..]);
    header.extra_data = extra_data.into();
    Block::new(header, block.transactions.clone())
}

/// Blocks that each break one rule, and what the refusal is to say.
fn broken_blocks(valid: &Block) -> Vec<(Block, &'static str)> {
    type Change = fn(&mut Header);
    let headers: [(Change, &str); 18] = [
        (
            |header| header.number = 2,
            "block 2 does not follow block 0",
        ),
        (|header| header.timestamp = 0, "timestamp"),
        (|header| header.gas_limit = 31_000_000, "gas limit"),
        (|header| header.gas_used = header.gas_limit + 1, "gas used"),
        (|header| header.base_fee_per_gas = Some(1), "base fee"),
        (|header| header.base_fee_per_gas = None, "base fee"),
        (|header| header.ommers_hash = B256::ZERO, "ommers"),
        (|header| header.mix_hash = B256::repeat_byte(1), "mix hash"),
        (
            |header| header.withdrawals_root = Some(B256::ZERO),
            "withdrawalsRoot",
        ),
        (
            |header| header.extra_data = Bytes::from(vec![0; 50]),
            "extra data",
        ),
        (
            |header| header.extra_data = Bytes::from(vec![0; 117]),
            "extra data",
        ),
        (|header| header.nonce = B64::repeat_byte(7), "nonce"),
        (|header| header.difficulty = U256::from(1), "difficulty"),
        (
            |header| header.transactions_root = B256::ZERO,
            "transactions root",
        ),
        (|header| header.gas_used -= 1, "gas used"),
        (|header| header.logs_bloom.0[0] = 1, "bloom"),
        (|header| header.receipts_root = B256::ZERO, "receipts root"),
        (|header| header.state_root = B256::ZERO, "state root"),
    ];
    let mut broken: Vec<(Block, &str)> = headers
        .into_iter()
        .map(|(change, reason)| (changed(valid, change), reason))
        .collect();
    let stranger = Block::new(
        sealed(valid.header.clone(), &key(9)),
        valid.transactions.clone(),
    );
    broken.push((stranger, "not an authorised signer"));
    broken.push((with_seal(valid, |seal| seal.fill(0)), "seal"));
    broken.push((with_seal(valid, |seal| seal[64] = 9), "seal"));
    let high_s = with_seal(valid, |seal| {
        let order = secp256k1::constants::CURVE_ORDER;
        let s = U256::from_be_bytes(order) - U256::from_be_slice(&seal[32..64]);
        seal[32..64].copy_from_slice(&s.to_be_bytes::<32>());
        seal[64] ^= 1;
    });
    broken.push((high_s, "high s"));
    // The second transaction alone: its nonce is not the next one.
    let transactions = vec![valid.transactions[1].clone()];
    let mut header = valid.header.clone();
    header.transactions_root = crate::validation::transactions_root(&transactions);
    broken.push((
        Block::new(sealed(header, &key(1)), transactions),
        "transaction 0",
    ));
    broken
}

#[tokio::test(flavor = "multi_thread")]
async fn every_broken_rule_is_named_and_two_are_too_many() {
    let valid = tokio::task::spawn_blocking(valid_block).await.unwrap();
    let node = Node::start(spec(), &[]).await;
    let broken = broken_blocks(&valid);
    for (index, (block, reason)) in broken.iter().enumerate() {
        let name = format!("rule-{index}");
        let mut hostile = Hostile::connect(&node, &name).await;
        hostile.say(Message::Block(block.encode().into())).await;
        until(reason, || {
            let error = node.peer(&name).last_error;
            error.is_some_and(|error| error.contains(reason))
        })
        .await;
        assert_eq!(node.peer(&name).standing, 50, "{reason}");
        // Another one, so that it is not merely remembered.
        let (other, _) = &broken[(index + 1) % broken.len()];
        hostile.say(Message::Block(other.encode().into())).await;
        until("it is banned", || {
            node.peer(&name).state == PeerState::Banned
        })
        .await;
        assert!(hostile.is_left().await);
        let refusal = open(node.address, &name).await.map(|_| ());
        let Err(tungstenite::Error::Http(refusal)) = refusal else {
            panic!("{refusal:?}");
        };
        assert_eq!(refusal.status(), 403);
    }
    assert_eq!(node.tip().header.number, 0);
    // The valid one is still taken.
    let mut honest = Hostile::connect(&node, "honest").await;
    honest.say(Message::Block(valid.encode().into())).await;
    until("the valid one is in", || node.tip().hash == valid.hash).await;
    assert_eq!(node.peer("honest").standing, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_of_the_future_is_not_held_against_the_block() {
    let valid = tokio::task::spawn_blocking(valid_block).await.unwrap();
    let node = Node::start(spec(), &[]).await;
    let mut hostile = Hostile::connect(&node, "early").await;
    let now_s = crate::sync::clock::unix_time_s();
    let early = changed(&valid, |header| header.timestamp = now_s + 17);
    hostile.say(Message::Block(early.encode().into())).await;
    until("it is refused", || node.peer("early").standing == 90).await;
    // Two seconds later it is not of the future any more.
    tokio::time::sleep(Duration::from_secs(3)).await;
    hostile.say(Message::Block(early.encode().into())).await;
    until("it is taken", || node.tip().hash == early.hash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_ends_the_session() {
    let node = Node::start(spec(), &[]).await;
    let mut oversized = vec![1];
    oversized.resize(SMALL_MESSAGE_BYTES_MAX * 2, 0);
    let many = Message::Transactions(vec![Bytes::new(); TRANSACTIONS_MAX + 1]);
    let hello = node.peers.hello();
    let cases: [(&str, bytes::Bytes); 6] = [
        ("empty", bytes::Bytes::new()),
        ("unknown-type", vec![99, 1, 2, 3].into()),
        ("garbage-block", vec![2, 0xf9, 0xff, 0xff].into()),
        ("oversized", oversized.into()),
        ("giant-batch", many.encode()),
        ("second-hello", Message::Hello(hello).encode()),
    ];
    for (name, bytes) in cases {
        let mut hostile = Hostile::connect(&node, name).await;
        hostile.bytes(bytes).await;
        assert!(hostile.is_left().await, "{name}");
        assert_eq!(node.peer(name).standing, 66, "{name}");
    }
    // A message that is longer than any may be is not even read to its end.
    let mut hostile = Hostile::connect(&node, "endless").await;
    let _ = hostile
        .socket
        .send(Frame::Binary(vec![2; 5 << 20].into()))
        .await;
    assert!(hostile.is_left().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_stopped() {
    let node = Node::start(spec(), &[]).await;
    let mut hostile = Hostile::connect(&node, "flood").await;
    let ping = Message::Ping(1).encode();
    for _ in 0..7_000 {
        if hostile
            .socket
            .feed(Frame::Binary(ping.clone()))
            .await
            .is_err()
        {
            break;
        }
    }
    let _ = hostile.socket.flush().await;
    until("it is noticed", || {
        let error = node.peer("flood").last_error;
        error.is_some_and(|error| error.contains("more than it may"))
    })
    .await;
    assert!(hostile.is_left().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_say_hello_is_left() {
    let node = Node::start(spec(), &[]).await;
    let socket = open(node.address, "silent").await.unwrap();
    let mut hostile = Hostile { socket };
    assert!(hostile.is_left().await);
    assert_eq!(node.peers.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_nobody_can_have_taken_cost_standing() {
    let node = Node::start(spec(), &[]).await;
    let mut hostile = Hostile::connect(&node, "forger").await;
    let good = transfer(10, 0);
    let mut forged = good.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    // A changed signature is another sender's, who is poor: no offence. Garbage is one.
    let batch = vec![
        good.clone().into(),
        forged.into(),
        Bytes::from_static(&[2, 1, 2, 3]),
    ];
    hostile.say(Message::Transactions(batch)).await;
    let hash = transaction::decode(&good).unwrap().hash();
    until("the good one is taken", || node.waits(&hash)).await;
    until("the others cost", || node.peer("forger").standing == 98).await;
    let envelope: &TxEnvelope = &transaction::decode(&good).unwrap().envelope().clone();
    assert_eq!(envelope.tx_hash(), &hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_bounded() {
    let node = Node::start(spec(), &[]).await;
    let mut held = Vec::new();
    for _ in 0..crate::sync::INBOUND_SESSIONS_PER_ADDRESS_MAX {
        held.push(Hostile::connect(&node, "greedy").await);
    }
    until("all are open", || {
        node.peer("greedy").state == PeerState::Connected
            && node.peers.inner.sessions.lock().open.len() == held.len()
    })
    .await;
    assert!(open(node.address, "greedy").await.is_err());
    assert!(open(node.address, "modest").await.is_ok());
}
