//! Transactions that wait for a block.

use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, B256, keccak256};

use super::Chain;
use crate::draft::Draft;
use crate::draft::state::decode_account;
use crate::error::StoreError;
use crate::events::ChainEvent;
use crate::header_rules::next_base_fee;
use crate::mempool::{AccountState, Mempool};
use crate::mempool_journal::{JournalError, Waiting};
use crate::tip::Tip;
use crate::transaction::{self, ChainRules, Refusal, Transaction};

/// Why a transaction was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// Whoever signed it can mend it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The disk failed; it may be sent again.
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Chain {
    /// Takes a signed transaction (EIP-2718 encoding). When this returns, it is on the disk.
    ///
    /// # Errors
    /// Why it is refused; nothing has changed then.
    pub async fn submit(&self, raw: &[u8]) -> Result<B256, SubmitError> {
        self.submit_decoded(transaction::decode(raw)?).await
    }

    /// Takes a transaction whose sender is known, as [`Chain::submit`] does.
    ///
    /// # Errors
    /// Why it is refused; nothing has changed then.
    pub async fn submit_decoded(&self, transaction: Transaction) -> Result<B256, SubmitError> {
        let hash = transaction.hash();
        let received_at_ms = unix_time_ms();
        let added = self.add(transaction.clone(), received_at_ms)?;
        let written = self
            .inner
            .journal
            .add(Waiting {
                transaction: transaction.clone(),
                received_at_ms,
            })
            .await;
        if let Err(error) = written {
            let dropped = self.inner.mempool.write().remove_invalid(hash);
            self.inner
                .journal
                .remove(dropped.into_iter().map(|dropped| dropped.hash).collect());
            return Err(error.into());
        }
        let mut gone = added.evicted;
        gone.extend(added.replaced);
        metrics::counter!("mempool_evictions_total").increment(gone.len() as u64);
        self.inner.journal.remove(gone);
        metrics::counter!("mempool_tx_added_total").increment(1);
        // Nobody listening is no failure.
        let _ = self.inner.events.send(ChainEvent::Pending(transaction));
        Ok(hash)
    }

    /// Looks at the transactions that wait.
    pub fn with_mempool<T>(&self, look: impl FnOnce(&Mempool) -> T) -> T {
        look(&self.inner.mempool.read())
    }

    /// The nonce of an address's next transaction, after those that wait.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next_nonce(&self, address: Address) -> Result<u64, StoreError> {
        // The tip moves under the same lock: no block can fall between the two questions.
        let mempool = self.inner.mempool.read();
        let state = account_state(&self.tip(), address)?;
        Ok(mempool.next_nonce(&address, state.nonce))
    }

    /// Drops transactions that have waited too long.
    pub fn expire(&self, now_ms: u64) {
        let dropped = self.inner.mempool.write().expire(now_ms);
        self.inner
            .journal
            .remove(dropped.into_iter().map(|dropped| dropped.hash).collect());
    }

    /// The first transactions that a block would take, and not much more than fit.
    pub(super) fn candidates(&self, base_fee_wei: u64, gas_limit: u64) -> Vec<Transaction> {
        let mut gas = 0_u64;
        self.inner
            .mempool
            .read()
            .best(base_fee_wei)
            .take_while(|transaction| {
                let is_wanted = gas < gas_limit.saturating_mul(CANDIDATES_GAS_FACTOR);
                gas = gas.saturating_add(transaction.gas_limit());
                is_wanted
            })
            .cloned()
            .collect()
    }

    /// Drops a transaction that the EVM has refused.
    pub(super) fn drop_invalid(&self, hash: B256) {
        let dropped = self.inner.mempool.write().remove_invalid(hash);
        self.inner
            .journal
            .remove(dropped.into_iter().map(|dropped| dropped.hash).collect());
    }

    /// Transactions that waited when the program ended.
    pub(super) fn take_back(&self, waiting: Vec<Waiting>, now_ms: u64) {
        let mut gone = Vec::new();
        let count = waiting.len();
        for Waiting {
            transaction,
            received_at_ms,
        } in waiting
        {
            let hash = transaction.hash();
            match self.add(transaction, received_at_ms) {
                Ok(added) => {
                    gone.extend(added.evicted);
                    gone.extend(added.replaced);
                }
                Err(SubmitError::Refused(refusal)) => {
                    tracing::debug!(%hash, %refusal, "a waiting transaction is no longer wanted");
                    gone.push(hash);
                }
                // It stays on the disk and is looked at again next time.
                Err(error) => tracing::error!(%hash, %error, "a waiting transaction"),
            }
        }
        if count > 0 {
            tracing::info!(
                count,
                gone = gone.len(),
                "transactions that waited wait again"
            );
        }
        self.inner.journal.remove(gone);
        self.expire(now_ms);
    }

    fn add(
        &self,
        transaction: Transaction,
        received_at_ms: u64,
    ) -> Result<crate::mempool::Added, SubmitError> {
        let tip = self.tip();
        let spec = self.spec();
        let rules = ChainRules {
            chain_id: spec.chain_id(),
            spec_id: spec.spec_id(tip.header.timestamp),
            block_gas_limit: tip.header.gas_limit,
            unprotected: self.inner.settings.unprotected,
        };
        transaction::check_stateless(&transaction, &rules)?;
        // The tip is changed under the same lock, so that state and pool belong together.
        let mut mempool = self.inner.mempool.write();
        let sender = transaction.sender();
        let state = match mempool.account(&sender) {
            Some(state) => state,
            None => account_state(&self.tip(), sender)?,
        };
        let added = mempool.add(transaction, state, received_at_ms)?;
        metrics::gauge!("mempool_size")
            .set((mempool.status().pending + mempool.status().queued) as f64);
        Ok(added)
    }

    /// Puts transactions of blocks that are about to be taken off on the disk: acknowledged once,
    /// they wait again, also after the program has ended in between.
    pub(super) fn write_down_orphans(&self, draft: &Draft) -> Result<(), StoreError> {
        let received_at_ms = unix_time_ms();
        let orphaned = draft.removed().iter().rev().flat_map(|applied| {
            applied
                .block
                .transactions
                .iter()
                .map(|transaction| Waiting {
                    transaction: transaction.clone(),
                    received_at_ms,
                })
        });
        self.inner
            .journal
            .restore(orphaned.collect())
            .map_err(|error| StoreError::damaged("the mempool's file", error))
    }

    /// Puts a new tip in place and moves the mempool along with it.
    pub(super) fn follow_tip(&self, tip: Tip, draft: &Draft) -> Result<(), StoreError> {
        let mut mempool = self.inner.mempool.write();
        let base_fee = next_base_fee(&tip.header);
        let mut changed = Vec::new();
        for sender in mempool.senders() {
            if let Some(row) = draft.accounts.get(&keccak256(sender).0) {
                changed.push((sender, state_of(row.as_deref())?));
            }
        }
        let report = if draft.removed().is_empty() {
            mempool.on_block(base_fee, changed)
        } else {
            let orphaned: Vec<Transaction> = draft
                .removed()
                .iter()
                .rev()
                .flat_map(|applied| applied.block.transactions.iter().cloned())
                .collect();
            for transaction in &orphaned {
                let sender = transaction.sender();
                changed.push((sender, account_state(&tip, sender)?));
            }
            mempool.on_reorganisation(base_fee, changed, orphaned, unix_time_ms())
        };
        self.inner.tip.store(std::sync::Arc::new(tip));
        metrics::gauge!("mempool_size")
            .set((mempool.status().pending + mempool.status().queued) as f64);
        drop(mempool);
        self.inner.journal.remove(
            report
                .dropped
                .into_iter()
                .map(|dropped| dropped.hash)
                .collect(),
        );
        Ok(())
    }
}

/// Candidates for a block may want so many times its gas: some will not fit, or fail.
const CANDIDATES_GAS_FACTOR: u64 = 2;

fn account_state(tip: &Tip, address: Address) -> Result<AccountState, StoreError> {
    let account = tip.state().account(address)?;
    Ok(account.map_or(NO_ACCOUNT, |account| AccountState {
        nonce: account.nonce,
        balance_wei: account.balance,
    }))
}

fn state_of(row: Option<&[u8]>) -> Result<AccountState, StoreError> {
    let Some(row) = row else {
        return Ok(NO_ACCOUNT);
    };
    let account = decode_account(row)?;
    Ok(AccountState {
        nonce: account.nonce,
        balance_wei: account.balance,
    })
}

const NO_ACCOUNT: AccountState = AccountState {
    nonce: 0,
    balance_wei: alloy_primitives::U256::ZERO,
};

/// Milliseconds since the Unix epoch.
pub(crate) fn unix_time_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
