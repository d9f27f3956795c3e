//! Chains, wallets and contracts for tests.

pub mod assembly;
pub mod contracts;
pub mod wallet;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{B256, Bytes, U256};
use chain::block::Block;
use chain::draft::AppliedBlock;
use chain::mempool::Limits;
use chain::service::{Order, ProduceError, Sealer};
use chain::settings::{ChainSettings, History};
use chain::transaction::Unprotected;
use chain::{Chain, ChainSpec};
use tempfile::TempDir;
pub use wallet::{Wallet, call_of, creation_of, transfer_of};

pub const CHAIN_ID: u64 = 31_337;
/// Time of the tests' first blocks; the genesis block is of 1970.
pub const START_S: u64 = 1_700_000_000;

/// A chain in a folder that goes with it.
pub struct TestChain {
    pub chain: Chain,
    pub sealer: Sealer,
    pub folder: TempDir,
}

/// The one signer of most tests.
pub fn signer(number: u8) -> Wallet {
    Wallet::new(200 + number)
}

/// The chain's rules: so many signers, and ten rich wallets.
pub fn spec(signers: u8) -> ChainSpec {
    let signers: BTreeSet<_> = (0..signers).map(|number| signer(number).address).collect();
    let rich = U256::from(10_000) * U256::from(10).pow(U256::from(18));
    let funded: BTreeMap<_, _> = (0..10)
        .map(|number| (Wallet::new(number).address, rich))
        .collect();
    ChainSpec::development(CHAIN_ID, &signers, &funded).unwrap()
}

pub fn settings(folder: &Path) -> ChainSettings {
    ChainSettings {
        folder: folder.to_owned(),
        history: History::Archive,
        reorg_depth_max: 64,
        mempool: Limits::default(),
        unprotected: Unprotected::Refused,
        gas_limit_target: 30_000_000,
    }
}

impl TestChain {
    pub fn new() -> Self {
        Self::with_signers(1)
    }

    pub fn with_signers(signers: u8) -> Self {
        Self::with(signers, |_| {})
    }

    pub fn with(signers: u8, change: impl FnOnce(&mut ChainSettings)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut settings = settings(folder.path());
        change(&mut settings);
        Self {
            chain: Chain::open(spec(signers), settings, 0).unwrap(),
            sealer: Sealer::new(signer(0).key),
            folder,
        }
    }

    /// Closes the chain and opens it again.
    pub fn reopen(self) -> Self {
        let Self {
            chain,
            sealer,
            folder,
        } = self;
        let (spec, settings) = (chain.spec().clone(), chain.settings().clone());
        drop(chain);
        Self {
            chain: Chain::open(spec, settings, 0).unwrap(),
            sealer,
            folder,
        }
    }

    pub async fn submit(&self, raw: Bytes) -> B256 {
        self.chain.submit(&raw).await.unwrap()
    }

    /// Makes a block of what waits, 2 s after the one before.
    pub fn mine(&self) -> Arc<AppliedBlock> {
        self.try_mine(&self.sealer).unwrap()
    }

    pub fn try_mine(&self, sealer: &Sealer) -> Result<Arc<AppliedBlock>, ProduceError> {
        let tip = self.chain.tip();
        let order = Order {
            parent: tip.hash,
            timestamp_s: (tip.header.timestamp + 2).max(START_S),
            time_limit: Duration::from_secs(10),
            random: 0,
        };
        self.chain.produce(sealer, order)
    }

    /// Submits and makes a block; returns the receipt of the last.
    pub async fn mined(&self, raw: impl IntoIterator<Item = Bytes>) -> Arc<AppliedBlock> {
        for raw in raw {
            self.submit(raw).await;
        }
        self.mine()
    }

    /// All blocks after the genesis block.
    pub fn blocks(&self) -> Vec<Block> {
        let tip = self.chain.tip();
        (1..=tip.header.number)
            .map(|number| tip.block(number).unwrap().unwrap())
            .collect()
    }
}

/// A clock that finds every block of the tests in the past.
pub const LATER_S: u64 = START_S + 10_000_000;
