//! Rows of a table in memory, for those who read what is newest.
//!
//! A row is remembered with the number of a commit since which it is as it is. Who sees the
//! database after that commit or a later one may take it; who sees an older one reads the
//! database, which has all versions that someone still sees.

use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::map::{DefaultHashBuilder, HashMap};
use parking_lot::Mutex;

/// Parts of a cache that are locked on their own.
const SHARDS: usize = 16;
/// Memory that a row takes besides its bytes and its key: its places in the map and the heap.
const ROW_OVERHEAD_BYTES: usize = 64;

/// A bounded cache of rows by key.
pub(super) struct RowCache<K> {
    shards: [Mutex<Shard<K>>; SHARDS],
    hasher: DefaultHashBuilder,
    /// The newest commit whose rows are all here, if they are here at all.
    newest_commit: AtomicU64,
    /// Of the rows used since a shard was last emptied by half.
    young_bytes_max: usize,
}

/// Rows that were used lately, and those that were used before. When there are enough young ones,
/// they become the old ones, and the old ones go.
struct Shard<K> {
    young: HashMap<K, Row>,
    old: HashMap<K, Row>,
    young_bytes: usize,
}

struct Row {
    since_commit: u64,
    value: Option<Box<[u8]>>,
}

impl<K: Hash + Eq + Copy> RowCache<K> {
    /// An empty cache of at most about `bytes_max`, for a database after `commit`.
    pub(super) fn new(bytes_max: usize, commit: u64) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: DefaultHashBuilder::default(),
            newest_commit: AtomicU64::new(commit),
            young_bytes_max: bytes_max / SHARDS / 2,
        }
    }

    /// The row as `use_row` takes it, for someone who sees the database after `commit`; `read`
    /// reads it from there.
    pub(super) fn row<T, E>(
        &self,
        key: &K,
        commit: u64,
        read: impl FnOnce() -> Result<Option<Box<[u8]>>, E>,
        use_row: impl Fn(Option<&[u8]>) -> Result<T, E>,
    ) -> Result<T, E> {
        let shard = self.shard(key);
        if let Some(row) = shard.lock().find(key, self.young_bytes_max)
            && row.since_commit <= commit
        {
            return use_row(row.value.as_deref());
        }
        let value = read()?;
        let used = use_row(value.as_deref());
        let mut shard = shard.lock();
        // Under the lock: whoever commits sets the number first, and the rows then.
        if self.newest_commit.load(Ordering::SeqCst) == commit {
            let row = Row {
                since_commit: commit,
                value,
            };
            shard.insert(*key, row, self.young_bytes_max);
        }
        used
    }

    /// Takes over the rows that a commit has changed, before anyone sees that commit.
    pub(super) fn advance(
        &self,
        commit: u64,
        rows: impl IntoIterator<Item = (K, Option<Box<[u8]>>)>,
    ) {
        self.newest_commit.store(commit, Ordering::SeqCst);
        for (key, value) in rows {
            let row = Row {
                since_commit: commit,
                value,
            };
            self.shard(&key)
                .lock()
                .insert(key, row, self.young_bytes_max);
        }
    }

    fn shard(&self, key: &K) -> &Mutex<Shard<K>> {
        // The map takes the low and the highest bits of the same hash.
        let hash = self.hasher.hash_one(key);
        &self.shards[(hash >> 32) as usize % SHARDS]
    }
}

impl<K> Default for Shard<K> {
    fn default() -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
            young_bytes: 0,
        }
    }
}

impl<K: Hash + Eq + Copy> Shard<K> {
    fn find(&mut self, key: &K, young_bytes_max: usize) -> Option<&Row> {
        if let Some(row) = self.old.remove(key) {
            self.insert(*key, row, young_bytes_max);
        }
        self.young.get(key).or_else(|| self.old.get(key))
    }

    fn insert(&mut self, key: K, row: Row, young_bytes_max: usize) {
        self.old.remove(&key);
        let bytes = |row: &Row| {
            size_of::<K>() + ROW_OVERHEAD_BYTES + row.value.as_deref().map_or(0, <[u8]>::len)
        };
        self.young_bytes += bytes(&row);
        if let Some(replaced) = self.young.insert(key, row) {
            self.young_bytes -= bytes(&replaced);
        }
        if self.young_bytes > young_bytes_max {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    type Version = HashMap<u8, Vec<u8>>;

    fn read(cache: &RowCache<u8>, versions: &[Version], key: u8, commit: usize) -> Option<Vec<u8>> {
        let stored = || Ok(versions[commit].get(&key).map(|row| row.clone().into()));
        let used = |row: Option<&[u8]>| Ok::<_, Infallible>(row.map(<[u8]>::to_vec));
        let Ok(found) = cache.row(&key, commit as u64, stored, used);
        found
    }

    proptest! {
        /// Readers of any commit, between commits, read what that commit has left.
        #[test]
        fn never_shows_another_commits_row(
            bytes_max in 0_usize..20_000,
            steps in prop::collection::vec(
                (
                    prop::collection::vec((0_u8..40, prop::option::of(any::<u8>())), 0..12),
                    prop::collection::vec((0_u8..40, 0_usize..4), 0..30),
                ),
                1..20,
            ),
        ) {
            let cache = RowCache::new(bytes_max, 0);
            let mut versions = vec![Version::new()];
            for (changes, reads) in steps {
                let mut next = versions[versions.len() - 1].clone();
                for (key, value) in &changes {
                    match value {
                        Some(value) => next.insert(*key, vec![*value; 3]),
                        None => next.remove(key),
                    };
                }
                let changed = changes.iter().map(|(key, _)| {
                    (*key, next.get(key).map(|row| row.clone().into_boxed_slice()))
                });
                cache.advance(versions.len() as u64, changed);
                versions.push(next.clone());
                for (key, age) in reads {
                    let commit = (versions.len() - 1).saturating_sub(age);
                    let expected = versions[commit].get(&key).cloned();
                    prop_assert_eq!(read(&cache, &versions, key, commit), expected);
                }
            }
        }

        #[test]
        fn stays_within_its_bound(keys in prop::collection::vec(any::<u32>(), 0..4_000)) {
            let bytes_max = 64_000;
            let cache = RowCache::new(bytes_max, 0);
            for key in keys {
                cache.advance(1, [(key, Some(vec![0; 20].into()))]);
            }
            let rows: usize = cache
                .shards
                .iter()
                .map(|shard| {
                    let shard = shard.lock();
                    shard.young.len() + shard.old.len()
                })
                .sum();
            prop_assert!(rows * (20 + 4 + ROW_OVERHEAD_BYTES) <= bytes_max + SHARDS * 200);
        }
    }
}
