//! Each rule broken once, by a header that is sealed after that.

use super::*;
use crate::header_rules::InvalidHeader;

const EPOCH: u64 = 4;

/// A chain of one block by A, of three signers.
fn chain() -> (Header, Snapshot) {
    let (genesis, snapshot) = genesis("ABC", EPOCH);
    let first = sealed_child(&genesis, &snapshot, 'A', |_| ());
    let snapshot = snapshot.apply(&first).unwrap();
    (first, snapshot)
}

/// The same chain where a checkpoint comes next.
fn chain_before_checkpoint() -> (Header, Snapshot) {
    ['B', 'C']
        .into_iter()
        .fold(chain(), |(parent, snapshot), sealer| {
            let header = sealed_child(&parent, &snapshot, sealer, |_| ());
            let snapshot = snapshot.apply(&header).unwrap();
            (header, snapshot)
        })
}

#[track_caller]
fn check(
    (parent, snapshot): (Header, Snapshot),
    sealer: char,
    break_rule: impl FnOnce(&mut Header),
    expected: CliqueError,
) {
    let header = sealed_child(&parent, &snapshot, sealer, break_rule);
    assert_eq!(verify(&header, &parent, &snapshot, NOW_S), Err(expected));
}

#[test]
fn valid_headers() {
    for (parent, snapshot) in [chain(), chain_before_checkpoint()] {
        let header = sealed_child(&parent, &snapshot, 'B', |_| ());
        assert_eq!(verify(&header, &parent, &snapshot, NOW_S), Ok(address('B')));
    }
}

#[test]
fn order() {
    let (_, snapshot) = chain();
    check(
        chain(),
        'B',
        |h| h.number = 3,
        CliqueError::NotNext {
            snapshot: 1,
            found: 3,
        },
    );
    let (snapshot, found) = (snapshot.hash, B256::ZERO);
    let expected = CliqueError::ParentHash { snapshot, found };
    check(chain(), 'B', |h| h.parent_hash = B256::ZERO, expected);
}

#[test]
fn rules_that_are_not_about_signers() {
    let (parent, _) = chain();
    let (earliest, found) = (parent.timestamp + PERIOD_S, parent.timestamp);
    let expected = InvalidHeader::TimestampTooEarly { earliest, found };
    check(chain(), 'B', |h| h.timestamp = found, expected.into());
    let found = NOW_S + 16;
    let expected = InvalidHeader::TimestampInFuture {
        latest: NOW_S + 15,
        found,
    };
    check(chain(), 'B', |h| h.timestamp = found, expected.into());
}

#[test]
fn votes() {
    let found = B64::with_last_byte(1);
    check(
        chain(),
        'B',
        |h| h.nonce = found,
        CliqueError::VoteNonce { found },
    );
    let section = addresses("ABC").into_iter().flatten().collect::<Vec<u8>>();
    let extra_data = with_section(&section);
    let expected = CliqueError::UnexpectedSigners { found: 60 };
    check(chain(), 'B', |h| h.extra_data = extra_data, expected);
}

#[test]
fn checkpoints() {
    let found = address('D');
    let expected = CliqueError::CheckpointBeneficiary { found };
    check(
        chain_before_checkpoint(),
        'A',
        |h| h.beneficiary = found,
        expected,
    );
    let found = B64::repeat_byte(0xff);
    let expected = CliqueError::CheckpointNonce { found };
    check(
        chain_before_checkpoint(),
        'A',
        |h| h.nonce = found,
        expected,
    );

    let sorted = addresses("ABC").into_iter().collect::<Vec<_>>();
    let reversed = sorted.iter().rev().flatten().copied().collect::<Vec<u8>>();
    let fewer = sorted[1..].iter().flatten().copied().collect::<Vec<u8>>();
    let cut = fewer[1..].to_vec();
    for section in [reversed, fewer, cut, vec![]] {
        let extra_data = with_section(&section);
        let expected = CliqueError::CheckpointSigners {
            expected: sorted.clone(),
            found: section.into(),
        };
        check(
            chain_before_checkpoint(),
            'A',
            |h| h.extra_data = extra_data,
            expected,
        );
    }
}

