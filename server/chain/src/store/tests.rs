use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use alloy_consensus::Header;
use alloy_primitives::map::AddressMap;
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, Log, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles, TrieAccount};
use proptest::prelude::*;
use revm::state::AccountInfo;

use super::*;
use crate::block::Block;
use crate::draft::AppliedBlock;
use crate::overlay::{ChangedAccount, StateChanges};
use crate::receipt::StoredReceipt;

const GENESIS: B256 = B256::repeat_byte(7);

/// What an address has: a balance, and what is not zero of its slots. A naive state.
type State = BTreeMap<Address, (u64, BTreeMap<u64, u64>)>;

#[derive(Debug, Clone)]
enum Change {
    Account { address: u8, balance: u64 },
    Slot { address: u8, slot: u64, value: u64 },
    Destroy { address: u8 },
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<u8>(), 1_u64..9).prop_map(|(address, balance)| Change::Account { address, balance }),
        (0_u8..6, 0_u64..40, 0_u64..5).prop_map(|(address, slot, value)| Change::Slot {
            address,
            slot,
            value
        }),
        (0_u8..12).prop_map(|address| Change::Destroy { address }),
    ]
}

/// Changes the naive state, and says what has changed as an execution says it.
fn change(state: &mut State, changes: &[Change]) -> StateChanges {
    let mut all = StateChanges {
        accounts: AddressMap::default(),
        codes: Vec::new(),
    };
    for change in changes {
        let (Change::Account { address, .. }
        | Change::Slot { address, .. }
        | Change::Destroy { address }) = change;
        let address = Address::with_last_byte(*address);
        let changed: &mut ChangedAccount = all.accounts.entry(address).or_default();
        match change {
            Change::Account { balance, .. } => state.entry(address).or_default().0 = *balance,
            Change::Slot { slot, value, .. } => {
                let (_, slots) = state.entry(address).or_insert_with(|| (1, BTreeMap::new()));
                match value {
                    0 => slots.remove(slot),
                    value => slots.insert(*slot, *value),
                };
                changed.slots.insert(U256::from(*slot), U256::from(*value));
            }
            Change::Destroy { .. } => {
                state.remove(&address);
                changed.is_storage_wiped = true;
                changed.slots.clear();
            }
        }
        changed.info = state.get(&address).map(|(balance, _)| AccountInfo {
            balance: U256::from(*balance),
            code_hash: KECCAK256_EMPTY,
            ..AccountInfo::default()
        });
    }
    all
}

/// Puts a block with these changes on top of what is stored.
fn append(store: &Store, state: &mut State, changes: &[Change]) {
    let view = Arc::new(store.view().unwrap());
    let tip = view.tip().unwrap();
    let number = tip.map_or(0, |(number, _)| number + 1);
    let mut draft = Draft::new(view);
    let state_root = draft.change_state(number, change(state, changes)).unwrap();
    let header = Header {
        number,
        parent_hash: tip.map_or(B256::ZERO, |(_, hash)| hash),
        state_root,
        ..Header::default()
    };
    let log = Log::new_unchecked(
        Address::with_last_byte(1),
        vec![],
        vec![number as u8].into(),
    );
    draft.add_block(AppliedBlock {
        block: Block::new(header, Vec::new()),
        receipts: vec![StoredReceipt {
            succeeded: true,
            gas_used: number,
            cumulative_gas_used: number,
            first_log_index: 0,
            logs: vec![log],
        }],
        total_difficulty: U256::from(number),
    });
    store.commit(&draft).unwrap();
}

fn take_off(store: &Store) {
    let view = Arc::new(store.view().unwrap());
    let (number, _) = view.tip().unwrap().unwrap();
    let mut draft = Draft::new(view);
    draft.remove_tip(number).unwrap();
    store.commit(&draft).unwrap();
}

