//! States in the past are those that were, for as long as they are kept.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use chain::settings::History;
use chain::{StateView, Tip};

use crate::blocks::fill;
use crate::support::{TestChain, Wallet, call_of, contracts, creation_of, transfer_of};

/// Everything that can be read of a few accounts.
type Picture = BTreeMap<Address, (Option<Account>, Vec<U256>)>;
/// Nonce, balance and storage root.
type Account = (u64, U256, B256);

fn picture(state: &StateView) -> Picture {
    let alice = Wallet::new(0).address;
    let accounts = (0..4)
        .map(|number| Wallet::new(number).address)
        .chain((0..10).map(|nonce| alice.create(nonce)))
        .chain([Address::repeat_byte(0xaa), Address::ZERO]);
    accounts
        .map(|address| {
            let account = state.account(address).unwrap();
            let slots = (0..6)
                .map(|slot| state.slot(address, U256::from(slot)).unwrap())
                .collect();
            let account = account.map(|it| (it.nonce, it.balance, it.storage_root));
            (address, (account, slots))
        })
        .collect()
}

/// Blocks that change the same slots again and again.
async fn busy(test: &TestChain, blocks: u64) -> Vec<Picture> {
    let alice = Wallet::new(0);
    let (create, cell) = creation_of(&alice, 0, &contracts::memory_cell());
    let mut pictures = vec![picture(&test.chain.tip().state())];
    test.mined([create]).await;
    pictures.push(picture(&test.chain.tip().state()));
    for block in 2..=blocks {
        let slot = U256::from(block % 5);
        let value = U256::from(block % 3) * U256::from(block);
        let mut raw = vec![call_of(&alice, block - 1, cell, &[slot, value])];
        if block % 4 == 0 {
            raw.push(transfer_of(&Wallet::new(1), block / 4 - 1));
        }
        test.mined(raw).await;
        pictures.push(picture(&test.chain.tip().state()));
    }
    pictures
}

fn check(tip: &Tip, pictures: &[Picture]) {
    for (number, expected) in (0..).zip(pictures) {
        let state = tip.state_after(number).unwrap().unwrap();
        assert_eq!(&picture(&state), expected, "block {number}");
    }
}

#[tokio::test]
async fn every_state_is_what_it_was() {
    let test = TestChain::new();
    let pictures = busy(&test, 40).await;
    check(&test.chain.tip(), &pictures);
    let test = test.reopen();
    check(&test.chain.tip(), &pictures);
    assert!(test.chain.tip().state_after(41).unwrap().is_none());
}

#[tokio::test]
async fn states_that_are_not_kept_are_gone_and_the_others_are_right() {
    let test = TestChain::with(1, |settings| settings.history = History::Blocks(8));
    let pictures = busy(&test, 30).await;
    let tip = test.chain.tip();
    assert_eq!(tip.view.oldest_state().unwrap(), 22);
    for number in 0..22 {
        assert!(tip.state_after(number).unwrap().is_none(), "block {number}");
        assert!(
            tip.view.changed_keys(number).unwrap().is_none(),
            "block {number}"
        );
    }
    for number in 22..=30 {
        let state = tip.state_after(number).unwrap().unwrap();
        assert_eq!(picture(&state), pictures[number as usize], "block {number}");
    }
}

#[tokio::test]
async fn a_shorter_history_forgets_at_once_and_a_longer_one_grows() {
    let test = TestChain::with(1, |settings| settings.history = History::Archive);
    fill(&test).await;
    let mut settings = test.chain.settings().clone();
    let (spec, sealer, folder) = (test.chain.spec().clone(), test.sealer.clone(), test.folder);
    drop(test.chain);
    settings.history = History::Blocks(2);
    let chain = chain::Chain::open(spec, settings, 0).unwrap();
    let test = TestChain {
        chain,
        sealer,
        folder,
    };
    test.mine();
    assert_eq!(test.chain.tip().view.oldest_state().unwrap(), 4);
}

#[tokio::test]
async fn a_held_tip_stays_as_it_was() {
    let test = TestChain::new();
    let alice = Wallet::new(0);
    let held = test.chain.tip();
    let before = picture(&held.state());
    for nonce in 0..5 {
        test.mined([transfer_of(&alice, nonce)]).await;
    }
    assert_eq!(picture(&held.state()), before);
    assert_eq!(held.header.number, 0);
}