#[test]
fn signers() {
    let unauthorized = SigningRefusal::Unauthorized {
        signer: address('D'),
    };
    check(chain(), 'D', |_| (), unauthorized.into());
    let recent = SigningRefusal::RecentlySigned {
        signer: address('A'),
        last: 1,
        next: 3,
    };
    check(chain(), 'A', |_| (), recent.into());
}

#[test]
fn difficulty() {
    let (_, snapshot) = chain();
    for sealer in ['B', 'C'] {
        let signer = address(sealer);
        let expected = snapshot.difficulty(signer, 2);
        for found in [U256::ZERO, U256::from(3) - expected, U256::MAX] {
            let error = CliqueError::Difficulty {
                expected,
                found,
                signer,
            };
            check(chain(), sealer, |h| h.difficulty = found, error);
        }
    }
}

#[test]
fn seals() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut [u8]), expected: CliqueError) {
        let (parent, snapshot) = chain();
        let mut header = sealed_child(&parent, &snapshot, 'B', |_| ());
        let mut extra_data = header.extra_data.to_vec();
        change(&mut extra_data[EXTRA_VANITY..]);
        header.extra_data = extra_data.into();
        assert_eq!(verify(&header, &parent, &snapshot, NOW_S), Err(expected));
    }
    check(|seal| seal.fill(0), CliqueError::InvalidSeal);
    check(|seal| seal[..32].fill(0xff), CliqueError::InvalidSeal);
    check(|seal| seal[64] = 2, CliqueError::InvalidSeal);
    check(|seal| seal[64] += 27, CliqueError::InvalidSeal);
    // The same key signs with n - s and the other parity.
    check(
        |seal| {
            let signature = alloy_primitives::Signature::from_bytes_and_parity(seal, seal[64] == 1);
            let order = secp256k1::constants::CURVE_ORDER;
            let high = U256::from_be_bytes(order) - signature.s();
            seal[32..64].copy_from_slice(&high.to_be_bytes::<32>());
            seal[64] ^= 1;
        },
        CliqueError::MalleableSeal,
    );
}

#[test]
fn extra_data_without_room() {
    let header = Header {
        extra_data: vec![0; 96].into(),
        ..Header::default()
    };
    let expected = CliqueError::Header(InvalidHeader::ExtraDataTooShort {
        minimum: 97,
        found: 96,
    });
    assert_eq!(seal_hash(&header), Err(expected.clone()));
    assert_eq!(recover_signer(&header), Err(expected.clone()));
    assert_eq!(seal(&mut header.clone(), &key('A')), Err(expected.clone()));
    let config = CliqueConfig {
        period_s: 1,
        epoch_blocks: EPOCH,
    };
    assert_eq!(Snapshot::genesis(&header, config), Err(expected));
}

/// A change to anything but the seal makes another signer of it.
#[test]
fn everything_is_sealed() {
    type Change = fn(&mut Header);
    let changes: [Change; 16] = [
        |h| h.parent_hash = B256::with_last_byte(9),
        |h| h.ommers_hash = B256::with_last_byte(9),
        |h| h.beneficiary = Address::with_last_byte(9),
        |h| h.state_root = B256::with_last_byte(9),
        |h| h.transactions_root = B256::with_last_byte(9),
        |h| h.receipts_root = B256::with_last_byte(9),
        |h| h.logs_bloom.0[0] ^= 1,
        |h| h.difficulty += U256::ONE,
        |h| h.number += 1,
        |h| h.gas_limit += 1,
        |h| h.gas_used += 1,
        |h| h.timestamp += 1,
        |h| h.extra_data = [&[1], &h.extra_data[1..]].concat().into(),
        |h| h.mix_hash = B256::with_last_byte(9),
        |h| h.nonce = B64::with_last_byte(9),
        |h| h.base_fee_per_gas = None,
    ];
    let (parent, snapshot) = chain();
    let sealed = sealed_child(&parent, &snapshot, 'B', |_| ());
    for (index, change) in changes.into_iter().enumerate() {
        let mut header = sealed.clone();
        change(&mut header);
        assert_ne!(recover_signer(&header), Ok(address('B')), "change {index}");
    }
}
