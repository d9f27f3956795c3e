//! One test for each refusal of the pool, and what eviction takes.

use super::*;

fn small(limits: Limits) -> Mempool {
    Mempool::new(limits, 0)
}

/// Adds all but the last, then checks how the last is refused, and that nothing changed by it.
#[track_caller]
fn check(mut pool: Mempool, transactions: &[Transaction], account: AccountState, text: &str) {
    let (last, held) = transactions.split_last().unwrap();
    for transaction in held {
        pool.add(transaction.clone(), account, 0).unwrap();
    }
    let before = pool.status();
    let refusal = pool.add(last.clone(), account, 0).unwrap_err();
    assert_eq!(refusal.to_string(), text);
    assert_eq!(refusal.code(), -32000);
    assert_eq!(pool.status(), before);
}

#[test]
fn known_twice() {
    let once = transfer(1, 0, 9, 9, 0);
    check(
        small(Limits::default()),
        &[once.clone(), once],
        RICH,
        "already known",
    );
}

#[test]
fn a_used_nonce() {
    let account = state(5, u64::MAX);
    let low = [transfer(1, 4, 9, 9, 0)];
    check(
        small(Limits::default()),
        &low,
        account,
        "nonce too low: next nonce 5, tx nonce 4",
    );
}

#[test]
fn replacements_that_offer_too_little() {
    let text = "replacement transaction underpriced: maxFeePerGas 112 and maxPriorityFeePerGas 13 are needed";
    for (fee, tip) in [(111, 100), (200, 12), (111, 12)] {
        let both = [transfer(1, 0, 101, 11, 0), transfer(1, 0, fee, tip, 0)];
        check(small(Limits::default()), &both, RICH, text);
        let queued = [transfer(1, 3, 101, 11, 0), transfer(1, 3, fee, tip, 0)];
        check(small(Limits::default()), &queued, RICH, text);
    }
    let free = [transfer(1, 0, 0, 0, 0), transfer(1, 0, 0, 0, 1)];
    let text =
        "replacement transaction underpriced: maxFeePerGas 1 and maxPriorityFeePerGas 1 are needed";
    check(small(Limits::default()), &free, RICH, text);
}

#[test]
fn a_replacement_that_offers_a_tenth_more() {
    for nonce in [0, 3] {
        let mut pool = pool_of([transfer(1, nonce, 101, 11, 0)]);
        let added = pool
            .add(transfer(1, nonce, 112, 13, 0), RICH, 0)
            .unwrap_or_else(|_| panic!("{nonce}"));
        assert_eq!(added.replaced, Some(transfer(1, nonce, 101, 11, 0).hash()));
        assert_eq!(pool.status().pending + pool.status().queued, 1);
    }
}

#[test]
fn too_little_money() {
    let cost = GAS * 10;
    let account = state(0, 2 * cost);
    check(
        small(Limits::default()),
        &[transfer(1, 0, 10, 1, cost + 1)],
        account,
        "insufficient funds for gas * price + value: balance 420000, queued cost 0, tx cost 420001",
    );
    check(
        small(Limits::default()),
        &[transfer(1, 0, 10, 1, 0), transfer(1, 1, 10, 1, 1)],
        account,
        "insufficient funds for gas * price + value: balance 420000, queued cost 210000, tx cost 210001",
    );
    check(
        small(Limits::default()),
        &[transfer(1, 7, 10, 1, cost + 1)],
        account,
        "insufficient funds for gas * price + value: balance 420000, queued cost 0, tx cost 420001",
    );
    check(
        small(Limits::default()),
        &[
            transfer(1, 0, 10, 1, 0),
            transfer(1, 1, 10, 1, 0),
            transfer(1, 0, 11, 2, 0),
        ],
        account,
        "insufficient funds for gas * price + value: balance 420000, queued cost 210000, tx cost 231000",
    );
}

#[test]
fn too_many_of_one_sender() {
    let limits = Limits {
        per_sender_max: 2,
        ..Limits::default()
    };
    let three = [0, 1, 2].map(|nonce| transfer(1, nonce, 9, 9, 0));
    check(
        small(limits),
        &three,
        RICH,
        "account limit exceeded: the pool holds 2 transactions of this sender",
    );
}

