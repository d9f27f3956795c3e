//! The log index against a scan of everything.

use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::{Filter, Log};
use chain::rpc::{Dispatcher, LogLimits, LogSearchError, Options, search_logs};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{TestChain, Wallet, call_of, contracts, creation_of};

fn limits() -> LogLimits {
    LogLimits {
        logs_max: 1_000_000,
        unindexed_blocks_max: 1_000_000,
        deadline: Instant::now() + Duration::from_secs(60),
    }
}

/// Blocks with logs of three contracts, with topics among few; some transactions have none.
async fn chain_with_logs(seed: u64) -> (TestChain, Vec<Address>) {
    let test = TestChain::new();
    let mut random = seed;
    let mut next = move |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let wallets: Vec<Wallet> = (0..3).map(Wallet::new).collect();
    let mut emitters = Vec::new();
    for wallet in &wallets {
        let (create, emitter) = creation_of(wallet, 0, &contracts::emitter());
        test.submit(create).await;
        emitters.push(emitter);
    }
    test.mine();
    let mut nonces = [1_u64; 3];
    for _ in 0..12 {
        for _ in 0..next(9) {
            let who = next(3) as usize;
            let (nonce, wallet) = (nonces[who], &wallets[who]);
            nonces[who] += 1;
            let raw = if next(5) == 0 {
                wallet.transfer(nonce, Address::ZERO, 1)
            } else {
                let topics = [U256::from(next(3)), U256::from(next(4)), U256::from(nonce)];
                call_of(wallet, nonce, emitters[next(3) as usize], &topics)
            };
            test.submit(raw).await;
        }
        test.mine();
    }
    (test, emitters)
}

fn scan(test: &TestChain, filter: &Filter, from: u64, to: u64) -> Vec<(u64, u64, Address, B256)> {
    let view = &test.chain.tip().view;
    let mut found = Vec::new();
    for number in from..=to {
        let transactions = view.transactions(number).unwrap();
        let mut index = 0;
        for (transaction, receipt) in transactions.iter().zip(view.receipts(number).unwrap()) {
            for log in &receipt.logs {
                let address_fits =
                    filter.address.is_empty() || filter.address.contains(&log.address);
                let topics_fit = filter.topics.iter().enumerate().all(|(position, wanted)| {
                    wanted.is_empty()
                        || log
                            .topics()
                            .get(position)
                            .is_some_and(|topic| wanted.contains(topic))
                });
                if address_fits && topics_fit {
                    found.push((number, index, log.address, transaction.hash()));
                }
                index += 1;
            }
        }
    }
    found
}

fn shape(logs: &[Log]) -> Vec<(u64, u64, Address, B256)> {
    logs.iter()
        .map(|log| {
            assert!(!log.removed);
            (
                log.block_number.unwrap(),
                log.log_index.unwrap(),
                log.address(),
                log.transaction_hash.unwrap(),
            )
        })
        .collect()
}

fn any_filter(emitters: Vec<Address>) -> impl Strategy<Value = Filter> {
    let known = prop::sample::select([emitters, vec![Address::repeat_byte(1)]].concat());
    let addresses = prop::collection::vec(known, 0..3);
    let topic = || {
        prop::collection::vec(
            (0_u64..5).prop_map(|topic| B256::from(U256::from(topic))),
            0..3,
        )
    };
    (addresses, topic(), topic(), prop::bool::weighted(0.1)).prop_map(
        |(addresses, first, second, third)| {
            let mut filter = Filter::new();
            filter.address = addresses.into();
            filter.topics[0] = first.into();
            filter.topics[1] = second.into();
            if third {
                filter.topics[2] = B256::ZERO.into();
            }
            filter
        },
    )
}

#[test]
fn the_index_finds_what_a_scan_finds() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for seed in 0..4 {
        let (test, emitters) = runtime.block_on(chain_with_logs(seed));
        let newest = test.chain.tip().header.number;
        proptest!(ProptestConfig::with_cases(300), |(
            filter in any_filter(emitters.clone()),
            from in 0..=newest,
            length in 0..=newest,
        )| {
            let to = (from + length).min(newest);
            let found = search_logs(&test.chain.tip().view, &filter, from..=to, limits()).unwrap();
            prop_assert_eq!(shape(&found), scan(&test, &filter, from, to));
        });
    }
}

#[test]
fn bounds_say_what_to_ask_instead() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (test, emitters) = runtime.block_on(chain_with_logs(9));
    let view = &test.chain.tip().view;
    let newest = test.chain.tip().header.number;
    let everything = Filter::new().address(emitters);
    let all = search_logs(view, &everything, 0..=newest, limits()).unwrap();
    for logs_max in 1..all.len() {
        let limits = LogLimits {
            logs_max,
            ..limits()
        };
        let error = search_logs(view, &everything, 0..=newest, limits).unwrap_err();
        let LogSearchError::TooManyLogs { from: 0, to, .. } = error else {
            panic!("{error}")
        };
        let first_block = all[0].block_number.unwrap();
        if to > first_block {
            // What is proposed is answered.
            let less = search_logs(view, &everything, 0..=to, limits).unwrap();
            assert_eq!(shape(&less), shape(&all[..less.len()]));
        }
    }
    let few = LogLimits {
        unindexed_blocks_max: 3,
        ..limits()
    };
    let error = search_logs(view, &Filter::new(), 1..=newest, few).unwrap_err();
    assert!(
        matches!(error, LogSearchError::RangeTooLarge { from: 1, to: 3, .. }),
        "{error}"
    );
    assert!(search_logs(view, &Filter::new(), 1..=3, few).is_ok());
    let late = LogLimits {
        deadline: Instant::now(),
        ..limits()
    };
    let error = search_logs(view, &Filter::new(), 1..=newest, late).unwrap_err();
    assert!(matches!(error, LogSearchError::OutOfTime { .. }), "{error}");
}

#[tokio::test]
async fn ranges() {
    let (test, emitters) = chain_with_logs(3).await;
    let dispatcher = Dispatcher::new(test.chain.clone(), Options::default());
    let tip = test.chain.tip();
    let logs =
        async |filter: serde_json::Value| dispatcher.call("eth_getLogs", json!([filter])).await;
    let all = logs(json!({"fromBlock": "earliest", "toBlock": "latest"}))
        .await
        .unwrap();
    assert!(!all.as_array().unwrap().is_empty());
    assert_eq!(
        logs(json!({"fromBlock": "0x0", "toBlock": "0x9999"}))
            .await
            .unwrap(),
        all
    );
    assert_eq!(
        logs(json!({"fromBlock": "0x0", "toBlock": "0x9999", "address": emitters}))
            .await
            .unwrap(),
        all
    );
    assert_eq!(
        logs(json!({"fromBlock": "0x9999", "toBlock": "0x99999"}))
            .await
            .unwrap(),
        json!([])
    );
    let reverse = logs(json!({"fromBlock": "0x3", "toBlock": "0x2"}))
        .await
        .unwrap_err();
    assert_eq!(reverse.message, "invalid block range params");
    let newest = logs(json!({})).await.unwrap();
    assert_eq!(logs(json!({"blockHash": tip.hash})).await.unwrap(), newest);
    let unknown = logs(json!({"blockHash": B256::ZERO})).await.unwrap_err();
    assert_eq!(unknown.message, "unknown block");
    let criteria: Vec<Address> = (0..1_001_u64)
        .map(|number| Address::left_padding_from(&number.to_be_bytes()))
        .collect();
    let many = logs(json!({"address": criteria})).await.unwrap_err();
    assert_eq!(many.code, -32602);
    insta::assert_json_snapshot!(all[0]);
}
