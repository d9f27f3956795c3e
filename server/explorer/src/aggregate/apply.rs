//! How a block changes the maintained numbers. Pure: the same block on the same rows gives the
//! same rows.

use alloy_primitives::map::HashSet;
use alloy_primitives::{Address, U256};
use types::explorer::{ChartPeriod, TokenKind};

use super::{Aggregates, HoldingKey, Keys, PeriodKey};
use crate::row::{BlockRow, BlockRows, TransferRow};
use crate::token_event::Movement;

/// The rows that have to be loaded before blocks are applied.
pub(crate) fn keys_of(blocks: &[BlockRows]) -> Keys {
    let mut keys = Keys::default();
    for rows in blocks {
        keys.accounts.extend(active_addresses(rows));
        keys.accounts.insert(rows.block.signer);
        keys.periods.extend(periods_of(&rows.block));
        for TransferRow { movement, .. } in &rows.transfers {
            keys.tokens.insert(movement.token);
            for owner in [movement.from, movement.to] {
                keys.holdings.extend(holding_keys(movement, owner));
            }
        }
    }
    keys
}

/// Applies one block to loaded rows.
pub(crate) fn apply_block(aggregates: &mut Aggregates, rows: &BlockRows) {
    let activity = count_addresses(aggregates, rows);
    for transfer in &rows.transfers {
        move_token(aggregates, &transfer.movement);
    }
    let block = &rows.block;
    for (key, (_, active)) in periods_of(block).into_iter().zip(activity.active) {
        let period = aggregates.periods.change(key);
        period.blocks += 1;
        period.transactions += rows.transactions.len() as u64;
        period.gas_used = period.gas_used.saturating_add(block.gas_used);
        period.fees = period.fees.saturating_add(block.fees);
        period.token_transfers += rows.transfers.len() as u64;
        period.new_addresses += activity.new;
        period.active_addresses += active;
    }
    let totals = aggregates.totals.change(0);
    totals.transactions += rows.transactions.len() as u64;
    totals.addresses += activity.new;
    totals.token_transfers += rows.transfers.len() as u64;
    totals.contracts += rows
        .transactions
        .iter()
        .filter(|transaction| transaction.succeeded && transaction.created.is_some())
        .count() as u64;
}

struct Activity {
    new: u64,
    /// For each kind of period, the addresses that were not active in it before.
    active: [(ChartPeriod, u64); 2],
}

const PERIODS: [ChartPeriod; 2] = [ChartPeriod::Hour, ChartPeriod::Day];

fn count_addresses(aggregates: &mut Aggregates, rows: &BlockRows) -> Activity {
    let block = &rows.block;
    let now_ms = u64::try_from(block.timestamp.0).unwrap_or_default();
    let mut activity = Activity {
        new: 0,
        active: PERIODS.map(|period| (period, 0)),
    };
    let active = active_addresses(rows);
    for address in &active {
        let known = aggregates.accounts.get(address);
        let last_at_ms = known
            .filter(|account| account.is_active())
            .map(|account| account.last_at_ms);
        activity.new += u64::from(known.is_none());
        for (period, count) in &mut activity.active {
            let length_ms = period.length_ms().unsigned_abs();
            let is_first = last_at_ms.is_none_or(|last| last / length_ms != now_ms / length_ms);
            *count += u64::from(is_first);
        }
        see(aggregates, *address, block.number, now_ms);
        let account = aggregates.accounts.change(*address);
        account.last_block = block.number;
        account.last_at_ms = now_ms;
    }
    for transaction in &rows.transactions {
        aggregates.accounts.change(transaction.sender).sent += 1;
        for address in transaction.addresses() {
            aggregates.accounts.change(address).transactions += 1;
        }
    }
    for transfer in &rows.transfers {
        for address in transfer.addresses() {
            aggregates.accounts.change(address).token_transfers += 1;
        }
    }
    if !block.signer.is_zero() {
        activity.new += u64::from(aggregates.accounts.get(&block.signer).is_none());
        see(aggregates, block.signer, block.number, now_ms);
        aggregates.accounts.change(block.signer).signed_blocks += 1;
    }
    activity
}

