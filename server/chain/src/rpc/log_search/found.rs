//! Reads the logs at places, and keeps those that are wanted.

use std::ops::RangeInclusive;
use std::time::Instant;

use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, Log};

use super::{LogLimits, LogSearchError, Place};
use crate::error::StoreError;
use crate::receipt::StoredReceipt;
use crate::rpc::receipts::{log_object, log_objects};
use crate::rpc::transactions::Inclusion;
use crate::store::view::View;

/// What was found so far.
pub(super) struct Found<'a> {
    view: &'a View,
    filter: &'a Filter,
    pub logs: Vec<Log>,
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

impl<'a> Found<'a> {
    /// Nothing yet; the search begins with block `from`.
    pub const fn new(view: &'a View, filter: &'a Filter, from: u64, limits: LogLimits) -> Self {
        Self {
            view,
            filter,
            logs: Vec::new(),
            from,
            limits,
            block: None,
            looked: 0,
        }
    }

    /// Reads the log at a place, and keeps it if it is what the filter wants and not only its tag.
    pub fn look_at(&mut self, (number, log_index): Place) -> Result<(), LogSearchError> {
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
    pub fn read_all(&mut self, blocks: RangeInclusive<u64>) -> Result<(), LogSearchError> {
        let (from, to) = (*blocks.start(), *blocks.end());
        let count = to - from + 1;
        let max = self.limits.unindexed_blocks_max;
        if count > max {
            let to = from + max - 1;
            return Err(LogSearchError::RangeTooLarge {
                blocks: count,
                max,
                from,
                to,
            });
        }
        for number in blocks {
            self.look_at_clock(number)?;
            let logs: usize = {
                self.open(number)?;
                match &self.block {
                    Some(block) if !block.header.logs_bloom.is_zero() => {
                        block.transactions as usize
                    }
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
        for log in log_objects(hash, &receipt, &inclusion) {
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
        if self
            .block
            .as_ref()
            .is_some_and(|block| block.header.number == number)
        {
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

    pub fn check_time(&mut self, number: u64) -> Result<(), LogSearchError> {
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
        Err(LogSearchError::OutOfTime {
            from: self.from,
            to,
        })
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
