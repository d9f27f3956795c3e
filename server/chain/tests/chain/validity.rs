//! Every rule of a block is broken once, and each is named.

use alloy_consensus::Header;
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256};
use chain::block::Block;
use chain::clique;
use chain::service::{ImportError, Imported};
use chain::transaction::Transaction;
use chain::validation::transactions_root;

use crate::support::{LATER_S, TestChain, Wallet, signer, transfer_of};

/// A block that another node would take, and what it follows.
async fn good_block() -> (TestChain, Block) {
    let test = TestChain::new();
    test.mine();
    let maker = TestChain::new();
    maker.chain.import(&test.blocks(), LATER_S).unwrap();
    maker
        .mined([
            transfer_of(&Wallet::new(0), 0),
            transfer_of(&Wallet::new(0), 1),
        ])
        .await;
    let block = maker.blocks().pop().unwrap();
    (test, block)
}

fn sealed(mut header: Header, transactions: Vec<Transaction>) -> Block {
    clique::seal(&mut header, &signer(0).key).unwrap();
    Block::new(header, transactions)
}

async fn check(expected: &str, change: impl FnOnce(&mut Header, &mut Vec<Transaction>)) {
    let (test, block) = good_block().await;
    let (mut header, mut transactions) = (block.header.clone(), block.transactions.clone());
    change(&mut header, &mut transactions);
    check_refused(&test, sealed(header, transactions), expected);
    // The good one is still taken: nothing has changed.
    assert_eq!(
        test.chain.import(&[block], LATER_S).unwrap(),
        Imported::Head { reorganised: 0 }
    );
}

fn check_refused(test: &TestChain, bad: Block, expected: &str) {
    let before = test.chain.tip();
    for _ in 0..2 {
        let error = test
            .chain
            .import(std::slice::from_ref(&bad), LATER_S)
            .unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, ImportError::Invalid { .. }), "{text}");
        assert!(
            text.contains(expected),
            "{text:?} does not say {expected:?}"
        );
    }
    let after = test.chain.tip();
    assert_eq!(
        (after.hash, after.header.state_root),
        (before.hash, before.header.state_root)
    );
}

#[tokio::test]
async fn the_unchanged_block_is_valid() {
    let (test, block) = good_block().await;
    let same = sealed(block.header.clone(), block.transactions.clone());
    assert_eq!(same.hash, block.hash);
    assert!(test.chain.import(&[same], LATER_S).is_ok());
}

#[tokio::test]
async fn headers() {
    check("does not follow", |header, _| header.number += 1).await;
    check("ommers hash", |header, _| header.ommers_hash = B256::ZERO).await;
    check("mix hash", |header, _| {
        header.mix_hash = B256::repeat_byte(1);
    })
    .await;
    check("withdrawalsRoot", |header, _| {
        header.withdrawals_root = Some(B256::ZERO);
    })
    .await;
    check("timestamp", |header, _| header.timestamp -= 1).await;
    check("from the future", |header, _| {
        header.timestamp = LATER_S + 16;
    })
    .await;
    check("gas limit", |header, _| {
        header.gas_limit += 30_000_000 / 1_024;
    })
    .await;
    check("more than the gas limit", |header, _| {
        header.gas_used = header.gas_limit + 1;
    })
    .await;
    check("base fee", |header, _| header.base_fee_per_gas = Some(7)).await;
    check("base fee", |header, _| header.base_fee_per_gas = None).await;
    check("difficulty", |header, _| header.difficulty = U256::ONE).await;
    check("nonce", |header, _| header.nonce = B64::repeat_byte(1)).await;
    check("between vanity and seal", |header, _| {
        let mut extra = header.extra_data.to_vec();
        extra.splice(32..32, [0; 20]);
        header.extra_data = extra.into();
    })
    .await;
}

