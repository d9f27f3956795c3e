//! What pages ask of the chain's machinery: signers, nodes, what a wallet needs, the faucet.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::{Address, U64, U256};
use app::context::{ChainAnswer, ChainStatus};
use chain::Chain;
use chain::sync::{PeerState, PeerStatus, Peers};
use explorer::Explorer;
use explorer::node::{NodeError, SharedNode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use types::audit::Actor;
use types::chain::{
    Faucet as FaucetTerms, FaucetGift, Network, NodeStatus, NodeSync, Nodes, PreparedTransaction,
    SignerStatus, SignerVote, Signers, TransactionRequest, VoteProposal,
};
use types::explorer::{Amount, Moment, Party};
use types::{ApiError, ErrorCode, Timestamp, WalletAddress};

use crate::api::chain::{DAY_MAX_WEI, Faucet, GiveError};

/// What the faucet's button gives, in wei: 2 ether.
const GIFT_WEI: u64 = 2_000_000_000_000_000_000;
/// Blocks between votes' being forgotten, where a node does not say.
const EPOCH_BLOCKS_DEFAULT: u64 = 30_000;

/// The chain's machinery, whoever runs it.
pub struct Machinery {
    pub node: SharedNode,
    pub explorer: Explorer,
    pub chain_id: u64,
    /// Where the node can be asked.
    pub endpoint: String,
    /// The node of our own.
    pub own: Option<OwnMachinery>,
}

/// What only our own node knows.
pub struct OwnMachinery {
    pub chain: Chain,
    pub peers: Peers,
    pub faucet: Option<Arc<Faucet>>,
}

/// `clique_getSnapshot` as geth answers it.
#[derive(Debug, Deserialize)]
struct SnapshotAnswer {
    number: u64,
    signers: BTreeMap<Address, Value>,
    recents: BTreeMap<u64, Address>,
    #[serde(default)]
    votes: Vec<VoteAnswer>,
    #[serde(default)]
    config: Option<ConfigAnswer>,
}

#[derive(Debug, Deserialize)]
struct VoteAnswer {
    signer: Address,
    block: u64,
    address: Address,
    authorize: bool,
}

#[derive(Debug, Deserialize)]
struct ConfigAnswer {
    period: u64,
    epoch: u64,
}

impl ChainStatus for Machinery {
    fn network(&self) -> Network {
        let faucet = self.own.as_ref().and_then(|own| own.faucet.as_ref());
        Network {
            chain_id: self.chain_id,
            name: match &self.own {
                Some(_) => "LedgerCloud".to_owned(),
                None => format!("Chain {}", self.chain_id),
            },
            coin_symbol: "ETH".to_owned(),
            faucet: faucet.map(|_| FaucetTerms {
                amount: Amount::from(GIFT_WEI),
                daily_limit: amount(DAY_MAX_WEI),
            }),
        }
    }

    fn signers(&self) -> ChainAnswer<'_, Signers> {
        Box::pin(self.read_signers())
    }

    fn nodes(&self) -> ChainAnswer<'_, Nodes> {
        Box::pin(self.read_nodes())
    }

    fn prepare(&self, request: TransactionRequest) -> ChainAnswer<'_, PreparedTransaction> {
        Box::pin(self.prepare_transaction(request))
    }

    fn ask_faucet(&self, to: WalletAddress, by: Actor) -> ChainAnswer<'_, FaucetGift> {
        Box::pin(self.give(to, by))
    }
}

