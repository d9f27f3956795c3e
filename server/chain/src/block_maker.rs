//! When a signer makes a block. Pure: the clock and chance are arguments.

mod circuit_breaker;

use std::time::Duration;

use alloy_consensus::Header;
use alloy_primitives::Address;

use crate::clique::{SigningRefusal, Snapshot, out_of_turn_delay};
use crate::header_rules::earliest_timestamp;
use crate::settings::BlockMode;

pub use circuit_breaker::{AfterFailure, CircuitBreaker, Permission};

/// The least time between two blocks of a chain whose period is zero.
const PERIOD_MIN_MS: u64 = 1_000;

/// What the decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    pub mode: BlockMode,
    pub signer: Address,
    /// The newest block, and the signers after it.
    pub parent: &'a Header,
    pub snapshot: &'a Snapshot,
    pub work: Work,
    /// Since when both are known (Unix time in ms).
    pub known_since_ms: u64,
    /// Any number, the same for as long as the parent is the same.
    pub random: u64,
}

/// Whether a block would have transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Nothing that pays the base fee.
    None,
    /// A transaction waits that the next block can take.
    Waiting,
}

/// What to do about the next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Make it.
    Seal,
    /// Nothing before this time (Unix time in ms), unless something happens.
    Wait { until_ms: u64 },
    /// Nothing until something happens.
    WaitForEvent,
    /// Another signer has to make it.
    NotOurs(SigningRefusal),
}

/// Decides at `now_ms` (Unix time in ms).
///
/// A signer in turn makes its block at the first second that the period allows, another one a
/// random time later (EIP-225): later than both that second and the moment at which it learned that
/// there is something to do, or all signers would wake at once after a silence. Blocks follow their
/// parent's timestamp and not the time at which it was made, so that delays do not add up.
#[must_use]
pub fn decide(situation: &Situation<'_>, now_ms: u64) -> Decision {
    let number = situation.parent.number + 1;
    if let Err(refusal) = situation.snapshot.may_sign(situation.signer, number) {
        return Decision::NotOurs(refusal);
    }
    let Some(due_ms) = due_ms(situation) else {
        return Decision::WaitForEvent;
    };
    let until_ms = match delay_ms(situation, number) {
        None => due_ms,
        Some(delay_ms) => due_ms
            .max(situation.known_since_ms)
            .saturating_add(delay_ms),
    };
    if now_ms >= until_ms {
        return Decision::Seal;
    }
    Decision::Wait { until_ms }
}

/// The timestamp of a block that is made at `now_ms`, in seconds: never ahead of the clock, but for
/// what the period asks.
#[must_use]
pub const fn timestamp_s(now_ms: u64) -> u64 {
    now_ms / 1_000
}

fn due_ms(situation: &Situation<'_>) -> Option<u64> {
    let period_s = situation.snapshot.config.period_s;
    let parent_ms = situation.parent.timestamp.saturating_mul(1_000);
    let earliest_ms = earliest_timestamp(situation.parent, period_s).saturating_mul(1_000);
    match (situation.mode, situation.work) {
        (BlockMode::OnDemand, _) => None,
        (BlockMode::Always, _) => Some(earliest_ms.max(parent_ms.saturating_add(PERIOD_MIN_MS))),
        (BlockMode::Transactions { .. }, Work::Waiting) => Some(earliest_ms),
        (BlockMode::Transactions { heartbeat }, Work::None) => {
            Some(earliest_ms.max(parent_ms.saturating_add(millis(heartbeat?))))
        }
    }
}

/// None when it is this signer's turn.
fn delay_ms(situation: &Situation<'_>, number: u64) -> Option<u64> {
    if situation.snapshot.in_turn(situation.signer, number) {
        return None;
    }
    let signers = situation.snapshot.signers.len();
    Some(millis(out_of_turn_delay(signers, situation.random)))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