/// Reads everything, and says what the tip is if it all fits together.
fn check_whole(view: &View) -> Result<Option<(u64, B256)>, StoreError> {
    let Some((tip, hash)) = view.tip()? else {
        return Ok(None);
    };
    let mut accounts = HashBuilder::default();
    for account in view.accounts_within(&[0; 32], &[0xff; 32])? {
        let (key, row) = account?;
        accounts.add_leaf(Nibbles::unpack(key), &row);
        let mut slots = HashBuilder::default();
        let (first, last) = (
            tables::slot_key(&key, &[0; 32]),
            tables::slot_key(&key, &[0xff; 32]),
        );
        for slot in view.slots_within(&first, &last)? {
            let (slot, row) = slot?;
            slots.add_leaf(Nibbles::unpack(&slot[32..]), &row);
        }
        let account = TrieAccount::decode(&mut row.as_slice()).unwrap();
        assert_eq!(slots.root(), account.storage_root);
    }
    let (header, _) = view.header(&hash)?.unwrap();
    assert_eq!(accounts.root(), header.state_root, "flat state of {tip}");
    let draft = Draft::new(Arc::new(view.clone()));
    assert_eq!(draft.state_root()?, header.state_root, "trie of {tip}");
    for number in 0..=tip {
        let hash = view.canonical(number)?.unwrap();
        assert_eq!(view.header(&hash)?.unwrap().0.hash_slow(), hash);
        assert_eq!(view.receipts(number)?[0].gas_used, number);
    }
    let tag = log_tags::address_tag(&Address::with_last_byte(1));
    let places = view.logs_under(tag, 0..=u64::MAX)?;
    let numbers: Vec<u64> = places
        .map(|place| place.map(|(number, _)| number))
        .collect::<Result<_, _>>()?;
    assert_eq!(numbers, (0..=tip).collect::<Vec<_>>());
    Ok(Some((tip, hash)))
}

/// The state after a block, as the view tells it, of all addresses that are ever used.
fn state_after(view: &View, number: u64) -> State {
    let mut state = State::new();
    for byte in 0..=u8::MAX {
        let address = Address::with_last_byte(byte);
        let key = keccak256(address).0;
        let Some(row) = view.account_after(&key, number).unwrap() else {
            continue;
        };
        let account = TrieAccount::decode(&mut row.as_slice()).unwrap();
        let mut slots = BTreeMap::new();
        for slot in (0..40).filter(|_| byte < 6) {
            let hashed = keccak256(B256::from(U256::from(slot))).0;
            let slot_key = tables::slot_key(&key, &hashed);
            if let Some(row) = view.slot_after(&slot_key, number).unwrap() {
                slots.insert(slot, u64::decode(&mut row.as_slice()).unwrap());
            }
        }
        if slots.is_empty() {
            assert_eq!(account.storage_root, EMPTY_ROOT_HASH);
        }
        state.insert(address, (account.balance.to(), slots));
    }
    state
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Change>),
    TakeOff,
    Drop(Vec<Change>),
    Reopen,
    Flush,
}

fn any_step() -> impl Strategy<Value = Step> {
    let changes = || prop::collection::vec(any_change(), 0..40);
    prop_oneof![
        6 => changes().prop_map(Step::Append),
        2 => Just(Step::TakeOff),
        1 => changes().prop_map(Step::Drop),
        1 => Just(Step::Reopen),
        1 => Just(Step::Flush),
    ]
}

