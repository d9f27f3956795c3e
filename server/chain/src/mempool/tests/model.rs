//! The pool against a naive one: a list from which everything is computed anew each time.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::*;

const SENDERS: u8 = 4;

#[derive(Debug, Clone)]
struct Held {
    transaction: Transaction,
    received_ms: u64,
    sequence: u64,
}

/// A list, the senders' accounts, and the rules word by word.
struct Naive {
    limits: Limits,
    base_fee_wei: u64,
    held: Vec<Held>,
    accounts: BTreeMap<Address, AccountState>,
    sequence: u64,
}

type Gone = BTreeSet<Dropped>;

impl Naive {
    fn of(&self, sender: Address) -> Vec<Held> {
        let mut held: Vec<Held> = self.held.clone();
        held.retain(|held| held.transaction.sender() == sender);
        held.sort_by_key(|held| held.transaction.nonce());
        held
    }

    fn split(&self, sender: Address) -> (Vec<Held>, Vec<Held>) {
        let account = self.accounts[&sender];
        let (mut pending, mut queued) = (Vec::<Held>::new(), Vec::new());
        let mut rest = account.balance_wei;
        for held in self.of(sender) {
            let cost = held.transaction.cost_max_wei();
            let is_next =
                held.transaction.nonce() == account.nonce + pending.len() as u64 && cost <= rest;
            if is_next && queued.is_empty() {
                rest -= cost;
                pending.push(held);
            } else {
                queued.push(held);
            }
        }
        (pending, queued)
    }

    fn hashes(&self, part: impl Fn(&Self, Address) -> Vec<Held>) -> BTreeSet<B256> {
        let senders = self.accounts.keys();
        let held = senders.flat_map(|sender| part(self, *sender));
        held.map(|held| held.transaction.hash()).collect()
    }

    fn drop_if(&mut self, gone: &mut Gone, reason: DropReason, test: impl Fn(&Held) -> bool) {
        self.held.retain(|held| {
            let goes = test(held);
            if goes {
                gone.insert(Dropped {
                    hash: held.transaction.hash(),
                    reason,
                });
            }
            !goes
        });
    }

    fn drop_one(&mut self, gone: &mut Gone, reason: DropReason, hash: B256) {
        self.drop_if(gone, reason, |held| held.transaction.hash() == hash);
    }

    fn keep_limits(&mut self, gone: &mut Gone) {
        for sender in self.accounts.clone().into_keys() {
            let (_, queued) = self.split(sender);
            for held in queued.iter().skip(self.limits.queued_per_sender_max) {
                self.drop_one(gone, DropReason::QueueLimit, held.transaction.hash());
            }
            for held in self.of(sender).iter().skip(self.limits.per_sender_max) {
                self.drop_one(gone, DropReason::AccountLimit, held.transaction.hash());
            }
        }
    }

