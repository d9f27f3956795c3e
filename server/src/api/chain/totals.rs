//! How many transactions there are: the chain keeps no counter, so the sum up to a block that can
//! no longer be undone is remembered, and the few after it are added.

use chain::{StoreError, Tip};
use parking_lot::Mutex;

/// Transactions of the blocks that stay.
#[derive(Debug, Default)]
pub struct Totals(Mutex<Settled>);

#[derive(Debug, Default, Clone, Copy)]
struct Settled {
    /// The first block that is not counted.
    next: u64,
    transactions: u64,
}

impl Totals {
    /// Transactions up to and with the newest block. The first time, all blocks are looked at.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn transactions(&self, tip: &Tip, reorg_depth_max: u64) -> Result<u64, StoreError> {
        let mut settled = self.0.lock();
        let stays = tip.header.number.saturating_sub(reorg_depth_max);
        while settled.next < stays {
            settled.transactions += u64::from(tip.view.transactions_count(settled.next)?);
            settled.next += 1;
        }
        let Settled { next, transactions } = *settled;
        drop(settled);
        (next..=tip.header.number).try_fold(transactions, |sum, number| {
            Ok(sum + u64::from(tip.view.transactions_count(number)?))
        })
    }
}
