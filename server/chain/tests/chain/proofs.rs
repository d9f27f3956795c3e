//! `eth_getProof` is checked by another implementation of the trie.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rpc_types_eth::EIP1186AccountProofResponse;
use alloy_trie::proof::verify_proof;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieAccount};
use chain::rpc::{Dispatcher, Options};
use chain::settings::History;
use serde_json::json;

use crate::support::{TestChain, Wallet, call_of, contracts, creation_of};

fn check(proof: &EIP1186AccountProofResponse, state_root: B256) {
    let account = TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: proof.code_hash,
    };
    let is_there = proof.nonce > 0 || !proof.balance.is_zero();
    let expected = is_there.then(|| alloy_rlp::encode(account));
    let key = Nibbles::unpack(keccak256(proof.address));
    verify_proof(state_root, key, expected, &proof.account_proof).unwrap();
    for slot in &proof.storage_proof {
        let key = Nibbles::unpack(keccak256(slot.key.as_b256()));
        let expected = (!slot.value.is_zero()).then(|| alloy_rlp::encode(slot.value));
        if proof.storage_hash == EMPTY_ROOT_HASH {
            assert_eq!(slot.proof, [] as [Bytes; 0]);
            assert_eq!(expected, None);
            continue;
        }
        verify_proof(proof.storage_hash, key, expected, &slot.proof).unwrap();
    }
}

async fn check_all_states(test: &TestChain, oldest: u64) {
    let dispatcher = Dispatcher::new(test.chain.clone(), Options::default());
    let alice = Wallet::new(0).address;
    let tip = test.chain.tip();
    for number in oldest..=tip.header.number {
        let root = tip.block(number).unwrap().unwrap().header.state_root;
        for address in [
            alice,
            alice.create(0),
            Address::ZERO,
            Address::repeat_byte(0x77),
        ] {
            let slots: Vec<U256> = (0..4).map(U256::from).collect();
            let tag = format!("{number:#x}");
            let answer = dispatcher
                .call("eth_getProof", json!([address, slots, tag]))
                .await;
            let proof: EIP1186AccountProofResponse =
                serde_json::from_value(answer.unwrap()).unwrap();
            check(&proof, root);
            let state = tip.state_after(number).unwrap().unwrap();
            assert_eq!(
                proof.balance,
                state
                    .account(address)
                    .unwrap()
                    .map_or(U256::ZERO, |account| account.balance)
            );
            for (slot, proven) in (0..).zip(&proof.storage_proof) {
                assert_eq!(proven.value, state.slot(address, U256::from(slot)).unwrap());
            }
        }
    }
}

async fn work(test: &TestChain) {
    let alice = Wallet::new(0);
    let (create, cell) = creation_of(&alice, 0, &contracts::memory_cell());
    test.mined([create]).await;
    for nonce in 1..14 {
        let words = [U256::from(nonce % 3), U256::from(nonce % 4)];
        test.mined([call_of(&alice, nonce, cell, &words)]).await;
    }
}

#[tokio::test]
async fn newest_and_past_states() {
    let test = TestChain::new();
    work(&test).await;
    check_all_states(&test, 0).await;
}

#[tokio::test]
async fn after_forgetting() {
    let test = TestChain::with(1, |settings| settings.history = History::Blocks(5));
    work(&test).await;
    check_all_states(&test, 9).await;
    let dispatcher = Dispatcher::new(test.chain.clone(), Options::default());
    let error = dispatcher
        .call("eth_getProof", json!([Address::ZERO, [], "0x8"]))
        .await
        .unwrap_err();
    assert!(error.message.contains("since block 0x9"), "{error}");
}
