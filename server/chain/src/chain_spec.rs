//! What a chain is from its first block on: a geth-format `genesis.json` with a `clique` section.
//!
//! The format of headers is London's for ever, so that tools for proof-of-authority chains read
//! them; `shanghaiTime` and later change only what the EVM does. go-ethereum reads the same file
//! but puts a withdrawals root into the genesis header where `shanghaiTime` is zero, so its genesis
//! hash is then another.

mod development;
mod error;
mod forks;

use std::collections::{BTreeMap, BTreeSet};

use alloy_consensus::Header;
use alloy_eips::eip1559::INITIAL_BASE_FEE;
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, B256, U256};
use revm::primitives::hardfork::SpecId;

pub use development::development_genesis;
pub use error::ChainSpecError;

use crate::{
    clique::{CliqueConfig, EPOCH_LENGTH, EXTRA_SEAL, Snapshot, signers_section},
    header_rules::{MAX_GAS_LIMIT, MIN_GAS_LIMIT},
};

/// The greatest chain id whose signatures fit into 64 bits (EIP-2294).
pub const MAX_CHAIN_ID: u64 = u64::MAX / 2 - 36;
/// A terminal total difficulty that go-ethereum writes to say *never*; at two a block, no chain
/// gets there.
const UNREACHABLE_TOTAL_DIFFICULTY: U256 = U256::from_limbs([i64::MAX as u64, 0, 0, 0]);

/// A chain that this program can run: checked, and with what follows from its genesis.
#[derive(Clone, Debug)]
pub struct ChainSpec {
    genesis: Genesis,
    genesis_header: Header,
    snapshot: Snapshot,
}

impl ChainSpec {
    /// Reads a geth-format `genesis.json`.
    ///
    /// # Errors
    ///
    /// The first thing in it that this program cannot run, in words for the operator.
    pub fn from_json(json: &str) -> Result<Self, ChainSpecError> {
        let document: serde_json::Value = serde_json::from_str(json)?;
        // Not given is not Ethereum's main network, as which the type would take it.
        if document["config"]["chainId"].is_null() {
            return Err(ChainSpecError::ChainId { found: 0 });
        }
        Self::new(serde_json::from_str(json)?)
    }

    /// Checks a genesis and works out its header.
    ///
    /// # Errors
    ///
    /// The first thing in it that this program cannot run, in words for the operator.
    pub fn new(genesis: Genesis) -> Result<Self, ChainSpecError> {
        let chain_id = genesis.config.chain_id;
        if !(1..=MAX_CHAIN_ID).contains(&chain_id) {
            return Err(ChainSpecError::ChainId { found: chain_id });
        }
        let config = clique_config(&genesis)?;
        forks::verify(&genesis.config)?;
        verify_never_merges(&genesis)?;
        verify_header_fields(&genesis)?;
        let genesis_header = genesis_header(&genesis);
        let snapshot = genesis_snapshot(&genesis_header, config)?;
        Ok(Self {
            genesis,
            genesis_header,
            snapshot,
        })
    }

    /// A chain for development with every fork up to Prague: blocks every 2 s, `funded` in wei.
    ///
    /// # Errors
    ///
    /// [`ChainSpecError::ChainId`], [`ChainSpecError::NoSigners`], [`ChainSpecError::ZeroSigner`].
    pub fn development(
        chain_id: u64,
        signers: &BTreeSet<Address>,
        funded: &BTreeMap<Address, U256>,
    ) -> Result<Self, ChainSpecError> {
        Self::new(development_genesis(chain_id, signers, funded))
    }

    /// The genesis as go-ethereum writes it: serialises to a `genesis.json`.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The header of block 0.
    #[must_use]
    pub fn genesis_header(&self) -> &Header {
        &self.genesis_header
    }

    /// The hash of block 0, by which chains are told apart.
    #[must_use]
    pub fn genesis_hash(&self) -> B256 {
        self.snapshot.hash
    }

    /// The accounts of block 0.
    #[must_use]
    pub fn genesis_accounts(&self) -> &BTreeMap<Address, GenesisAccount> {
        &self.genesis.alloc
    }

