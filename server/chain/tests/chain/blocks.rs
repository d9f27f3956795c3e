//! Blocks are made, kept across restarts, and mean the same on another node.

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, Bytes, U256};
use chain::Chain;
use chain::service::Imported;

use crate::support::{
    LATER_S, TestChain, Wallet, call_of, contracts, creation_of, settings, spec, transfer_of,
};

/// Transfers, deployments, reverts, logs and what runs out of gas, in a few blocks.
pub async fn fill(test: &TestChain) {
    let (alice, bob) = (Wallet::new(0), Wallet::new(1));
    test.mined([
        transfer_of(&alice, 0),
        transfer_of(&alice, 1),
        bob.legacy(0, alice.address, 5),
    ])
    .await;
    let (create_emitter, emitter) = creation_of(&alice, 2, &contracts::emitter());
    let (create_cell, cell) = creation_of(&alice, 3, &contracts::memory_cell());
    let (create_reverter, reverter) = creation_of(&bob, 1, &contracts::reverter());
    test.mined([create_emitter, create_cell, create_reverter])
        .await;
    let one = U256::ONE;
    test.mined([
        call_of(&alice, 4, emitter, &[one, U256::from(7), U256::from(9)]),
        call_of(&alice, 5, cell, &[one, U256::from(42)]),
        call_of(&bob, 2, reverter, &[one]),
    ])
    .await;
    test.mine();
    let (create_burner, burner) = creation_of(&bob, 3, &contracts::burner());
    test.mined([
        create_burner,
        call_of(&bob, 4, burner, &[]),
        call_of(&alice, 6, cell, &[one, U256::ZERO]),
        call_of(&alice, 7, cell, &[U256::from(2), U256::MAX]),
        call_of(&alice, 8, emitter, &[U256::from(2), U256::from(7)]),
    ])
    .await;
}

#[tokio::test]
async fn receipts_say_what_happened() {
    let test = TestChain::new();
    let (alice, bob) = (Wallet::new(0), Wallet::new(1));
    fill(&test).await;
    let tip = test.chain.tip();
    assert_eq!(tip.header.number, 5);
    let succeeded = |number| -> Vec<bool> {
        tip.view
            .receipts(number)
            .unwrap()
            .iter()
            .map(|receipt| receipt.succeeded)
            .collect()
    };
    assert_eq!(succeeded(1), [true, true, true]);
    assert_eq!(succeeded(2), [true, true, true]);
    let third = tip.block(3).unwrap().unwrap();
    let by_sender = |sender: Address| -> Vec<bool> {
        third
            .transactions
            .iter()
            .zip(succeeded(3))
            .filter(|(transaction, _)| transaction.sender() == sender)
            .map(|(_, succeeded)| succeeded)
            .collect()
    };
    assert_eq!(by_sender(alice.address), [true, true]);
    assert_eq!(by_sender(bob.address), [false]);
    assert_eq!(succeeded(4), [] as [bool; 0]);
    let state = tip.state();
    assert_eq!(state.account(alice.address).unwrap().unwrap().nonce, 9);
    let cell = alice.address.create(3);
    assert_eq!(state.slot(cell, U256::from(1)).unwrap(), U256::ZERO);
    assert_eq!(state.slot(cell, U256::from(2)).unwrap(), U256::MAX);
    assert_eq!(
        state
            .account(Address::repeat_byte(0xaa))
            .unwrap()
            .unwrap()
            .balance,
        U256::from(2)
    );
}

#[tokio::test]
async fn all_money_is_accounted_for() {
    let test = TestChain::new();
    let supply = |test: &TestChain| {
        let tip = test.chain.tip();
        let all = tip.view.accounts_within(&[0; 32], &[0xff; 32]).unwrap();
        all.map(|row| alloy_rlp::Decodable::decode(&mut row.unwrap().1.as_slice()).unwrap())
            .map(|account: alloy_trie::TrieAccount| account.balance)
            .fold(U256::ZERO, |sum, balance| sum + balance)
    };
    let before = supply(&test);
    fill(&test).await;
    // The base fee is burned (EIP-1559).
    let burned: u128 = test
        .blocks()
        .iter()
        .map(|block| {
            u128::from(block.header.base_fee_per_gas.unwrap()) * u128::from(block.header.gas_used)
        })
        .sum();
    assert_eq!(supply(&test) + U256::from(burned), before);
}

#[tokio::test]
async fn restart_keeps_everything() {
    let mut test = TestChain::new();
    fill(&test).await;
    for step in 0..3 {
        let before = test.chain.tip();
        let waiting = transfer_of(&Wallet::new(2), step);
        let hash = test.submit(waiting.clone()).await;
        let (number, root) = (before.header.number, before.header.state_root);
        drop(before);
        test = test.reopen();
        let after = test.chain.tip();
        assert_eq!(
            (after.header.number, after.header.state_root),
            (number, root)
        );
        let waits = test
            .chain
            .with_mempool(|mempool| mempool.get(&hash).cloned())
            .unwrap();
        assert_eq!(waits.encoded(), waiting);
        let made = test.mine();
        assert_eq!(made.block.transactions.len(), 1);
        assert_eq!(made.block.number(), number + 1);
    }
    let test = test.reopen();
    assert_eq!(
        test.chain.with_mempool(|mempool| mempool.status().pending),
        0
    );
}

