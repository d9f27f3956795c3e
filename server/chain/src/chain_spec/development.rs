//! A genesis to start from.

use std::collections::{BTreeMap, BTreeSet};

use alloy_eips::eip7840::BlobParams;
use alloy_genesis::{ChainConfig, CliqueConfig, Genesis, GenesisAccount};
use alloy_primitives::{Address, B256, U256};

use crate::clique::{DIFF_NOTURN, EPOCH_LENGTH, extra_data};

const PERIOD_S: u64 = 2;
const GAS_LIMIT: u64 = 30_000_000;

/// A genesis with every fork up to Prague in block 0, blocks every 2 s and a gas limit of 30
/// million; `funded` says how much each account has, in wei.
///
/// It depends on nothing but its arguments: nodes that start with the same ones are one chain.
#[must_use]
pub fn development_genesis(
    chain_id: u64,
    signers: &BTreeSet<Address>,
    funded: &BTreeMap<Address, U256>,
) -> Genesis {
    let accounts = funded
        .iter()
        .map(|(&address, &balance)| (address, GenesisAccount::default().with_balance(balance)));
    Genesis {
        config: prague_from_genesis(chain_id),
        extra_data: extra_data(B256::ZERO, signers).into(),
        gas_limit: GAS_LIMIT,
        difficulty: DIFF_NOTURN,
        ..Genesis::default()
    }
    .extend_accounts(accounts)
}

fn prague_from_genesis(chain_id: u64) -> ChainConfig {
    ChainConfig {
        chain_id,
        homestead_block: Some(0),
        eip150_block: Some(0),
        eip155_block: Some(0),
        eip158_block: Some(0),
        byzantium_block: Some(0),
        constantinople_block: Some(0),
        petersburg_block: Some(0),
        istanbul_block: Some(0),
        muir_glacier_block: Some(0),
        berlin_block: Some(0),
        london_block: Some(0),
        arrow_glacier_block: Some(0),
        gray_glacier_block: Some(0),
        shanghai_time: Some(0),
        cancun_time: Some(0),
        prague_time: Some(0),
        clique: Some(CliqueConfig {
            period: Some(PERIOD_S),
            epoch: Some(EPOCH_LENGTH),
        }),
        // go-ethereum refuses a file with Cancun or Prague without it (EIP-7840).
        blob_schedule: BTreeMap::from([
            ("cancun".to_owned(), BlobParams::cancun()),
            ("prague".to_owned(), BlobParams::prague()),
        ]),
        ..ChainConfig::default()
    }
}
