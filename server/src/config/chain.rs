//! The chain: whose it is, who seals, and how much of it is kept.

use std::path::PathBuf;
use std::time::Duration;

use chain::settings::{BlockMode, HISTORY_BLOCKS_DEFAULT, History, REORG_DEPTH_DEFAULT};
use explorer::{CompilerSettings, ExplorerSettings};
use serde::{Deserialize, Serialize};
use url::Url;

use super::Settings;

/// The chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChainSettings {
    pub kind: ChainKind,
    /// JSON-RPC address of the node, for the kind `outside`.
    pub url: String,
    /// A genesis.json as geth reads it, with a `clique` section. When empty, one is made in the
    /// data folder at the first start, with this node as the only signer.
    pub genesis: PathBuf,
    /// Chain id (EIP-155) of a genesis that is made here.
    pub chain_id: u64,
    /// Least time between two blocks, in seconds, of a genesis that is made here.
    pub period: u64,
    /// Web3 Secret Storage file of the key that seals blocks; a key in the data folder when empty.
    pub signer: PathBuf,
    /// File with the passphrase of `signer`.
    pub signer_passphrase_file: PathBuf,
    /// Whether this node seals blocks; another follows.
    pub seal: bool,
    /// When blocks are made.
    pub blocks: BlockPolicy,
    /// Seconds of silence after which a block without transactions is made; 0: never.
    pub heartbeat: u64,
    /// Gas limit that our blocks move towards.
    pub gas_limit: u64,
    /// Origins of other nodes of the chain.
    pub peers: Vec<String>,
    /// Keep the state after every block since the first.
    pub archive: bool,
    /// States in the past that are kept otherwise, one a block.
    pub history_blocks: u64,
    /// Deepest reorganisation that is followed, in blocks.
    pub reorg_depth: u64,
    /// Take transactions without a chain id (older than EIP-155).
    pub allow_unprotected: bool,
    /// A Solidity compiler that reads standard JSON, with its arguments, for the verification of
    /// sources: `["solc", "--standard-json"]`. None when empty.
    pub compiler: Vec<String>,
}

/// Whose chain the site shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainKind {
    /// This program is one of its nodes.
    Own,
    /// An Ethereum node elsewhere keeps it.
    Outside,
    /// There is none.
    Off,
}

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockPolicy {
    /// When transactions wait, and after `heartbeat`.
    Transactions,
    /// At every turn.
    Always,
    /// When asked for by `evm_mine`.
    OnDemand,
}

impl Default for ChainSettings {
    fn default() -> Self {
        Self {
            kind: ChainKind::Own,
            url: String::new(),
            genesis: PathBuf::new(),
            chain_id: 31_337,
            period: 2,
            signer: PathBuf::new(),
            signer_passphrase_file: PathBuf::new(),
            seal: true,
            blocks: BlockPolicy::Transactions,
            heartbeat: 15,
            gas_limit: 250_000_000,
            peers: Vec::new(),
            archive: false,
            history_blocks: HISTORY_BLOCKS_DEFAULT,
            reorg_depth: REORG_DEPTH_DEFAULT,
            allow_unprotected: false,
            compiler: Vec::new(),
        }
    }
}

impl ChainSettings {
    /// Which states are kept.
    #[must_use]
    pub const fn history(&self) -> History {
        if self.archive {
            return History::Archive;
        }
        History::Blocks(self.history_blocks)
    }

    /// When blocks are made.
    #[must_use]
    pub const fn block_mode(&self) -> BlockMode {
        match self.blocks {
            BlockPolicy::Transactions => BlockMode::Transactions {
                heartbeat: match self.heartbeat {
                    0 => None,
                    seconds => Some(Duration::from_secs(seconds)),
                },
            },
            BlockPolicy::Always => BlockMode::Always,
            BlockPolicy::OnDemand => BlockMode::OnDemand,
        }
    }
}

impl Settings {
    /// Where the explorer keeps its index: beside the program's tables on PostgreSQL, in a file of
    /// its own on SQLite, whose one writer would otherwise keep people waiting.
    #[must_use]
    pub fn explorer_database_url(&self) -> String {
        if self.database_url.starts_with("sqlite:") {
            let file = self.data_dir.join("explorer.db");
            return format!("sqlite://{}?mode=rwc", file.display());
        }
        self.database_url.clone()
    }

    /// How the explorer works.
    #[must_use]
    pub fn explorer(&self) -> ExplorerSettings {
        ExplorerSettings {
            reorganisation_depth: self.chain.reorg_depth,
            compiler: compiler(&self.chain.compiler),
            ..ExplorerSettings::default()
        }
    }
}

/// Without a command, sources cannot be verified here, and the page says so.
fn compiler(command: &[String]) -> Option<CompilerSettings> {
    (!command.is_empty()).then(|| CompilerSettings {
        command: command.to_vec(),
        timeout: COMPILER_TIMEOUT,
        memory_bytes: COMPILER_MEMORY_BYTES,
    })
}

/// How long the compiler may work on one request.
const COMPILER_TIMEOUT: Duration = Duration::from_secs(60);
/// Memory that the compiler may fill.
const COMPILER_MEMORY_BYTES: u64 = 2 << 30;

/// Fewest states in the past: contracts and their users look back this far.
const HISTORY_BLOCKS_MIN: u64 = 128;
/// Least gas limit of a block: two transfers of a token.
const GAS_LIMIT_MIN: u64 = 200_000;

pub(super) fn check(settings: &Settings, problems: &mut Vec<String>) {
    let chain = &settings.chain;
    let mut say = |problem: String| problems.push(format!("chain.{problem}"));
    match chain.kind {
        ChainKind::Off => return,
        ChainKind::Outside => {
            let scheme = Url::parse(&chain.url).map(|url| url.scheme().to_owned());
            if !scheme
                .is_ok_and(|scheme| matches!(scheme.as_str(), "http" | "https" | "ws" | "wss"))
            {
                say(format!(
                    "url: {:?} is not the address of an Ethereum node, such as http://127.0.0.1:8545",
                    chain.url
                ));
            }
            return;
        }
        ChainKind::Own => {}
    }
    if !chain.url.is_empty() {
        say("url: is for kind = \"outside\"; this node keeps the chain by itself".to_owned());
    }
    if chain.chain_id == 0 {
        say("chain_id: must not be 0".to_owned());
    }
    if !chain.genesis.as_os_str().is_empty() && !chain.genesis.is_file() {
        say(format!(
            "genesis: {}: no such file",
            chain.genesis.display()
        ));
    }
    let has_signer = !chain.signer.as_os_str().is_empty();
    if has_signer && chain.signer_passphrase_file.as_os_str().is_empty() {
        say("signer_passphrase_file: the key file needs its passphrase".to_owned());
    }
    if chain.history_blocks < HISTORY_BLOCKS_MIN && !chain.archive {
        say(format!(
            "history_blocks: at least {HISTORY_BLOCKS_MIN}, not {}",
            chain.history_blocks
        ));
    }
    if chain.reorg_depth > chain.history_blocks && !chain.archive {
        say("reorg_depth: states are not kept that far back; raise history_blocks".to_owned());
    }
    if chain.gas_limit < GAS_LIMIT_MIN {
        say(format!("gas_limit: at least {GAS_LIMIT_MIN}"));
    }
    for peer in &chain.peers {
        let is_origin = Url::parse(peer)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.path() == "/");
        if !is_origin {
            say(format!(
                "peers: {peer:?} is not an origin such as https://node2.example"
            ));
        }
    }
}