#[test]
fn too_many_behind_a_gap() {
    let limits = Limits {
        queued_per_sender_max: 2,
        ..Limits::default()
    };
    let four = [0, 2, 3, 4].map(|nonce| transfer(1, nonce, 9, 9, 0));
    check(
        small(limits),
        &four,
        RICH,
        "account limit exceeded: 2 transactions of this sender wait already for nonce 1",
    );
}

#[test]
fn a_full_pool_refuses_what_is_not_worth_more() {
    let limits = Limits {
        transactions_max: 2,
        ..Limits::default()
    };
    let text = "txpool is full: none of its 2 transactions is worth less than this one";
    for last in [
        transfer(3, 0, 5, 5, 0),
        transfer(3, 0, 4, 4, 0),
        transfer(3, 1, 99, 99, 0),
    ] {
        check(
            small(limits),
            &[transfer(1, 0, 9, 9, 0), transfer(2, 0, 5, 5, 0), last],
            RICH,
            text,
        );
    }
    let own = [0, 1, 2].map(|nonce| transfer(1, nonce, 9 + u128::from(nonce as u8), 9, 0));
    check(small(limits), &own, RICH, text);
}

/// The first victim is worth less, the second is not: neither leaves.
#[test]
fn a_refused_newcomer_evicts_nobody() {
    let one = transfer(1, 0, 2, 2, 0).encoded_length();
    let limits = Limits {
        bytes_max: 2 * one,
        ..Limits::default()
    };
    let mut pool = small(limits);
    pool.add(transfer(1, 0, 2, 2, 0), RICH, 0).unwrap();
    pool.add(transfer(2, 0, 9, 9, 0), RICH, 0).unwrap();
    let large = transfer(3, 0, 5, 5, u64::MAX);
    assert!(large.encoded_length() > one);
    assert_eq!(pool.add(large, RICH, 0), Err(Refusal::PoolFull { held: 2 }));
    assert_eq!(nonces(pool.best(0)), [(2, 0), (1, 0)]);
    assert_eq!(pool.status().bytes, 2 * one);
    let added = pool.add(transfer(3, 0, 5, 5, 0), RICH, 0).unwrap();
    assert_eq!(added.evicted, [transfer(1, 0, 2, 2, 0).hash()]);
}

#[test]
fn tails_are_evicted_queued_ones_first_and_late_ones_first() {
    let limits = Limits {
        transactions_max: 4,
        ..Limits::default()
    };
    let mut pool = small(limits);
    let held = [
        transfer(1, 0, 5, 5, 0),
        transfer(1, 1, 5, 5, 0),
        transfer(2, 0, 5, 5, 0),
        transfer(3, 1, 50, 50, 0),
    ];
    for transaction in held.clone() {
        pool.add(transaction, RICH, 0).unwrap();
    }
    for (newcomer, victim) in [(10, 3), (11, 2), (12, 1)] {
        let added = pool.add(transfer(newcomer, 0, 6, 6, 0), RICH, 0).unwrap();
        assert_eq!(added.evicted, [held[victim].hash()], "{newcomer}");
    }
}

/// What is worth less at one base fee is not at another.
#[test]
fn eviction_follows_the_base_fee() {
    for (base_fee_wei, victim) in [(0, 2), (95, 1)] {
        let limits = Limits {
            transactions_max: 2,
            ..Limits::default()
        };
        let mut pool = small(limits);
        let held = [transfer(1, 0, 100, 10, 0), transfer(2, 0, 200, 8, 0)];
        for transaction in held.clone() {
            pool.add(transaction, RICH, 0).unwrap();
        }
        pool.add(transfer(3, 0, 1, 1, 0), RICH, 0).unwrap_err();
        pool.on_block(base_fee_wei, []);
        let added = pool.add(transfer(4, 0, 1_000, 50, 0), RICH, 0).unwrap();
        assert_eq!(added.evicted, [held[victim - 1].hash()]);
    }
}
