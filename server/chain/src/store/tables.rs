//! The tables of the chain's database, and their keys.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions};

use crate::error::StoreError;

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

/// A table. Each is a log-structured tree of its own, so that tables whose keys only grow are
/// never sorted again with those whose keys are hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Account key → RLP of the account as the state trie holds it.
    Accounts,
    /// Slot key → RLP of the word as the storage trie holds it.
    Slots,
    /// Keccak-256 of code → code.
    Codes,
    /// Path → branch of the account trie.
    AccountStems,
    /// Account key ‖ path → branch of that account's storage trie.
    SlotStems,
    /// What an account was before a block changed it; empty when it did not exist.
    AccountHistory,
    /// What a slot was before a block changed it; empty when it was zero.
    SlotHistory,
    /// Block number → the keys that it changed.
    ChangedKeys,
    /// Hash → total difficulty (32 bytes) ‖ RLP of the header, of each valid header on any branch.
    Headers,
    /// Number → hash, of the branch in force.
    Canonical,
    /// Hash → RLP of a block that is not on the branch in force.
    SideBlocks,
    /// Place of a page's first → page of transactions: sender (20 bytes) ‖ EIP-2718 encoding.
    Transactions,
    /// Place of a page's first → page of receipts: RLP.
    Receipts,
    /// Transaction hash → place.
    Places,
    /// Which logs name an address or a topic.
    LogIndex,
    /// Hash → JSON of the Clique snapshot after that block, of some blocks.
    Snapshots,
    /// Name → value.
    Facts,
}

/// Number of the layout of these tables.
pub const LAYOUT: &[u8] = b"2";
/// Fact: [`LAYOUT`] that the database was written with.
pub const FACT_LAYOUT: &str = "layout";
/// Fact: hash of the genesis block.
pub const FACT_GENESIS: &str = "genesis";
/// Fact: number of the oldest block whose state can be read (8 bytes, big endian).
pub const FACT_OLDEST_STATE: &str = "oldest_state";

/// In every table: number of the newest commit (8 bytes, big endian). After all other keys, and
/// longer than any.
pub const COMMIT_KEY: [u8; 80] = [0xff; 80];

/// Rows of a table that wait in memory before they are sorted into a file.
const MEMTABLE_BYTES: u64 = 16 << 20;
/// The same for branches of tries: those near the root are written again by every block, and
/// what is replaced in memory never reaches a file.
const STEMS_MEMTABLE_BYTES: u64 = 48 << 20;

impl Table {
    /// All tables.
    pub const ALL: [Self; 17] = [
        Self::Accounts,
        Self::Slots,
        Self::Codes,
        Self::AccountStems,
        Self::SlotStems,
        Self::AccountHistory,
        Self::SlotHistory,
        Self::ChangedKeys,
        Self::Headers,
        Self::Canonical,
        Self::SideBlocks,
        Self::Transactions,
        Self::Receipts,
        Self::Places,
        Self::LogIndex,
        Self::Snapshots,
        Self::Facts,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Slots => "slots",
            Self::Codes => "codes",
            Self::AccountStems => "account_stems",
            Self::SlotStems => "slot_stems",
            Self::AccountHistory => "account_history",
            Self::SlotHistory => "slot_history",
            Self::ChangedKeys => "changed_keys",
            Self::Headers => "headers",
            Self::Canonical => "canonical",
            Self::SideBlocks => "side_blocks",
            Self::Transactions => "transactions",
            Self::Receipts => "receipts",
            Self::Places => "places",
            Self::LogIndex => "log_index",
            Self::Snapshots => "snapshots",
            Self::Facts => "facts",
        }
    }

    fn options(self) -> KeyspaceCreateOptions {
        let memtable_bytes = match self {
            Self::AccountStems | Self::SlotStems => STEMS_MEMTABLE_BYTES,
            _ => MEMTABLE_BYTES,
        };
        KeyspaceCreateOptions::default()
            .max_memtable_size(memtable_bytes)
            .manual_journal_persist(true)
    }
}

/// The open tables.
#[derive(Clone)]
pub(super) struct Tables {
    /// In the order of [`Table::ALL`].
    keyspaces: [Keyspace; Table::ALL.len()],
}

impl Tables {
    /// Makes all tables, in a new database.
    pub(super) fn create(database: &Database, path: &Path) -> Result<Self, StoreError> {
        Self::open_each(|table| {
            database
                .keyspace(table.name(), || table.options())
                .map_err(|source| StoreError::database(path, source))
        })
    }

    /// Finds all tables.
    pub(super) fn open(database: &Database, path: &Path) -> Result<Self, StoreError> {
        Self::open_each(|table| {
            if !database.keyspace_exists(table.name()) {
                return Err(StoreError::damaged(
                    &path.display().to_string(),
                    format_args!("the table {} is missing", table.name()),
                ));
            }
            database
                .keyspace(table.name(), || table.options())
                .map_err(|source| StoreError::database(path, source))
        })
    }

    pub(super) const fn of(&self, table: Table) -> &Keyspace {
        &self.keyspaces[table as usize]
    }

    fn open_each(open: impl Fn(Table) -> Result<Keyspace, StoreError>) -> Result<Self, StoreError> {
        let keyspaces: Vec<Keyspace> =
            Table::ALL.into_iter().map(open).collect::<Result<_, _>>()?;
        let keyspaces = keyspaces
            .try_into()
            .map_err(|_| StoreError::Damaged("the number of tables".to_owned()))?;
        Ok(Self { keyspaces })
    }
}

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
