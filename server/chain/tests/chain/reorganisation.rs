//! A heavier branch takes over, whatever its length; what it does not have waits again.

use std::sync::Arc;

use alloy_primitives::{B256, U256};
use chain::block::Block;
use chain::clique;
use chain::events::ChainEvent;
use chain::service::{ImportError, Imported, Sealer};

use crate::support::{
    LATER_S, TestChain, Wallet, call_of, contracts, creation_of, signer, transfer_of,
};

/// Three signers, of whom two can go on alone. The first is this one.
fn three() -> TestChain {
    TestChain::with_signers(3)
}

fn sealer(number: u8) -> Sealer {
    Sealer::new(signer(number).key)
}

/// Whoever of the signers may make the next block makes it; the later of them first when asked.
fn mine_by(test: &TestChain, order: &[u8]) -> Block {
    let made = order
        .iter()
        .find_map(|number| test.try_mine(&sealer(*number)).ok());
    Block::clone(&made.expect("somebody may sign").block)
}

fn in_turn(test: &TestChain) -> Block {
    let tip = test.chain.tip();
    let snapshot = test.chain.signers_after(tip.hash).unwrap();
    let wanted = snapshot.signer_in_turn(tip.header.number + 1).unwrap();
    let number = (0..3)
        .find(|number| signer(*number).address == wanted)
        .unwrap();
    mine_by(test, &[number])
}

fn out_of_turn(test: &TestChain) -> Block {
    let tip = test.chain.tip();
    let snapshot = test.chain.signers_after(tip.hash).unwrap();
    let next = tip.header.number + 1;
    let wanted = (0..3)
        .find(|number| {
            let address = signer(*number).address;
            !snapshot.in_turn(address, next) && snapshot.may_sign(address, next).is_ok()
        })
        .unwrap();
    mine_by(test, &[wanted])
}

/// What a node shows of its state.
fn picture(test: &TestChain) -> (B256, B256, Vec<Option<U256>>, u64) {
    let tip = test.chain.tip();
    let state = tip.state();
    let balances = (0..4)
        .map(|number| {
            state
                .account(Wallet::new(number).address)
                .unwrap()
                .map(|account| account.balance)
        })
        .collect();
    (tip.hash, tip.header.state_root, balances, tip.header.number)
}

async fn check_length(length: u64) {
    let (light, heavy) = (three(), three());
    // A common block first.
    let common = in_turn(&light);
    heavy.chain.import(&[common], LATER_S).unwrap();
    let (alice, bob) = (Wallet::new(0), Wallet::new(1));
    let (create, cell) = creation_of(&alice, 0, &contracts::memory_cell());
    let (other_create, other_cell) = creation_of(&alice, 0, &contracts::store());
    assert_eq!(cell, other_cell);
    light.submit(create).await;
    heavy.submit(other_create).await;
    let mut orphaned = Vec::new();
    for step in 0..length {
        light
            .submit(call_of(
                &alice,
                1 + step,
                cell,
                &[U256::from(step), U256::from(7)],
            ))
            .await;
        orphaned.push(light.submit(transfer_of(&bob, step)).await);
        out_of_turn(&light);
        heavy
            .submit(call_of(
                &alice,
                1 + step,
                cell,
                &[U256::from(step), U256::from(9)],
            ))
            .await;
        in_turn(&heavy);
    }
    let before = picture(&light);
    let mut events = light.chain.events();
    let branch: Vec<Block> = heavy.blocks().split_off(1);
    let outcome = light.chain.import(&branch, LATER_S).unwrap();
    let Imported::Head { reorganised } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(reorganised >= 1 && reorganised <= length);
    let (hash, root, ..) = picture(&heavy);
    assert_eq!(
        (light.chain.tip().hash, light.chain.tip().header.state_root),
        (hash, root)
    );
    // What the other branch did not have waits again.
    for orphan in &orphaned {
        assert!(
            light
                .chain
                .with_mempool(|mempool| mempool.get(orphan).is_some())
        );
    }
    let pending = light.chain.with_mempool(|mempool| mempool.status().pending);
    assert_eq!(pending, orphaned.len());
    // Listeners were told of everything that went and came.
    let mut heads: Vec<B256> = light.blocks().iter().map(|block| block.hash).collect();
    let mut told: Vec<B256> = Vec::new();
    let mut removed = 0;
    while let Ok(event) = events.try_recv() {
        if let ChainEvent::Head(change) = event {
            removed += change.removed.len() as u64;
            told.extend(change.added.iter().map(|applied| applied.block.hash));
        }
    }
    assert_eq!(removed, length);
    assert_eq!(told, heads.split_off(1));
    // The state in the past is that of the new branch.
    let tip = light.chain.tip();
    for number in 0..=tip.header.number {
        let mine = tip.state_after(number).unwrap().unwrap();
        let theirs = heavy.chain.tip().state_after(number).unwrap().unwrap();
        for address in [alice.address, bob.address, cell] {
            assert_eq!(
                mine.account(address).unwrap(),
                theirs.account(address).unwrap()
            );
        }
        for slot in 0..length {
            let slot = U256::from(slot);
            assert_eq!(
                mine.slot(cell, slot).unwrap(),
                theirs.slot(cell, slot).unwrap()
            );
        }
    }
    assert_ne!(before.0, light.chain.tip().hash);
    // It goes on after a restart, and mines what was orphaned. Who holds a tip holds the database.
    drop(tip);
    let light = light.reopen();
    assert_eq!(light.chain.tip().hash, hash);
    let block = in_turn(&light);
    assert_eq!(block.transactions.len(), orphaned.len());
}

