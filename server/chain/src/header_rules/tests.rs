use alloy_eips::eip1559::{BaseFeeParams, calc_next_block_base_fee};
use proptest::prelude::*;

use super::*;

const NOW_S: u64 = 1_700_000_100;
const PERIOD_S: u64 = 2;

fn parent() -> Header {
    Header {
        number: 7,
        timestamp: 1_700_000_000,
        gas_limit: 30_000_000,
        gas_used: 15_000_000,
        base_fee_per_gas: Some(INITIAL_BASE_FEE),
        extra_data: vec![0; 97].into(),
        ..Header::default()
    }
}

fn child() -> Header {
    Header {
        number: 8,
        timestamp: 1_700_000_002,
        ..parent()
    }
}

#[test]
fn a_header_that_keeps_every_rule_is_valid() {
    assert_eq!(verify(&child(), &parent(), PERIOD_S, NOW_S), Ok(()));
}

#[test]
fn each_rule_broken_once() {
    #[track_caller]
    fn check(break_rule: impl FnOnce(&mut Header), expected: InvalidHeader) {
        let mut header = child();
        break_rule(&mut header);
        assert_eq!(verify(&header, &parent(), PERIOD_S, NOW_S), Err(expected));
    }
    let one = B256::with_last_byte(1);
    check(
        |h| h.number = 9,
        InvalidHeader::Number {
            parent: 7,
            found: 9,
        },
    );
    check(
        |h| h.number = 7,
        InvalidHeader::Number {
            parent: 7,
            found: 7,
        },
    );
    check(
        |h| h.timestamp = 1_700_000_001,
        InvalidHeader::TimestampTooEarly {
            earliest: 1_700_000_002,
            found: 1_700_000_001,
        },
    );
    check(
        |h| h.timestamp = NOW_S + 16,
        InvalidHeader::TimestampInFuture {
            latest: NOW_S + 15,
            found: NOW_S + 16,
        },
    );
    check(
        |h| h.gas_limit = 4999,
        InvalidHeader::GasLimitOutOfRange { found: 4999 },
    );
    check(
        |h| h.gas_limit = MAX_GAS_LIMIT + 1,
        InvalidHeader::GasLimitOutOfRange {
            found: MAX_GAS_LIMIT + 1,
        },
    );
    let change = |found| InvalidHeader::GasLimitChange {
        parent: 30_000_000,
        bound: 29_296,
        found,
    };
    check(|h| h.gas_limit = 30_029_296, change(30_029_296));
    check(|h| h.gas_limit = 29_970_704, change(29_970_704));
    check(
        |h| h.gas_used = 30_000_001,
        InvalidHeader::GasUsed {
            limit: 30_000_000,
            found: 30_000_001,
        },
    );
    let base_fee = |found| InvalidHeader::BaseFee {
        expected: INITIAL_BASE_FEE,
        found,
    };
    check(|h| h.base_fee_per_gas = Some(1), base_fee(Some(1)));
    check(|h| h.base_fee_per_gas = None, base_fee(None));
    check(
        |h| h.ommers_hash = one,
        InvalidHeader::OmmersHash { found: one },
    );
    check(|h| h.mix_hash = one, InvalidHeader::MixHash { found: one });
    let field = |field| InvalidHeader::PostMergeField { field };
    check(|h| h.withdrawals_root = Some(one), field("withdrawalsRoot"));
    check(|h| h.blob_gas_used = Some(0), field("blobGasUsed"));
    check(|h| h.excess_blob_gas = Some(0), field("excessBlobGas"));
    check(
        |h| h.parent_beacon_block_root = Some(one),
        field("parentBeaconBlockRoot"),
    );
    check(|h| h.requests_hash = Some(one), field("requestsHash"));
    check(
        |h| h.block_access_list_hash = Some(one),
        field("blockAccessListHash"),
    );
    check(|h| h.slot_number = Some(0), field("slotNumber"));
    check(
        |h| h.extra_data = vec![0; 96].into(),
        InvalidHeader::ExtraDataTooShort {
            minimum: 97,
            found: 96,
        },
    );
}

#[test]
fn bounds_themselves_are_valid() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut Header)) {
        let mut header = child();
        change(&mut header);
        assert_eq!(verify(&header, &parent(), PERIOD_S, NOW_S), Ok(()));
    }
    check(|h| h.timestamp = NOW_S + ALLOWED_FUTURE_S);
    check(|h| h.gas_limit = 30_029_295);
    check(|h| h.gas_limit = 29_970_705);
    check(|h| h.gas_used = h.gas_limit);
}

