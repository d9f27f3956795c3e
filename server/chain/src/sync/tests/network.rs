//! Nodes in one process that talk over real sockets, and wires that can be cut.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, TxKind, U256};
use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::{SinkExt, StreamExt};
use secp256k1::SecretKey;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::chain_spec::ChainSpec;
use crate::clique::signer_address;
use crate::draft::AppliedBlock;
use crate::mempool::Limits;
use crate::service::{Order, Sealer};
use crate::settings::{ChainSettings, History};
use crate::sync::{
    Admission, BlocksRequest, PeerOrigin, PeerStatus, Peers, SyncSettings, protocol,
};
use crate::transaction::Unprotected;
use crate::{Chain, Tip};

pub(super) const CHAIN_ID: u64 = 1337;
/// Long enough for a loaded machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn key(name: u8) -> SecretKey {
    SecretKey::from_byte_array(&[name; 32]).unwrap()
}

/// Signed by 1; the accounts 10 to 19 are rich.
pub(super) fn spec() -> ChainSpec {
    spec_of(CHAIN_ID, 10..20)
}

pub(super) fn spec_of(chain_id: u64, rich: std::ops::Range<u8>) -> ChainSpec {
    let signers = BTreeSet::from([signer_address(&key(1))]);
    let rich: BTreeMap<Address, U256> = rich
        .map(|name| {
            (
                signer_address(&key(name)),
                U256::from(10).pow(U256::from(24)),
            )
        })
        .collect();
    ChainSpec::development(chain_id, &signers, &rich).unwrap()
}

/// A node. It ends when it is dropped.
pub(super) struct Node {
    pub(super) chain: Chain,
    pub(super) peers: Peers,
    pub(super) address: SocketAddr,
    tasks: JoinSet<()>,
    _folder: tempfile::TempDir,
}

pub(super) fn open_chain(spec: ChainSpec, folder: &std::path::Path) -> Chain {
    let settings = ChainSettings {
        folder: folder.to_owned(),
        history: History::Blocks(1_024),
        reorg_depth_max: 64,
        mempool: Limits::default(),
        unprotected: Unprotected::Refused,
        gas_limit_target: 30_000_000,
    };
    Chain::open(spec, settings, 0).unwrap()
}

impl Node {
    /// A node that answers, and neither asks nor pushes yet.
    pub(super) async fn start(spec: ChainSpec, peers: &[SocketAddr]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let chain = open_chain(spec, folder.path());
        let settings = SyncSettings {
            peers: peers
                .iter()
                .map(|peer| PeerOrigin::parse(&format!("http://{peer}")).unwrap())
                .collect(),
            poll_interval: Duration::from_secs(1),
        };
        let peers = Peers::new(chain.clone(), settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router(peers.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            chain,
            peers,
            address,
            tasks,
            _folder: folder,
        }
    }

    /// A node that does all of it.
    pub(super) async fn join(spec: ChainSpec, peers: &[SocketAddr]) -> Self {
        let mut node = Self::start(spec, peers).await;
        node.run();
        node
    }

    pub(super) fn run(&mut self) {
        let peers = self.peers.clone();
        self.tasks.spawn(async move { peers.run().await });
    }

    pub(super) fn tip(&self) -> Arc<Tip> {
        self.chain.tip()
    }

    /// Makes a block of what waits.
    pub(super) async fn mine(&self) -> Arc<AppliedBlock> {
        let chain = self.chain.clone();
        tokio::task::spawn_blocking(move || mine(&chain))
            .await
            .unwrap()
    }

    pub(super) async fn submit(&self, raw: &[u8]) -> B256 {
        self.chain.submit(raw).await.unwrap()
    }

    pub(super) fn waits(&self, hash: &B256) -> bool {
        self.chain
            .with_mempool(|mempool| mempool.get(hash).is_some())
    }

    pub(super) fn is_mined(&self, hash: &B256) -> bool {
        self.tip().view.place_of(hash).unwrap().is_some()
    }

    /// The peer that this node has of that name, or the only one.
    pub(super) fn peer(&self, name: &str) -> PeerStatus {
        let all = self.peers.status();
        all.into_iter()
            .find(|peer| peer.endpoint.contains(name))
            .unwrap()
    }
}

pub(super) fn mine(chain: &Chain) -> Arc<AppliedBlock> {
    let tip = chain.tip();
    let order = Order {
        parent: tip.hash,
        timestamp_s: tip.header.timestamp + 2,
        time_limit: Duration::from_secs(10),
        random: 0,
    };
    chain.produce(&Sealer::new(key(1)), order).unwrap()
}

/// A transfer of one wei by a rich account.
pub(super) fn transfer(sender: u8, nonce: u64) -> Vec<u8> {
    transfer_to(sender, nonce, Address::repeat_byte(0xee))
}

pub(super) fn transfer_to(sender: u8, nonce: u64, to: Address) -> Vec<u8> {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(to),
        value: U256::ONE,
        ..Default::default()
    };
    let signature = alloy_consensus::crypto::secp256k1::sign_message(
        B256::repeat_byte(sender),
        transaction.signature_hash(),
    )
    .unwrap();
    TxEnvelope::from(transaction.into_signed(signature)).encoded_2718()
}