    /// The signers of block 0, with nothing signed and nothing voted.
    #[must_use]
    pub fn genesis_snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The number that transactions are signed for (EIP-155).
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.genesis.config.chain_id
    }

    /// Period and epoch.
    #[must_use]
    pub fn clique(&self) -> CliqueConfig {
        self.snapshot.config
    }

    /// The rules of the EVM in a block of this time, Unix time. All forks that go by block number
    /// are part of block 0.
    #[must_use]
    pub fn spec_id(&self, timestamp: u64) -> SpecId {
        forks::spec_id(&self.genesis.config, timestamp)
    }
}

/// The header of block 0, in the format before the merge.
///
/// It has a base fee if London is part of it: that of the file, or 1 gwei.
#[must_use]
pub fn genesis_header(genesis: &Genesis) -> Header {
    let initial_base_fee = || {
        genesis
            .base_fee_per_gas
            .and_then(|fee| fee.try_into().ok())
            .unwrap_or(INITIAL_BASE_FEE)
    };
    Header {
        parent_hash: genesis.parent_hash.unwrap_or_default(),
        beneficiary: genesis.coinbase,
        state_root: alloy_trie::root::state_root_ref_unhashed(&genesis.alloc),
        difficulty: genesis.difficulty,
        gas_limit: genesis.gas_limit,
        timestamp: genesis.timestamp,
        extra_data: genesis.extra_data.clone(),
        mix_hash: genesis.mix_hash,
        nonce: genesis.nonce.into(),
        base_fee_per_gas: (genesis.config.london_block == Some(0)).then(initial_base_fee),
        ..Header::default()
    }
}

/// As in go-ethereum, an epoch of zero is the default one and a period that is not given is zero.
fn clique_config(genesis: &Genesis) -> Result<CliqueConfig, ChainSpecError> {
    let clique = genesis.config.clique.ok_or(ChainSpecError::CliqueMissing)?;
    Ok(CliqueConfig {
        period_s: clique.period.unwrap_or(0),
        epoch_blocks: clique
            .epoch
            .filter(|epoch| *epoch > 0)
            .unwrap_or(EPOCH_LENGTH),
    })
}

fn verify_never_merges(genesis: &Genesis) -> Result<(), ChainSpecError> {
    if genesis.config.terminal_total_difficulty_passed {
        return Err(ChainSpecError::MergePassed);
    }
    match genesis.config.terminal_total_difficulty {
        Some(found) if found < UNREACHABLE_TOTAL_DIFFICULTY => {
            Err(ChainSpecError::TerminalTotalDifficulty { found })
        }
        _ => Ok(()),
    }
}

fn verify_header_fields(genesis: &Genesis) -> Result<(), ChainSpecError> {
    let found = genesis.number.unwrap_or(0);
    if found > 0 {
        return Err(ChainSpecError::Number { found });
    }
    let found = genesis.gas_limit;
    if !(MIN_GAS_LIMIT..=MAX_GAS_LIMIT).contains(&found) {
        return Err(ChainSpecError::GasLimit { found });
    }
    let found = genesis.base_fee_per_gas.unwrap_or(0);
    if found > u128::from(u64::MAX) {
        return Err(ChainSpecError::BaseFee { found });
    }
    let post_merge = [
        ("excessBlobGas", genesis.excess_blob_gas),
        ("blobGasUsed", genesis.blob_gas_used),
        ("slotNumber", genesis.slot_number),
    ];
    match post_merge.into_iter().find(|(_, value)| value.is_some()) {
        Some((field, _)) => Err(ChainSpecError::PostMergeField { field }),
        None => Ok(()),
    }
}

fn genesis_snapshot(header: &Header, config: CliqueConfig) -> Result<Snapshot, ChainSpecError> {
    let length = header.extra_data.len();
    let section =
        signers_section(header).map_err(|_| ChainSpecError::ExtraDataLength { length })?;
    let (signers, rest) = section.as_chunks::<20>();
    if !rest.is_empty() {
        return Err(ChainSpecError::ExtraDataLength { length });
    }
    if header.extra_data[length - EXTRA_SEAL..]
        .iter()
        .any(|byte| *byte != 0)
    {
        return Err(ChainSpecError::Sealed);
    }
    if signers.is_empty() {
        return Err(ChainSpecError::NoSigners);
    }
    if signers.contains(&[0; 20]) {
        return Err(ChainSpecError::ZeroSigner);
    }
    Snapshot::genesis(header, config).map_err(|_| ChainSpecError::SignersNotAscending)
}

#[cfg(test)]
mod tests;
