//! Finds logs by the log index: the places under each wanted tag are intersected, and only the
//! logs at the places that are left are read and compared.

mod found;
mod places;

use std::ops::RangeInclusive;
use std::time::Instant;

use alloy_rpc_types_eth::{Filter, Log};

use crate::error::StoreError;
use crate::store::log_tags::{address_tag, topic_tag};
use crate::store::view::View;
use found::Found;
use places::Union;

/// Bounds of one search.
#[derive(Debug, Clone, Copy)]
pub struct LogLimits {
    pub logs_max: usize,
    /// Blocks that are read when neither an address nor a topic narrows the search.
    pub unindexed_blocks_max: u64,
    pub deadline: Instant,
}

/// Why a search gave no answer. The first three say what to ask instead.
#[derive(Debug, thiserror::Error)]
pub enum LogSearchError {
    #[error(
        "query returned more than {max} logs: ask for blocks {from:#x} to {to:#x} first, or add \
         an address or topic"
    )]
    TooManyLogs { max: usize, from: u64, to: u64 },
    #[error(
        "block range of {blocks} without an address or topic, at most {max}: ask for blocks \
         {from:#x} to {to:#x} first, or add an address or topic"
    )]
    RangeTooLarge {
        blocks: u64,
        max: u64,
        from: u64,
        to: u64,
    },
    #[error(
        "the search took too long: ask for blocks {from:#x} to {to:#x} first, or add an address \
         or topic"
    )]
    OutOfTime { from: u64, to: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The logs within blocks of the branch in force that a filter matches, oldest first. The block
/// range of the filter itself is not looked at.
///
/// # Errors
/// A bound was met, or the database cannot be read.
pub fn search_logs(
    view: &View,
    filter: &Filter,
    blocks: RangeInclusive<u64>,
    limits: LogLimits,
) -> Result<Vec<Log>, LogSearchError> {
    let mut found = Found::new(view, filter, *blocks.start(), limits);
    let mut criteria = criteria(filter);
    if criteria.is_empty() {
        found.read_all(blocks)?;
        return Ok(found.logs);
    }
    // The shortest list of alternatives first: it is likely to be the rarest.
    criteria.sort_by_key(Vec::len);
    let mut unions = criteria
        .iter()
        .map(|tags| Union::new(view, tags, &blocks))
        .collect::<Result<Vec<_>, _>>()?;
    let mut wanted: Place = (*blocks.start(), 0);
    'places: loop {
        for union in &mut unions {
            match union.seek(wanted)? {
                None => break 'places,
                Some(place) if place > wanted => {
                    wanted = place;
                    found.check_time(place.0)?;
                    continue 'places;
                }
                Some(_) => {}
            }
        }
        found.look_at(wanted)?;
        wanted = (wanted.0, wanted.1 + 1);
    }
    Ok(found.logs)
}

/// Block number and index of a log in its block.
type Place = (u64, u32);

/// For the address and each topic that is asked for, the tags of what it may be.
fn criteria(filter: &Filter) -> Vec<Vec<u64>> {
    let addresses: Vec<u64> = filter.address.iter().map(address_tag).collect();
    let topics = filter.topics.iter().enumerate().map(|(position, topics)| {
        topics
            .iter()
            .map(|topic| topic_tag(position, topic))
            .collect()
    });
    std::iter::once(addresses)
        .chain(topics)
        .filter(|tags: &Vec<u64>| !tags.is_empty())
        .collect()
}