    fn add(&mut self, transaction: &Transaction, now_ms: u64) -> Result<Vec<B256>, Refusal> {
        if self
            .held
            .iter()
            .any(|held| held.transaction == *transaction)
        {
            return Err(Refusal::AlreadyKnown);
        }
        let (sender, nonce) = (transaction.sender(), transaction.nonce());
        let account = self.accounts[&sender];
        if nonce < account.nonce {
            return Err(Refusal::NonceTooLow {
                next: account.nonce,
                got: nonce,
            });
        }
        let (pending, queued) = self.split(sender);
        let is_same = |held: &&Held| held.transaction.nonce() == nonce;
        let old = pending.iter().chain(&queued).find(is_same).cloned();
        if let Some(old) = &old {
            let needed = |wei: u128| (wei * 110).div_ceil(100).max(wei + 1);
            let fee_needed_wei = needed(old.transaction.max_fee_per_gas_wei());
            let tip_needed_wei = needed(old.transaction.max_priority_fee_per_gas_wei());
            if transaction.max_fee_per_gas_wei() < fee_needed_wei
                || transaction.max_priority_fee_per_gas_wei() < tip_needed_wei
            {
                return Err(Refusal::ReplacementUnderpriced {
                    fee_needed_wei,
                    tip_needed_wei,
                });
            }
        }
        let next = account.nonce + pending.len() as u64;
        let place = if nonce <= next {
            Place::Pending
        } else {
            Place::Queued
        };
        let others = pending.iter().filter(|held| !is_same(held));
        let committed_wei = match place {
            Place::Pending => others.map(|held| held.transaction.cost_max_wei()).sum(),
            Place::Queued => U256::ZERO,
        };
        if committed_wei + transaction.cost_max_wei() > account.balance_wei {
            return Err(Refusal::InsufficientFunds {
                balance_wei: account.balance_wei,
                committed_wei,
                cost_wei: transaction.cost_max_wei(),
            });
        }
        let held = pending.len() + queued.len();
        if old.is_none() && held >= self.limits.per_sender_max {
            return Err(Refusal::AccountLimit { held });
        }
        if old.is_none()
            && place == Place::Queued
            && queued.len() >= self.limits.queued_per_sender_max
        {
            return Err(Refusal::QueueLimit {
                held: queued.len(),
                missing_nonce: next,
            });
        }
        let evicted = self.room(transaction, place, old.as_ref())?;
        self.held.retain(|held| {
            !evicted.contains(&held.transaction.hash())
                && old
                    .as_ref()
                    .is_none_or(|old| held.transaction != old.transaction)
        });
        self.held.push(Held {
            transaction: transaction.clone(),
            received_ms: now_ms,
            sequence: self.sequence,
        });
        self.sequence += 1;
        Ok(evicted)
    }

    fn worth(&self, transaction: &Transaction, place: Place) -> (bool, Option<u128>, u128) {
        let max_fee_wei = transaction.max_fee_per_gas_wei();
        let tip_wei = max_fee_wei
            .checked_sub(u128::from(self.base_fee_wei))
            .map(|most| most.min(transaction.max_priority_fee_per_gas_wei()));
        (place == Place::Pending, tip_wei, max_fee_wei)
    }

    fn room(
        &self,
        newcomer: &Transaction,
        place: Place,
        old: Option<&Held>,
    ) -> Result<Vec<B256>, Refusal> {
        let mut evicted: Vec<B256> = Vec::new();
        let old_bytes = old.map_or(0, |old| old.transaction.encoded_length());
        let more_bytes = newcomer.encoded_length().saturating_sub(old_bytes);
        loop {
            let left = || {
                self.held
                    .iter()
                    .filter(|held| !evicted.contains(&held.transaction.hash()))
            };
            let bytes: usize = left().map(|held| held.transaction.encoded_length()).sum();
            if left().count() + usize::from(old.is_none()) <= self.limits.transactions_max
                && bytes + more_bytes <= self.limits.bytes_max
            {
                return Ok(evicted);
            }
            let victim = left()
                .filter(|held| {
                    let sender = held.transaction.sender();
                    let is_tail = left()
                        .filter(|other| other.transaction.sender() == sender)
                        .all(|other| other.transaction.nonce() <= held.transaction.nonce());
                    is_tail
                        && (sender != newcomer.sender()
                            || held.transaction.nonce() > newcomer.nonce())
                })
                .map(|held| {
                    let (pending, _) = self.split(held.transaction.sender());
                    let is_pending = pending
                        .iter()
                        .any(|other| other.transaction == held.transaction);
                    let place = if is_pending {
                        Place::Pending
                    } else {
                        Place::Queued
                    };
                    (self.worth(&held.transaction, place), held)
                })
                .filter(|(worth, _)| *worth < self.worth(newcomer, place))
                .min_by_key(|(worth, held)| (*worth, std::cmp::Reverse(held.sequence)));
            let Some((_, victim)) = victim else {
                return Err(Refusal::PoolFull {
                    held: self.held.len(),
                });
            };
            evicted.push(victim.transaction.hash());
        }
    }

