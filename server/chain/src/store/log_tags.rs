//! The tags under which logs are found: short names of addresses and topics.

use alloy_primitives::{Address, B256, Log, keccak256};

/// Tag of a log's address. Tags are 8 bytes; who finds a log by its tag compares the log itself.
#[must_use]
pub fn address_tag(address: &Address) -> u64 {
    tag(&keccak256(address))
}

/// Tag of the topic at `position` (0–3).
#[must_use]
pub fn topic_tag(position: usize, topic: &B256) -> u64 {
    // Topics are often small numbers or addresses: hashed, they spread.
    tag(&keccak256(topic)) ^ (position as u64 + 1)
}

/// All tags of a log.
pub fn tags(log: &Log) -> impl Iterator<Item = u64> + '_ {
    let topics = log.topics().iter().enumerate();
    std::iter::once(address_tag(&log.address))
        .chain(topics.map(|(position, topic)| topic_tag(position, topic)))
}

fn tag(hash: &B256) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(bytes)
}
