mod next_header;
mod real_headers;
mod rules;
mod voting_model;
mod voting_scenarios;

use std::collections::BTreeSet;

use alloy_eips::eip1559::INITIAL_BASE_FEE;
use alloy_primitives::{B64, Bytes};
use secp256k1::SecretKey;

use super::*;

const NOW_S: u64 = 2_000_000_000;
const PERIOD_S: u64 = 1;
const GENESIS_S: u64 = NOW_S - 1_000_000;

/// The key of a signer that is named by a letter.
fn key(name: char) -> SecretKey {
    SecretKey::from_byte_array(&[name as u8; 32]).unwrap()
}

fn address(name: char) -> Address {
    signer_address(&key(name))
}

fn addresses(names: &str) -> BTreeSet<Address> {
    names.chars().map(address).collect()
}

fn genesis(signers: &str, epoch_blocks: u64) -> (Header, Snapshot) {
    let header = Header {
        timestamp: GENESIS_S,
        gas_limit: 30_000_000,
        difficulty: U256::ONE,
        base_fee_per_gas: Some(INITIAL_BASE_FEE),
        extra_data: extra_data(B256::ZERO, &addresses(signers)).into(),
        ..Header::default()
    };
    let config = CliqueConfig {
        period_s: PERIOD_S,
        epoch_blocks,
    };
    let snapshot = Snapshot::genesis(&header, config).unwrap();
    (header, snapshot)
}

/// The next header, valid but for `change`, sealed by `sealer`.
fn sealed_child(
    parent: &Header,
    snapshot: &Snapshot,
    sealer: char,
    change: impl FnOnce(&mut Header),
) -> Header {
    let signer = *snapshot.signers.first().unwrap();
    let draft = Draft {
        signer,
        vote: None,
        vanity: B256::ZERO,
        timestamp: 0,
        gas_limit_target: parent.gas_limit,
    };
    // Whoever may sign next: what `prepare` says about the signer is set anew below.
    let mut anybody = snapshot.clone();
    anybody.recents.clear();
    let mut header = prepare(parent, &anybody, &draft).unwrap();
    header.difficulty = snapshot.difficulty(address(sealer), header.number);
    change(&mut header);
    seal(&mut header, &key(sealer)).unwrap();
    header
}

/// The extra data of a header with another section of signers.
fn with_section(section: impl AsRef<[u8]>) -> Bytes {
    [&[0; EXTRA_VANITY], section.as_ref(), &[0; EXTRA_SEAL]]
        .concat()
        .into()
}
