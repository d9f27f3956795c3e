//! Counts what comes in, under the names that dashboards of AITBC nodes know.

use std::time::Duration;

use crate::service::{Chain, ImportError, Imported};

/// Blocks came in.
pub(super) fn received(count: usize) {
    metrics::counter!("sync_blocks_received_total").increment(count as u64);
}

/// A block came in that is known.
pub(super) fn duplicate() {
    metrics::counter!("sync_blocks_duplicate_total").increment(1);
}

/// A block came in whose parent is missing.
pub(super) fn gap() {
    metrics::counter!("sync_blocks_gap_total").increment(1);
}

/// A block was refused before it was looked at in full.
pub(super) fn rejected() {
    metrics::counter!("sync_blocks_rejected_total").increment(1);
}

/// The seals of blocks that were imported were in order.
pub(super) fn seals_validated(count: usize) {
    metrics::counter!("sync_signature_validated_total").increment(count as u64);
}

/// A seal was none.
pub(super) fn seal_rejected() {
    metrics::counter!("sync_signature_rejected_total").increment(1);
}

/// Blocks were imported, or not.
pub(super) fn imported(
    chain: &Chain,
    count: usize,
    took: Duration,
    result: &Result<Imported, ImportError>,
) {
    metrics::histogram!("sync_import_duration_seconds").record(took.as_secs_f64());
    metrics::gauge!("sync_chain_height").set(chain.tip().header.number as f64);
    let count = count as u64;
    match result {
        Ok(Imported::Head { .. }) => {
            metrics::counter!("sync_blocks_accepted_total").increment(count);
        }
        Ok(Imported::Aside) => {
            metrics::counter!("sync_blocks_stale_total").increment(count);
        }
        Ok(Imported::Known) => {
            metrics::counter!("sync_blocks_duplicate_total").increment(count);
        }
        Err(ImportError::UnknownParent { .. }) => gap(),
        Err(ImportError::Invalid { .. } | ImportError::TooDeep { .. }) => rejected(),
        Err(ImportError::Store(_)) => {}
    }
}