    /// Nonces only grow here; reorganisations have their own tests.
    fn on_block(&mut self, changed: &[(Address, AccountState)]) -> Gone {
        let mut gone = Gone::new();
        for (sender, account) in changed {
            self.accounts.insert(*sender, *account);
            let is_of = |held: &Held| held.transaction.sender() == *sender;
            self.drop_if(&mut gone, DropReason::NonceUsed, |held| {
                is_of(held) && held.transaction.nonce() < account.nonce
            });
            self.drop_if(&mut gone, DropReason::Unaffordable, |held| {
                is_of(held) && held.transaction.cost_max_wei() > account.balance_wei
            });
        }
        self.keep_limits(&mut gone);
        gone
    }

    fn expire(&mut self, now_ms: u64) -> Gone {
        let mut gone = Gone::new();
        let waited = |held: &Held, lifetime_ms: u64| now_ms - held.received_ms >= lifetime_ms;
        let limits = self.limits;
        for sender in self.accounts.clone().into_keys() {
            let (pending, _) = self.split(sender);
            let first = pending
                .iter()
                .find(|held| waited(held, limits.pending_lifetime_ms));
            if let Some(held) = first {
                self.drop_one(&mut gone, DropReason::Expired, held.transaction.hash());
            }
            let (_, queued) = self.split(sender);
            for held in queued {
                if waited(&held, limits.queued_lifetime_ms) {
                    self.drop_one(&mut gone, DropReason::Expired, held.transaction.hash());
                }
            }
        }
        self.keep_limits(&mut gone);
        gone
    }

    fn remove_invalid(&mut self, hash: B256) -> Gone {
        let mut gone = Gone::new();
        self.drop_one(&mut gone, DropReason::Invalid, hash);
        self.keep_limits(&mut gone);
        gone
    }