/// Remembers when an address was first seen.
fn see(aggregates: &mut Aggregates, address: Address, block_number: u64, now_ms: u64) {
    if aggregates.accounts.get(&address).is_some() {
        return;
    }
    let account = aggregates.accounts.change(address);
    account.first_block = block_number;
    account.first_at_ms = now_ms;
    account.last_block = block_number;
    account.last_at_ms = now_ms;
}

impl super::Account {
    /// It was part of something, and did not only sign blocks.
    fn is_active(&self) -> bool {
        self.transactions + self.token_transfers > 0
    }
}

fn active_addresses(rows: &BlockRows) -> HashSet<Address> {
    let sides = rows
        .transactions
        .iter()
        .flat_map(crate::row::TransactionRow::addresses);
    let owners = rows.transfers.iter().flat_map(TransferRow::addresses);
    sides.chain(owners).collect()
}

fn periods_of(block: &BlockRow) -> [PeriodKey; 2] {
    PERIODS.map(|period| PeriodKey {
        length_ms: period.length_ms().unsigned_abs(),
        start_ms: u64::try_from(period.start_of(block.timestamp).0).unwrap_or_default(),
    })
}

fn move_token(aggregates: &mut Aggregates, movement: &Movement) {
    let is_new = aggregates.tokens.get(&movement.token).is_none();
    let token = aggregates.tokens.change(movement.token);
    token.transfers += 1;
    if is_new {
        token.kind = kind_number(movement.kind);
        aggregates.totals.change(0).tokens += 1;
    }
    if movement.from == movement.to {
        return;
    }
    for key in holding_keys(movement, movement.from) {
        take(aggregates, key, movement.amount);
    }
    for key in holding_keys(movement, movement.to) {
        give(aggregates, key, movement.amount);
    }
}

/// A token whose events give away more than there is (rebasing ones do) leaves its owner with
/// nothing, never with less.
fn take(aggregates: &mut Aggregates, key: HoldingKey, amount: U256) {
    let Some(held) = aggregates.holdings.get(&key).map(|holding| holding.amount) else {
        return;
    };
    let left = held.saturating_sub(amount);
    if left.is_zero() {
        aggregates.holdings.remove(key);
    } else {
        aggregates.holdings.change(key).amount = left;
    }
    if key.is_instance == 0 {
        let token = aggregates.tokens.change(key.token);
        token.supply = token.supply.saturating_sub(held - left);
        token.holders -= u64::from(left.is_zero());
    }
}

fn give(aggregates: &mut Aggregates, key: HoldingKey, amount: U256) {
    if amount.is_zero() {
        return;
    }
    let held = aggregates.holdings.get(&key).map(|holding| holding.amount);
    let before = held.unwrap_or_default();
    let after = before.saturating_add(amount);
    aggregates.holdings.change(key).amount = after;
    if key.is_instance == 0 {
        let token = aggregates.tokens.change(key.token);
        token.supply = token.supply.saturating_add(after - before);
        token.holders += u64::from(held.is_none());
    }
}

/// The sum of an owner and, for tokens with instances, the instance. The zero address owns
/// nothing: tokens come from there and go there.
fn holding_keys(movement: &Movement, owner: Address) -> impl Iterator<Item = HoldingKey> + use<> {
    let token = movement.token;
    let sum = HoldingKey {
        token,
        owner,
        is_instance: 0,
        token_id: U256::ZERO,
    };
    let instance = movement.token_id.map(|token_id| HoldingKey {
        token,
        owner,
        is_instance: 1,
        token_id,
    });
    [Some(sum), instance]
        .into_iter()
        .flatten()
        .filter(move |_| !owner.is_zero())
}

/// The number of the ERC, as it is kept.
pub(crate) const fn kind_number(kind: TokenKind) -> u64 {
    match kind {
        TokenKind::Erc20 => 20,
        TokenKind::Erc721 => 721,
        TokenKind::Erc1155 => 1155,
    }
}
