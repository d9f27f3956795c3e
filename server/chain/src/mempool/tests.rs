mod model;
mod refusals;

use alloy_consensus::transaction::Recovered;
use alloy_consensus::{Signed, TxEip1559, TxEnvelope};
use alloy_primitives::{Signature, TxKind};

use super::*;

pub(super) const GAS: u64 = 21_000;

/// A transfer of `value_wei` with the two fees; nobody looks at its signature here.
pub(super) fn transfer(
    sender: u8,
    nonce: u64,
    max_fee_wei: u128,
    tip_wei: u128,
    value_wei: u64,
) -> Transaction {
    let transaction = TxEip1559 {
        chain_id: 1,
        nonce,
        gas_limit: GAS,
        max_fee_per_gas: max_fee_wei,
        max_priority_fee_per_gas: tip_wei,
        to: TxKind::Call(Address::ZERO),
        value: U256::from(value_wei),
        ..Default::default()
    };
    // The hash is of the signature too: it makes transactions of two senders differ.
    let signature = Signature::new(U256::from(sender), U256::from(1), false);
    let envelope = TxEnvelope::Eip1559(Signed::new_unhashed(transaction, signature));
    Transaction::from_recovered(Recovered::new_unchecked(envelope, address(sender))).unwrap()
}

pub(super) fn address(sender: u8) -> Address {
    Address::repeat_byte(sender)
}

pub(super) fn state(nonce: u64, balance_wei: u64) -> AccountState {
    AccountState {
        nonce,
        balance_wei: U256::from(balance_wei),
    }
}

pub(super) const RICH: AccountState = AccountState {
    nonce: 0,
    balance_wei: U256::MAX,
};

fn nonces<'a>(transactions: impl Iterator<Item = &'a Transaction>) -> Vec<(u8, u64)> {
    transactions
        .map(|transaction| (transaction.sender()[0], transaction.nonce()))
        .collect()
}

fn pool_of(transactions: impl IntoIterator<Item = Transaction>) -> Mempool {
    let mut pool = Mempool::new(Limits::default(), 0);
    for (now_ms, transaction) in transactions.into_iter().enumerate() {
        pool.add(transaction, RICH, now_ms as u64).unwrap();
    }
    pool
}

#[test]
fn the_best_pays_most_came_first_and_keeps_the_nonce_order() {
    let pool = pool_of([
        transfer(1, 0, 100, 5, 0),
        transfer(2, 0, 100, 7, 0),
        transfer(1, 1, 100, 9, 0),
        transfer(3, 0, 100, 7, 0),
        transfer(2, 1, 100, 1, 0),
    ]);
    assert_eq!(
        nonces(pool.best(0)),
        [(2, 0), (3, 0), (1, 0), (1, 1), (2, 1)]
    );
}

/// At base fee 0 the first offers 10 and the second 8; at 95 the first is left with 5.
#[test]
fn the_best_follows_the_base_fee() {
    let pool = pool_of([
        transfer(1, 0, 100, 10, 0),
        transfer(2, 0, 200, 8, 0),
        transfer(2, 1, 90, 8, 0),
    ]);
    assert_eq!(nonces(pool.best(0)), [(1, 0), (2, 0), (2, 1)]);
    assert_eq!(nonces(pool.best(95)), [(2, 0), (1, 0)]);
    assert_eq!(nonces(pool.best(101)), [(2, 0)]);
    assert_eq!(nonces(pool.best(201)), []);
}

#[test]
fn a_skipped_sender_stays_away() {
    let pool = pool_of([
        transfer(1, 0, 9, 9, 0),
        transfer(1, 1, 9, 9, 0),
        transfer(2, 0, 1, 1, 0),
        transfer(2, 1, 1, 1, 0),
    ]);
    let mut best = pool.best(0);
    best.skip_sender();
    assert_eq!(best.next().map(Transaction::nonce), Some(0));
    best.skip_sender();
    best.skip_sender();
    assert_eq!(nonces(best), [(2, 0), (2, 1)]);
    assert_eq!(pool.status().pending, 4, "nothing is taken out");
}

#[test]
fn a_gap_is_filled() {
    let mut pool = pool_of([transfer(1, 2, 9, 9, 0), transfer(1, 1, 9, 9, 0)]);
    assert_eq!((pool.status().pending, pool.status().queued), (0, 2));
    assert_eq!(pool.next_nonce(&address(1), 0), 0);
    let added = pool.add(transfer(1, 0, 9, 9, 0), RICH, 0).unwrap();
    assert_eq!(added.place, Place::Pending);
    let expected = [1, 2].map(|nonce| transfer(1, nonce, 9, 9, 0).hash());
    assert_eq!(added.promoted, expected);
    assert_eq!(pool.next_nonce(&address(1), 0), 3);
    assert_eq!(pool.next_nonce(&address(2), 7), 7, "an unknown sender");
}