impl Machinery {
    async fn read_signers(&self) -> Result<Signers, ApiError> {
        let snapshot: SnapshotAnswer = match self.ask("clique_getSnapshot", json!([])).await {
            Ok(snapshot) => snapshot,
            Err(NodeError::NotOffered { .. }) => {
                return Err(ApiError::new(
                    ErrorCode::NotFound,
                    "this chain has no signers: its blocks are not sealed by proof of authority",
                ));
            }
            Err(error) => return Err(unavailable(&error)),
        };
        let next = snapshot.number + 1;
        let count = snapshot.signers.len() as u64;
        let limit = count / 2 + 1;
        let mut signers = Vec::with_capacity(snapshot.signers.len());
        for (index, address) in (0_u64..).zip(snapshot.signers.keys()) {
            let last = snapshot
                .recents
                .iter()
                .rev()
                .find(|(_, signer)| *signer == address);
            let overview = self.explorer.address(wallet_address(*address)).await;
            let overview = overview.map_err(|_| index_fails())?;
            signers.push(SignerStatus {
                party: overview.party,
                is_next: count > 0 && next % count == index,
                is_resting: last.is_some_and(|(block, _)| next < limit || *block > next - limit),
                signed_blocks: overview.counts.signed_blocks,
                last_signed: match last {
                    Some((block, _)) => self.moment(*block).await,
                    None => None,
                },
            });
        }
        let config = snapshot.config.as_ref();
        Ok(Signers {
            head: snapshot.number,
            period_ms: config.map_or(0, |config| config.period * 1_000),
            epoch_blocks: config.map_or(EPOCH_BLOCKS_DEFAULT, |config| config.epoch),
            signers,
            votes: snapshot.votes.iter().map(vote).collect(),
        })
    }

    async fn read_nodes(&self) -> Result<Nodes, ApiError> {
        let head: U64 = self.ask_for_pages("eth_blockNumber", json!([])).await?;
        let version: String = self.ask_for_pages("web3_clientVersion", json!([])).await?;
        let head = head.to::<u64>();
        let peers = self
            .own
            .as_ref()
            .map_or_else(Vec::new, |own| own.peers.status());
        let highest = peers
            .iter()
            .filter_map(|peer| peer.remote_height)
            .fold(head, u64::max);
        let mut nodes = vec![NodeStatus {
            name: if self.own.is_some() {
                "This site"
            } else {
                "The chain's node"
            }
            .to_owned(),
            endpoint: self.endpoint.clone(),
            is_own: true,
            state: if highest > head {
                NodeSync::CatchingUp
            } else {
                NodeSync::InStep
            },
            head: Some(head),
            lag_blocks: Some(highest - head),
            client_version: Some(version),
            last_answer_at: Some(Timestamp::now()),
            last_error: None,
        }];
        nodes.extend(peers.into_iter().map(|peer| peer_status(peer, highest)));
        let compared_at = nodes
            .iter()
            .skip(1)
            .filter_map(|node| node.last_answer_at)
            .max();
        Ok(Nodes { compared_at, nodes })
    }

    async fn prepare_transaction(
        &self,
        request: TransactionRequest,
    ) -> Result<PreparedTransaction, ApiError> {
        let mut call = json!({
            "from": request.from.to_string(),
            "value": format!("{:#x}", wei(&request.value)?),
            "data": request.data.to_string(),
        });
        if let Some(to) = request.to {
            call["to"] = json!(to.to_string());
        }
        let from = request.from.to_string();
        let nonce: U64 = self
            .ask_for_pages("eth_getTransactionCount", json!([from, "pending"]))
            .await?;
        let gas_limit: U64 = match self.ask("eth_estimateGas", json!([call])).await {
            Ok(gas_limit) => gas_limit,
            Err(NodeError::Refused { message, .. }) => {
                return Err(ApiError::new(
                    ErrorCode::BadRequest,
                    format!("the transaction would fail: {message}"),
                ));
            }
            Err(error) => return Err(unavailable(&error)),
        };
        let tip: U256 = self
            .ask_for_pages("eth_maxPriorityFeePerGas", json!([]))
            .await?;
        let price: U256 = self.ask_for_pages("eth_gasPrice", json!([])).await?;
        Ok(PreparedTransaction {
            request,
            chain_id: self.chain_id,
            nonce: nonce.to(),
            gas_limit: gas_limit.to(),
            // Room for the base fee to double while somebody reads and signs.
            max_fee_per_gas: amount(price.saturating_mul(U256::from(2))),
            max_priority_fee_per_gas: amount(tip),
        })
    }

