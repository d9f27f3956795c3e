//! The chain as it will be after the next commit: what is stored, with changes on top.
//!
//! Blocks are unwound and applied here, in memory; the changes are then committed as one, or
//! dropped. So a branch that turns out to be invalid on its last block leaves no trace.

mod blocks;
mod history;
pub(crate) mod state;
mod tries;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use alloy_consensus::Header;
use alloy_primitives::map::B256Map;
use alloy_primitives::{B256, U256};

use crate::block::Block;
use crate::clique::Snapshot;
use crate::error::StoreError;
use crate::receipt::StoredReceipt;
use crate::store::changed_keys::ChangedKeys;
use crate::store::tables::{AccountAtKey, AccountKey, SlotAtKey, SlotKey};
use crate::store::view::View;
use crate::trie::{Nibbles, Stem};

/// A block of the branch in force and what its transactions have done.
#[derive(Debug, Clone)]
pub struct AppliedBlock {
    pub block: Block,
    pub receipts: Vec<StoredReceipt>,
    /// Of the whole branch up to and with this block.
    pub total_difficulty: U256,
}

/// What is stored, with changes on top. None as a value means that a row goes.
#[derive(Debug, Clone)]
pub struct Draft {
    view: Arc<View>,
    pub(crate) accounts: BTreeMap<AccountKey, Option<Vec<u8>>>,
    pub(crate) slots: BTreeMap<SlotKey, Option<Vec<u8>>>,
    pub(crate) codes: B256Map<Vec<u8>>,
    pub(crate) account_stems: HashMap<Nibbles, Option<Box<Stem>>>,
    pub(crate) slot_stems: HashMap<(AccountKey, Nibbles), Option<Box<Stem>>>,
    /// What was before a block; an empty value says that it did not exist.
    pub(crate) account_history: BTreeMap<AccountAtKey, Option<Vec<u8>>>,
    pub(crate) slot_history: BTreeMap<SlotAtKey, Option<Vec<u8>>>,
    pub(crate) changed_keys: BTreeMap<u64, Option<ChangedKeys>>,
    pub(crate) oldest_state: Option<u64>,
    pub(crate) headers: B256Map<(Header, U256)>,
    /// Blocks taken off the branch in force, newest first.
    pub(crate) removed: Vec<Arc<AppliedBlock>>,
    /// Blocks put on the branch in force, oldest first.
    pub(crate) added: Vec<Arc<AppliedBlock>>,
    pub(crate) canonical: BTreeMap<u64, Option<B256>>,
    pub(crate) side_blocks: B256Map<Option<Vec<u8>>>,
    pub(crate) snapshots: B256Map<Snapshot>,
}

impl Draft {
    /// No changes yet.
    #[must_use]
    pub fn new(view: Arc<View>) -> Self {
        Self {
            view,
            accounts: BTreeMap::new(),
            slots: BTreeMap::new(),
            codes: B256Map::default(),
            account_stems: HashMap::new(),
            slot_stems: HashMap::new(),
            account_history: BTreeMap::new(),
            slot_history: BTreeMap::new(),
            changed_keys: BTreeMap::new(),
            oldest_state: None,
            headers: B256Map::default(),
            removed: Vec::new(),
            added: Vec::new(),
            canonical: BTreeMap::new(),
            side_blocks: B256Map::default(),
            snapshots: B256Map::default(),
        }
    }

    /// What is stored below the changes.
    #[must_use]
    pub const fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// Blocks taken off the branch in force, newest first.
    #[must_use]
    pub fn removed(&self) -> &[Arc<AppliedBlock>] {
        &self.removed
    }

    /// Blocks put on the branch in force, oldest first.
    #[must_use]
    pub fn added(&self) -> &[Arc<AppliedBlock>] {
        &self.added
    }

    /// Keeps the signers after a block, to begin from later.
    pub fn keep_snapshot(&mut self, snapshot: Snapshot) {
        self.snapshots.insert(snapshot.hash, snapshot);
    }

    /// The signers after a block, if they were kept.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn snapshot(&self, hash: &B256) -> Result<Option<Snapshot>, StoreError> {
        if let Some(snapshot) = self.snapshots.get(hash) {
            return Ok(Some(snapshot.clone()));
        }
        self.view
            .snapshot(hash)?
            .map(|json| {
                serde_json::from_slice(&json)
                    .map_err(|error| StoreError::damaged("a Clique snapshot", error))
            })
            .transpose()
    }
}
