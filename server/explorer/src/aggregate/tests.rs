use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use proptest::prelude::*;
use types::Timestamp;
use types::explorer::{BlockDetails, BlockHash, HexBytes, TokenKind, Word};

use super::*;
use crate::row::{BlockRow, BlockRows, TransactionRow, TransferRow};
use crate::token_event::Movement;

/// Who moves how much of which token, of an instance or not.
type Move = (u8, u8, u8, u64, Option<u8>);

fn address(index: u8) -> Address {
    match index {
        0 => Address::ZERO,
        index => Address::repeat_byte(index),
    }
}

fn block(number: u64, sides: &[(u8, u8)], moves: &[Move]) -> BlockRows {
    let transactions = (0..)
        .zip(sides)
        .map(|(place, (from, to))| TransactionRow {
            block_number: number,
            place,
            hash: B256::ZERO,
            sender: address(from + 1),
            recipient: Some(address(to + 1)),
            created: None,
            nonce: 0,
            value: U256::ZERO,
            gas_limit: 0,
            gas_used: 0,
            fee: U256::ONE,
            gas_price: U256::ONE,
            max_fee: None,
            max_tip: None,
            kind: 0,
            succeeded: true,
            selector: None,
            logs: 0,
        })
        .collect();
    let transfers = (0..)
        .zip(moves)
        .map(|(log_index, (token, from, to, amount, id))| TransferRow {
            block_number: number,
            log_index,
            part: 0,
            place: 0,
            movement: Movement {
                token: address(200 + token),
                kind: TokenKind::Erc1155,
                from: address(*from),
                to: address(*to),
                amount: U256::from(*amount),
                token_id: id.map(U256::from),
            },
        })
        .collect();
    BlockRows {
        block: BlockRow {
            number,
            hash: B256::ZERO,
            timestamp: Timestamp(i64::try_from(number).unwrap() * 1_000_000),
            signer: address(1),
            gas_limit: 0,
            gas_used: 1,
            base_fee: None,
            fees: U256::from(sides.len()),
            burnt: U256::ZERO,
            details: BlockDetails {
                parent_hash: BlockHash([0; 32]),
                state_root: Word([0; 32]),
                transactions_root: Word([0; 32]),
                receipts_root: Word([0; 32]),
                difficulty: types::explorer::Amount::zero(),
                size_bytes: 0,
                nonce: HexBytes::default(),
                mix_hash: None,
                extra_data: HexBytes::default(),
                token_transfers: 0,
            },
        },
        transactions,
        transfers,
    }
}

fn blocks() -> impl Strategy<Value = Vec<BlockRows>> {
    let sides = proptest::collection::vec((0_u8..5, 0_u8..5), 0..6);
    let one = (
        0_u8..3,
        0_u8..5,
        0_u8..5,
        0_u64..50,
        proptest::option::of(0_u8..3),
    );
    let moves = proptest::collection::vec(one, 0..8);
    proptest::collection::vec((sides, moves), 1..12).prop_map(|blocks| {
        (0..)
            .zip(blocks)
            .map(|(number, (sides, moves))| block(number, &sides, &moves))
            .collect()
    })
}

/// Every row by a readable key.
fn rows(aggregates: &Aggregates) -> BTreeMap<String, String> {
    fn all<K: std::fmt::Debug, V: std::fmt::Debug>(
        name: &str,
        tracked: &Tracked<K, V>,
        into: &mut BTreeMap<String, String>,
    ) {
        let rows = tracked.rows.iter();
        into.extend(rows.map(|(key, row)| (format!("{name} {key:?}"), format!("{row:?}"))));
    }
    let mut rows = BTreeMap::new();
    all("account", &aggregates.accounts, &mut rows);
    all("token", &aggregates.tokens, &mut rows);
    all("holding", &aggregates.holdings, &mut rows);
    all("period", &aggregates.periods, &mut rows);
    all("totals", &aggregates.totals, &mut rows);
    rows
}

