//! The handle that the pages hold. Its methods read like what the pages show.

mod addresses;
mod blocks;
mod charts;
mod contracts;
mod export;
mod following;
mod label;
mod part;
mod pending;
mod search;
#[cfg(test)]
mod tests;
mod tokens;
mod transactions;

use std::sync::Arc;

use alloy_json_abi::JsonAbi;
use alloy_primitives::Address;
use alloy_primitives::map::HashMap;
use parking_lot::Mutex;
use sea_orm::DatabaseConnection;
use tokio::sync::{Semaphore, watch};
use types::explorer::IndexStatus;

use crate::limits::COMPILERS_AT_ONCE;
use crate::node::SharedNode;
use crate::store::{ContractStore, Store};
use crate::tasks::calls::TraceMethod;
use crate::{ExplorerError, ExplorerSettings};

type Result<T> = std::result::Result<T, ExplorerError>;

/// The explorer of one chain.
#[derive(Clone)]
pub struct Explorer {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    contracts: ContractStore,
    node: SharedNode,
    settings: ExplorerSettings,
    status: watch::Sender<IndexStatus>,
    trace_method: Mutex<TraceMethod>,
    rate: Mutex<following::Rate>,
    /// Interfaces by address; none: nobody gave one.
    interfaces: Mutex<HashMap<Address, Option<Arc<JsonAbi>>>>,
    pending: tokio::sync::Mutex<Option<pending::PendingList>>,
    compilers: Semaphore,
}

impl Explorer {
    /// Opens the index in `index` (see `migrations::open_explorer`) for the chain of `node`;
    /// interfaces and sources lie in `database`. Nothing runs before [`Self::run`].
    ///
    /// # Errors
    /// The databases do not answer.
    pub async fn open(
        index: DatabaseConnection,
        database: DatabaseConnection,
        node: SharedNode,
        settings: ExplorerSettings,
    ) -> Result<Self> {
        let mut inner = Inner {
            store: Store::new(index),
            contracts: ContractStore::new(database),
            node,
            settings,
            status: watch::Sender::new(IndexStatus::default()),
            trace_method: Mutex::default(),
            rate: Mutex::new(following::Rate::new()),
            interfaces: Mutex::default(),
            pending: tokio::sync::Mutex::default(),
            compilers: Semaphore::new(COMPILERS_AT_ONCE),
        };
        let status = following::first_status(&inner).await?;
        inner.status = watch::Sender::new(status);
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Changes when the index does: for pages that are live.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<IndexStatus> {
        self.inner.status.subscribe()
    }

    /// How far the index is.
    #[must_use]
    pub fn status(&self) -> IndexStatus {
        self.inner.status.borrow().clone()
    }
}