#[tokio::test]
async fn branches_of_every_length() {
    for length in 1..=10 {
        check_length(length).await;
    }
}

#[tokio::test]
async fn a_lighter_branch_stays_aside_and_an_equal_one_too() {
    let (heavy, light) = (three(), three());
    in_turn(&heavy);
    let aside = out_of_turn(&light);
    let before = heavy.chain.tip().hash;
    assert_eq!(
        heavy
            .chain
            .import(std::slice::from_ref(&aside), LATER_S)
            .unwrap(),
        Imported::Aside
    );
    assert_eq!(
        heavy
            .chain
            .import(std::slice::from_ref(&aside), LATER_S)
            .unwrap(),
        Imported::Known
    );
    assert_eq!(heavy.chain.tip().hash, before);
    let found = heavy.chain.block_by_hash(&aside.hash).unwrap().unwrap();
    assert_eq!(found.encode(), aside.encode());
}

#[tokio::test]
async fn an_invalid_block_at_the_end_leaves_everything_as_it_was() {
    let (light, heavy) = (three(), three());
    light.submit(transfer_of(&Wallet::new(0), 0)).await;
    for _ in 0..3 {
        out_of_turn(&light);
    }
    for nonce in 0..2 {
        heavy.submit(transfer_of(&Wallet::new(1), nonce)).await;
        in_turn(&heavy);
    }
    let mut branch = heavy.blocks();
    // 2 + 2 against 1 + 1 + 1: the last one makes it heavier.
    let last = &mut branch[1];
    let author = clique::recover_signer(&last.header).unwrap();
    let key = (0..3)
        .map(signer)
        .find(|wallet| wallet.address == author)
        .unwrap()
        .key;
    let mut header = last.header.clone();
    header.state_root = B256::repeat_byte(3);
    clique::seal(&mut header, &key).unwrap();
    *last = Block::new(header, last.transactions.clone());
    let before = picture(&light);
    for _ in 0..2 {
        let error = light.chain.import(&branch, LATER_S).unwrap_err();
        assert!(
            matches!(error, ImportError::Invalid { number: 2, .. }),
            "{error}"
        );
        assert_eq!(picture(&light), before);
    }
    // The honest branch still takes over.
    let outcome = light.chain.import(&heavy.blocks(), LATER_S).unwrap();
    assert_eq!(outcome, Imported::Head { reorganised: 3 });
    assert_eq!(light.chain.tip().hash, heavy.chain.tip().hash);
}

#[tokio::test]
async fn a_branch_that_leaves_too_far_back_is_not_followed() {
    let light = TestChain::with(3, |settings| settings.reorg_depth_max = 2);
    let heavy = three();
    for _ in 0..3 {
        out_of_turn(&light);
        in_turn(&heavy);
    }
    let before = picture(&light);
    let error = light.chain.import(&heavy.blocks(), LATER_S).unwrap_err();
    assert!(
        matches!(error, ImportError::TooDeep { depth: 3, max: 2 }),
        "{error}"
    );
    assert_eq!(picture(&light), before);
}

#[tokio::test]
async fn there_and_back_again() {
    let (one, other) = (three(), three());
    out_of_turn(&one);
    in_turn(&other);
    one.submit(transfer_of(&Wallet::new(0), 0)).await;
    let first = Arc::new(one.chain.tip().hash);
    one.chain.import(&other.blocks(), LATER_S).unwrap();
    assert_ne!(one.chain.tip().hash, *first);
    // The branch that was left grows heavier elsewhere.
    let third = three();
    let left = one.chain.block_by_hash(&first).unwrap().unwrap();
    third.chain.import(&[left], LATER_S).unwrap();
    for _ in 0..2 {
        in_turn(&third);
    }
    let outcome = one.chain.import(&third.blocks(), LATER_S).unwrap();
    assert_eq!(outcome, Imported::Head { reorganised: 1 });
    assert_eq!(one.chain.tip().hash, third.chain.tip().hash);
    assert_eq!(
        one.chain.with_mempool(|mempool| mempool.status().pending),
        1
    );
}
