//! Activity over time.

use serde::{Deserialize, Serialize};

use super::Amount;
use crate::Timestamp;

/// The length of a chart's steps, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartPeriod {
    Hour,
    Day,
}

impl ChartPeriod {
    /// One step in milliseconds.
    #[must_use]
    pub const fn length_ms(self) -> i64 {
        match self {
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }

    /// The step that holds a moment.
    #[must_use]
    pub const fn start_of(self, moment: Timestamp) -> Timestamp {
        Timestamp(moment.0.div_euclid(self.length_ms()) * self.length_ms())
    }
}

/// Steps in order of time; steps in which nothing happened are there with zeros.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    pub period: ChartPeriod,
    pub points: Vec<ChartPoint>,
}

/// What happened in one step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChartPoint {
    pub start: Timestamp,
    pub blocks: u64,
    pub transactions: u64,
    pub gas_used: u64,
    /// Paid for gas, in wei.
    pub fees: Amount,
    pub token_transfers: u64,
    pub new_addresses: u64,
    /// Addresses that were part of a transaction.
    pub active_addresses: u64,
}
