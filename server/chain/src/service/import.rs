//! Takes blocks in: those of peers, and our own.

use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};

use super::{Chain, SNAPSHOT_INTERVAL_BLOCKS, Writer};
use crate::block::Block;
use crate::clique;
use crate::clique::Snapshot;
use crate::draft::Draft;
use crate::error::StoreError;
use crate::validation::{self, CheckError};

/// What became of the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Imported {
    /// All were known.
    Known,
    /// They are kept; another branch is heavier.
    Aside,
    /// The newest of them is the head now, after so many blocks of another branch were taken off.
    Head { reorganised: u64 },
}

/// Why a block was not taken in. Nothing has changed, but for the blocks before it in the same
/// call, which are in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Blocks before it are missing: ask for them first.
    #[error("its parent {parent} is not known")]
    UnknownParent { parent: B256 },
    /// It breaks a rule, and whoever sent it should not have.
    #[error("block {number} ({hash}) is invalid: {reason}")]
    Invalid {
        number: u64,
        hash: B256,
        reason: String,
    },
    /// It belongs to a heavier branch that leaves ours too far back.
    #[error("its branch leaves ours {depth} blocks back, {max} are followed")]
    TooDeep { depth: u64, max: u64 },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportError {
    /// A stored header that does not follow its parent.
    pub(super) fn bug(error: impl std::fmt::Display) -> Self {
        Self::Store(StoreError::damaged(
            "the signers after a stored block",
            error,
        ))
    }

    fn invalid(block: &Block, reason: impl std::fmt::Display) -> Self {
        Self::Invalid {
            number: block.number(),
            hash: block.hash,
            reason: reason.to_string(),
        }
    }
}

impl From<(&Block, CheckError)> for ImportError {
    fn from((block, error): (&Block, CheckError)) -> Self {
        match error {
            CheckError::Invalid(reason) => Self::invalid(block, reason),
            CheckError::Store(error) => Self::Store(error),
        }
    }
}

/// Blocks that are committed at once when many are taken in.
const COMMIT_BLOCKS_MAX: usize = 256;
/// Transactions that are committed at once when many blocks are taken in.
const COMMIT_TRANSACTIONS_MAX: usize = 20_000;

impl Chain {
    /// Takes blocks in, each of which follows the one before or a known one. It computes and
    /// writes for as long as it takes: call it where blocking is allowed.
    ///
    /// # Errors
    /// Why the first block that was not taken in was not.
    pub fn import(&self, blocks: &[Block], now_s: u64) -> Result<Imported, ImportError> {
        let mut writer = self.inner.writer.lock();
        let mut outcome = Imported::Known;
        for chunk in chunks(blocks) {
            outcome = outcome.max(self.import_chunk(&mut writer, chunk, now_s)?);
        }
        Ok(outcome)
    }

    fn import_chunk(
        &self,
        writer: &mut Writer,
        blocks: &[Block],
        now_s: u64,
    ) -> Result<Imported, ImportError> {
        let mut draft = self.draft();
        let mut outcome = Imported::Known;
        for (index, block) in blocks.iter().enumerate() {
            match self.take(writer, &mut draft, block, now_s) {
                Ok(taken) => outcome = outcome.max(taken),
                Err(error) => {
                    // The draft may hold half of a block. Those before it are good.
                    if !draft.added().is_empty() {
                        self.import_chunk(writer, &blocks[..index], now_s)?;
                    }
                    return Err(error);
                }
            }
        }
        self.publish(draft)?;
        Ok(outcome)
    }

    fn take(
        &self,
        writer: &mut Writer,
        draft: &mut Draft,
        block: &Block,
        now_s: u64,
    ) -> Result<Imported, ImportError> {
        if draft.header(&block.hash)?.is_some() {
            return Ok(Imported::Known);
        }
        if let Some(reason) = writer.invalid.get(&block.hash) {
            return Err(ImportError::invalid(block, reason));
        }
        let parent_hash = block.header.parent_hash;
        let (parent, parent_difficulty) =
            draft
                .header(&parent_hash)?
                .ok_or(ImportError::UnknownParent {
                    parent: parent_hash,
                })?;
        let snapshot = self.snapshot_after(writer, draft, parent_hash)?;
        let signer = validation::check_before_execution(&parent, &snapshot, block, now_s).map_err(
            |reason| {
                if reason.is_lasting() {
                    writer.remember_invalid(block.hash, reason.to_string());
                }
                ImportError::invalid(block, reason)
            },
        )?;
        let total_difficulty = parent_difficulty + block.header.difficulty;
        let head = self.head_of(draft);
        if parent_hash == head.hash {
            self.append(writer, draft, block, signer, total_difficulty)?;
            return Ok(Imported::Head { reorganised: 0 });
        }
        if total_difficulty <= head.total_difficulty {
            draft.add_header(block.hash, block.header.clone(), total_difficulty);
            draft.add_side_block(block);
            return Ok(Imported::Aside);
        }
        // A draft takes stored blocks off only.
        if !draft.added().is_empty() {
            let full = std::mem::replace(draft, self.draft());
            self.publish(full)?;
            *draft = self.draft();
        }
        draft.add_header(block.hash, block.header.clone(), total_difficulty);
        draft.add_side_block(block);
        let reorganised = self.reorganise(writer, draft, block.hash)?;
        self.publish(std::mem::replace(draft, self.draft()))?;
        *draft = self.draft();
        Ok(Imported::Head { reorganised })
    }

