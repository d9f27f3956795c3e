//! The chain, as others hold it.

mod blocks;
mod import;
mod produce;
mod transactions;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use alloy_consensus::Header;
use alloy_primitives::{Address, B256};
use arc_swap::ArcSwap;
use parking_lot::{Mutex, RwLock};
use tokio::sync::broadcast;

use crate::block::Block;
use crate::chain_spec::ChainSpec;
use crate::clique::{Proposal, Snapshot};
use crate::draft::{AppliedBlock, Draft};
use crate::error::StoreError;
use crate::events::{ChainEvent, EVENTS_MAX, HeadChange};
use crate::header_rules::next_base_fee;
use crate::mempool::Mempool;
use crate::mempool_journal::MempoolJournal;
use crate::overlay::StateChanges;
use crate::settings::{ChainSettings, History};
use crate::store::Store;
use crate::tip::Tip;

pub use import::{ImportError, Imported};
pub use produce::{Order, ProduceError, Sealer};
pub use transactions::SubmitError;
pub(crate) use transactions::unix_time_ms;

/// Why a chain could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{}: {source}", path.display())]
    Folder {
        path: std::path::PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the genesis block has state root {expected}, and its accounts lead to {found}")]
    GenesisState { expected: B256, found: B256 },
}

/// A chain on this machine. Cheap to clone.
#[derive(Clone)]
pub struct Chain {
    inner: Arc<Inner>,
}

struct Inner {
    spec: ChainSpec,
    settings: ChainSettings,
    store: Store,
    tip: ArcSwap<Tip>,
    /// Held by whoever changes the chain: there is one writer.
    writer: Mutex<Writer>,
    mempool: RwLock<Mempool>,
    journal: MempoolJournal,
    events: broadcast::Sender<ChainEvent>,
}

/// What the writer remembers between blocks.
#[derive(Default)]
struct Writer {
    snapshots: HashMap<B256, Arc<Snapshot>>,
    /// Votes that our blocks are to carry.
    proposals: BTreeMap<Address, Proposal>,
    /// Blocks that were found invalid, so that peers cannot make us check them again and again.
    invalid: HashMap<B256, String>,
}

/// Snapshots of signers kept in memory.
const SNAPSHOTS_MAX: usize = 256;
/// Snapshots are written every so many blocks; those between are computed from headers.
const SNAPSHOT_INTERVAL_BLOCKS: u64 = 128;
/// Invalid blocks that are remembered.
const INVALID_MAX: usize = 1_024;

impl std::fmt::Debug for Chain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tip = self.tip();
        formatter
            .debug_struct("Chain")
            .field("chain_id", &self.inner.spec.chain_id())
            .field("number", &tip.header.number)
            .field("hash", &tip.hash)
            .finish_non_exhaustive()
    }
}

impl Chain {
    /// Opens the chain in a folder, or begins it with its genesis block. Transactions that waited
    /// when the program ended wait again.
    ///
    /// # Errors
    /// The folder cannot be used, holds another chain, or the genesis block is not one.
    pub fn open(spec: ChainSpec, settings: ChainSettings, now_ms: u64) -> Result<Self, OpenError> {
        std::fs::create_dir_all(&settings.folder).map_err(|source| OpenError::Folder {
            path: settings.folder.clone(),
            source,
        })?;
        let store = Store::open(&settings.folder.join("chain"), spec.genesis_hash())?;
        if store.view()?.tip()?.is_none() {
            write_genesis(&store, &spec)?;
        }
        let tip = read_tip(&store)?;
        let (journal, waiting) = MempoolJournal::open(&settings.folder.join("mempool"))?;
        let chain = Self {
            inner: Arc::new(Inner {
                mempool: RwLock::new(Mempool::new(settings.mempool, next_base_fee(&tip.header))),
                spec,
                settings,
                store,
                tip: ArcSwap::from_pointee(tip),
                writer: Mutex::default(),
                journal,
                events: broadcast::channel(EVENTS_MAX).0,
            }),
        };
        chain.take_back(waiting, now_ms);
        Ok(chain)
    }

    /// The rules of the chain.
    #[must_use]
    pub fn spec(&self) -> &ChainSpec {
        &self.inner.spec
    }

    /// The settings of the node.
    #[must_use]
    pub fn settings(&self) -> &ChainSettings {
        &self.inner.settings
    }

    /// The newest block.
    #[must_use]
    pub fn tip(&self) -> Arc<Tip> {
        self.inner.tip.load_full()
    }

