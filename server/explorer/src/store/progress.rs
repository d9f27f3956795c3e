//! How far each section is, whose chain this is, and what undoes the newest blocks.

use alloy_primitives::B256;
use sea_orm::ConnectionTrait as _;

use super::sql::{
    Insert, all, bytes, execute, insert, number, one, read_bytes, read_hash, read_number,
    read_text, text,
};
use super::{Result, Store, Writing};

/// Sections whose progress is a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SectionName {
    Blocks,
    Calls,
}

impl SectionName {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Calls => "calls",
        }
    }
}

/// A block that is in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub number: u64,
    pub hash: B256,
}

const PROGRESS: Insert = Insert {
    into: "chain_progress (section, block_number, block_hash)",
    columns: 3,
    conflict: "ON CONFLICT (section) DO UPDATE
        SET block_number = excluded.block_number, block_hash = excluded.block_hash",
};
const UNDO: Insert = Insert {
    into: "chain_undo (section, block_number, images)",
    columns: 3,
    conflict: "",
};

impl Store {
    /// The newest block of which a section has everything.
    pub(crate) async fn head(&self, section: SectionName) -> Result<Option<Head>> {
        one(
            &self.database,
            "SELECT block_number, block_hash FROM chain_progress WHERE section = ?",
            vec![text(section.as_str())],
            |row| {
                Ok(Head {
                    number: read_number(row, "block_number")?,
                    hash: read_hash(row, "block_hash")?,
                })
            },
        )
        .await
    }

    /// The chain's id and its first block; none in a new index.
    pub(crate) async fn identity(&self) -> Result<Option<(u64, B256)>> {
        one(
            &self.database,
            "SELECT chain_id, genesis_hash FROM chain_identity WHERE id = 1",
            Vec::new(),
            |row| {
                Ok((
                    read_number(row, "chain_id")?,
                    read_hash(row, "genesis_hash")?,
                ))
            },
        )
        .await
    }

    /// Empties the index and says whose it will be.
    pub(crate) async fn begin_anew(&self, chain_id: u64, genesis_hash: B256) -> Result<()> {
        let writing = self.begin().await?;
        for table in migrations::EXPLORER_TABLES {
            writing
                .transaction
                .execute_unprepared(&format!("DELETE FROM {table}"))
                .await?;
        }
        execute(
            &writing.transaction,
            "INSERT INTO chain_identity (id, chain_id, genesis_hash) VALUES (1, ?, ?)",
            vec![number(chain_id), bytes(genesis_hash)],
        )
        .await?;
        writing.commit().await
    }
}

impl Writing {
    pub(crate) async fn set_head(&self, section: SectionName, head: Head) -> Result<()> {
        let row = vec![
            text(section.as_str()),
            number(head.number),
            bytes(head.hash),
        ];
        insert(&self.transaction, &PROGRESS, vec![row]).await
    }

    /// Keeps what undoes those blocks, and drops what is older than `keep_from`.
    pub(crate) async fn keep_undo(
        &self,
        section: SectionName,
        blocks: Vec<(u64, Vec<u8>)>,
        keep_from: u64,
    ) -> Result<()> {
        let rows = blocks
            .into_iter()
            .map(|(block, images)| vec![text(section.as_str()), number(block), bytes(images)]);
        insert(&self.transaction, &UNDO, rows.collect()).await?;
        execute(
            &self.transaction,
            "DELETE FROM chain_undo WHERE section = ? AND block_number < ?",
            vec![text(section.as_str()), number(keep_from)],
        )
        .await?;
        Ok(())
    }

    /// What undoes the blocks after `fork`, newest first, and takes it out.
    pub(super) async fn take_undo(
        &self,
        section: SectionName,
        fork: u64,
    ) -> Result<Vec<(u64, Vec<u8>)>> {
        let key = || vec![text(section.as_str()), number(fork)];
        let images = all(
            &self.transaction,
            "SELECT block_number, images FROM chain_undo WHERE section = ? AND block_number > ?
             ORDER BY block_number DESC",
            key(),
            |row| {
                Ok((
                    read_number(row, "block_number")?,
                    read_bytes(row, "images")?,
                ))
            },
        )
        .await?;
        execute(
            &self.transaction,
            "DELETE FROM chain_undo WHERE section = ? AND block_number > ?",
            key(),
        )
        .await?;
        Ok(images)
    }

    pub(super) async fn progress(&self) -> Result<Vec<(String, u64)>> {
        all(
            &self.transaction,
            "SELECT section, block_number FROM chain_progress",
            Vec::new(),
            |row| {
                Ok((
                    read_text(row, "section")?,
                    read_number(row, "block_number")?,
                ))
            },
        )
        .await
    }

    pub(super) async fn clear_progress(&self, section: SectionName) -> Result<()> {
        execute(
            &self.transaction,
            "DELETE FROM chain_progress WHERE section = ?",
            vec![text(section.as_str())],
        )
        .await?;
        Ok(())
    }
}
