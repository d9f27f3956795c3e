//! Finds logs by the log index: the places under each wanted tag are intersected, and only the
//! logs at the places that are left are read and compared.

use std::iter::Peekable;
use std::ops::RangeInclusive;
use std::time::Instant;

use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, Log};

use super::receipts::log_object;
use super::transactions::Inclusion;
use crate::error::StoreError;
use crate::receipt::StoredReceipt;
use crate::store::log_tags::{address_tag, topic_tag};
use crate::store::view::View;

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
    let mut found = Found {
        view,
        filter,
        logs: Vec::new(),
        from: *blocks.start(),
        limits,
        block: None,
        looked: 0,
    };
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
        topics.iter().map(|topic| topic_tag(position, topic)).collect()
    });
    std::iter::once(addresses)
        .chain(topics)
        .filter(|tags: &Vec<u64>| !tags.is_empty())
        .collect()
}

/// The places under any of some tags, in order.
struct Union<'a> {
    view: &'a View,
    lists: Vec<List>,
    last_block: u64,
}

struct List {
    tag: u64,
    places: Peekable<Box<dyn Iterator<Item = Result<Place, StoreError>>>>,
}

/// Steps that are taken one by one before a list is opened anew further on.
const STEPS_BEFORE_SEEK: usize = 16;

impl<'a> Union<'a> {
    fn new(
        view: &'a View,
        tags: &[u64],
        blocks: &RangeInclusive<u64>,
    ) -> Result<Self, StoreError> {
        let last_block = *blocks.end();
        let lists = tags
            .iter()
            .map(|tag| List::open(view, *tag, (*blocks.start(), 0), last_block))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            view,
            lists,
            last_block,
        })
    }

    /// The first place that is not before `wanted`.
    fn seek(&mut self, wanted: Place) -> Result<Option<Place>, StoreError> {
        let mut first = None;
        for list in &mut self.lists {
            let place = list.seek(self.view, wanted, self.last_block)?;
            first = match (first, place) {
                (Some(one), Some(other)) => Some(std::cmp::min(one, other)),
                (one, other) => one.or(other),
            };
        }
        Ok(first)
    }
}

impl List {
    fn open(view: &View, tag: u64, from: Place, last_block: u64) -> Result<Self, StoreError> {
        let places: Box<dyn Iterator<Item = _>> =
            Box::new(view.logs_under_from(tag, from, last_block)?);
        Ok(Self {
            tag,
            places: places.peekable(),
        })
    }

    fn seek(
        &mut self,
        view: &View,
        wanted: Place,
        last_block: u64,
    ) -> Result<Option<Place>, StoreError> {
        for _ in 0..STEPS_BEFORE_SEEK {
            match self.places.peek() {
                None => return Ok(None),
                Some(Ok(place)) if *place >= wanted => return Ok(Some(*place)),
                Some(_) => {
                    // What was peeked at is an error or lies before.
                    self.places.next().transpose()?;
                }
            }
        }
        *self = Self::open(view, self.tag, wanted, last_block)?;
        match self.places.peek() {
            Some(Ok(place)) => Ok(Some(*place)),
            Some(Err(_)) => self.places.next().transpose(),
            None => Ok(None),
        }
    }
}

/// What was found so far.
struct Found<'a> {
    view: &'a View,
    filter: &'a Filter,
    logs: Vec<Log>,
    from: u64,
    limits: LogLimits,
    block: Option<OpenBlock>,
    looked: u32,
}

/// The block whose logs are being read.
struct OpenBlock {
    header: alloy_consensus::Header,
    hash: B256,
    transactions: u32,
    /// The transaction whose logs were read last.
    current: Option<OpenTransaction>,
}

struct OpenTransaction {
    index: u32,
    hash: B256,
    receipt: StoredReceipt,
}

/// Places after which the clock is looked at.
const LOOKS_PER_CLOCK: u32 = 256;