    async fn give(&self, to: WalletAddress, by: Actor) -> Result<FaucetGift, ApiError> {
        let none = || ApiError::new(ErrorCode::NotFound, "this chain has no faucet");
        let own = self.own.as_ref().ok_or_else(none)?;
        let faucet = own.faucet.as_ref().ok_or_else(none)?;
        let address: Address = to.to_string().parse().map_err(|_| none())?;
        tracing::info!(user = by.id, %address, "faucet");
        let given = faucet.give(&own.chain, address, U256::from(GIFT_WEI)).await;
        let hash = given.map_err(|error| match error {
            GiveError::Refused(_) => ApiError::new(ErrorCode::RateLimited, error.to_string()),
            GiveError::NotSent(_) => ApiError::new(ErrorCode::Unavailable, error.to_string()),
        })?;
        Ok(FaucetGift {
            transaction: hash
                .to_string()
                .parse()
                .map_err(|_| ApiError::new(ErrorCode::Internal, "a hash that is none"))?,
            amount: Amount::from(GIFT_WEI),
        })
    }

    /// When a block was made.
    async fn moment(&self, block: u64) -> Option<Moment> {
        #[derive(Deserialize)]
        struct BlockAnswer {
            timestamp: U64,
        }
        let asked = self
            .ask::<BlockAnswer>(
                "eth_getBlockByNumber",
                json!([format!("{block:#x}"), false]),
            )
            .await;
        let seconds = i64::try_from(asked.ok()?.timestamp.to::<u64>()).ok()?;
        Some(Moment {
            block,
            at: Timestamp(seconds * 1_000),
        })
    }

    async fn ask<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, NodeError> {
        let answer = self.node.request(method, params).await?;
        serde_json::from_value(answer).map_err(|error| NodeError::Malformed {
            method: method.to_owned(),
            problem: error.to_string(),
        })
    }

    async fn ask_for_pages<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<T, ApiError> {
        self.ask(method, params)
            .await
            .map_err(|error| unavailable(&error))
    }
}

fn peer_status(peer: PeerStatus, highest: u64) -> NodeStatus {
    let time = |text: Option<String>| text.as_deref().and_then(read_time);
    let last_error = peer.last_error.clone();
    let state = match peer.state {
        PeerState::New => NodeSync::Connecting,
        PeerState::Connected | PeerState::Polled if peer.remote_height == Some(highest) => {
            NodeSync::InStep
        }
        PeerState::Connected | PeerState::Polled => NodeSync::CatchingUp,
        PeerState::Unreachable | PeerState::Banned => NodeSync::Failing {
            retry_at: time(peer.banned_until),
        },
        PeerState::Incompatible => NodeSync::Incompatible {
            reason: last_error.clone().unwrap_or_default(),
        },
    };
    let last_answer_at = time(peer.last_ok);
    NodeStatus {
        name: peer.endpoint.clone(),
        endpoint: peer.endpoint,
        is_own: false,
        state,
        head: peer.remote_height,
        lag_blocks: peer.remote_height.map(|height| highest - height),
        client_version: None,
        last_answer_at,
        last_error: last_error.map(|error| (last_answer_at.unwrap_or_else(Timestamp::now), error)),
    }
}

/// A time as the peers' status tells it.
fn read_time(text: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Some(Timestamp(
        i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()?,
    ))
}

fn vote(vote: &VoteAnswer) -> SignerVote {
    SignerVote {
        voter: party(vote.signer),
        candidate: party(vote.address),
        proposal: if vote.authorize {
            VoteProposal::Authorize
        } else {
            VoteProposal::Drop
        },
        block: vote.block,
    }
}

fn party(address: Address) -> Party {
    Party {
        address: wallet_address(address),
        name: None,
        is_contract: false,
    }
}

fn wallet_address(address: Address) -> WalletAddress {
    WalletAddress(address.into())
}

fn amount(wei: U256) -> Amount {
    wei.to_string().parse().unwrap_or_default()
}

fn wei(amount: &Amount) -> Result<U256, ApiError> {
    amount
        .as_str()
        .parse()
        .map_err(|_| ApiError::new(ErrorCode::BadRequest, "the amount is too large"))
}

fn unavailable(error: &NodeError) -> ApiError {
    ApiError::new(
        ErrorCode::Unavailable,
        format!("the chain's node gives no answer: {error}"),
    )
}

fn index_fails() -> ApiError {
    ApiError::new(ErrorCode::Unavailable, "the chain's index does not answer")
}
