//! The trie against a naive model and an independent implementation (`alloy_trie`), and against
//! Ethereum's published vectors.

mod model;
mod random;
mod vectors;

use std::{cell::Cell, num::NonZeroUsize};

use alloy_primitives::keccak256;
use alloy_trie::proof::verify_proof;

use self::model::{stems_of, write};
use super::*;

/// Keys of a state: hashes.
fn hashed_key(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

fn trie_of(changes: impl IntoIterator<Item = Change>) -> MemoryTrie {
    let mut trie = MemoryTrie::default();
    write(&mut trie, changes.into_iter().collect());
    trie
}

fn accounts(numbers: std::ops::Range<u64>) -> MemoryTrie {
    trie_of(numbers.map(|number| (hashed_key(number), Some(vec![0x5a; 70]))))
}

/// Counts the records that are read.
struct Counted<'t> {
    trie: &'t MemoryTrie,
    stems: Cell<usize>,
    values: Cell<usize>,
}

impl TrieSource for Counted<'_> {
    type Error = MissingNode;

    fn stem(&self, path: &Nibbles) -> Result<Option<Stem>, MissingNode> {
        self.stems.set(self.stems.get() + 1);
        self.trie.stem(path)
    }

    fn first_value(
        &self,
        keys: RangeInclusive<B256>,
    ) -> Result<Option<(B256, Vec<u8>)>, MissingNode> {
        self.values.set(self.values.get() + 1);
        self.trie.first_value(keys)
    }
}

#[test]
fn an_update_reads_and_reports_only_the_touched_path() {
    let trie = accounts(0..5_000);
    let source = Counted {
        trie: &trie,
        stems: Cell::new(0),
        values: Cell::new(0),
    };
    let changes = [(hashed_key(77), Some(vec![1; 70]))];
    let update = update(&source, &changes).unwrap();
    // 5,000 keys are about three branches deep.
    assert!(source.stems.get() <= 5, "{} stems read", source.stems.get());
    assert_eq!(source.values.get(), 1);
    assert_eq!(update.stems.len(), source.stems.get());
}

#[test]
fn what_changes_nothing_is_not_reported() {
    let trie = accounts(0..1_000);
    let root = update(&trie, &[]).unwrap().root;
    let equal_value = (hashed_key(3), Some(vec![0x5a; 70]));
    let missing_key = (hashed_key(1_000_003), None);
    let mut changes = vec![equal_value, missing_key];
    changes.sort_unstable();
    assert_eq!(
        update(&trie, &changes),
        Ok(TrieUpdate {
            root,
            stems: Vec::new()
        })
    );
}

#[test]
fn an_empty_trie_has_the_empty_root_and_no_proof() {
    let trie = MemoryTrie::default();
    let nothing = TrieUpdate {
        root: EMPTY_ROOT_HASH,
        stems: Vec::new(),
    };
    assert_eq!(update(&trie, &[]), Ok(nothing.clone()));
    assert_eq!(update(&trie, &[(hashed_key(1), None)]), Ok(nothing));
    assert_eq!(prove(&trie, &hashed_key(1)), Ok(Vec::new()));
}

#[test]
fn threads_find_what_one_finds() {
    let trie = accounts(0..3_000);
    let mut changes: Vec<Change> = (1_000..5_000)
        .map(|number| {
            (
                hashed_key(number),
                (number % 3 != 0).then(|| vec![number as u8; 70]),
            )
        })
        .collect();
    changes.sort_unstable();
    let mut expected = update(&trie, &changes).unwrap();
    expected.stems.sort_unstable_by_key(|(path, _)| *path);
    for threads in [1, 2, 3, 16, 100] {
        let threads = NonZeroUsize::new(threads).unwrap();
        let mut found = update_on_threads(&trie, &changes, threads).unwrap();
        found.stems.sort_unstable_by_key(|(path, _)| *path);
        assert!(found == expected, "on {threads} threads");
    }
}

#[test]
fn a_missing_record_is_named_and_nothing_panics() {
    let mut trie = accounts(0..1_000);
    let key = hashed_key(5);
    let path = Nibbles::unpack(key).slice(..1);
    let stem = trie.stems.remove(&path).unwrap();
    let missing = MissingNode { path };
    assert_eq!(update(&trie, &[(key, None)]), Err(missing));
    assert_eq!(prove(&trie, &key), Err(missing));

    let extension = Nibbles::from_nibbles([0; 63]);
    trie.stems.insert(path, Stem { extension, ..stem });
    assert_eq!(update(&trie, &[(key, None)]), Err(missing));
    assert_eq!(prove(&trie, &key), Err(missing));
}

#[test]
fn a_state_of_hashed_keys_matches_the_model() {
    let trie = accounts(0..2_000);
    assert_eq!(trie.stems, stems_of(&trie.values));
    let root = update(&trie, &[]).unwrap().root;
    for number in [0, 1_999, 2_000, 9_999] {
        let key = hashed_key(number);
        let proof = prove(&trie, &key).unwrap();
        let value = trie.values.get(&key).cloned();
        assert_eq!(value.is_some(), number < 2_000);
        verify_proof(root, Nibbles::unpack(key), value, &proof).unwrap();
    }
}
