//! Sequences of batches over keys that share long prefixes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    model::{root_of, stems_of, write},
    *,
};

type Batch = BTreeMap<B256, Option<Vec<u8>>>;

/// Keys that differ in few places: at the root, below long extensions, and at the last nibbles,
/// where leaves are small enough to be inlined.
fn close_key() -> impl Strategy<Value = B256> {
    let nibble = || prop::sample::select(vec![0_u8, 1, 0xf]);
    (nibble(), nibble(), nibble(), nibble(), nibble()).prop_map(|(a, b, c, d, e)| {
        let mut nibbles = [0; 64];
        for (at, nibble) in [(0, a), (1, b), (31, c), (62, d), (63, e)] {
            nibbles[at] = nibble;
        }
        B256::from_slice(&Nibbles::from_nibbles(nibbles).pack())
    })
}

fn any_key() -> impl Strategy<Value = B256> {
    prop_oneof![4 => close_key(), 1 => (0..40_u64).prop_map(hashed_key)]
}

fn any_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(0..3_u8, 1..2),
        prop::collection::vec(any::<u8>(), 1..8),
        prop::collection::vec(any::<u8>(), 20..60),
    ]
}

fn any_batches() -> impl Strategy<Value = Vec<Batch>> {
    let change = prop_oneof![any_value().prop_map(Some), Just(None)];
    prop::collection::vec(prop::collection::btree_map(any_key(), change, 0..24), 1..8)
}

/// As much of the trie's keys as the share says goes away, besides the batch's own changes.
fn with_removals(trie: &MemoryTrie, mut batch: Batch, share: u8) -> Vec<Change> {
    for (number, key) in trie.values.keys().enumerate() {
        if (number % 4) < usize::from(share) {
            batch.entry(*key).or_insert(None);
        }
    }
    batch.into_iter().collect()
}

fn check_trie(trie: &MemoryTrie, root: B256) {
    assert_eq!(root, root_of(&trie.values));
    assert_eq!(trie.stems, stems_of(&trie.values));
    for stem in trie.stems.values() {
        assert_eq!(Stem::decode(&stem.encode()).as_ref(), Ok(stem));
    }
}

fn check_proof<S: TrieSource<Error = MissingNode>>(
    source: &S,
    root: B256,
    key: B256,
    value: Option<&Vec<u8>>,
) {
    let proof = prove(source, &key).unwrap();
    let verified = verify_proof(root, Nibbles::unpack(key), value.cloned(), &proof);
    assert_eq!(verified, Ok(()), "{key} in {proof:?}");
    for (number, node) in proof.iter().enumerate() {
        assert!(number == 0 || node.len() >= 32, "an inlined node is listed");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_batch_leaves_the_trie_of_its_values(
        batches in prop::collection::vec((any_batches(), 0..=4_u8), 1..3),
        absent in prop::collection::vec(any_key(), 4),
    ) {
        let mut trie = MemoryTrie::default();
        for (batches, share) in batches {
            for batch in batches {
                let removals = if trie.values.len() > 20 { share } else { 0 };
                let changes = with_removals(&trie, batch, removals);
                let before = trie.clone();
                let reported = update(&trie, &changes).unwrap();
                let root = write(&mut trie, changes);
                check_trie(&trie, root);
                for (path, stem) in &reported.stems {
                    prop_assert_ne!(before.stems.get(path), stem.as_deref(), "reported unchanged");
                }
                let mut paths: Vec<_> = reported.stems.iter().map(|(path, _)| *path).collect();
                paths.sort_unstable();
                prop_assert!(paths.is_sorted_by(|one, other| one < other), "reported twice");
                for key in trie.values.keys().chain(&absent) {
                    check_proof(&trie, root, *key, trie.values.get(key));
                }
            }
        }
        let all_gone = with_removals(&trie, Batch::new(), 4);
        prop_assert_eq!(write(&mut trie, all_gone), EMPTY_ROOT_HASH);
        prop_assert_eq!(trie, MemoryTrie::default());
    }

    #[test]
    fn an_overlay_is_the_trie_that_it_stands_for(batches in any_batches()) {
        let (first, rest) = batches.split_first().unwrap();
        let mut trie = trie_of(first.clone());
        let base = trie.clone();
        let mut overlay = OverlayTrie::new(&base);
        for batch in rest {
            let changes: Vec<Change> = batch.clone().into_iter().collect();
            let update = update(&overlay, &changes).unwrap();
            let root = update.root;
            overlay.apply(update, changes.clone());
            prop_assert_eq!(write(&mut trie, changes), root);
            for (key, _) in batches.iter().flatten() {
                prop_assert_eq!(overlay.first_value(*key..=*key), trie.first_value(*key..=*key));
                let from_key = *key..=B256::repeat_byte(0xff);
                prop_assert_eq!(overlay.first_value(from_key.clone()), trie.first_value(from_key));
                check_proof(&overlay, root, *key, trie.values.get(key));
            }
        }
    }

    #[test]
    fn the_past_is_an_overlay_of_what_was_there(batches in any_batches()) {
        let mut trie = MemoryTrie::default();
        let mut history = Vec::new();
        for batch in &batches {
            let changes: Vec<Change> = batch.clone().into_iter().collect();
            let update = update(&trie, &changes).unwrap();
            let stems: Vec<_> =
                update.stems.iter().map(|(path, _)| (*path, trie.stems.get(path).cloned())).collect();
            let values: Vec<_> =
                batch.keys().map(|key| (*key, trie.values.get(key).cloned())).collect();
            history.push((trie.clone(), stems, values));
            trie.apply(update, changes);
        }
        let mut past = OverlayTrie::new(&trie);
        for (was, stems, values) in history.into_iter().rev() {
            past.stems.extend(stems);
            past.values.extend(values);
            let root = root_of(&was.values);
            prop_assert_eq!(update(&past, &[]).unwrap().root, root);
            for key in batches.iter().flat_map(BTreeMap::keys) {
                check_proof(&past, root, *key, was.values.get(key));
            }
        }
    }
}
