//! The handle that the pages hold. Its methods read like what the pages show.

mod following;

use std::sync::Arc;

use parking_lot::Mutex;
use sea_orm::DatabaseConnection;
use tokio::sync::watch;
use types::explorer::IndexStatus;

use crate::node::SharedNode;
use crate::store::Store;
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
    node: SharedNode,
    settings: ExplorerSettings,
    status: watch::Sender<IndexStatus>,
    trace_method: Mutex<TraceMethod>,
    rate: Mutex<following::Rate>,
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
            node,
            settings,
            status: watch::Sender::new(IndexStatus::default()),
            trace_method: Mutex::default(),
            rate: Mutex::new(following::Rate::new()),
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
