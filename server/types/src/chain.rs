//! The chain's own machinery as pages show it: who signs blocks, which nodes follow it, and what
//! a wallet needs to send on it. What blocks hold is in [`crate::explorer`].

use serde::{Deserialize, Serialize};

use crate::explorer::{Amount, HexBytes, Moment, Party, TransactionHash};
use crate::{Timestamp, WalletAddress};

/// The signers of a Clique chain (EIP-225) and their votes, at the newest block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signers {
    /// Number of the newest block.
    pub head: u64,
    /// Seconds between blocks that have something to hold, in milliseconds.
    pub period_ms: u64,
    /// Blocks after which all votes are forgotten (`EPOCH_LENGTH`).
    pub epoch_blocks: u64,
    /// In the order of their turns.
    pub signers: Vec<SignerStatus>,
    /// Votes that wait for a majority, oldest first.
    pub votes: Vec<SignerVote>,
}

impl Signers {
    /// Votes that decide: more than half of the signers (EIP-225, "Voting on signers").
    #[must_use]
    pub fn votes_needed(&self) -> usize {
        self.signers.len() / 2 + 1
    }
}

/// One signer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerStatus {
    pub party: Party,
    /// The next block is this one's to sign in turn.
    pub is_next: bool,
    /// It signed so recently that it must leave the next blocks to others (`SIGNER_LIMIT`).
    pub is_resting: bool,
    pub signed_blocks: u64,
    /// None when it signed none that we know of.
    pub last_signed: Option<Moment>,
}

/// A vote of one signer on an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerVote {
    pub voter: Party,
    pub candidate: Party,
    pub proposal: VoteProposal,
    /// The block that carries it.
    pub block: u64,
}

/// What a vote asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoteProposal {
    /// The candidate may sign from then on.
    Authorize,
    /// The candidate may sign no longer.
    Drop,
}

/// The node that this site runs or asks, and the peers that it compares heads with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nodes {
    /// When the heads were last compared.
    pub compared_at: Option<Timestamp>,
    /// This site's own first.
    pub nodes: Vec<NodeStatus>,
}

/// One node of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    pub name: String,
    /// Without credentials.
    pub endpoint: String,
    pub is_own: bool,
    pub state: NodeSync,
    /// Number of its newest block.
    pub head: Option<u64>,
    /// Blocks that it lacks of the highest head.
    pub lag_blocks: Option<u64>,
    /// As `web3_clientVersion` says.
    pub client_version: Option<String>,
    pub last_answer_at: Option<Timestamp>,
    /// What went wrong last, and when; a sentence for people.
    pub last_error: Option<(Timestamp, String)>,
}

/// How a node stands to the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum NodeSync {
    /// Not asked yet.
    Connecting,
    InStep,
    /// It fetches blocks that it lacks, or we fetch them from it.
    CatchingUp,
    /// It does not answer; asked again at this moment.
    Failing {
        retry_at: Option<Timestamp>,
    },
    /// It is a node of another chain; the sentence says how it differs (chain id, genesis).
    Incompatible {
        reason: String,
    },
}

/// What a wallet must know to use this chain (EIP-3085).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    pub chain_id: u64,
    pub name: String,
    pub coin_symbol: String,
    /// None where there is no faucet: outside development.
    pub faucet: Option<Faucet>,
}

/// What the development faucet gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faucet {
    /// At a time, in wei.
    pub amount: Amount,
    /// To one address in a day, in wei.
    pub daily_limit: Amount,
}

/// A gift of the faucet on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaucetGift {
    pub transaction: TransactionHash,
    /// In wei.
    pub amount: Amount,
}

/// What somebody wants to send, before anyone signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionRequest {
    pub from: WalletAddress,
    /// None creates a contract.
    pub to: Option<WalletAddress>,
    /// In wei.
    pub value: Amount,
    pub data: HexBytes,
}

/// The rest of a dynamic-fee transaction (EIP-1559), as the node advises it: for wallets that
/// cannot ask a node themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedTransaction {
    pub request: TransactionRequest,
    pub chain_id: u64,
    pub nonce: u64,
    pub gas_limit: u64,
    /// In wei.
    pub max_fee_per_gas: Amount,
    /// In wei.
    pub max_priority_fee_per_gas: Amount,
}
