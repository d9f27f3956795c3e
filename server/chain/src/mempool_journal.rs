//! The transactions that wait, on the disk: what was acknowledged survives the end of the program.
//!
//! Writers queue up while the disk works, and the next commit takes all of them at once.

use std::path::Path;
use std::thread::JoinHandle;

use alloy_primitives::B256;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use crate::error::StoreError;
use crate::store::folder::{self, Bounds};
use crate::transaction::{self, Transaction};

/// Hash → time of arrival (Unix time in ms, 8 bytes big endian) ‖ sender ‖ EIP-2718 encoding.
const WAITING: &str = "waiting";

/// Changes that wait for the disk before a writer has to wait, too.
const QUEUE_MAX: usize = 16_384;
/// Changes in one commit.
const COMMIT_MAX: usize = 8_192;
/// What the database may use: it is written, and read when the program starts.
const BOUNDS: Bounds = Bounds {
    cache_bytes: 4 << 20,
    journals_bytes: 128 << 20,
    worker_threads: 1,
};
/// Rows that wait in memory before they are sorted into a file. Most have left by then.
const MEMTABLE_BYTES: u64 = 16 << 20;
/// How long the queue is given when it is full.
const FULL_QUEUE_PAUSE: std::time::Duration = std::time::Duration::from_millis(1);

/// A transaction that waits, and since when (Unix time in ms).
#[derive(Debug, Clone)]
pub struct Waiting {
    pub transaction: Transaction,
    pub received_at_ms: u64,
}

enum Change {
    Add {
        waiting: Waiting,
        /// Told when it is on the disk.
        done: oneshot::Sender<Result<(), String>>,
    },
    /// They were mined, and are not any more.
    Restore {
        waiting: Vec<Waiting>,
        /// Told when they are on the disk.
        done: std::sync::mpsc::SyncSender<Result<(), String>>,
    },
    Remove(Vec<B256>),
}

/// The folder of waiting transactions.
#[derive(Debug)]
pub struct MempoolJournal {
    changes: Option<mpsc::Sender<Change>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// The change could not be written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the transaction could not be written to the disk: {0}")]
pub struct JournalError(String);

impl MempoolJournal {
    /// Opens the folder, and returns what waited when it was last in use, in order of arrival.
    ///
    /// # Errors
    /// The folder cannot be opened or is damaged.
    pub fn open(path: &Path) -> Result<(Self, Vec<Waiting>), StoreError> {
        let is_there = path
            .try_exists()
            .map_err(|error| StoreError::open(path, error))?;
        if !is_there {
            folder::create(path, BOUNDS, |new, database| {
                let table = Table::open(new, database)?;
                let persisted = table.database.persist(PersistMode::SyncAll);
                persisted.map_err(|source| StoreError::database(new, source))
            })?;
        }
        let table = Table::open(path, folder::open(path, BOUNDS)?)?;
        let waiting = read_all(&table)?;
        let (changes, queue) = mpsc::channel(QUEUE_MAX);
        let writer = std::thread::Builder::new()
            .name("mempool-journal".to_owned())
            .spawn(move || write_all(&table, queue))
            .map_err(|error| StoreError::Damaged(format!("no thread for the mempool: {error}")))?;
        let journal = Self {
            changes: Some(changes),
            writer: Mutex::new(Some(writer)),
        };
        Ok((journal, waiting))
    }

    /// Returns when the transaction is on the disk.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn add(&self, waiting: Waiting) -> Result<(), JournalError> {
        let (done, is_done) = oneshot::channel();
        let ended = || JournalError("the program is ending".to_owned());
        let changes = self.changes.as_ref().ok_or_else(ended)?;
        changes
            .send(Change::Add { waiting, done })
            .await
            .map_err(|_| ended())?;
        is_done.await.map_err(|_| ended())?.map_err(JournalError)
    }

    /// Writes transactions down again whose blocks are about to be taken off. Blocks until they are
    /// on the disk.
    ///
    /// # Errors
    /// They could not be written.
    pub fn restore(&self, waiting: Vec<Waiting>) -> Result<(), JournalError> {
        if waiting.is_empty() {
            return Ok(());
        }
        let ended = || JournalError("the program is ending".to_owned());
        let changes = self.changes.as_ref().ok_or_else(ended)?;
        let (done, is_done) = std::sync::mpsc::sync_channel(1);
        let mut change = Change::Restore { waiting, done };
        // The writer empties the queue by itself, and soon.
        while let Err(refused) = changes.try_send(change) {
            change = match refused {
                mpsc::error::TrySendError::Full(change) => change,
                mpsc::error::TrySendError::Closed(_) => return Err(ended()),
            };
            std::thread::sleep(FULL_QUEUE_PAUSE);
        }
        is_done.recv().map_err(|_| ended())?.map_err(JournalError)
    }

