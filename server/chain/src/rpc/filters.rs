//! Filters that are polled: what is new since the last time.
//!
//! One task for each dispatcher listens to the chain while there are filters, and hands what
//! happens to those that want it.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use alloy_primitives::{B256, U64, U128};
use alloy_rpc_types_eth::{Filter, FilterId, Log, Transaction as TransactionObject};
use parking_lot::Mutex;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Node;
use super::error::RpcError;
use super::json::{Answer, answer};
use super::logs::{check_criteria, find};
use super::params::Params;
use super::receipts::logs_of;
use super::transactions::transaction_object;
use crate::events::ChainEvent;

/// Filters of one dispatcher.
const FILTERS_MAX: usize = 1_000;
/// Changes that wait for one filter to be polled.
const CHANGES_MAX: usize = 10_000;
/// A filter that is not polled for so long is gone: geth's value.
const IDLE_MAX: Duration = Duration::from_secs(5 * 60);

/// The filters of a dispatcher.
#[derive(Debug, Default)]
pub(super) struct Filters {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    filters: HashMap<String, Polled>,
    listener: Listener,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Listener {
    #[default]
    Stopped,
    Running,
}

#[derive(Debug)]
struct Polled {
    changes: Changes,
    polled_at: Instant,
    health: Health,
}

/// What was seen since the last poll, of what the filter wants.
#[derive(Debug)]
enum Changes {
    Logs(Box<Filter>, Vec<Log>),
    Blocks(Vec<B256>),
    Pending(Vec<B256>),
    FullPending(Vec<TransactionObject>),
}

/// Whether a filter has missed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Complete,
    Incomplete,
}

pub(super) fn new_log_filter(node: &Arc<Node>, mut params: Params) -> Answer {
    let filter: Filter = params.required()?;
    params.end()?;
    check_criteria(&filter)?;
    install(node, Changes::Logs(Box::new(filter), Vec::new()))
}

pub(super) fn new_block_filter(node: &Arc<Node>, params: Params) -> Answer {
    params.end()?;
    install(node, Changes::Blocks(Vec::new()))
}

/// Hashes, or whole transactions when the parameter says so.
pub(super) fn new_pending_filter(node: &Arc<Node>, mut params: Params) -> Answer {
    let full: Option<bool> = params.optional()?;
    params.end()?;
    install(
        node,
        match full {
            Some(true) => Changes::FullPending(Vec::new()),
            _ => Changes::Pending(Vec::new()),
        },
    )
}

pub(super) fn changes(node: &Node, mut params: Params) -> Answer {
    let id: FilterId = params.required()?;
    params.end()?;
    let mut state = node.filters.state.lock();
    let id = key(id);
    let polled = state.filters.get_mut(&id).ok_or_else(not_found)?;
    polled.polled_at = Instant::now();
    if polled.health == Health::Incomplete {
        state.filters.remove(&id);
        return Err(RpcError::limit(
            "the filter has missed changes because it was not polled often enough: make it anew",
        ));
    }
    let new = polled.changes.take();
    drop(state);
    match new {
        Changes::Logs(_, logs) => answer(&logs),
        Changes::Blocks(hashes) | Changes::Pending(hashes) => answer(&hashes),
        Changes::FullPending(transactions) => answer(&transactions),
    }
}

/// All logs that a log filter asks for, as `eth_getLogs` would find them.
pub(super) fn logs(node: &Node, mut params: Params) -> Answer {
    let id: FilterId = params.required()?;
    params.end()?;
    let filter = {
        let mut state = node.filters.state.lock();
        let polled = state.filters.get_mut(&key(id)).ok_or_else(not_found)?;
        polled.polled_at = Instant::now();
        match &polled.changes {
            Changes::Logs(filter, _) => Filter::clone(filter),
            _ => return Err(not_found()),
        }
    };
    answer(&find(node, &node.chain.tip(), &filter)?)
}

pub(super) fn uninstall(node: &Node, mut params: Params) -> Answer {
    let id: FilterId = params.required()?;
    params.end()?;
    let removed = node.filters.state.lock().filters.remove(&key(id));
    answer(&removed.is_some())
}

/// An id nobody can guess: whoever knows it polls the filter.
pub(super) fn new_id() -> U128 {
    U128::from(rand::random::<u128>())
}

