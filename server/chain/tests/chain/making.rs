//! The task that makes blocks, with the real clock.

use std::time::Duration;

use chain::events::ChainEvent;
use chain::rpc::{Dispatcher, Options};
use chain::service::Sealer;
use chain::settings::BlockMode;
use chain::tasks::block_maker::{self, BlockMaker, MINE_REQUESTS_MAX};
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::support::{TestChain, Wallet, signer, transfer_of};

struct Running {
    dispatcher: Dispatcher,
    shutdown: watch::Sender<bool>,
    task: JoinHandle<()>,
}

fn start(test: &TestChain, sealer: Sealer, mode: BlockMode) -> Running {
    let (mine, requests) = mpsc::channel(MINE_REQUESTS_MAX);
    let (shutdown, is_over) = watch::channel(false);
    let maker = BlockMaker {
        chain: test.chain.clone(),
        sealer,
        mode,
        requests,
    };
    let task = tokio::spawn(block_maker::run(maker, is_over));
    let options = Options {
        mine: Some(mine),
        ..Options::default()
    };
    Running {
        dispatcher: Dispatcher::new(test.chain.clone(), options),
        shutdown,
        task,
    }
}

impl Running {
    async fn stop(self) {
        self.shutdown.send(true).unwrap();
        tokio::time::timeout(Duration::from_secs(5), self.task)
            .await
            .unwrap()
            .unwrap();
    }
}

/// Unix times of the next heads.
async fn heads(test: &TestChain, count: usize) -> Vec<(u64, usize)> {
    let mut events = test.chain.events();
    let mut heads = Vec::new();
    while heads.len() < count {
        let event = tokio::time::timeout(Duration::from_secs(20), events.recv()).await;
        if let ChainEvent::Head(change) = event.unwrap().unwrap() {
            heads.extend(change.added.iter().map(|applied| {
                (
                    applied.block.header.timestamp,
                    applied.block.transactions.len(),
                )
            }));
        }
    }
    heads
}

const QUIET: BlockMode = BlockMode::Transactions { heartbeat: None };

#[tokio::test(flavor = "multi_thread")]
async fn blocks_come_on_the_second_while_there_is_work() {
    let test = TestChain::new();
    test.mine();
    let running = start(&test, test.sealer.clone(), BlockMode::Always);
    let times: Vec<u64> = heads(&test, 3)
        .await
        .into_iter()
        .map(|(time, _)| time)
        .collect();
    running.stop().await;
    // No drift: exactly the period.
    assert_eq!([times[1] - times[0], times[2] - times[1]], [2, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_wakes_the_maker() {
    let test = TestChain::new();
    test.mine();
    let running = start(&test, test.sealer.clone(), QUIET);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let quiet = test.chain.tip().header.number;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(test.chain.tip().header.number, quiet);
    let mut events = test.chain.events();
    let sent = std::time::Instant::now();
    test.submit(transfer_of(&Wallet::new(0), 0)).await;
    loop {
        if let ChainEvent::Head(change) = events.recv().await.unwrap() {
            assert_eq!(change.added[0].block.transactions.len(), 1);
            break;
        }
    }
    assert!(
        sent.elapsed() < Duration::from_secs(2),
        "{:?}",
        sent.elapsed()
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_broken_by_a_heartbeat() {
    let test = TestChain::new();
    let running = start(
        &test,
        test.sealer.clone(),
        BlockMode::Transactions {
            heartbeat: Some(Duration::from_secs(3)),
        },
    );
    let heads = heads(&test, 2).await;
    running.stop().await;
    assert_eq!(heads[1].0 - heads[0].0, 3);
    assert_eq!(heads[1].1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_demand() {
    let test = TestChain::new();
    let running = start(&test, test.sealer.clone(), BlockMode::OnDemand);
    test.submit(transfer_of(&Wallet::new(0), 0)).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(test.chain.tip().header.number, 0);
    let mine = |params| running.dispatcher.call("evm_mine", params);
    assert_eq!(mine(json!([])).await.unwrap(), "0x0");
    assert_eq!(test.chain.tip().header.number, 1);
    mine(json!([{"blocks": 3}])).await.unwrap();
    assert_eq!(test.chain.tip().header.number, 4);
    let later = test.chain.tip().header.timestamp + 100;
    mine(json!([later])).await.unwrap();
    assert_eq!(test.chain.tip().header.timestamp, later);
    assert_eq!(
        mine(json!([{"blocks": 5_000}])).await.unwrap_err().code,
        -32005
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_signer_makes_nothing_and_ends_in_good_order() {
    let test = TestChain::new();
    let running = start(&test, Sealer::new(Wallet::new(77).key), BlockMode::Always);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(test.chain.tip().header.number, 0);
    let refused = running
        .dispatcher
        .call("evm_mine", json!([]))
        .await
        .unwrap_err();
    assert!(
        refused.message.contains("not an authorised signer"),
        "{refused}"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_signers_take_turns() {
    let (one, other) = (TestChain::with_signers(2), TestChain::with_signers(2));
    let runs = [
        start(&one, Sealer::new(signer(0).key), BlockMode::Always),
        start(&other, Sealer::new(signer(1).key), BlockMode::Always),
    ];
    // Blocks go from one to the other at once.
    let pass_on = |from: &TestChain, to: &TestChain| {
        let (mut events, to) = (from.chain.events(), to.chain.clone());
        tokio::spawn(async move {
            while let Ok(event) = events.recv().await {
                let ChainEvent::Head(change) = event else {
                    continue;
                };
                let blocks: Vec<_> = change.added.iter().map(|it| it.block.clone()).collect();
                let to = to.clone();
                let _ =
                    tokio::task::spawn_blocking(move || to.import(&blocks, unix_time_s())).await;
            }
        })
    };
    let passing = [pass_on(&one, &other), pass_on(&other, &one)];
    heads(&one, 5).await;
    for run in runs {
        run.stop().await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    passing.iter().for_each(JoinHandle::abort);
    assert_eq!(one.chain.tip().hash, other.chain.tip().hash);
    let authors: std::collections::BTreeSet<_> = one
        .blocks()
        .iter()
        .map(|block| chain::clique::recover_signer(&block.header).unwrap())
        .collect();
    assert_eq!(authors.len(), 2);
}

fn unix_time_s() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}