fn restore<K: Copy + Eq + std::hash::Hash + Ord, V: Clone + Default>(
    tracked: &mut Tracked<K, V>,
    images: Vec<(K, Option<V>)>,
) {
    for (key, row) in images {
        match row {
            Some(row) => drop(tracked.rows.insert(key, row)),
            None => drop(tracked.rows.remove(&key)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever blocks did, their images take it back, through bytes and merged.
    #[test]
    fn images_undo_blocks_exactly(blocks in blocks(), kept in any::<prop::sample::Index>()) {
        let kept = kept.index(blocks.len());
        let mut aggregates = Aggregates::default();
        let mut at_fork = rows(&aggregates);
        let mut undo = Vec::new();
        for (index, block) in blocks.iter().enumerate() {
            if index == kept {
                at_fork = rows(&aggregates);
            }
            apply_block(&mut aggregates, block);
            let images = aggregates.take_images();
            if index >= kept {
                undo.push(images.encode());
            }
        }
        let mut merged = Images::default();
        for bytes in undo.iter().rev() {
            merged = merged.and_before(Images::decode(bytes).unwrap());
        }
        restore(&mut aggregates.accounts, merged.accounts);
        restore(&mut aggregates.tokens, merged.tokens);
        restore(&mut aggregates.holdings, merged.holdings);
        restore(&mut aggregates.periods, merged.periods);
        restore(&mut aggregates.totals, merged.totals);
        prop_assert_eq!(rows(&aggregates), at_fork);
    }

    /// Holders, supplies and counters against a count from the beginning.
    #[test]
    fn numbers_are_those_of_a_naive_count(blocks in blocks()) {
        let mut aggregates = Aggregates::default();
        let mut held: BTreeMap<(Address, Address), u64> = BTreeMap::new();
        let mut sent: BTreeMap<Address, u64> = BTreeMap::new();
        for block in &blocks {
            apply_block(&mut aggregates, block);
            for transaction in &block.transactions {
                *sent.entry(transaction.sender).or_default() += 1;
            }
            for row in &block.transfers {
                let Movement { token, from, to, amount, .. } = &row.movement;
                let amount: u64 = amount.to();
                if from != to {
                    let source = held.entry((*token, *from)).or_default();
                    *source = source.saturating_sub(amount);
                    *held.entry((*token, *to)).or_default() += amount;
                }
            }
        }
        held.retain(|(_, owner), amount| !owner.is_zero() && *amount > 0);
        for (address, count) in &sent {
            prop_assert_eq!(aggregates.accounts.get(address).unwrap().sent, *count);
        }
        let sums: BTreeMap<_, _> = aggregates.holdings.rows.iter()
            .filter(|(key, _)| key.is_instance == 0)
            .map(|(key, row)| ((key.token, key.owner), row.amount.to::<u64>()))
            .collect();
        prop_assert_eq!(&sums, &held);
        for (address, token) in &aggregates.tokens.rows {
            let mine = || held.iter().filter(|((token, _), _)| token == address);
            prop_assert_eq!(token.holders, mine().count() as u64);
            prop_assert_eq!(token.supply, U256::from(mine().map(|(_, amount)| *amount).sum::<u64>()));
        }
        let totals = aggregates.totals.get(&0).unwrap();
        prop_assert_eq!(totals.addresses, aggregates.accounts.rows.len() as u64);
        prop_assert_eq!(totals.tokens, aggregates.tokens.rows.len() as u64);
        // Everything loaded for a batch is everything that it touches.
        let keys = keys_of(&blocks);
        prop_assert!(aggregates.accounts.rows.keys().all(|key| keys.accounts.contains(key)));
        prop_assert!(aggregates.holdings.rows.keys().all(|key| keys.holdings.contains(key)));
        prop_assert!(aggregates.periods.rows.keys().all(|key| keys.periods.contains(key)));
        prop_assert!(aggregates.tokens.rows.keys().all(|key| keys.tokens.contains(key)));
    }

    #[test]
    fn broken_images_are_refused(bytes: Vec<u8>) {
        let _ = Images::decode(&bytes);
    }
}
