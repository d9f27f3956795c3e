//! The index on real databases: whatever way leads to a chain, the index of it is the same.

use std::sync::Arc;

use migrations::EXPLORER_TABLES;
use migrations::testing::{TestDatabase, explorer_databases};
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::*;
use crate::ExplorerSettings;
use crate::node::EthereumNode as _;
use crate::tasks::blocks::{self, BlockIndexer};
use crate::tasks::calls::{self, CallIndexer};
use crate::tasks::{Round, balances, tokens};
use crate::testing::{Dice, FakeNode};

struct Bench {
    database: TestDatabase,
    store: Store,
    settings: ExplorerSettings,
}

async fn benches(depth: u64) -> Vec<Bench> {
    let databases = explorer_databases().await;
    databases
        .into_iter()
        .map(|(database, _)| Bench {
            store: Store::new(database.connection.clone()),
            database,
            settings: ExplorerSettings {
                reorganisation_depth: depth,
                ..ExplorerSettings::default()
            },
        })
        .collect()
}

impl Bench {
    async fn follow(&self, node: &FakeNode) {
        let indexer = BlockIndexer {
            store: &self.store,
            node,
            settings: &self.settings,
            written: &|_, _, _| {},
        };
        blocks::recognise(&indexer).await.unwrap();
        while blocks::advance(&indexer).await.unwrap().round == Round::More {}
    }

    async fn trace(&self, node: &FakeNode) {
        let indexer = CallIndexer {
            store: &self.store,
            node,
            settings: &self.settings,
            method: &Mutex::default(),
        };
        while calls::advance(&indexer).await.unwrap().round == Round::More {}
    }

    async fn ask(&self, node: &FakeNode) {
        while balances::advance(&self.store, node).await.unwrap().round == Round::More {}
        while tokens::advance(&self.store, node).await.unwrap().round == Round::More {}
    }

    /// Every row that follows from the chain, as text. Left out: what undoes blocks, and what is
    /// asked of the node.
    async fn dump(&self) -> Vec<String> {
        let connection = &self.database.connection;
        let backend = connection.get_database_backend();
        let mut rows = Vec::new();
        for table in EXPLORER_TABLES {
            if ["chain_undo", "chain_balances", "chain_token_details"].contains(&table) {
                continue;
            }
            let sql = match backend {
                DbBackend::Postgres => format!("SELECT t::text AS line FROM {table} t"),
                _ => {
                    let columns = Statement::from_string(
                        backend,
                        format!(
                            "SELECT group_concat('quote(' || name || ')', '||'',''||') AS line FROM pragma_table_info('{table}')"
                        ),
                    );
                    let columns = connection.query_one_raw(columns).await.unwrap().unwrap();
                    let columns: String = columns.try_get("", "line").unwrap();
                    format!("SELECT {columns} AS line FROM {table}")
                }
            };
            let statement = Statement::from_string(backend, sql);
            for row in connection.query_all_raw(statement).await.unwrap() {
                let line: String = row.try_get("", "line").unwrap();
                rows.push(format!("{table} {line}"));
            }
        }
        rows.sort();
        rows
    }
}

fn difference(left: &[String], right: &[String]) -> Vec<String> {
    let only = |these: &[String], others: &[String], sign: &str| -> Vec<String> {
        let these = these.iter().filter(|row| !others.contains(row));
        these.map(|row| format!("{sign}{row}")).collect()
    };
    [only(left, right, "-"), only(right, left, "+")].concat()
}

/// Mines blocks of up to `transactions` transactions.
fn grow(node: &FakeNode, dice: &mut Dice, blocks: u64) {
    for _ in 0..blocks {
        let transactions = dice.below(8);
        node.mine(dice, transactions);
    }
}

