//! The tables of the chain's database.

use redb::TableDefinition;

/// A key of the account trie: keccak-256 of an address.
pub type AccountKey = [u8; 32];
/// Account key ‖ keccak-256 of a storage slot.
pub type SlotKey = [u8; 64];
/// Account key ‖ block number, big endian.
pub type AccountAtKey = [u8; 40];
/// Slot key ‖ block number, big endian.
pub type SlotAtKey = [u8; 72];
/// Block number ‖ index in the block, both big endian.
pub type PlaceKey = [u8; 12];
/// Tag of an address or topic ‖ block number ‖ index of the log in its block.
pub type LogKey = [u8; 20];

/// Account key → RLP of the account as the state trie holds it.
pub const ACCOUNTS: TableDefinition<'_, AccountKey, &[u8]> = TableDefinition::new("accounts");
/// Slot key → RLP of the word as the storage trie holds it.
pub const SLOTS: TableDefinition<'_, SlotKey, &[u8]> = TableDefinition::new("slots");
/// Keccak-256 of code → code.
pub const CODES: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("codes");
/// Path → branch of the account trie.
pub const ACCOUNT_STEMS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("account_stems");
/// Account key ‖ path → branch of that account's storage trie.
pub const SLOT_STEMS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("slot_stems");
/// What an account was before a block changed it; empty when it did not exist.
pub const ACCOUNT_HISTORY: TableDefinition<'_, AccountAtKey, &[u8]> =
    TableDefinition::new("account_history");
/// What a slot was before a block changed it; empty when it was zero.
pub const SLOT_HISTORY: TableDefinition<'_, SlotAtKey, &[u8]> =
    TableDefinition::new("slot_history");
/// Block number → the keys that it changed.
pub const CHANGED_KEYS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("changed_keys");

/// Hash → total difficulty (32 bytes) ‖ RLP of the header, of each valid header on any branch.
pub const HEADERS: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("headers");
/// Number → hash, of the branch in force.
pub const CANONICAL: TableDefinition<'_, u64, [u8; 32]> = TableDefinition::new("canonical");
/// Hash → RLP of a block that is not on the branch in force.
pub const SIDE_BLOCKS: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("side_blocks");
/// Place → sender (20 bytes) ‖ EIP-2718 encoding.
pub const TRANSACTIONS: TableDefinition<'_, PlaceKey, &[u8]> =
    TableDefinition::new("transactions");
/// Place → RLP of the receipt.
pub const RECEIPTS: TableDefinition<'_, PlaceKey, &[u8]> = TableDefinition::new("receipts");
/// Transaction hash → place.
pub const PLACES: TableDefinition<'_, [u8; 32], PlaceKey> = TableDefinition::new("places");
/// Which logs name an address or a topic.
pub const LOG_INDEX: TableDefinition<'_, LogKey, ()> = TableDefinition::new("log_index");
/// Hash → JSON of the Clique snapshot after that block, of some blocks.
pub const SNAPSHOTS: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("snapshots");
/// Name → value.
pub const FACTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("facts");

/// Number of the layout of these tables.
pub const LAYOUT: &[u8] = b"1";
/// Fact: [`LAYOUT`] that the file was written with.
pub const FACT_LAYOUT: &str = "layout";
/// Fact: hash of the genesis block.
pub const FACT_GENESIS: &str = "genesis";
/// Fact: number of the oldest block whose state can be read (8 bytes, big endian).
pub const FACT_OLDEST_STATE: &str = "oldest_state";

/// Key of what `account` was at `block`.
#[must_use]
pub fn account_at(account: &AccountKey, block: u64) -> AccountAtKey {
    let mut key = [0; 40];
    key[..32].copy_from_slice(account);
    key[32..].copy_from_slice(&block.to_be_bytes());
    key
}

/// Key of what a slot was at `block`.
#[must_use]
pub fn slot_at(slot: &SlotKey, block: u64) -> SlotAtKey {
    let mut key = [0; 72];
    key[..64].copy_from_slice(slot);
    key[64..].copy_from_slice(&block.to_be_bytes());
    key
}

/// Key of a slot of an account.
#[must_use]
pub fn slot_key(account: &AccountKey, slot: &[u8; 32]) -> SlotKey {
    let mut key = [0; 64];
    key[..32].copy_from_slice(account);
    key[32..].copy_from_slice(slot);
    key
}

/// Key of the transaction at `index` of block `number`.
#[must_use]
pub fn place(number: u64, index: u32) -> PlaceKey {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&number.to_be_bytes());
    key[8..].copy_from_slice(&index.to_be_bytes());
    key
}

/// Number and index of a place.
#[must_use]
pub fn from_place(key: &PlaceKey) -> (u64, u32) {
    let (mut number, mut index) = ([0; 8], [0; 4]);
    number.copy_from_slice(&key[..8]);
    index.copy_from_slice(&key[8..]);
    (u64::from_be_bytes(number), u32::from_be_bytes(index))
}

/// Key of a log under a tag.
#[must_use]
pub fn log_key(tag: u64, number: u64, log_index: u32) -> LogKey {
    let mut key = [0; 20];
    key[..8].copy_from_slice(&tag.to_be_bytes());
    key[8..16].copy_from_slice(&number.to_be_bytes());
    key[16..].copy_from_slice(&log_index.to_be_bytes());
    key
}