    /// Everything that happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<ChainEvent> {
        self.inner.events.subscribe()
    }

    /// What our next blocks are to vote for.
    #[must_use]
    pub fn proposals(&self) -> BTreeMap<Address, Proposal> {
        self.inner.writer.lock().proposals.clone()
    }

    /// Makes our next blocks vote about an address, until it is voted through or taken back.
    pub fn propose(&self, address: Address, proposal: Proposal) {
        self.inner.writer.lock().proposals.insert(address, proposal);
    }

    /// Takes a proposal back.
    pub fn discard(&self, address: Address) {
        self.inner.writer.lock().proposals.remove(&address);
    }

    /// The signers after a block.
    ///
    /// # Errors
    /// The block is not known, or the database cannot be read.
    pub fn signers_after(&self, hash: B256) -> Result<Arc<Snapshot>, ImportError> {
        let draft = Draft::new(self.tip().view.clone());
        self.snapshot_after(&mut self.inner.writer.lock(), &draft, hash)
    }

    /// Commits a draft and tells everyone. The writer's lock is held by the caller.
    fn publish(&self, mut draft: Draft) -> Result<(), StoreError> {
        if let Some(newest) = draft.added().last()
            && let History::Blocks(kept) = self.inner.settings.history
        {
            let number = newest.block.number();
            draft.forget_states_before(number.saturating_sub(kept))?;
        }
        self.write_down_orphans(&draft)?;
        self.inner.store.commit(&draft)?;
        let tip = read_tip(&self.inner.store)?;
        if draft.added().is_empty() && draft.removed().is_empty() {
            // The head is the same, and blocks aside can be seen now: others may follow them.
            self.inner.tip.store(Arc::new(tip));
            return Ok(());
        }
        metrics::gauge!("chain_head_height").set(tip.header.number as f64);
        self.follow_tip(tip, &draft)?;
        let change = HeadChange {
            removed: draft.removed().to_vec(),
            added: draft.added().to_vec(),
        };
        // Nobody listening is no failure.
        let _ = self.inner.events.send(ChainEvent::Head(Arc::new(change)));
        Ok(())
    }

    /// The signers after a block of any branch.
    fn snapshot_after(
        &self,
        writer: &mut Writer,
        draft: &Draft,
        hash: B256,
    ) -> Result<Arc<Snapshot>, ImportError> {
        let mut headers: Vec<Header> = Vec::new();
        let mut wanted = hash;
        let mut snapshot = loop {
            if let Some(snapshot) = writer.snapshots.get(&wanted) {
                break snapshot.clone();
            }
            if let Some(snapshot) = draft.snapshot(&wanted)? {
                break Arc::new(snapshot);
            }
            let (header, _) = draft
                .header(&wanted)?
                .ok_or(ImportError::UnknownParent { parent: wanted })?;
            wanted = header.parent_hash;
            headers.push(header);
        };
        for header in headers.iter().rev() {
            snapshot = Arc::new(snapshot.apply(header).map_err(ImportError::bug)?);
        }
        writer.remember(snapshot.clone());
        Ok(snapshot)
    }
}

impl Writer {
    fn remember(&mut self, snapshot: Arc<Snapshot>) {
        if self.snapshots.len() >= SNAPSHOTS_MAX {
            let newest = snapshot.number;
            self.snapshots
                .retain(|_, kept| kept.number + SNAPSHOTS_MAX as u64 / 2 > newest);
        }
        self.snapshots.insert(snapshot.hash, snapshot);
    }

    fn remember_invalid(&mut self, hash: B256, reason: String) {
        if self.invalid.len() >= INVALID_MAX {
            self.invalid.clear();
        }
        self.invalid.insert(hash, reason);
    }
}

fn read_tip(store: &Store) -> Result<Tip, StoreError> {
    let view = Arc::new(store.view()?);
    let (number, hash) = view
        .tip()?
        .ok_or_else(|| StoreError::Damaged("no block is stored".to_owned()))?;
    let (header, total_difficulty) = view
        .header(&hash)?
        .ok_or_else(|| StoreError::Damaged(format!("header of block {number}")))?;
    Ok(Tip {
        header,
        hash,
        total_difficulty,
        view,
    })
}

fn write_genesis(store: &Store, spec: &ChainSpec) -> Result<(), OpenError> {
    let header = spec.genesis_header();
    let mut draft = Draft::new(Arc::new(store.view()?));
    let found = draft.change_state(0, StateChanges::of_genesis(spec.genesis_accounts()))?;
    if found != header.state_root {
        return Err(OpenError::GenesisState {
            expected: header.state_root,
            found,
        });
    }
    draft.keep_snapshot(spec.genesis_snapshot().clone());
    draft.add_block(AppliedBlock {
        block: Block::new(header.clone(), Vec::new()),
        receipts: Vec::new(),
        total_difficulty: header.difficulty,
    });
    store.commit(&draft)?;
    Ok(())
}