#[tokio::test]
async fn another_node_comes_to_the_same_state() {
    let test = TestChain::new();
    fill(&test).await;
    let other = TestChain::new();
    let blocks = test.blocks();
    assert_eq!(
        other.chain.import(&blocks, LATER_S).unwrap(),
        Imported::Head { reorganised: 0 }
    );
    assert_eq!(other.chain.tip().hash, test.chain.tip().hash);
    assert_eq!(
        other.chain.tip().header.state_root,
        test.chain.tip().header.state_root
    );
    assert_eq!(
        other.chain.import(&blocks, LATER_S).unwrap(),
        Imported::Known
    );
    // One by one, and over the wire.
    let third = TestChain::new();
    for block in &blocks {
        let wire = chain::block::Block::decode(&block.encode()).unwrap();
        assert_eq!(wire.hash, block.hash);
        third.chain.import(&[wire], LATER_S).unwrap();
    }
    assert_eq!(third.chain.tip().hash, test.chain.tip().hash);
    for number in 1..=test.chain.tip().header.number {
        assert_eq!(
            third.chain.tip().view.receipts(number).unwrap(),
            test.chain.tip().view.receipts(number).unwrap()
        );
    }
}

#[tokio::test]
async fn the_mempool_lets_go_of_what_was_mined() {
    let test = TestChain::new();
    let alice = Wallet::new(0);
    for nonce in [0, 1, 3] {
        test.submit(transfer_of(&alice, nonce)).await;
    }
    let status = test.chain.with_mempool(|mempool| mempool.status());
    assert_eq!((status.pending, status.queued), (2, 1));
    let made = test.mine();
    assert_eq!(made.block.transactions.len(), 2);
    let status = test.chain.with_mempool(|mempool| mempool.status());
    assert_eq!((status.pending, status.queued), (0, 1));
    assert!(
        test.chain
            .submit(&transfer_of(&alice, 0))
            .await
            .unwrap_err()
            .to_string()
            .starts_with("nonce too low")
    );
    test.submit(transfer_of(&alice, 2)).await;
    assert_eq!(test.mine().block.transactions.len(), 2);
}

#[tokio::test]
async fn mined_transactions_of_another_node_leave_the_mempool() {
    let (one, other) = (TestChain::new(), TestChain::new());
    let raw = transfer_of(&Wallet::new(0), 0);
    one.submit(raw.clone()).await;
    other.submit(raw).await;
    let made = one.mine();
    other
        .chain
        .import(std::slice::from_ref(&made.block), LATER_S)
        .unwrap();
    assert_eq!(
        other.chain.with_mempool(|mempool| mempool.status().pending),
        0
    );
}

#[tokio::test]
async fn blocks_are_filled_up_to_their_gas_limit() {
    let test = TestChain::new();
    let wallets: Vec<Wallet> = (0..10).map(Wallet::new).collect();
    // 20 × 3 M gas wanted, 30 M there.
    for wallet in &wallets {
        for nonce in 0..2 {
            let (create, _) = creation_of(wallet, nonce, &contracts::burner());
            test.submit(create).await;
        }
    }
    let made = test.mine();
    assert!(made.block.header.gas_used <= made.block.header.gas_limit);
    let wanted: u64 = made
        .block
        .transactions
        .iter()
        .map(|it| it.envelope().gas_limit())
        .sum();
    assert!(wanted > 0);
    let mut mined = made.block.transactions.len();
    while mined < 20 {
        let more = test.mine().block.transactions.len();
        assert!(more > 0);
        mined += more;
    }
    assert_eq!(mined, 20);
}

#[test]
fn a_folder_of_another_chain_is_refused() {
    let test = TestChain::new();
    let folder = test.folder.path().to_owned();
    drop(test.chain);
    let error = Chain::open(spec(2), settings(&folder), 0).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("holds the chain with genesis block"),
        "{error}"
    );
}

#[test]
fn a_folder_in_use_is_refused() {
    let test = TestChain::new();
    let error = Chain::open(spec(1), settings(test.folder.path()), 0).unwrap_err();
    assert!(error.to_string().contains("another process"), "{error}");
}

#[tokio::test]
async fn destroyed_contracts_can_come_back() {
    let test = TestChain::new();
    let alice = Wallet::new(0);
    let (create, factory) = creation_of(&alice, 0, &contracts::factory());
    test.mined([create]).await;
    // In its own transaction a contract is still destroyed (EIP-6780); its init code here stores
    // something and destroys itself.
    let init = crate::support::assembly::assemble("PUSH1 0x07 PUSH0 SSTORE CALLER SELFDESTRUCT");
    let mut input = vec![0; 32];
    input.extend(&init);
    let born = factory.create2_from_code([0; 32], &init);
    for nonce in 1..4 {
        let made = test
            .mined([alice.call(nonce, factory, Bytes::from(input.clone()))])
            .await;
        assert!(made.receipts[0].succeeded);
        let state = test.chain.tip().state();
        assert!(state.account(born).unwrap().is_none());
        assert_eq!(state.slot(born, U256::ZERO).unwrap(), U256::ZERO);
    }
    let other = TestChain::new();
    other.chain.import(&test.blocks(), LATER_S).unwrap();
    assert_eq!(other.chain.tip().hash, test.chain.tip().hash);
}