    /// Forgets transactions, soon. If the program ends before, they are looked at again when it
    /// starts, and found to be mined.
    pub fn remove(&self, hashes: Vec<B256>) {
        if hashes.is_empty() {
            return;
        }
        if let Some(changes) = &self.changes
            && changes.try_send(Change::Remove(hashes)).is_err()
        {
            tracing::debug!(
                "the mempool's folder lags behind; it is tidied when the program starts"
            );
        }
    }
}

impl Drop for MempoolJournal {
    fn drop(&mut self) {
        self.changes = None;
        if let Some(writer) = self.writer.lock().take() {
            // It ends when the queue is empty; a panic there was logged by itself.
            let _ = writer.join();
        }
    }
}

/// The open table.
struct Table {
    rows: Keyspace,
    database: Database,
}

impl Table {
    fn open(path: &Path, database: Database) -> Result<Self, StoreError> {
        let options = || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(MEMTABLE_BYTES)
                .manual_journal_persist(true)
        };
        let rows = database
            .keyspace(WAITING, options)
            .map_err(|source| StoreError::database(path, source))?;
        Ok(Self { rows, database })
    }
}

fn read_all(table: &Table) -> Result<Vec<Waiting>, StoreError> {
    let mut all = Vec::new();
    for entry in table.rows.iter() {
        let (hash, row) = entry
            .into_inner()
            .map_err(|source| StoreError::database(table.rows.path(), source))?;
        let waiting = decode(&row).ok_or_else(|| {
            let hash = alloy_primitives::hex::encode_prefixed(&hash);
            StoreError::Damaged(format!("the waiting transaction {hash}"))
        })?;
        all.push(waiting);
    }
    all.sort_by_key(|waiting| (waiting.received_at_ms, waiting.transaction.nonce()));
    Ok(all)
}

fn write_all(table: &Table, mut queue: mpsc::Receiver<Change>) {
    let mut changes = Vec::new();
    while queue.blocking_recv_many(&mut changes, COMMIT_MAX) > 0 {
        let result = write(table, &changes).map_err(|error| error.to_string());
        if let Err(error) = &result {
            tracing::error!(%error, "the mempool's folder cannot be written");
        }
        for change in changes.drain(..) {
            // Who no longer waits needs no answer.
            match change {
                Change::Add { done, .. } => drop(done.send(result.clone())),
                Change::Restore { done, .. } => drop(done.send(result.clone())),
                Change::Remove(_) => {}
            }
        }
    }
}

fn write(table: &Table, changes: &[Change]) -> fjall::Result<()> {
    let mut batch = table
        .database
        .batch()
        .durability(Some(PersistMode::SyncAll));
    for change in changes {
        match change {
            Change::Add { waiting, .. } => {
                let hash = waiting.transaction.hash();
                batch.insert(&table.rows, hash.as_slice(), encode(waiting));
            }
            Change::Restore { waiting, .. } => {
                for waiting in waiting {
                    let hash = waiting.transaction.hash();
                    batch.insert(&table.rows, hash.as_slice(), encode(waiting));
                }
            }
            Change::Remove(hashes) => {
                for hash in hashes {
                    batch.remove(&table.rows, hash.as_slice());
                }
            }
        }
    }
    batch.commit()
}

fn encode(waiting: &Waiting) -> Vec<u8> {
    let encoded = waiting.transaction.encoded();
    let mut row = Vec::with_capacity(28 + encoded.len());
    row.extend_from_slice(&waiting.received_at_ms.to_be_bytes());
    row.extend_from_slice(waiting.transaction.sender().as_slice());
    row.extend_from_slice(&encoded);
    row
}

fn decode(row: &[u8]) -> Option<Waiting> {
    let (time, rest) = row.split_first_chunk::<8>()?;
    let (sender, encoded) = rest.split_first_chunk::<20>()?;
    Some(Waiting {
        transaction: transaction::decode_recovered(encoded, (*sender).into()).ok()?,
        received_at_ms: u64::from_be_bytes(*time),
    })
}
