//! What an auditor wants to read: which blocks came from others, which were refused, and when
//! history changed.

use crate::block::Block;
use crate::service::{ImportError, Imported};

/// Writes what became of blocks that were imported together.
pub(super) fn imported(blocks: &[Block], result: &Result<Imported, ImportError>) {
    let (Some(first), Some(newest)) = (blocks.first(), blocks.last()) else {
        return;
    };
    let (from, height, hash) = (first.number(), newest.number(), newest.hash);
    match result {
        Ok(Imported::Head { reorganised }) => {
            let action = if *reorganised > 0 {
                "chain.reorg"
            } else {
                "chain.block_import"
            };
            tracing::info!(
                target: "audit",
                action,
                success = true,
                from,
                height,
                %hash,
                reorg_depth = reorganised,
                "audit_event"
            );
        }
        Ok(Imported::Aside | Imported::Known) => {}
        Err(error) => {
            tracing::warn!(
                target: "audit",
                action = "chain.block_import",
                success = false,
                from,
                height,
                %hash,
                reason = %error,
                "audit_event"
            );
        }
    }
}
