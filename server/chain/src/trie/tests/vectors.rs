//! Ethereum's vectors of secure tries; `testdata/trie/README.md` says where they come from.

use alloy_primitives::hex;
use serde_json::Value;

use super::{
    model::{stems_of, write},
    *,
};

/// Runs the cases of a file: one change after the other, the other way round where the order does
/// not matter, and all that is left at the end as one batch.
fn check(file: &str) {
    let cases: Value = serde_json::from_str(file).unwrap();
    for (name, case) in cases.as_object().unwrap() {
        let root: B256 = case["root"].as_str().unwrap().parse().unwrap();
        let (changes, any_order) = changes_of(&case["in"]);
        let trie = check_sequence(name, &changes, root);
        if any_order {
            let backwards: Vec<_> = changes.iter().rev().cloned().collect();
            check_sequence(name, &backwards, root);
        }
        let values = trie
            .values
            .into_iter()
            .map(|(key, value)| (key, Some(value)))
            .collect();
        assert_eq!(
            write(&mut MemoryTrie::default(), values),
            root,
            "{name} at once"
        );
    }
}

fn check_sequence(name: &str, changes: &[Change], root: B256) -> MemoryTrie {
    let mut trie = MemoryTrie::default();
    let mut found = EMPTY_ROOT_HASH;
    for change in changes {
        found = write(&mut trie, vec![change.clone()]);
        assert_eq!(trie.stems, stems_of(&trie.values), "{name}");
    }
    assert_eq!(found, root, "{name}");
    trie
}

fn changes_of(entries: &Value) -> (Vec<Change>, bool) {
    match entries {
        Value::Array(list) => (
            list.iter()
                .map(|entry| change_of(entry[0].as_str(), &entry[1]))
                .collect(),
            false,
        ),
        map => {
            let map = map.as_object().unwrap();
            (
                map.iter()
                    .map(|(key, value)| change_of(Some(key), value))
                    .collect(),
                true,
            )
        }
    }
}

fn change_of(key: Option<&str>, value: &Value) -> Change {
    (
        keccak256(bytes_of(key.unwrap())),
        value.as_str().map(bytes_of),
    )
}

fn bytes_of(text: &str) -> Vec<u8> {
    match text.strip_prefix("0x") {
        Some(digits) => hex::decode(digits).unwrap(),
        None => text.as_bytes().to_vec(),
    }
}

#[test]
fn roots_are_those_of_the_ordered_vectors() {
    check(include_str!(
        "../../../testdata/trie/trietest_secureTrie.json"
    ));
}

#[test]
fn roots_are_those_of_the_vectors_in_any_order() {
    check(include_str!(
        "../../../testdata/trie/trieanyorder_secureTrie.json"
    ));
}

#[test]
fn roots_are_those_of_the_account_vectors() {
    check(include_str!(
        "../../../testdata/trie/hex_encoded_securetrie_test.json"
    ));
}