impl Found<'_> {
    /// Reads the log at a place, and keeps it if it is what the filter wants and not only its tag.
    fn look_at(&mut self, (number, log_index): Place) -> Result<(), LogSearchError> {
        self.check_time(number)?;
        self.open(number)?;
        let Some(block) = &mut self.block else {
            return Ok(());
        };
        block.seek_transaction(self.view, number, log_index)?;
        let Some(transaction) = &block.current else {
            return Err(StoreError::Damaged(format!("log {log_index} of block {number}")).into());
        };
        let first = transaction.receipt.first_log_index;
        let offset = u64::from(log_index).checked_sub(first).map(usize::try_from);
        let log = offset
            .and_then(Result::ok)
            .and_then(|offset| transaction.receipt.logs.get(offset));
        let Some(log) = log.filter(|log| self.filter.matches(log)) else {
            return Ok(());
        };
        let object = log_object(
            log,
            log_index.into(),
            transaction.hash,
            &Inclusion {
                header: &block.header,
                hash: block.hash,
                index: transaction.index.into(),
            },
        );
        self.keep(object, number)
    }

    /// Reads all blocks, as nothing is known of what is wanted.
    fn read_all(&mut self, blocks: RangeInclusive<u64>) -> Result<(), LogSearchError> {
        let (from, to) = (*blocks.start(), *blocks.end());
        let count = to - from + 1;
        let max = self.limits.unindexed_blocks_max;
        if count > max {
            let to = from + max - 1;
            return Err(LogSearchError::RangeTooLarge { blocks: count, max, from, to });
        }
        for number in blocks {
            self.look_at_clock(number)?;
            let logs: usize = {
                self.open(number)?;
                match &self.block {
                    Some(block) if !block.header.logs_bloom.is_zero() => block.transactions as usize,
                    _ => 0,
                }
            };
            for index in 0..u32::try_from(logs).unwrap_or(u32::MAX) {
                self.read_transaction(number, index)?;
            }
        }
        Ok(())
    }

    fn read_transaction(&mut self, number: u64, index: u32) -> Result<(), LogSearchError> {
        let Some(receipt) = self.view.receipt(number, index)? else {
            return Ok(());
        };
        if receipt.logs.is_empty() {
            return Ok(());
        }
        let hash = hash_of(self.view, number, index)?;
        let Some(block) = &self.block else {
            return Ok(());
        };
        let inclusion = Inclusion {
            header: &block.header,
            hash: block.hash,
            index: index.into(),
        };
        for log in super::receipts::log_objects(hash, &receipt, &inclusion) {
            self.keep(log, number)?;
        }
        Ok(())
    }

    fn keep(&mut self, log: Log, number: u64) -> Result<(), LogSearchError> {
        if self.logs.len() >= self.limits.logs_max {
            // The block in which the bound was met is not complete, so the one before is the last.
            return Err(LogSearchError::TooManyLogs {
                max: self.limits.logs_max,
                from: self.from,
                to: number.saturating_sub(1).max(self.from),
            });
        }
        self.logs.push(log);
        Ok(())
    }

    fn open(&mut self, number: u64) -> Result<(), StoreError> {
        if self.block.as_ref().is_some_and(|block| block.header.number == number) {
            return Ok(());
        }
        let missing = || StoreError::Damaged(format!("block {number} is missing"));
        let hash = self.view.canonical(number)?.ok_or_else(missing)?;
        let (header, _) = self.view.header(&hash)?.ok_or_else(missing)?;
        self.block = Some(OpenBlock {
            header,
            hash,
            transactions: self.view.transactions_count(number)?,
            current: None,
        });
        Ok(())
    }

    fn check_time(&mut self, number: u64) -> Result<(), LogSearchError> {
        self.looked += 1;
        if self.looked.is_multiple_of(LOOKS_PER_CLOCK) {
            return self.look_at_clock(number);
        }
        Ok(())
    }

    fn look_at_clock(&self, number: u64) -> Result<(), LogSearchError> {
        if Instant::now() < self.limits.deadline {
            return Ok(());
        }
        let to = number.saturating_sub(1).max(self.from);
        Err(LogSearchError::OutOfTime { from: self.from, to })
    }
}

impl OpenBlock {
    /// Opens the transaction that wrote a log. Logs are asked for in order, so it is often the
    /// same as before or near; else it is found by halving.
    fn seek_transaction(
        &mut self,
        view: &View,
        number: u64,
        log_index: u32,
    ) -> Result<(), StoreError> {
        let wanted = u64::from(log_index);
        let mut low = 0;
        if let Some(current) = &self.current {
            if current.holds(wanted) {
                return Ok(());
            }
            low = current.index + 1;
        }
        self.current = None;
        let mut high = self.transactions;
        let mut step = 1;
        while low < high {
            // Near first, then twice as far each time, until it is passed; then the middle.
            let middle = low.saturating_add(step - 1).min(low + (high - low) / 2);
            let Some(receipt) = view.receipt(number, middle)? else {
                return Ok(());
            };
            if wanted < receipt.first_log_index {
                high = middle;
                step = u32::MAX;
            } else if wanted >= receipt.first_log_index + receipt.logs.len() as u64 {
                low = middle + 1;
                step = step.saturating_mul(2);
            } else {
                self.current = Some(OpenTransaction {
                    index: middle,
                    hash: hash_of(view, number, middle)?,
                    receipt,
                });
                return Ok(());
            }
        }
        Ok(())
    }
}

impl OpenTransaction {
    fn holds(&self, log_index: u64) -> bool {
        let first = self.receipt.first_log_index;
        (first..first + self.receipt.logs.len() as u64).contains(&log_index)
    }
}

fn hash_of(view: &View, number: u64, index: u32) -> Result<B256, StoreError> {
    let transaction = view.transaction(number, index)?;
    transaction
        .map(|transaction| transaction.hash())
        .ok_or_else(|| StoreError::Damaged(format!("transaction {index} of block {number}")))
}
