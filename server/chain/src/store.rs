//! The chain's database: one folder, one writer, one atomic and durable commit for all that a
//! block or a reorganisation changes. Readers see the state after some commit, never between two.
//!
//! The state after the newest block is kept as it is; older states are what changed since,
//! looked up by key and block. Tries hold branches only: leaves are the state itself.
//!
//! It is a log-structured store: a commit is appended to a journal and forced to the disk, so it
//! costs what has changed, however large the state is. Tables are sorted in the background. When
//! the folder is opened, the journal's whole commits count and a torn one at its end does not.
//! Every table names the newest commit, and a file beside them names the newest that was
//! acknowledged: if any of them lags behind, something is damaged, and nothing is opened.

pub mod changed_keys;
mod commit;
pub(crate) mod folder;
pub mod log_tags;
mod mark;
pub mod page;
mod row_cache;
pub mod tables;
#[cfg(test)]
mod tests;
pub mod view;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use alloy_primitives::B256;
use fjall::{Database, PersistMode};
use parking_lot::{Mutex, RwLock};

use crate::draft::Draft;
use crate::error::StoreError;
use commit::Rows;
use folder::Bounds;
use mark::Mark;
use tables::{COMMIT_KEY, FACT_GENESIS, FACT_LAYOUT, LAYOUT, Table, Tables};
use view::{Caches, View};

/// What the database may use.
const BOUNDS: Bounds = Bounds {
    cache_bytes: 96 << 20,
    journals_bytes: 256 << 20,
    worker_threads: 1,
};
/// Number of the commit that begins a database.
const FIRST_COMMIT: u64 = 1;

/// The chain's database.
pub struct Store {
    /// What everyone sees. Before the database, so that it is gone when that is closed.
    newest: RwLock<View>,
    /// Held while something is committed.
    mark: Mutex<Mark>,
    tables: Arc<Tables>,
    caches: Arc<Caches>,
    database: Database,
    path: PathBuf,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Store")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database of the chain with this genesis in its folder, or begins it.
    ///
    /// # Errors
    /// The folder is damaged, belongs to another chain or another version of this program, or is
    /// open elsewhere.
    pub fn open(path: &Path, genesis: B256) -> Result<Self, StoreError> {
        let is_there = path
            .try_exists()
            .map_err(|error| StoreError::open(path, error))?;
        if !is_there {
            folder::create(path, BOUNDS, |new, database| begin(new, &database, genesis))?;
        }
        let (mark, acknowledged) = Mark::open(path)?;
        let database = folder::open(path, BOUNDS)?;
        let tables = Arc::new(Tables::open(&database, path)?);
        check_identity(path, &tables, genesis)?;
        let commit = check_commits(path, &tables, acknowledged)?;
        let caches = Arc::new(Caches::new(commit));
        let newest = View::new(tables.clone(), database.snapshot(), caches.clone(), commit);
        Ok(Self {
            newest: RwLock::new(newest),
            mark: Mutex::new(mark),
            tables,
            caches,
            database,
            path: path.to_owned(),
        })
    }

    /// What is stored now.
    ///
    /// # Errors
    /// None as yet: what can fail fails when something is read.
    pub fn view(&self) -> Result<View, StoreError> {
        Ok(self.newest.read().clone())
    }

    /// Writes everything or nothing. On return it is on the disk.
    ///
    /// # Errors
    /// The database cannot be written: nobody sees the changes, and no more can be committed until
    /// the program is started again. All or none of them are there then.
    pub fn commit(&self, draft: &Draft) -> Result<(), StoreError> {
        let mark = self.mark.lock();
        let commit = self.newest.read().commit() + 1;
        let mut rows = Rows::new(&self.database, &self.tables, commit);
        let changed = commit::write(draft, &mut rows)?;
        rows.commit()
            .map_err(|source| StoreError::database(&self.path, source))?;
        mark.set(commit);
        self.caches.advance(commit, changed);
        let snapshot = self.database.snapshot();
        let caches = self.caches.clone();
        let newest = View::new(self.tables.clone(), snapshot, caches, commit);
        *self.newest.write() = newest;
        Ok(())
    }
}

fn begin(path: &Path, database: &Database, genesis: B256) -> Result<(), StoreError> {
    let tables = Tables::create(database, path)?;
    let mut rows = Rows::new(database, &tables, FIRST_COMMIT);
    rows.set(Table::Facts, FACT_LAYOUT.as_bytes(), Some(LAYOUT));
    rows.set(
        Table::Facts,
        FACT_GENESIS.as_bytes(),
        Some(genesis.as_slice()),
    );
    rows.commit()
        .and_then(|()| database.persist(PersistMode::SyncAll))
        .map_err(|source| StoreError::database(path, source))?;
    Mark::create(path, FIRST_COMMIT)
}

fn check_identity(path: &Path, tables: &Tables, genesis: B256) -> Result<(), StoreError> {
    let fact = |name: &str| {
        let value = tables.of(Table::Facts).get(name);
        value.map_err(|source| StoreError::database(path, source))
    };
    if fact(FACT_LAYOUT)?.is_none_or(|layout| *layout != *LAYOUT) {
        return Err(StoreError::ForeignLayout {
            path: path.to_owned(),
        });
    }
    let found = fact(FACT_GENESIS)?.unwrap_or_else(|| [].into());
    if *found != *genesis.as_slice() {
        return Err(StoreError::ForeignGenesis {
            path: path.to_owned(),
            expected: genesis,
            found: B256::try_from(&*found).unwrap_or_default(),
        });
    }
    Ok(())
}

/// The newest commit, which all tables must name, and which must not be older than what was
/// acknowledged.
fn check_commits(path: &Path, tables: &Tables, acknowledged: u64) -> Result<u64, StoreError> {
    let mut commits = Vec::with_capacity(Table::ALL.len());
    for table in Table::ALL {
        let row = tables
            .of(table)
            .get(COMMIT_KEY)
            .map_err(|source| StoreError::database(path, source))?;
        let commit = row.and_then(|row| <[u8; 8]>::try_from(&*row).ok());
        commits.push(commit.map_or(0, u64::from_be_bytes));
    }
    let newest = commits.iter().copied().max().unwrap_or_default();
    for (table, commit) in Table::ALL.into_iter().zip(commits) {
        if commit != newest || commit < acknowledged {
            return Err(StoreError::lost(
                path,
                format_args!(
                    "commit {} was acknowledged, and table {table:?} ends with commit {commit}",
                    acknowledged.max(newest)
                ),
            ));
        }
    }
    Ok(newest)
}
