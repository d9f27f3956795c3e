//! What listeners are told.

use std::sync::Arc;

use crate::draft::AppliedBlock;
use crate::transaction::Transaction;

/// Something that has happened, in the order in which it has.
#[derive(Debug, Clone)]
pub enum ChainEvent {
    /// The branch in force has changed: blocks were put on top, after others were taken off when
    /// a heavier branch took over.
    Head(Arc<HeadChange>),
    /// A transaction was accepted and is on the disk.
    Pending(Transaction),
}

/// A change of the branch in force.
#[derive(Debug)]
pub struct HeadChange {
    /// Newest first.
    pub removed: Vec<Arc<AppliedBlock>>,
    /// Oldest first.
    pub added: Vec<Arc<AppliedBlock>>,
}

/// Events that wait for a slow listener before it loses the oldest.
pub const EVENTS_MAX: usize = 4_096;
