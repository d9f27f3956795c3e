//! The pages' questions against an index of a made-up chain.

mod anvil;

use std::sync::Arc;

use futures::StreamExt as _;
use migrations::testing::explorer_databases;
use types::PageRequest;
use types::explorer::{BlockId, BlockLookup, Export, ExportKind, SearchHit, TransactionLookup};

use super::*;
use crate::convert::wallet;
use crate::testing::{Dice, FakeNode, person, token};

async fn explorers() -> Vec<(Explorer, Arc<FakeNode>, impl Sized)> {
    let mut explorers = Vec::new();
    for (index, database) in explorer_databases().await {
        let node = FakeNode::start();
        let mut dice = Dice(42);
        for _ in 0..30 {
            let transactions = dice.below(8);
            node.mine(&mut dice, transactions);
        }
        let explorer = Explorer::open(
            index.connection.clone(),
            database.connection.clone(),
            node.clone(),
            ExplorerSettings::default(),
        )
        .await
        .unwrap();
        let (stop, stopped) = watch::channel(false);
        let running = explorer.clone();
        tokio::spawn(async move { running.run(stopped).await });
        let height = node.height();
        let mut changes = explorer.changes();
        let is_done = |status: &IndexStatus| {
            status.indexed == Some(height)
                && status.sections.iter().all(|section| {
                    section.indexed == Some(height)
                        && section.freshness == types::explorer::Freshness::Current
                })
        };
        changes.wait_for(is_done).await.unwrap();
        explorers.push((explorer, node, (stop, index, database)));
    }
    explorers
}

/// Every row of a list, page by page.
macro_rules! all_pages {
    ($page:ident => $list:expr) => {{
        let mut rows = Vec::new();
        let mut $page = PageRequest {
            after: None,
            limit: Some(7),
        };
        loop {
            let found = $list.await.unwrap();
            rows.extend(found.items);
            match found.next {
                Some(next) => $page.after = Some(next),
                None => break rows,
            }
        }
    }};
}

#[tokio::test]
async fn lists_are_whole_in_pages_and_agree_with_their_counters() {
    for (explorer, node, _kept) in explorers().await {
        let home = explorer.home().await.unwrap();
        let all = all_pages!(page => explorer.transactions(&page));
        assert_eq!(all.len() as u64, home.totals.transactions);
        assert_eq!(home.totals.blocks, node.height() + 1);
        assert_eq!(
            home.chart
                .points
                .iter()
                .map(|point| point.transactions)
                .sum::<u64>(),
            home.totals.transactions
        );
        assert_eq!(
            all_pages!(page => explorer.blocks(&page)).len() as u64,
            home.totals.blocks
        );
        assert!(
            all.windows(2)
                .all(|pair| (pair[0].moment.block, pair[0].index)
                    > (pair[1].moment.block, pair[1].index))
        );
        let transfers = all_pages!(page => explorer.latest_token_transfers(&page));
        assert_eq!(transfers.len() as u64, home.totals.token_transfers);
        for index in 0..9 {
            let who = wallet(person(index));
            let overview = explorer.address(who).await.unwrap();
            let mine = all_pages!(page => explorer.address_transactions(who, &page));
            assert_eq!(mine.len() as u64, overview.counts.transactions);
            let is_mine = |row: &&types::explorer::TransactionSummary| {
                row.from.address == who || row.to.as_ref().is_some_and(|to| to.address == who)
            };
            assert_eq!(mine.len(), all.iter().filter(is_mine).count());
            let moved = all_pages!(page => explorer.address_token_transfers(who, &page));
            assert_eq!(moved.len() as u64, overview.counts.token_transfers);
            let calls = all_pages!(page => explorer.address_internal_calls(who, &page));
            assert_eq!(calls.len() as u64, overview.counts.internal_calls);
            all_pages!(page => explorer.address_tokens(who, &page));
        }
        let tokens = all_pages!(page => explorer.tokens(&page));
        assert_eq!(tokens.len() as u64, home.totals.tokens);
        for summary in &tokens {
            let holders = all_pages!(page => explorer.token_holders(summary.token.address, &page));
            assert_eq!(holders.len() as u64, summary.holders);
            assert!(
                holders
                    .windows(2)
                    .all(|pair| pair[0].amount >= pair[1].amount)
            );
            let moved = all_pages!(page => explorer.token_transfers(summary.token.address, &page));
            assert_eq!(moved.len() as u64, summary.transfers);
            all_pages!(page => explorer.token_instances(summary.token.address, &page));
        }
        assert!(!all_pages!(page => explorer.accounts(&page)).is_empty());
    }
}

#[tokio::test]
async fn a_transaction_knows_its_neighbours_and_fee() {
    for (explorer, _node, _kept) in explorers().await {
        let who = wallet(person(1));
        let second = explorer
            .transaction_by_nonce(who, 1)
            .await
            .unwrap()
            .unwrap();
        let TransactionLookup::Mined(view) = explorer.transaction(second.hash).await.unwrap()
        else {
            panic!("not mined");
        };
        let first = explorer
            .transaction_by_nonce(who, 0)
            .await
            .unwrap()
            .unwrap();
        let third = explorer
            .transaction_by_nonce(who, 2)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(view.neighbours.previous, Some(first.hash));
        assert_eq!(view.neighbours.next, Some(third.hash));
        assert_eq!(view.fee.paid.as_str(), "210000");
        assert_eq!(view.fee.burnt.as_str(), "147000");
        assert_eq!(view.fee.tip.as_str(), "63000");
        assert_eq!(view.fee.saved.as_ref().unwrap().as_str(), "210000");
        let unknown = types::explorer::TransactionHash([9; 32]);
        assert_eq!(
            explorer.transaction(unknown).await.unwrap(),
            TransactionLookup::Unknown
        );
    }
}