    /// Takes the branch that ends with `head` into force. Returns how many blocks were taken off.
    fn reorganise(
        &self,
        writer: &mut Writer,
        draft: &mut Draft,
        head: B256,
    ) -> Result<u64, ImportError> {
        let tip = self.tip();
        let branch = branch_to(draft, head)?;
        let ancestor = branch[0].number() - 1;
        let depth = tip.header.number.saturating_sub(ancestor);
        let max = self.inner.settings.reorg_depth_max;
        if depth > max || ancestor < tip.view.oldest_state()? {
            metrics::counter!("sync_reorg_rejected_total").increment(1);
            return Err(ImportError::TooDeep { depth, max });
        }
        for number in (ancestor + 1..=tip.header.number).rev() {
            draft.remove_tip(number)?;
        }
        for block in &branch {
            if let Some(reason) = writer.invalid.get(&block.hash) {
                return Err(ImportError::invalid(block, reason));
            }
            let total_difficulty = draft
                .header(&block.hash)?
                .map(|(_, difficulty)| difficulty)
                .unwrap_or_default();
            let signer = clique::recover_signer(&block.header)
                .map_err(|reason| ImportError::invalid(block, reason))?;
            self.append(writer, draft, block, signer, total_difficulty)?;
        }
        if depth > 0 {
            metrics::counter!("sync_reorgs_total").increment(1);
            metrics::gauge!("sync_reorg_depth").set(depth as f64);
            tracing::warn!(depth, ancestor, head = %head, "a heavier branch took over");
        }
        Ok(depth)
    }

    /// Executes a block on top of the draft's head.
    fn append(
        &self,
        writer: &mut Writer,
        draft: &mut Draft,
        block: &Block,
        signer: Address,
        total_difficulty: U256,
    ) -> Result<(), ImportError> {
        validation::apply(self.spec(), draft, block.clone(), signer, total_difficulty).map_err(
            |error| {
                // Its body is the one that its header names, so that nothing can mend it.
                if let CheckError::Invalid(reason) = &error {
                    writer.remember_invalid(block.hash, reason.to_string());
                }
                ImportError::from((block, error))
            },
        )?;
        let before = self.snapshot_after(writer, draft, block.header.parent_hash)?;
        let mut after = Snapshot::clone(&before);
        after
            .advance(&block.header, block.hash, signer)
            .map_err(ImportError::bug)?;
        self.keep_snapshot(writer, draft, after);
        Ok(())
    }

    pub(super) fn keep_snapshot(&self, writer: &mut Writer, draft: &mut Draft, snapshot: Snapshot) {
        if snapshot.number.is_multiple_of(SNAPSHOT_INTERVAL_BLOCKS) {
            draft.keep_snapshot(snapshot.clone());
        }
        writer.remember(Arc::new(snapshot));
    }

    /// A draft on top of what is stored.
    pub(super) fn draft(&self) -> Draft {
        Draft::new(self.tip().view.clone())
    }

    fn head_of(&self, draft: &Draft) -> Head {
        match draft.added().last() {
            Some(applied) => Head {
                hash: applied.block.hash,
                total_difficulty: applied.total_difficulty,
            },
            None => {
                let tip = self.tip();
                Head {
                    hash: tip.hash,
                    total_difficulty: tip.total_difficulty,
                }
            }
        }
    }
}

struct Head {
    hash: B256,
    total_difficulty: U256,
}

/// The blocks aside that lead from the branch in force to `head`, oldest first. Never empty.
fn branch_to(draft: &Draft, head: B256) -> Result<Vec<Block>, StoreError> {
    let mut branch = Vec::new();
    let mut hash = head;
    loop {
        let block = draft
            .side_block(&hash)?
            .ok_or_else(|| StoreError::Damaged(format!("the block {hash} aside is missing")))?;
        hash = block.header.parent_hash;
        let parent_number = block.number().saturating_sub(1);
        branch.push(block);
        if draft.canonical(parent_number)? == Some(hash) {
            branch.reverse();
            return Ok(branch);
        }
    }
}

fn chunks(blocks: &[Block]) -> impl Iterator<Item = &[Block]> {
    let mut rest = blocks;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut transactions = 0;
        let fit = rest
            .iter()
            .take(COMMIT_BLOCKS_MAX)
            .take_while(|block| {
                let begins = transactions == 0;
                transactions += block.transactions.len();
                begins || transactions <= COMMIT_TRANSACTIONS_MAX
            })
            .count();
        let (chunk, others) = rest.split_at(fit);
        rest = others;
        Some(chunk)
    })
}