/// Sorts what waits in memory into files.
fn flush(store: &Store) {
    for table in Table::ALL {
        store.tables.of(table).rotate_memtable_and_wait().unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Blocks that come and go, drafts that are dropped, and restarts leave the states that a
    /// naive list of states has; views of the past stay what they were.
    #[test]
    fn behaves_like_a_list_of_states(steps in prop::collection::vec(any_step(), 1..20)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain");
        let mut store = Store::open(&path, GENESIS).unwrap();
        append(&store, &mut State::new(), &[]);
        let mut states = vec![State::new()];
        let mut older = Vec::new();
        for step in steps {
            match step {
                Step::Append(changes) => {
                    let mut state = states[states.len() - 1].clone();
                    older.push((store.view().unwrap(), states.len() - 1, state.clone()));
                    append(&store, &mut state, &changes);
                    states.push(state);
                }
                Step::TakeOff if states.len() > 1 => {
                    take_off(&store);
                    states.pop();
                }
                Step::TakeOff => {}
                Step::Drop(changes) => {
                    let mut draft = Draft::new(Arc::new(store.view().unwrap()));
                    let mut state = states[states.len() - 1].clone();
                    draft.change_state(states.len() as u64, change(&mut state, &changes)).unwrap();
                }
                Step::Reopen => {
                    older.clear();
                    drop(store);
                    store = Store::open(&path, GENESIS).unwrap();
                }
                Step::Flush => flush(&store),
            }
        }
        let view = store.view().unwrap();
        let tip = check_whole(&view).unwrap().unwrap();
        prop_assert_eq!(tip.0, states.len() as u64 - 1);
        for (number, state) in states.iter().enumerate() {
            prop_assert_eq!(&state_after(&view, number as u64), state, "block {}", number);
        }
        for (view, number, state) in &older {
            prop_assert_eq!(check_whole(view).unwrap().unwrap().0, *number as u64);
            prop_assert_eq!(&state_after(view, *number as u64), state);
        }
    }
}

#[test]
fn tables_are_in_the_order_of_their_numbers() {
    for (number, table) in Table::ALL.into_iter().enumerate() {
        assert_eq!(table as usize, number);
    }
}

fn filled(path: &Path) -> State {
    let store = Store::open(path, GENESIS).unwrap();
    let mut state = State::new();
    for block in 0..8_u8 {
        let accounts = (0..30).map(|index| Change::Account {
            address: block.wrapping_mul(17).wrapping_add(index),
            balance: u64::from(block) + 1,
        });
        let slots = (0..30).map(|slot| Change::Slot {
            address: block % 6,
            slot,
            value: u64::from(block) + 1,
        });
        let changes: Vec<Change> = accounts.chain(slots).collect();
        append(&store, &mut state, &changes);
        // Some in files, some in the journal only.
        if block == 4 {
            flush(&store);
        }
    }
    state
}

/// The files of a folder: path in it, contents without the reserved space at the end, length.
type Image = Vec<(PathBuf, Vec<u8>, u64)>;

fn image_of(folder: &Path) -> Image {
    let read = |file: PathBuf| {
        let mut bytes = fs::read(&file).unwrap();
        let length = bytes.len() as u64;
        bytes.truncate(written_bytes(&bytes));
        (file.strip_prefix(folder).unwrap().to_owned(), bytes, length)
    };
    files_of(folder).into_iter().map(read).collect()
}

fn write_image(image: &Image, folder: &Path) {
    for (name, bytes, length) in image {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(*length).unwrap();
    }
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_of(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The end of what was written into a file; what follows is reserved space.
fn written_bytes(bytes: &[u8]) -> usize {
    let last = bytes.iter().rposition(|byte| *byte != 0);
    last.map_or(0, |last| last + 1)
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    CutOffAt(usize),
    FlippedAt(usize),
}

/// Opens the folder with one file damaged: it is refused with its path, or a read fails, or
/// everything is there.
fn check_damage(image: &Image, file: usize, damage: Damage) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain");
    let mut image = image.clone();
    let (name, bytes, length) = &mut image[file];
    let what = format!("{} of {} bytes, {damage:?}", name.display(), bytes.len());
    match damage {
        Damage::CutOffAt(at) => {
            bytes.truncate(at);
            *length = at as u64;
        }
        Damage::FlippedAt(at) => bytes[at] ^= 0x10,
    }
    write_image(&image, &path);
    match Store::open(&path, GENESIS) {
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains(path.to_str().unwrap()), "{what}: {text}");
        }
        Ok(store) => {
            let view = store.view().unwrap();
            if let Ok(tip) = check_whole(&view) {
                assert_eq!(tip.unwrap().0, 7, "{what}: blocks were lost");
            }
        }
    }
}