/// Waits until something is so. Returns how long it took.
pub(super) async fn until(what: &str, is_so: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

/// A wire to a node that can be cut and mended.
pub(super) struct Wire {
    is_whole: watch::Sender<bool>,
    _relay: JoinSet<()>,
}

impl Wire {
    pub(super) async fn reserve() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    pub(super) fn lay(listener: TcpListener, to: SocketAddr) -> Self {
        let (is_whole, state) = watch::channel(true);
        let mut relay = JoinSet::new();
        relay.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let mut state = state.clone();
                connections.spawn(async move {
                    let work = async {
                        if let Ok(mut far) = TcpStream::connect(to).await {
                            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                        }
                    };
                    tokio::select! {
                        () = work => {}
                        _ = state.wait_for(|is_whole| !is_whole) => {}
                    }
                });
            }
        });
        Self {
            is_whole,
            _relay: relay,
        }
    }

    pub(super) fn cut(&self) {
        self.is_whole.send_replace(false);
    }

    pub(super) fn mend(&self) {
        self.is_whole.send_replace(true);
    }
}

#[derive(Deserialize)]
struct BlocksQuery {
    start: Option<u64>,
    hash: Option<B256>,
    count: usize,
}

#[derive(Deserialize)]
struct HashesQuery {
    start: u64,
    count: usize,
}

fn router(peers: Peers) -> Router {
    Router::new()
        .route(
            "/rpc/sync/status",
            get(async |State(peers): State<Peers>| axum::Json(peers.hello())),
        )
        .route("/rpc/sync/blocks", get(blocks))
        .route(
            "/rpc/sync/hashes",
            get(
                async |State(peers): State<Peers>, Query(query): Query<HashesQuery>| {
                    peers.answer_hashes(query.start, query.count).unwrap()
                },
            ),
        )
        .route("/rpc/sync/ws", get(open))
        .with_state(peers)
}

async fn blocks(State(peers): State<Peers>, Query(query): Query<BlocksQuery>) -> Response {
    match BlocksRequest::from_query(query.start, query.hash, query.count) {
        Ok(wanted) => peers.answer_blocks(wanted).await.unwrap().into_response(),
        Err(reason) => (StatusCode::BAD_REQUEST, reason).into_response(),
    }
}

async fn open(
    State(peers): State<Peers>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let address = headers
        .get("x-address")
        .map_or("neighbour", |name| name.to_str().unwrap());
    match peers.admit(address) {
        Ok(admission) => upgrade
            .max_message_size(protocol::MESSAGE_BYTES_MAX)
            .on_upgrade(|socket| talk(socket, admission)),
        Err(error) => (StatusCode::FORBIDDEN, error.to_string()).into_response(),
    }
}

async fn talk(socket: WebSocket, admission: Admission) {
    let (sink, stream) = socket.split();
    let stream = stream.filter_map(|message| {
        ready(match message {
            Ok(Message::Binary(bytes)) => Some(Ok(bytes)),
            Ok(Message::Text(_)) => Some(Ok(bytes::Bytes::new())),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    });
    let sink = sink.with(|bytes| ready(Ok::<_, axum::Error>(Message::Binary(bytes))));
    admission.run(stream, sink).await;
}