    /// Greedy: of all senders' next transactions the one that pays most, then the earliest.
    fn best(&self, base_fee_wei: u64, skipped_at: &[usize]) -> Vec<B256> {
        let mut lines: Vec<Vec<Held>> = self
            .accounts
            .keys()
            .map(|sender| self.split(*sender).0)
            .collect();
        let tip = |held: &Held| held.transaction.effective_tip_wei(base_fee_wei);
        let mut order = Vec::new();
        loop {
            let best = lines
                .iter_mut()
                .filter(|line| line.first().is_some_and(|held| tip(held).is_some()))
                .max_by_key(|line| (tip(&line[0]), std::cmp::Reverse(line[0].sequence)));
            let Some(line) = best else {
                return order;
            };
            let taken = line.remove(0);
            if skipped_at.contains(&order.len()) {
                line.clear();
            }
            order.push(taken.transaction.hash());
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Add {
        sender: u8,
        ahead: u64,
        max_fee_wei: u128,
        tip_wei: u128,
        value_wei: u64,
    },
    Block {
        base_fee_wei: u64,
        changes: Vec<(u8, u64, u64)>,
    },
    Invalid {
        position: prop::sample::Index,
    },
    Wait {
        time_ms: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let add = (
        0..SENDERS,
        0_u64..7,
        1_u128..40,
        0_u128..40,
        prop_oneof![Just(0_u64), Just(1 << 20)],
    )
        .prop_map(
            |(sender, ahead, max_fee_wei, tip_wei, value_wei)| Step::Add {
                sender,
                ahead,
                max_fee_wei,
                tip_wei: tip_wei.min(max_fee_wei),
                value_wei,
            },
        );
    let changes = prop::collection::vec((0..SENDERS, 0_u64..3, 0_u64..8_000_000), 0..3);
    let block = (0_u64..30, changes).prop_map(|(base_fee_wei, changes)| Step::Block {
        base_fee_wei,
        changes,
    });
    let invalid = any::<prop::sample::Index>().prop_map(|position| Step::Invalid { position });
    let wait = (0_u64..40).prop_map(|time_ms| Step::Wait { time_ms });
    prop_oneof![12 => add, 2 => block, 1 => invalid, 1 => wait]
}

fn limits() -> impl Strategy<Value = Limits> {
    (3_usize..14, 300_usize..1_500, 2_usize..8, 1_usize..5).prop_map(
        |(transactions_max, bytes_max, per_sender_max, queued_per_sender_max)| Limits {
            transactions_max,
            bytes_max,
            per_sender_max,
            queued_per_sender_max,
            pending_lifetime_ms: 90,
            queued_lifetime_ms: 30,
        },
    )
}

fn set(dropped: Vec<Dropped>) -> Gone {
    dropped.into_iter().collect()
}

/// One step on both; what leaves must be the same. Returns the hashes that came and went.
fn run(pool: &mut Mempool, naive: &mut Naive, step: Step, now_ms: &mut u64) -> TestCaseResult {
    let before = naive.hashes(|naive, sender| naive.of(sender));
    let mut came = BTreeSet::new();
    let gone: BTreeSet<B256> = match step {
        Step::Add {
            sender,
            ahead,
            max_fee_wei,
            tip_wei,
            value_wei,
        } => {
            let account = naive.accounts[&address(sender)];
            let nonce = (account.nonce + ahead).saturating_sub(1);
            let transaction = transfer(sender, nonce, max_fee_wei, tip_wei, value_wei);
            let (pending_before, _) = naive.split(address(sender));
            let added = pool.add(transaction.clone(), account, *now_ms);
            let expected = naive.add(&transaction, *now_ms);
            let added = match (added, expected) {
                (Ok(added), Ok(evicted)) => {
                    prop_assert_eq!(&added.evicted, &evicted);
                    added
                }
                (added, expected) => {
                    prop_assert_eq!(added.err(), expected.err());
                    return Ok(());
                }
            };
            came.insert(transaction.hash());
            let (pending, _) = naive.split(address(sender));
            let promoted: Vec<B256> = pending
                .iter()
                .map(|held| held.transaction.hash())
                .skip(pending_before.len())
                .filter(|hash| *hash != transaction.hash())
                .collect();
            prop_assert_eq!(added.promoted, promoted);
            added.evicted.into_iter().chain(added.replaced).collect()
        }
        Step::Block {
            base_fee_wei,
            changes,
        } => {
            let mut changed = BTreeMap::new();
            for (sender, mined, balance_wei) in changes {
                let nonce = naive.accounts[&address(sender)].nonce + mined;
                changed.insert(address(sender), state(nonce, balance_wei));
            }
            let changed: Vec<_> = changed.into_iter().collect();
            naive.base_fee_wei = base_fee_wei;
            let report = pool.on_block(base_fee_wei, changed.clone());
            let pending = |naive: &Naive| naive.hashes(|naive, sender| naive.split(sender).0);
            let pending_before = pending(naive);
            let expected = naive.on_block(&changed);
            let promoted: BTreeSet<B256> = pending(naive)
                .difference(&pending_before)
                .copied()
                .collect();
            prop_assert_eq!(
                report.promoted.into_iter().collect::<BTreeSet<_>>(),
                promoted
            );
            let dropped = set(report.dropped);
            prop_assert_eq!(&dropped, &expected);
            dropped.iter().map(|dropped| dropped.hash).collect()
        }
        Step::Invalid { position } => {
            if naive.held.is_empty() {
                return Ok(());
            }
            let hash = position.get(&naive.held).transaction.hash();
            let dropped = set(pool.remove_invalid(hash));
            prop_assert_eq!(&dropped, &naive.remove_invalid(hash));
            dropped.iter().map(|dropped| dropped.hash).collect()
        }
        Step::Wait { time_ms } => {
            *now_ms += time_ms;
            let dropped = set(pool.expire(*now_ms));
            prop_assert_eq!(&dropped, &naive.expire(*now_ms));
            dropped.iter().map(|dropped| dropped.hash).collect()
        }
    };
    // Nothing that was taken vanishes without being reported, and nothing reported stays.
    let expected: BTreeSet<B256> = before
        .union(&came)
        .filter(|hash| !gone.contains(*hash))
        .copied()
        .collect();
    let held: BTreeSet<B256> = pool.by_hash.keys().copied().collect();
    prop_assert_eq!(held, expected);
    Ok(())
}

fn check_invariants(pool: &Mempool, naive: &Naive) -> TestCaseResult {
    for sender in (0..SENDERS).map(address) {
        let (pending, queued) = naive.split(sender);
        let expected: Vec<_> = pending
            .iter()
            .map(|held| (Place::Pending, held.transaction.hash()))
            .chain(
                queued
                    .iter()
                    .map(|held| (Place::Queued, held.transaction.hash())),
            )
            .collect();
        let held: Vec<_> = pool
            .by_sender(&sender)
            .map(|(place, held)| (place, held.hash()))
            .collect();
        prop_assert_eq!(held, expected);
        let account = naive.accounts[&sender];
        let next = account.nonce + pending.len() as u64;
        prop_assert_eq!(pool.next_nonce(&sender, account.nonce), next);
    }
    let status = pool.status();
    let limits = pool.limits;
    prop_assert_eq!(status.pending + status.queued, naive.held.len());
    prop_assert!(naive.held.len() <= limits.transactions_max);
    let bytes: usize = naive
        .held
        .iter()
        .map(|held| held.transaction.encoded_length())
        .sum();
    prop_assert_eq!(status.bytes, bytes);
    prop_assert!(bytes <= limits.bytes_max);
    if let Some(order) = &pool.eviction {
        let anew = EvictionOrder::new(&pool.accounts, pool.base_fee_wei);
        prop_assert_eq!(order, &anew);
    }
    Ok(())
}

fn best(pool: &Mempool, base_fee_wei: u64, skipped_at: &[usize]) -> Vec<B256> {
    let mut best = pool.best(base_fee_wei);
    let mut order = Vec::new();
    while let Some(transaction) = best.next() {
        if skipped_at.contains(&order.len()) {
            best.skip_sender();
        }
        order.push(transaction.hash());
    }
    order
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_pool_does_as_the_naive_one(
        limits in limits(),
        balance_wei in 500_000_u64..8_000_000,
        steps in prop::collection::vec(step(), 1..80),
        skipped_at in prop::collection::vec(0_usize..8, 0..3),
    ) {
        let mut pool = Mempool::new(limits, 7);
        let mut naive = Naive {
            limits,
            base_fee_wei: 7,
            held: Vec::new(),
            accounts: (0..SENDERS).map(|sender| (address(sender), state(3, balance_wei))).collect(),
            sequence: 0,
        };
        let mut now_ms = 0;
        for step in steps {
            run(&mut pool, &mut naive, step, &mut now_ms)?;
            check_invariants(&pool, &naive)?;
        }
        for base_fee_wei in [0, naive.base_fee_wei, 20] {
            prop_assert_eq!(best(&pool, base_fee_wei, &[]), naive.best(base_fee_wei, &[]));
            prop_assert_eq!(best(&pool, base_fee_wei, &skipped_at), naive.best(base_fee_wei, &skipped_at));
        }
    }

    /// Blocks that are mined and left again end where they began.
    #[test]
    fn what_a_reorganisation_frees_waits_again(
        counts in prop::collection::vec(1_u64..6, 3),
        mined in prop::collection::vec(0_u64..6, 3),
        kept in prop::collection::vec(0_u64..6, 3),
    ) {
        let all = |sender: usize| (0..counts[sender]).map(move |nonce| transfer(sender as u8, nonce, 9, 9, 0));
        let mut pool = pool_of((0..3).flat_map(all));
        let at = |nonces: &[u64]| {
            let states = (0..3).map(|sender| AccountState { nonce: nonces[sender].min(counts[sender]), ..RICH });
            states.enumerate().map(|(sender, state)| (address(sender as u8), state)).collect::<Vec<_>>()
        };
        pool.on_block(0, at(&mined));
        let orphaned: Vec<_> = (0..3).flat_map(|sender| all(sender).take(mined[sender] as usize)).collect();
        let report = pool.on_reorganisation(0, at(&kept), orphaned, 0);
        prop_assert!(report.dropped.iter().all(|dropped| dropped.reason == DropReason::NonceUsed));
        for sender in 0..3_usize {
            let kept = kept[sender].min(counts[sender]);
            let held: Vec<_> = pool.by_sender(&address(sender as u8)).map(|(place, held)| (place, held.nonce())).collect();
            let expected: Vec<_> = (kept..counts[sender]).map(|nonce| (Place::Pending, nonce)).collect();
            prop_assert_eq!(held, expected);
        }
    }
}