#[test]
fn the_last_numbers_do_not_overflow() {
    let mut last = parent();
    (last.number, last.timestamp) = (u64::MAX, u64::MAX);
    let expected = InvalidHeader::Number {
        parent: u64::MAX,
        found: 0,
    };
    let header = Header {
        number: 0,
        ..child()
    };
    assert_eq!(verify(&header, &last, PERIOD_S, NOW_S), Err(expected));
    assert_eq!(earliest_timestamp(&last, PERIOD_S), u64::MAX);
}

/// The examples of EIP-1559's reference implementation as other clients test them.
#[test]
fn base_fee_of_known_blocks() {
    #[track_caller]
    fn check(base_fee: u64, gas_limit: u64, gas_used: u64, expected: u64) {
        let base_fee_per_gas = Some(base_fee);
        let parent = Header {
            base_fee_per_gas,
            gas_limit,
            gas_used,
            ..Header::default()
        };
        assert_eq!(next_base_fee(&parent), expected);
    }
    check(1_000_000_000, 20_000_000, 10_000_000, 1_000_000_000);
    check(1_000_000_000, 20_000_000, 9_000_000, 987_500_000);
    check(1_000_000_000, 20_000_000, 11_000_000, 1_012_500_000);
    check(1_000_000_000, 20_000_000, 20_000_000, 1_125_000_000);
    check(1_000_000_000, 20_000_000, 0, 875_000_000);
    check(7, 20_000_000, 0, 7);
    check(0, 20_000_000, 20_000_000, 1);
    check(u64::MAX, 20_000_000, 20_000_000, u64::MAX);
    check(5, 1, 1, 5);
    assert_eq!(next_base_fee(&Header::default()), INITIAL_BASE_FEE);
}

proptest! {
    #[test]
    fn base_fee_moves_by_an_eighth_at_most_and_towards_demand(
        base_fee in 0..u64::MAX / 2,
        gas_limit in MIN_GAS_LIMIT..=MAX_GAS_LIMIT,
        fullness in 0.0..=1.0_f64,
    ) {
        let gas_used = ((gas_limit as f64 * fullness) as u64).min(gas_limit);
        let base_fee_per_gas = Some(base_fee);
        let parent = Header { base_fee_per_gas, gas_limit, gas_used, ..Header::default() };
        let next = next_base_fee(&parent);
        let target = gas_limit / ELASTICITY_MULTIPLIER;
        // An odd limit lets one more unit be used than twice the target.
        prop_assert!(next.abs_diff(base_fee) <= base_fee / 8 + base_fee / target / 8 + 2);
        if gas_used > target {
            prop_assert!(next > base_fee);
        } else {
            prop_assert!(next <= base_fee);
        }
    }

    #[test]
    fn base_fee_agrees_with_alloy(
        base_fee in 0..=1_u64 << 60,
        gas_limit in MIN_GAS_LIMIT..1 << 40,
        used_part in 0..=u64::MAX,
    ) {
        let gas_used = used_part % (gas_limit + 1);
        let base_fee_per_gas = Some(base_fee);
        let parent = Header { base_fee_per_gas, gas_limit, gas_used, ..Header::default() };
        let params = BaseFeeParams::ethereum();
        let expected = calc_next_block_base_fee(gas_used, gas_limit, base_fee, params);
        prop_assert_eq!(next_base_fee(&parent), expected);
    }

    #[test]
    fn next_gas_limit_is_always_valid(
        parent in MIN_GAS_LIMIT..=MAX_GAS_LIMIT,
        target in 0..=u64::MAX,
    ) {
        let next = next_gas_limit(parent, target);
        prop_assert_eq!(verify_gas_limit(next, parent), Ok(()));
        let reachable = target.clamp(MIN_GAS_LIMIT, MAX_GAS_LIMIT);
        prop_assert!(next.abs_diff(reachable) <= parent.abs_diff(reachable));
    }
}

#[test]
fn gas_limit_reaches_its_target() {
    let mut gas_limit = MIN_GAS_LIMIT;
    for _ in 0..20_000 {
        gas_limit = next_gas_limit(gas_limit, 30_000_000);
    }
    assert_eq!(gas_limit, 30_000_000);
}