#[tokio::test]
async fn a_replaced_chain_leaves_nothing_behind() {
    for seed in 0..4 {
        for (bench, fresh) in benches(64).await.into_iter().zip(benches(64).await) {
            let node = FakeNode::start();
            let mut dice = Dice(seed);
            grow(&node, &mut dice, 25);
            bench.follow(&node).await;
            // The section of calls is behind, at the fork or past it.
            if seed % 2 == 0 {
                bench.trace(&node).await;
            }
            node.forget(9);
            grow(&node, &mut dice, 12);
            bench.follow(&node).await;
            bench.trace(&node).await;
            fresh.follow(&node).await;
            fresh.trace(&node).await;
            let rows = bench.dump().await;
            assert!(rows.len() > 300, "{} rows", rows.len());
            assert_eq!(difference(&rows, &fresh.dump().await), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn undone_blocks_leave_the_index_as_it_was() {
    for bench in benches(64).await {
        let node = FakeNode::start();
        let mut dice = Dice(7);
        grow(&node, &mut dice, 20);
        bench.follow(&node).await;
        bench.trace(&node).await;
        let before = bench.dump().await;
        let fork = node.height();
        grow(&node, &mut dice, 10);
        bench.follow(&node).await;
        bench.trace(&node).await;
        assert_ne!(bench.dump().await, before);
        assert_eq!(bench.store.roll_back(fork).await.unwrap(), RolledBack::Done);
        assert_eq!(
            difference(&before, &bench.dump().await),
            Vec::<String>::new()
        );
        // Blocks that are gone entirely are found missing by the next round.
        assert_eq!(
            bench
                .store
                .head(SectionName::Blocks)
                .await
                .unwrap()
                .unwrap()
                .number,
            fork
        );
    }
}

#[tokio::test]
async fn block_by_block_is_the_same_as_all_at_once() {
    for (bench, fresh) in benches(64).await.into_iter().zip(benches(64).await) {
        let node = FakeNode::start();
        let mut dice = Dice(3);
        for _ in 0..15 {
            grow(&node, &mut dice, 1);
            bench.follow(&node).await;
            bench.trace(&node).await;
        }
        fresh.follow(&node).await;
        fresh.trace(&node).await;
        assert_eq!(
            difference(&bench.dump().await, &fresh.dump().await),
            Vec::<String>::new()
        );
    }
}

#[tokio::test]
async fn a_reorganisation_deeper_than_kept_makes_the_index_anew() {
    for (bench, fresh) in benches(5).await.into_iter().zip(benches(5).await) {
        let node = FakeNode::start();
        let mut dice = Dice(11);
        grow(&node, &mut dice, 20);
        bench.follow(&node).await;
        bench.trace(&node).await;
        node.forget(12);
        grow(&node, &mut dice, 13);
        bench.follow(&node).await;
        bench.trace(&node).await;
        fresh.follow(&node).await;
        fresh.trace(&node).await;
        assert_eq!(
            difference(&bench.dump().await, &fresh.dump().await),
            Vec::<String>::new()
        );
    }
}

#[tokio::test]
async fn balances_are_those_of_the_newest_block() {
    for bench in benches(64).await {
        let node = FakeNode::start();
        let mut dice = Dice(5);
        grow(&node, &mut dice, 10);
        bench.follow(&node).await;
        bench.ask(&node).await;
        node.forget(3);
        grow(&node, &mut dice, 6);
        bench.follow(&node).await;
        bench.ask(&node).await;
        assert!(bench.store.due_balances(10).await.unwrap().is_empty());
        let richest = bench.store.richest(None, 50).await.unwrap();
        assert!(!richest.rows.is_empty());
        assert!(richest.rows.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        for (address, _) in &richest.rows {
            let known = bench.store.balance(*address).await.unwrap().unwrap();
            let account = bench.store.account(*address).await.unwrap();
            if account.is_some_and(|account| account.last_block == node.height()) {
                let answer = node
                    .request("eth_getBalance", serde_json::json!([address]))
                    .await;
                let asked: alloy_primitives::U256 =
                    serde_json::from_value(answer.unwrap()).unwrap();
                assert_eq!(known, asked);
            }
        }
    }
}

#[tokio::test]
async fn another_chain_empties_the_index() {
    for bench in benches(64).await {
        let node = FakeNode::start();
        grow(&node, &mut Dice(1), 5);
        bench.follow(&node).await;
        let other: Arc<FakeNode> = FakeNode::start();
        other.forget(1);
        other.mine(&mut Dice(2), 0);
        bench.follow(&other).await;
        let head = bench
            .store
            .head(SectionName::Blocks)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(head.number, 0);
    }
}
