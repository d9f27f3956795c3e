//! Undoing the newest blocks, when the chain replaced them.

use alloy_primitives::Address;

use super::progress::{Head, SectionName};
use super::sql::{all, execute, number, read_hash};
use super::{Result, Store, Writing};
use crate::ExplorerError;
use crate::aggregate::Images;
use crate::trace::CallImages;

/// What a reorganisation did to the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RolledBack {
    Done,
    /// What undoes those blocks is not kept any more: the index has to be made anew.
    TooDeep,
}

/// Rows that belong to a block, those first that are found by others.
const DELETIONS: [&str; 8] = [
    "DELETE FROM chain_address_transactions WHERE block_number > ? AND address IN (
        SELECT sender FROM chain_transactions WHERE block_number > ?
        UNION SELECT recipient FROM chain_transactions WHERE block_number > ?
        UNION SELECT created FROM chain_transactions WHERE block_number > ?)",
    "DELETE FROM chain_address_transfers WHERE block_number > ? AND address IN (
        SELECT sender FROM chain_token_transfers WHERE block_number > ?
        UNION SELECT recipient FROM chain_token_transfers WHERE block_number > ?)",
    "DELETE FROM chain_address_calls WHERE block_number > ? AND address IN (
        SELECT sender FROM chain_calls WHERE block_number > ?
        UNION SELECT recipient FROM chain_calls WHERE block_number > ?)",
    "DELETE FROM chain_token_transfers WHERE block_number > ?",
    "DELETE FROM chain_transactions WHERE block_number > ?",
    "DELETE FROM chain_calls WHERE block_number > ?",
    "DELETE FROM chain_creations WHERE block_number > ?",
    "DELETE FROM chain_blocks WHERE number > ?",
];

impl Store {
    /// Takes back every block after `fork` in every section, in one transaction.
    pub(crate) async fn roll_back(&self, fork: u64) -> Result<RolledBack> {
        let writing = self.begin().await?;
        for (section, block_number) in writing.progress().await? {
            let removed = block_number.saturating_sub(fork);
            if removed == 0 {
                continue;
            }
            let section = match section.as_str() {
                "blocks" => SectionName::Blocks,
                _ => SectionName::Calls,
            };
            let undo = writing.take_undo(section, fork).await?;
            if undo.len() as u64 != removed {
                return Ok(RolledBack::TooDeep);
            }
            writing.undo(section, undo, fork).await?;
            writing.move_head(section, fork).await?;
        }
        for sql in DELETIONS {
            let marks = sql.matches('?').count();
            execute(&writing.transaction, sql, vec![number(fork); marks]).await?;
        }
        writing.commit().await?;
        Ok(RolledBack::Done)
    }
}

impl Writing {
    async fn undo(&self, section: SectionName, undo: Vec<(u64, Vec<u8>)>, fork: u64) -> Result<()> {
        let broken = |_| ExplorerError::Corrupt("what undoes a block in a wrong form".to_owned());
        if section == SectionName::Calls {
            let mut merged = CallImages::default();
            for (_, bytes) in undo {
                merged = merged.and_before(CallImages::decode(&bytes).map_err(broken)?);
            }
            let addresses: Vec<Address> = merged.accounts.iter().map(|(key, _)| *key).collect();
            self.restore_calls(merged).await?;
            return self.mark_balances(addresses, fork).await;
        }
        let mut merged = Images::default();
        for (_, bytes) in undo {
            merged = merged.and_before(Images::decode(&bytes).map_err(broken)?);
        }
        let addresses: Vec<Address> = merged.accounts.iter().map(|(key, _)| *key).collect();
        let tokens: Vec<Address> = merged.tokens.iter().map(|(key, _)| *key).collect();
        let gone: Vec<Address> = merged
            .tokens
            .iter()
            .filter_map(|(key, row)| row.is_none().then_some(*key))
            .collect();
        self.restore(merged).await?;
        self.mark_balances(addresses, fork).await?;
        self.mark_tokens(tokens, fork).await?;
        for token in gone {
            let sql = "DELETE FROM chain_token_details WHERE address = ?";
            execute(&self.transaction, sql, vec![super::sql::bytes(token)]).await?;
        }
        Ok(())
    }

    async fn move_head(&self, section: SectionName, fork: u64) -> Result<()> {
        let hash = all(
            &self.transaction,
            "SELECT hash FROM chain_blocks WHERE number = ?",
            vec![number(fork)],
            |row| read_hash(row, "hash"),
        )
        .await?;
        match hash.first() {
            Some(hash) => {
                let head = Head {
                    number: fork,
                    hash: *hash,
                };
                self.set_head(section, head).await
            }
            None => self.clear_progress(section).await,
        }
    }
}
