//! How far the node is behind, for `eth_syncing`.

use parking_lot::Mutex;
use serde::Serialize;

/// A download that goes on. Numbers of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Syncing {
    pub starting_block: u64,
    pub current_block: u64,
    pub highest_block: u64,
}

/// The download that goes on, if one does.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Option<(u64, u64)>>);

impl Progress {
    /// From the block that both have to the one that the peer has announced. A round that goes on
    /// with an earlier one leaves its start.
    pub fn began(&self, ancestor: u64, highest: u64) {
        let mut bounds = self.0.lock();
        let starting = bounds.map_or(ancestor, |(starting, _)| starting.min(ancestor));
        *bounds = Some((starting, highest));
    }

    pub fn ended(&self) {
        *self.0.lock() = None;
    }

    /// Where it is; none when the node has what its peers have.
    #[must_use]
    pub fn at(&self, current_block: u64) -> Option<Syncing> {
        let (starting_block, highest_block) = (*self.0.lock())?;
        (current_block < highest_block).then_some(Syncing {
            starting_block,
            current_block,
            highest_block,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_of_one_download_are_one_progress() {
        let progress = Progress::default();
        assert_eq!(progress.at(5), None);
        progress.began(5, 90);
        progress.began(40, 95);
        let syncing = Syncing {
            starting_block: 5,
            current_block: 50,
            highest_block: 95,
        };
        assert_eq!(progress.at(50), Some(syncing));
        assert_eq!(progress.at(95), None);
        progress.ended();
        assert_eq!(progress.at(50), None);
    }
}
