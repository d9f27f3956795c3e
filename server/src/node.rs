//! This node of the chain: opened, kept running, and handed to those who ask it.

pub mod in_process;
mod ipc;
mod open;
pub mod status;

use std::net::IpAddr;
use std::sync::Arc;

use chain::Chain;
use chain::rpc::{Dispatcher, Options, SyncState};
use chain::service::Sealer;
use chain::sync::{PeerOrigin, Peers, SyncSettings};
use chain::tasks::block_maker::{self, BlockMaker, MINE_REQUESTS_MAX};
use chain::tasks::expire;
use explorer::node::{HttpNode, SharedNode};
use tokio::sync::{mpsc, watch};

use self::in_process::InProcessNode;
use crate::api::chain::Faucet;
use crate::cli::problem;
use crate::config::Settings;
use crate::config::chain::ChainKind;
use crate::config::secrets::Secrets;
use crate::layers::rate::ChainRate;

/// A node of our own. Cheap to clone.
#[derive(Clone)]
pub struct OwnNode {
    pub chain: Chain,
    pub dispatcher: Dispatcher,
    pub peers: Peers,
    /// Who seals its blocks, if it does.
    pub sealer: Option<Sealer>,
    /// Who pays what the faucet gives; development only.
    pub faucet: Option<Arc<Faucet>>,
    /// How much one address may ask of its interfaces.
    pub rate: ChainRate,
}

/// The chain that the site shows.
#[derive(Clone)]
pub enum ChainPart {
    /// This program is one of its nodes.
    Own(OwnNode),
    /// A node elsewhere keeps it.
    Outside(SharedNode),
    /// There is none.
    Off,
}

impl ChainPart {
    /// Opens what the settings name, and starts what keeps it running.
    ///
    /// # Errors
    /// One line per problem.
    pub async fn open(
        settings: &Settings,
        secrets: &Secrets,
        shutdown: &watch::Receiver<bool>,
    ) -> Result<Self, Vec<String>> {
        match settings.chain.kind {
            ChainKind::Off => Ok(Self::Off),
            ChainKind::Outside => {
                let node =
                    HttpNode::connect(&settings.chain.url).map_err(|error| problem(&error))?;
                Ok(Self::Outside(node))
            }
            ChainKind::Own => Ok(Self::Own(open_own(settings, secrets, shutdown).await?)),
        }
    }

    /// The chain as the explorer reads it.
    #[must_use]
    pub fn ethereum_node(&self) -> Option<SharedNode> {
        match self {
            Self::Own(own) => Some(Arc::new(InProcessNode::new(own.dispatcher.clone()))),
            Self::Outside(node) => Some(node.clone()),
            Self::Off => None,
        }
    }

    /// The node of our own, if there is one.
    #[must_use]
    pub const fn own(&self) -> Option<&OwnNode> {
        match self {
            Self::Own(own) => Some(own),
            Self::Outside(_) | Self::Off => None,
        }
    }
}

async fn open_own(
    settings: &Settings,
    secrets: &Secrets,
    shutdown: &watch::Receiver<bool>,
) -> Result<OwnNode, Vec<String>> {
    let opened = open::open(settings, secrets).await?;
    let chain = opened.chain;
    let peers = settings
        .chain
        .peers
        .iter()
        .map(|peer| PeerOrigin::parse(peer))
        .collect::<Result<_, _>>()
        .map_err(|error| problem(&error))?;
    let sync = SyncSettings {
        peers,
        poll_interval: chain::sync::POLL_INTERVAL_DEFAULT,
    };
    let rate = ChainRate::new(
        settings.limits.chain_per_minute,
        &addresses_of(&sync.peers).await,
        &settings.trusted_proxies,
    );
    tokio::spawn(rate.clone().sweep());
    let peers = Peers::new(chain.clone(), sync).map_err(|error| problem(&error))?;
    let (mine, mine_queue) = mpsc::channel(MINE_REQUESTS_MAX);
    let options = Options {
        mine: settings.development.then_some(mine),
        signer: opened.sealer.as_ref().map(Sealer::address),
        sync: Some(Arc::new(PeersState(peers.clone()))),
    };
    let dispatcher = Dispatcher::new(chain.clone(), options);
    let socket = settings.data_dir.join(ipc::SOCKET_NAME);
    if let Err(error) = ipc::serve(&socket, dispatcher.for_operator(), shutdown.clone()) {
        // Such as a path that is too long for a socket: the node does its work without.
        tracing::warn!(path = %socket.display(), %error, "the operator's socket is not open");
    }
    let head = chain.tip();
    tracing::info!(
        chain_id = chain.spec().chain_id(),
        genesis = %chain.spec().genesis_hash(),
        height = head.header.number,
        signer = opened.sealer.as_ref().map(|sealer| sealer.address().to_string()),
        "chain"
    );
    if let Some(sealer) = opened.sealer.clone() {
        let maker = BlockMaker {
            chain: chain.clone(),
            sealer,
            mode: settings.chain.block_mode(),
            requests: mine_queue,
        };
        let making = tokio::spawn(block_maker::run(maker, shutdown.clone()));
        tokio::spawn(async move {
            if let Err(error) = making.await {
                tracing::error!(%error, "no more blocks are made here: start the program again");
            }
        });
    }
    tokio::spawn(expire::run(chain.clone(), shutdown.clone()));
    tokio::spawn({
        let (peers, mut shutdown) = (peers.clone(), shutdown.clone());
        async move {
            tokio::select! {
                () = peers.run() => {}
                _ = shutdown.wait_for(|is_ending| *is_ending) => {}
            }
        }
    });
    Ok(OwnNode {
        chain,
        dispatcher,
        peers,
        sealer: opened.sealer,
        faucet: settings
            .development
            .then(|| Arc::new(Faucet::new(opened.treasury))),
        rate,
    })
}

/// Where the peers are. One whose name is not known now is treated like anybody.
async fn addresses_of(peers: &[PeerOrigin]) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for peer in peers {
        let (host, port) = peer.host_and_port();
        match tokio::net::lookup_host((host, port)).await {
            Ok(addresses) => found.extend(addresses.map(|address| address.ip())),
            Err(error) => tracing::warn!(%peer, %error, "this peer's address is not known"),
        }
    }
    found
}

/// What JSON-RPC tells of the peers.
struct PeersState(Peers);

impl std::fmt::Debug for PeersState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PeersState")
    }
}

impl SyncState for PeersState {
    fn highest_block(&self) -> Option<u64> {
        self.0.syncing().map(|syncing| syncing.highest_block)
    }

    fn peers(&self) -> u64 {
        self.0.count() as u64
    }
}