fn install(node: &Arc<Node>, changes: Changes) -> Answer {
    let id = new_id();
    let mut state = node.filters.state.lock();
    state.forget_idle();
    if state.filters.len() >= FILTERS_MAX {
        return Err(RpcError::limit(format!(
            "{FILTERS_MAX} filters are installed, which is the most: uninstall some, or use eth_getLogs"
        )));
    }
    let polled = Polled {
        changes,
        polled_at: Instant::now(),
        health: Health::Complete,
    };
    state.filters.insert(format!("{id:#x}"), polled);
    if state.listener == Listener::Stopped {
        state.listener = Listener::Running;
        tokio::spawn(listen(Arc::downgrade(node), node.chain.events()));
    }
    drop(state);
    answer(&id)
}

fn key(id: FilterId) -> String {
    match id {
        FilterId::Num(number) => format!("{:#x}", U64::from(number)),
        FilterId::Str(text) => text,
    }
}

fn not_found() -> RpcError {
    RpcError::server("filter not found")
}

/// Ends with the dispatcher, or when no filter is left.
async fn listen(node: Weak<Node>, mut events: broadcast::Receiver<ChainEvent>) {
    loop {
        let event = events.recv().await;
        let Some(node) = node.upgrade() else { return };
        let mut state = node.filters.state.lock();
        state.forget_idle();
        match event {
            Ok(event) => state.tell(&event),
            Err(RecvError::Lagged(_)) => {
                for polled in state.filters.values_mut() {
                    polled.health = Health::Incomplete;
                }
            }
            Err(RecvError::Closed) => return,
        }
        if state.filters.is_empty() {
            state.listener = Listener::Stopped;
            return;
        }
    }
}

impl State {
    fn forget_idle(&mut self) {
        let now = Instant::now();
        self.filters
            .retain(|_, polled| now.duration_since(polled.polled_at) < IDLE_MAX);
    }

    fn tell(&mut self, event: &ChainEvent) {
        for polled in self.filters.values_mut() {
            polled.changes.add(event);
            if polled.changes.len() > CHANGES_MAX {
                polled.changes.take();
                polled.health = Health::Incomplete;
            }
        }
    }
}

impl Changes {
    fn add(&mut self, event: &ChainEvent) {
        match (self, event) {
            (Self::Logs(filter, logs), ChainEvent::Head(change)) => {
                logs.extend(logs_in(filter, change));
            }
            (Self::Blocks(hashes), ChainEvent::Head(change)) => {
                hashes.extend(change.added.iter().map(|applied| applied.block.hash));
            }
            (Self::Pending(hashes), ChainEvent::Pending(transaction)) => {
                hashes.push(transaction.hash());
            }
            (Self::FullPending(all), ChainEvent::Pending(transaction)) => {
                all.push(transaction_object(transaction, None));
            }
            _ => {}
        }
    }

    /// Leaves the same filter without changes behind.
    fn take(&mut self) -> Self {
        match self {
            Self::Logs(filter, logs) => Self::Logs(filter.clone(), std::mem::take(logs)),
            Self::Blocks(hashes) => Self::Blocks(std::mem::take(hashes)),
            Self::Pending(hashes) => Self::Pending(std::mem::take(hashes)),
            Self::FullPending(all) => Self::FullPending(std::mem::take(all)),
        }
    }

    const fn len(&self) -> usize {
        match self {
            Self::Logs(_, logs) => logs.len(),
            Self::Blocks(hashes) | Self::Pending(hashes) => hashes.len(),
            Self::FullPending(all) => all.len(),
        }
    }
}

/// The logs that a change of the branch in force brings: first those of blocks that were taken
/// off, as removed, then the new ones.
pub(super) fn logs_in(filter: &Filter, change: &crate::events::HeadChange) -> Vec<Log> {
    let wanted = |log: &Log| filter.matches(&log.inner);
    let removed = change.removed.iter().flat_map(|applied| {
        logs_of(applied).filter(wanted).map(|log| Log {
            removed: true,
            ..log
        })
    });
    let added = change
        .added
        .iter()
        .flat_map(|applied| logs_of(applied).filter(wanted));
    removed.chain(added).collect()
}
