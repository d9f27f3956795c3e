//! What a session has subscribed to, and what it is told.

use std::collections::BTreeMap;

use alloy_primitives::U128;
use alloy_rpc_types_eth::Filter;
use serde::Serialize;
use serde_json::{Value, json};

use crate::events::{ChainEvent, HeadChange};
use crate::rpc::Dispatcher;
use crate::rpc::blocks::header_object;
use crate::rpc::error::RpcError;
use crate::rpc::filters::{logs_in, new_id};
use crate::rpc::json::{Answer, answer};
use crate::rpc::logs::check_criteria;
use crate::rpc::message::{Request, response};
use crate::rpc::params::Params;
use crate::rpc::position::Position;
use crate::rpc::transactions::transaction_object;
use crate::rpc::web3::sync_status;

/// Subscriptions of one session.
const SUBSCRIPTIONS_MAX: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    by_id: BTreeMap<U128, Subject>,
    /// For the sync state, which changes with blocks.
    dispatcher: Option<Dispatcher>,
}

#[derive(Debug)]
enum Subject {
    NewHeads,
    Logs(Box<Filter>),
    PendingHashes,
    PendingTransactions,
    /// With what was told last.
    Syncing(Value),
}

impl Subscriptions {
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Answers `eth_subscribe` and `eth_unsubscribe`.
    pub fn handle(&mut self, dispatcher: &Dispatcher, request: Request) -> Option<Vec<u8>> {
        let params = Params::new(request.params);
        let outcome = params.and_then(|params| match request.method.as_str() {
            "eth_subscribe" => self.subscribe(dispatcher, params),
            _ => self.unsubscribe(params),
        });
        request.id.map(|id| response(&id, outcome))
    }

    /// What the event means to each subscription, as notifications.
    pub fn tell(&mut self, event: &ChainEvent) -> Vec<Vec<u8>> {
        let mut texts = Vec::new();
        for (id, subject) in &mut self.by_id {
            match (subject, event) {
                (Subject::NewHeads, ChainEvent::Head(change)) => {
                    texts.extend(headers(change).map(|header| notification(*id, &header)));
                }
                (Subject::Logs(filter), ChainEvent::Head(change)) => {
                    let logs = logs_in(filter, change);
                    texts.extend(logs.iter().map(|log| notification(*id, log)));
                }
                (Subject::PendingHashes, ChainEvent::Pending(transaction)) => {
                    texts.push(notification(*id, &transaction.hash()));
                }
                (Subject::PendingTransactions, ChainEvent::Pending(transaction)) => {
                    texts.push(notification(*id, &transaction_object(transaction, None)));
                }
                (Subject::Syncing(told), ChainEvent::Head(_)) => {
                    let Some(dispatcher) = &self.dispatcher else {
                        continue;
                    };
                    let status = sync_status(&dispatcher.node);
                    if *told != status {
                        texts.push(notification(*id, &status));
                        *told = status;
                    }
                }
                _ => {}
            }
        }
        texts
    }

    fn subscribe(&mut self, dispatcher: &Dispatcher, mut params: Params) -> Answer {
        let name: String = params.required()?;
        let subject = match name.as_str() {
            "newHeads" => Subject::NewHeads,
            "logs" => {
                let filter: Filter = params.optional()?.unwrap_or_default();
                check_criteria(&filter)?;
                Subject::Logs(Box::new(filter))
            }
            "newPendingTransactions" => match params.optional()? {
                Some(true) => Subject::PendingTransactions,
                _ => Subject::PendingHashes,
            },
            "syncing" => Subject::Syncing(Value::Bool(false)),
            _ => {
                return Err(RpcError::method_not_found(&format!(
                    "\"{name}\" subscription"
                )));
            }
        };
        params.end()?;
        if self.by_id.len() >= SUBSCRIPTIONS_MAX {
            return Err(RpcError::limit(format!(
                "{SUBSCRIPTIONS_MAX} subscriptions on one connection, which is the most"
            )));
        }
        let id = new_id();
        self.dispatcher = Some(dispatcher.clone());
        self.by_id.insert(id, subject);
        answer(&id)
    }

    fn unsubscribe(&mut self, mut params: Params) -> Answer {
        let id: U128 = params.required()?;
        params.end()?;
        match self.by_id.remove(&id) {
            Some(_) => answer(&true),
            None => Err(RpcError::server("subscription not found")),
        }
    }
}

fn headers(change: &HeadChange) -> impl Iterator<Item = impl Serialize> + '_ {
    change.added.iter().map(|applied| {
        header_object(Position {
            header: applied.block.header.clone(),
            hash: applied.block.hash,
            total_difficulty: applied.total_difficulty,
        })
    })
}

fn notification(id: U128, result: &impl Serialize) -> Vec<u8> {
    json!({
        "jsonrpc": "2.0",
        "method": "eth_subscription",
        "params": { "subscription": id, "result": result },
    })
    .to_string()
    .into_bytes()
}
