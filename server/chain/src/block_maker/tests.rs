use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::chain_spec::ChainSpec;

const HEARTBEAT: Duration = Duration::from_secs(15);
const TRANSACTIONS: BlockMode = BlockMode::Transactions {
    heartbeat: Some(HEARTBEAT),
};
/// Of the parent, in seconds; the period is 2 s.
const PARENT_S: u64 = 1_000;

fn signer(number: u8) -> Address {
    Address::repeat_byte(number)
}

fn with_situation<T>(
    signers: u8,
    mode: BlockMode,
    work: Work,
    random: u64,
    look: impl FnOnce(&Situation<'_>) -> T,
) -> T {
    let signers: BTreeSet<Address> = (1..=signers).map(signer).collect();
    let spec = ChainSpec::development(31_337, &signers, &BTreeMap::new()).unwrap();
    let parent = Header {
        timestamp: PARENT_S,
        ..spec.genesis_header().clone()
    };
    look(&Situation {
        mode,
        signer: signer(1),
        parent: &parent,
        snapshot: spec.genesis_snapshot(),
        work,
        known_since_ms: 0,
        random,
    })
}

fn check(signers: u8, mode: BlockMode, work: Work, now_ms: u64, expected: Decision) {
    let decision = with_situation(signers, mode, work, 700, |situation| {
        decide(situation, now_ms)
    });
    assert_eq!(decision, expected, "{signers} {mode:?} {work:?} {now_ms}");
}

#[test]
fn in_turn_at_once_when_the_period_is_over() {
    let wait = Decision::Wait {
        until_ms: 1_002_000,
    };
    check(1, TRANSACTIONS, Work::Waiting, 1_000_000, wait);
    check(1, TRANSACTIONS, Work::Waiting, 1_001_999, wait);
    check(1, TRANSACTIONS, Work::Waiting, 1_002_000, Decision::Seal);
    check(1, BlockMode::Always, Work::None, 1_001_999, wait);
    check(1, BlockMode::Always, Work::None, 1_002_000, Decision::Seal);
}

#[test]
fn a_heartbeat_after_silence() {
    let wait = Decision::Wait {
        until_ms: 1_015_000,
    };
    check(1, TRANSACTIONS, Work::None, 1_002_000, wait);
    check(1, TRANSACTIONS, Work::None, 1_015_000, Decision::Seal);
}

#[test]
fn without_a_heartbeat_silence_lasts() {
    let silent = BlockMode::Transactions { heartbeat: None };
    for signers in 1..=3 {
        let wait = Decision::WaitForEvent;
        check(signers, silent, Work::None, u64::MAX, wait);
    }
}

#[test]
fn on_demand_waits_for_the_demand() {
    check(
        1,
        BlockMode::OnDemand,
        Work::Waiting,
        u64::MAX,
        Decision::WaitForEvent,
    );
}

#[test]
fn out_of_turn_after_a_delay() {
    // Block 1 is the second signer's turn; 700 ms is within 2 × 500 ms.
    check(
        2,
        TRANSACTIONS,
        Work::Waiting,
        1_002_000,
        Decision::Wait {
            until_ms: 1_002_700,
        },
    );
    check(2, TRANSACTIONS, Work::Waiting, 1_002_700, Decision::Seal);
}

#[test]
fn after_a_silence_the_signer_in_turn_is_first() {
    let at = |known_since_ms, now_ms| {
        with_situation(2, TRANSACTIONS, Work::Waiting, 700, |situation| {
            decide(
                &Situation {
                    known_since_ms,
                    ..*situation
                },
                now_ms,
            )
        })
    };
    assert_eq!(
        at(1_500_000, 1_500_000),
        Decision::Wait {
            until_ms: 1_500_700
        }
    );
    assert_eq!(at(1_500_000, 1_500_700), Decision::Seal);
    check(1, TRANSACTIONS, Work::Waiting, 1_500_000, Decision::Seal);
}

#[test]
fn whoever_may_not_sign_does_not() {
    let refusal = SigningRefusal::Unauthorized { signer: signer(9) };
    let decision = with_situation(1, BlockMode::Always, Work::None, 0, |situation| {
        decide(
            &Situation {
                signer: signer(9),
                ..*situation
            },
            u64::MAX,
        )
    });
    assert_eq!(decision, Decision::NotOurs(refusal));
}

proptest! {
    /// Waiting until the time that was said leads to a block, and not a millisecond before.
    #[test]
    fn the_time_that_is_said_is_right(
        signers in 1_u8..6,
        random in any::<u64>(),
        now_ms in 990_000_u64..1_020_000,
        has_work in any::<bool>(),
        is_always in any::<bool>(),
    ) {
        let mode = if is_always { BlockMode::Always } else { TRANSACTIONS };
        let work = if has_work { Work::Waiting } else { Work::None };
        with_situation(signers, mode, work, random, |situation| {
            match decide(situation, now_ms) {
                Decision::Seal => prop_assert!(now_ms >= 1_002_000),
                Decision::Wait { until_ms } => {
                    prop_assert!(until_ms > now_ms);
                    prop_assert_eq!(decide(situation, until_ms), Decision::Seal);
                    prop_assert_eq!(decide(situation, until_ms - 1), Decision::Wait { until_ms });
                    prop_assert!(until_ms < 1_015_000 + 500 * u64::from(signers));
                }
                other => prop_assert!(false, "{other:?}"),
            }
            Ok(())
        })?;
    }
}