#[test]
fn no_damage_goes_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain");
    filled(&path);
    let image = image_of(&path);
    for (file, (name, bytes, _)) in image.iter().enumerate() {
        let length = bytes.len();
        if length == 0 {
            continue;
        }
        check_damage(&image, file, Damage::CutOffAt(length / 2));
        check_damage(&image, file, Damage::FlippedAt(length / 2));
        check_damage(&image, file, Damage::FlippedAt(length - 1));
        // The files of tables are many and alike.
        if name.components().count() > 1 {
            continue;
        }
        for eighth in 0..8 {
            check_damage(&image, file, Damage::CutOffAt(length * eighth / 8));
            check_damage(&image, file, Damage::FlippedAt(length * eighth / 8));
        }
        check_damage(&image, file, Damage::CutOffAt(length - 1));
    }
}

/// What was begun and not acknowledged when the power failed is as if it had never been.
#[test]
fn a_torn_commit_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain");
    let mut state = filled(&path);
    let before = image_of(&path);
    let store = Store::open(&path, GENESIS).unwrap();
    append(&store, &mut state, &[Change::Destroy { address: 1 }]);
    drop(store);
    let after = image_of(&path);
    let journal = before
        .iter()
        .rposition(|(name, ..)| name.extension().is_some_and(|it| it == "jnl"))
        .unwrap();
    let (_, whole, _) = after
        .iter()
        .find(|file| file.0 == before[journal].0)
        .unwrap();
    let (old_bytes, new_bytes) = (before[journal].1.len(), whole.len());
    assert!(new_bytes > old_bytes);
    for kept in [
        old_bytes,
        old_bytes + 1,
        (old_bytes + new_bytes) / 2,
        new_bytes - 1,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain");
        let mut image = before.clone();
        image[journal].1 = whole[..kept].to_vec();
        image[journal].2 = kept as u64;
        write_image(&image, &path);
        let store = Store::open(&path, GENESIS).unwrap();
        let tip = check_whole(&store.view().unwrap()).unwrap();
        assert_eq!(tip.unwrap().0, 7, "{kept} of {new_bytes} bytes");
        append(&store, &mut state.clone(), &[]);
    }
}

#[test]
fn a_folder_is_refused_with_its_path_and_what_to_do() {
    let check = |result: Result<Store, StoreError>, path: &Path, advice: &str| {
        let text = result.unwrap_err().to_string();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
        assert!(text.contains(advice), "{text}");
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain");
    let store = Store::open(&path, GENESIS).unwrap();
    check(Store::open(&path, GENESIS), &path, "stop that one");
    drop(store);
    let other = B256::repeat_byte(8);
    check(Store::open(&path, other), &path, "use another data folder");
    let no_folder = folder.path().join("file");
    fs::write(&no_folder, "").unwrap();
    check(Store::open(&no_folder, GENESIS), &no_folder, "move it away");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    check(Store::open(&empty, GENESIS), &empty, "move it away");
    let nowhere = no_folder.join("chain");
    check(Store::open(&nowhere, GENESIS), &nowhere, "");
    fs::remove_file(path.join("acknowledged")).unwrap();
    check(Store::open(&path, GENESIS), &path, "move it away");
}

/// A folder whose making was interrupted is made again.
#[test]
fn what_was_left_half_made_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain");
    fs::create_dir(path.with_extension("new")).unwrap();
    fs::write(path.with_extension("new").join("0.jnl"), "half").unwrap();
    drop(Store::open(&path, GENESIS).unwrap());
    assert!(!path.with_extension("new").exists());
    Store::open(&path, GENESIS).unwrap();
}
