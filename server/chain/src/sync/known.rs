//! What a peer is known to have, so that nothing is sent back to where it came from.

use std::collections::VecDeque;

use alloy_primitives::B256;
use alloy_primitives::map::B256Set;

/// Hashes that are remembered of a peer. What was forgotten is sent once more, and is then a
/// duplicate there.
pub const KNOWN_MAX: usize = 10_000;

/// The newest hashes that a peer has; the oldest are forgotten first.
#[derive(Debug, Default)]
pub struct KnownHashes {
    hashes: B256Set,
    order: VecDeque<B256>,
}

impl KnownHashes {
    /// Remembers a hash. Says whether it is new.
    pub fn insert(&mut self, hash: B256) -> bool {
        if !self.hashes.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > KNOWN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.hashes.remove(&oldest);
        }
        true
    }

    /// Remembers none any more.
    pub fn clear(&mut self) {
        self.hashes.clear();
        self.order.clear();
    }

    #[must_use]
    pub fn contains(&self, hash: &B256) -> bool {
        self.hashes.contains(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: usize) -> B256 {
        B256::left_padding_from(&number.to_be_bytes())
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut known = KnownHashes::default();
        for number in 0..KNOWN_MAX {
            assert!(known.insert(hash(number)));
        }
        assert!(!known.insert(hash(0)));
        assert!(known.insert(hash(KNOWN_MAX)));
        assert!(!known.contains(&hash(0)));
        assert!(known.contains(&hash(1)));
        assert_eq!(known.hashes.len(), KNOWN_MAX);
    }
}
