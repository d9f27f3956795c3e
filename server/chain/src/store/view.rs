//! What the database holds after one commit.

mod blocks;
mod state;

use std::sync::Arc;

use fjall::{Readable, Snapshot, UserValue};

use crate::error::StoreError;
use crate::store::row_cache::RowCache;
use crate::store::tables::{AccountKey, Table, Tables};
use crate::trie::Nibbles;

pub(super) use state::slot_stem_key;

/// Memory for accounts that were used lately.
const ACCOUNTS_BYTES: usize = 64 << 20;
/// Memory for branches of the account trie. Those of a million accounts take about 90 MiB.
const ACCOUNT_STEMS_BYTES: usize = 128 << 20;
/// Memory for branches of the tries of slots.
const SLOT_STEMS_BYTES: usize = 48 << 20;

/// A consistent view of all tables. It keeps old rows in use for as long as it lives.
#[derive(Clone)]
pub struct View {
    tables: Arc<Tables>,
    snapshot: Snapshot,
    caches: Arc<Caches>,
    commit: u64,
}

/// The rows that every block reads, as long as they are few enough.
pub(super) struct Caches {
    accounts: RowCache<AccountKey>,
    account_stems: RowCache<Nibbles>,
    slot_stems: RowCache<(AccountKey, Nibbles)>,
}

/// The rows among them that a commit has changed.
#[derive(Default)]
pub(super) struct ChangedRows {
    pub(super) accounts: Vec<(AccountKey, Option<Box<[u8]>>)>,
    pub(super) account_stems: Vec<(Nibbles, Option<Box<[u8]>>)>,
    pub(super) slot_stems: Vec<((AccountKey, Nibbles), Option<Box<[u8]>>)>,
}

impl Caches {
    pub(super) fn new(commit: u64) -> Self {
        Self {
            accounts: RowCache::new(ACCOUNTS_BYTES, commit),
            account_stems: RowCache::new(ACCOUNT_STEMS_BYTES, commit),
            slot_stems: RowCache::new(SLOT_STEMS_BYTES, commit),
        }
    }

    /// Takes over what a commit has changed, before anyone sees that commit.
    pub(super) fn advance(&self, commit: u64, changed: ChangedRows) {
        self.accounts.advance(commit, changed.accounts);
        self.account_stems.advance(commit, changed.account_stems);
        self.slot_stems.advance(commit, changed.slot_stems);
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("View")
            .field("commit", &self.commit)
            .finish_non_exhaustive()
    }
}

impl View {
    pub(super) const fn new(
        tables: Arc<Tables>,
        snapshot: Snapshot,
        caches: Arc<Caches>,
        commit: u64,
    ) -> Self {
        Self {
            tables,
            snapshot,
            caches,
            commit,
        }
    }

    /// Number of the commit after which this is.
    pub(super) const fn commit(&self) -> u64 {
        self.commit
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<UserValue>, StoreError> {
        let keyspace = self.tables.of(table);
        self.snapshot
            .get(keyspace, key)
            .map_err(|source| StoreError::database(keyspace.path(), source))
    }

    /// The rows from one key to another, in order of their keys.
    fn rows(
        &self,
        table: Table,
        first: &[u8],
        last: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<(fjall::UserKey, UserValue), StoreError>> + use<>
    {
        let keyspace = self.tables.of(table).clone();
        self.snapshot
            .range(&keyspace, first..=last)
            .map(move |entry| {
                entry
                    .into_inner()
                    .map_err(|source| StoreError::database(keyspace.path(), source))
            })
    }
}

/// A key or row of this length and no other.
fn exactly<const N: usize>(bytes: &[u8], what: &str) -> Result<[u8; N], StoreError> {
    bytes
        .try_into()
        .map_err(|error| StoreError::damaged(what, error))
}