#[test]
fn money_that_leaves_and_returns_moves_transactions() {
    let cost = GAS * 9;
    let mut pool = pool_of((0..4).map(|nonce| transfer(1, nonce, 9, 9, 0)));
    let report = pool.on_block(0, [(address(1), state(1, 2 * cost))]);
    let used = Dropped {
        hash: transfer(1, 0, 9, 9, 0).hash(),
        reason: DropReason::NonceUsed,
    };
    assert_eq!(report.dropped, [used]);
    assert_eq!((pool.status().pending, pool.status().queued), (2, 1));
    let report = pool.on_block(0, [(address(1), state(1, 3 * cost))]);
    assert_eq!(report.promoted, [transfer(1, 3, 9, 9, 0).hash()]);
    let report = pool.on_block(0, [(address(1), state(1, cost - 1))]);
    assert_eq!(report.dropped.len(), 3);
    assert!(
        report
            .dropped
            .iter()
            .all(|dropped| dropped.reason == DropReason::Unaffordable)
    );
    assert_eq!(
        pool.status(),
        Status {
            pending: 0,
            queued: 0,
            bytes: 0
        }
    );
}

/// A thousand wait behind two that a block had mined: none is lost though the queue is short.
#[test]
fn a_reorganisation_loses_nothing() {
    let all: Vec<_> = (0..1_000)
        .map(|nonce| transfer(1, nonce, 9, 9, 0))
        .collect();
    let mut pool = pool_of(all.iter().cloned());
    pool.on_block(
        0,
        [(
            address(1),
            AccountState {
                nonce: 300,
                balance_wei: U256::MAX,
            },
        )],
    );
    let now = AccountState {
        nonce: 100,
        balance_wei: U256::MAX,
    };
    let report = pool.on_reorganisation(0, [(address(1), now)], all[50..300].iter().cloned(), 5);
    assert_eq!(
        report.dropped.len(),
        50,
        "those that the new branch has too"
    );
    assert_eq!((pool.status().pending, pool.status().queued), (900, 0));
    assert_eq!(pool.best(0).next(), Some(&all[100]));
}

#[test]
fn an_orphan_of_an_unknown_sender_comes_in() {
    let mut pool = pool_of([]);
    let orphans = [
        transfer(1, 0, 9, 9, 0),
        transfer(2, 0, 9, 9, 0),
        transfer(1, 1, 9, 9, 0),
    ];
    let report = pool.on_reorganisation(0, [(address(1), RICH)], orphans.clone(), 0);
    let elsewhere = Dropped {
        hash: orphans[1].hash(),
        reason: DropReason::NonceUsed,
    };
    assert_eq!(report.dropped, [elsewhere]);
    assert_eq!(nonces(pool.best(0)), [(1, 0), (1, 1)]);
}

#[test]
fn what_the_evm_refuses_leaves_and_its_followers_wait() {
    let mut pool = pool_of((0..3).map(|nonce| transfer(1, nonce, 9, 9, 0)));
    let hash = transfer(1, 1, 9, 9, 0).hash();
    let expected = Dropped {
        hash,
        reason: DropReason::Invalid,
    };
    assert_eq!(pool.remove_invalid(hash), [expected]);
    assert_eq!(pool.remove_invalid(hash), []);
    assert_eq!((pool.status().pending, pool.status().queued), (1, 1));
}

#[test]
fn waiting_ends() {
    let mut pool = Mempool::new(Limits::default(), 0);
    let hour_ms = 60 * 60 * 1_000;
    for (nonce, now_ms) in [(0, 2 * hour_ms), (1, 0), (2, 2 * hour_ms), (9, hour_ms)] {
        pool.add(transfer(1, nonce, 9, 9, 0), RICH, now_ms).unwrap();
    }
    assert_eq!(pool.expire(2 * hour_ms - 1), []);
    let nonce_of = |dropped: &Dropped| {
        let all = [0, 1, 2, 9].map(|nonce| transfer(1, nonce, 9, 9, 0));
        all.iter()
            .find(|held| held.hash() == dropped.hash)
            .map(Transaction::nonce)
    };
    let expired = pool.expire(2 * hour_ms);
    assert_eq!(
        expired.iter().map(nonce_of).collect::<Vec<_>>(),
        [Some(9)],
        "a queued one"
    );
    let expired = pool.expire(3 * hour_ms);
    assert_eq!(
        expired.iter().map(nonce_of).collect::<Vec<_>>(),
        [Some(1), Some(2)]
    );
    assert_eq!((pool.status().pending, pool.status().queued), (1, 0));
}

#[test]
fn views_agree() {
    let pool = pool_of([
        transfer(1, 0, 9, 9, 0),
        transfer(1, 5, 9, 9, 0),
        transfer(2, 1, 9, 9, 0),
    ]);
    let pending: Vec<_> = pool
        .pending()
        .map(|(sender, held)| (sender, held.len()))
        .collect();
    assert_eq!(pending, [(address(1), 1)]);
    assert_eq!(pool.queued().map(|(_, held)| held.len()).sum::<usize>(), 2);
    let places: Vec<_> = pool
        .by_sender(&address(1))
        .map(|(place, held)| (place, held.nonce()))
        .collect();
    assert_eq!(places, [(Place::Pending, 0), (Place::Queued, 5)]);
    let hash = transfer(2, 1, 9, 9, 0).hash();
    assert_eq!(pool.get(&hash).map(Transaction::nonce), Some(1));
    assert_eq!(pool.account(&address(1)), Some(RICH));
    assert_eq!(pool.account(&address(3)), None);
}