#[tokio::test]
async fn bodies() {
    check("transactions root", |header, _| {
        header.transactions_root = B256::ZERO;
    })
    .await;
    check("transactions root", |_, transactions| {
        transactions.pop();
    })
    .await;
    check("receipts root", |header, _| {
        header.receipts_root = B256::ZERO;
    })
    .await;
    check("bloom", |header, _| {
        header.logs_bloom = Bloom::repeat_byte(1);
    })
    .await;
    check("state root", |header, _| header.state_root = B256::ZERO).await;
    check("gas used", |header, _| header.gas_used -= 1).await;
    check("transaction 0", |header, transactions| {
        transactions.reverse();
        header.transactions_root = transactions_root(transactions);
    })
    .await;
    check("transaction 2", |header, transactions| {
        transactions.push(transactions[0].clone());
        header.transactions_root = transactions_root(transactions);
    })
    .await;
    check("transaction 0", |header, transactions| {
        let poor = Wallet::new(99);
        let raw = poor.transfer(0, Address::ZERO, 1);
        *transactions = vec![chain::transaction::decode(&raw).unwrap()];
        header.transactions_root = transactions_root(transactions);
    })
    .await;
}

#[tokio::test]
async fn seals() {
    let (test, block) = good_block().await;
    let mut header = block.header.clone();
    clique::seal(&mut header, &Wallet::new(7).key).unwrap();
    check_refused(
        &test,
        Block::new(header, block.transactions.clone()),
        "not an authorised signer",
    );
    let mut header = block.header.clone();
    let mut extra = header.extra_data.to_vec();
    let last = extra.len() - 1;
    extra[last] = 9;
    header.extra_data = extra.into();
    check_refused(
        &test,
        Block::new(header, block.transactions.clone()),
        "seal",
    );
    let mut header = block.header.clone();
    header.extra_data = Bytes::from_static(&[0; 40]);
    check_refused(&test, Block::new(header, block.transactions), "extra data");
}

#[tokio::test]
async fn a_signer_may_not_sign_twice_in_a_row() {
    let test = TestChain::with_signers(2);
    test.mine();
    let error = test.try_mine(&test.sealer).unwrap_err().to_string();
    assert!(error.contains("may sign again"), "{error}");
}

#[tokio::test]
async fn transactions_of_other_chains_or_kinds_make_a_block_invalid() {
    let alice = Wallet::new(0);
    let other_chain = alice.sign(alloy_consensus::TxEip1559 {
        chain_id: 1,
        gas_limit: 21_000,
        max_fee_per_gas: 100_000_000_000,
        to: alloy_primitives::TxKind::Call(Address::ZERO),
        ..Default::default()
    });
    check("transaction 0", move |header, transactions| {
        *transactions = vec![chain::transaction::decode(&other_chain).unwrap()];
        header.transactions_root = transactions_root(transactions);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_parent_is_asked_for() {
    let (test, block) = good_block().await;
    let mut header = block.header;
    header.parent_hash = B256::repeat_byte(9);
    let orphan = sealed(header, Vec::new());
    let error = test.chain.import(&[orphan], LATER_S).unwrap_err();
    assert!(
        matches!(error, ImportError::UnknownParent { parent } if parent == B256::repeat_byte(9))
    );
}

#[tokio::test]
async fn what_comes_too_early_may_come_again() {
    let (test, block) = good_block().await;
    let early = block.header.timestamp - 16;
    let error = test
        .chain
        .import(std::slice::from_ref(&block), early)
        .unwrap_err();
    assert!(error.to_string().contains("future"), "{error}");
    // Being early is not a property of the block: it is not held against it.
    assert!(test.chain.import(&[block], LATER_S).is_ok());
}

#[tokio::test]
async fn blocks_before_a_bad_one_are_kept() {
    let maker = TestChain::new();
    for nonce in 0..4 {
        maker.mined([transfer_of(&Wallet::new(0), nonce)]).await;
    }
    let mut blocks = maker.blocks();
    let mut header = blocks[3].header.clone();
    header.state_root = B256::ZERO;
    blocks[3] = sealed(header, blocks[3].transactions.clone());
    let test = TestChain::new();
    assert!(test.chain.import(&blocks, LATER_S).is_err());
    assert_eq!(test.chain.tip().header.number, 3);
    assert_eq!(test.chain.tip().hash, blocks[2].hash);
}

#[test]
fn malformed_bytes_are_no_block() {
    let empty = Block::new(Header::default(), Vec::new()).encode();
    assert!(Block::decode(&empty).is_ok());
    for length in 0..empty.len() {
        assert!(Block::decode(&empty[..length]).is_err());
    }
    let mut longer = empty;
    longer.push(0);
    assert!(Block::decode(&longer).is_err());
}