#[tokio::test]
async fn blocks_of_the_future_are_expected() {
    for (explorer, node, _kept) in explorers().await {
        let height = node.height();
        let found = explorer.block(BlockId::Number(height + 3)).await.unwrap();
        let BlockLookup::Future {
            blocks_left,
            expected_at,
            ..
        } = found
        else {
            panic!("{found:?}");
        };
        let newest = explorer.status().indexed_at.unwrap();
        assert_eq!(blocks_left, 3);
        assert_eq!(expected_at.unwrap().since_ms(newest), 3 * 1_200_000);
        let BlockLookup::Block(block) = explorer.block(BlockId::Number(height)).await.unwrap()
        else {
            panic!("no newest block");
        };
        assert_eq!((block.next, block.previous), (None, Some(height - 1)));
        let again = explorer
            .block(BlockId::Hash(block.summary.hash))
            .await
            .unwrap();
        assert_eq!(again, BlockLookup::Block(block));
    }
}

#[tokio::test]
async fn searches_find_what_is_meant() {
    for (explorer, _node, _kept) in explorers().await {
        let who = wallet(person(1));
        let sent = explorer
            .transaction_by_nonce(who, 0)
            .await
            .unwrap()
            .unwrap();
        let hash = sent.hash.to_string();
        for text in [hash.as_str(), &hash[..20], &hash[2..12]] {
            let results = explorer.search(text).await.unwrap();
            assert!(
                matches!(results.only(), Some(SearchHit::Transaction { hash, .. }) if *hash == sent.hash),
                "{text}: {results:?}"
            );
        }
        for text in [
            who.to_checksum(),
            who.to_lower_hex(),
            who.to_lower_hex()[..12].to_owned(),
        ] {
            let results = explorer.search(&text).await.unwrap();
            assert!(
                matches!(results.only(), Some(SearchHit::Address { party }) if party.address == who),
                "{text}: {results:?}"
            );
        }
        for text in ["7", "#7", " 7 "] {
            let results = explorer.search(text).await.unwrap();
            assert!(
                matches!(results.only(), Some(SearchHit::Block { number: 7, .. })),
                "{text}"
            );
        }
        assert_eq!(explorer.search("nothing like it").await.unwrap().hits, []);
        // All the cases the wrong way round: the letters no longer fit the checksum (EIP-55).
        let typo: String = who
            .to_checksum()
            .char_indices()
            .map(|(index, letter)| match letter {
                _ if index < 2 => letter,
                'a'..='z' => letter.to_ascii_uppercase(),
                _ => letter.to_ascii_lowercase(),
            })
            .collect();
        assert!(explorer.search(&typo).await.unwrap().note.is_some());
    }
}

#[tokio::test]
async fn files_hold_every_row_of_their_range() {
    for (explorer, _node, _kept) in explorers().await {
        let who = wallet(person(2));
        let of = |kind, address, from_block, to_block| Export {
            kind,
            address,
            from_block,
            to_block,
        };
        let overview = explorer.address(who).await.unwrap();
        let lines = async |export| {
            let pieces: Vec<_> = explorer.export(export).collect().await;
            let text: String = pieces.into_iter().map(Result::unwrap).collect();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let all = lines(of(ExportKind::Transactions, who, None, None)).await;
        assert_eq!(all.len() as u64, overview.counts.transactions + 1);
        assert!(all[0].starts_with("transaction,block,time,from,to,value_eth"));
        let some = lines(of(ExportKind::Transactions, who, Some(5), Some(10))).await;
        let in_range = all[1..].iter().filter(|line| {
            let block: u64 = line.split(',').nth(1).unwrap().parse().unwrap();
            (5..=10).contains(&block)
        });
        assert_eq!(
            some[1..].iter().collect::<Vec<_>>(),
            in_range.collect::<Vec<_>>()
        );
        let moved = lines(of(ExportKind::TokenTransfers, who, None, None)).await;
        assert_eq!(moved.len() as u64, overview.counts.token_transfers + 1);
        let calls = lines(of(ExportKind::InternalCalls, who, None, None)).await;
        assert_eq!(calls.len() as u64, overview.counts.internal_calls + 1);
        let holders = lines(of(ExportKind::TokenHolders, wallet(token(0)), None, None)).await;
        let summary = explorer.token(wallet(token(0))).await.unwrap().unwrap();
        assert_eq!(holders.len() as u64, summary.holders + 1);
    }
}

#[tokio::test]
async fn keys_of_other_lists_are_refused() {
    for (explorer, _node, _kept) in explorers().await {
        for after in ["", "x", "1-2-3-4", "-", "99999999999999999999-1", "0xzz-0x"] {
            let page = PageRequest {
                after: Some(after.to_owned()),
                limit: None,
            };
            assert!(
                matches!(
                    explorer.transactions(&page).await,
                    Err(ExplorerError::Invalid(_))
                ),
                "{after}"
            );
            assert!(
                matches!(
                    explorer.accounts(&page).await,
                    Err(ExplorerError::Invalid(_))
                ),
                "{after}"
            );
            assert!(
                matches!(explorer.tokens(&page).await, Err(ExplorerError::Invalid(_))),
                "{after}"
            );
        }
    }
}
