//! Writes audit entries of the whole program: those that wait together share one transaction, so
//! that a burst of events costs a few commits and not one each.

use sea_orm::DatabaseConnection;
use tokio::sync::{mpsc, oneshot};

use crate::IdentityError;
use crate::clock::Clock;
use crate::store::audit::{Recorded, append};
use crate::store::begin_write;

/// Entries that may wait; whoever brings one more waits for room.
const QUEUE_MAX: usize = 1_024;
/// Entries of one transaction.
const BATCH_MAX: usize = 256;

struct Waiting {
    recorded: Recorded,
    done: oneshot::Sender<Result<(), String>>,
}

/// Hands entries to the writer. The writer ends when the last handle is gone and the queue empty.
#[derive(Clone)]
pub(crate) struct AuditWriter {
    queue: mpsc::Sender<Waiting>,
}

impl AuditWriter {
    /// Starts the writer on the current runtime.
    pub(crate) fn spawn(database: DatabaseConnection, clock: Clock) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(write_all(database, clock, waiting));
        Self { queue }
    }

    /// Returns when the entry is durable.
    pub(crate) async fn write(&self, recorded: Recorded) -> Result<(), IdentityError> {
        let (done, is_done) = oneshot::channel();
        let ended = || IdentityError::Bug("the audit log's writer has ended".to_owned());
        self.queue
            .send(Waiting { recorded, done })
            .await
            .map_err(|_| ended())?;
        let outcome = is_done.await.map_err(|_| ended())?;
        outcome.map_err(|cause| IdentityError::Unavailable {
            what: "the audit log".to_owned(),
            source: Some(cause.into()),
        })
    }
}

async fn write_all(
    database: DatabaseConnection,
    clock: Clock,
    mut waiting: mpsc::Receiver<Waiting>,
) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let entries = batch
            .iter()
            .map(|waiting| waiting.recorded.clone())
            .collect();
        let outcome = write(&database, &clock, entries)
            .await
            .map_err(|error| format!("{error:?}"));
        for waiting in batch.drain(..) {
            // Whoever stopped waiting has lost interest, not the entry.
            let _ = waiting.done.send(outcome.clone());
        }
    }
}

async fn write(
    database: &DatabaseConnection,
    clock: &Clock,
    entries: Vec<Recorded>,
) -> Result<(), IdentityError> {
    let transaction = begin_write(database).await?;
    append(&transaction, clock.now(), entries).await?;
    transaction.commit().await?;
    Ok(())
}
