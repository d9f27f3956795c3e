//! Clique, the proof of authority of EIP-225: who may seal which block, and how that is voted on.
//!
//! Pure rules: the clock and randomness are arguments. A [`Snapshot`] says who the signers are
//! after a block; [`verify`] checks the next header against it and [`Snapshot::apply`] moves it on;
//! [`prepare`] and [`seal`] make that next header.
//!
//! One rule is stricter than go-ethereum's: a seal has the low `s` of EIP-2. Every signing library
//! makes such seals, and otherwise anybody could give a block a second hash.

mod error;
mod prepare;
mod seal;
mod snapshot;
mod snapshot_document;
mod verify;
mod vote;

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

pub use error::{CliqueError, SigningRefusal};
pub use prepare::{Draft, out_of_turn_delay, prepare};
pub use seal::{recover_signer, seal, seal_hash, signer_address};
pub use snapshot::Snapshot;
pub use snapshot_document::{CastVote, Tally};
pub use verify::{verify, verify_seal};
pub use vote::{Proposal, Vote, next_vote};

use crate::header_rules::InvalidHeader;

/// Bytes at the start of the extra data that the signer may fill as it likes.
pub const EXTRA_VANITY: usize = 32;
/// Bytes at the end of the extra data that hold the seal: `r ‖ s ‖ v`.
pub const EXTRA_SEAL: usize = 65;
/// Blocks of an epoch where the configuration does not say.
pub const EPOCH_LENGTH: u64 = 30_000;
/// The difficulty of a block by the signer whose turn it is.
pub const DIFF_INTURN: U256 = U256::from_limbs([2, 0, 0, 0]);
/// The difficulty of a block by another signer.
pub const DIFF_NOTURN: U256 = U256::from_limbs([1, 0, 0, 0]);

/// The `clique` section of a genesis.json.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CliqueConfig {
    /// The least time between two blocks, in seconds; zero allows any number in a second.
    #[serde(rename = "period")]
    pub period_s: u64,
    /// The number of blocks after which votes start from scratch; not zero.
    #[serde(rename = "epoch")]
    pub epoch_blocks: u64,
}

impl CliqueConfig {
    /// Whether this block carries the list of signers instead of a vote.
    #[must_use]
    pub const fn is_checkpoint(&self, number: u64) -> bool {
        number.is_multiple_of(self.epoch_blocks)
    }
}

/// The extra data of a header that is yet to be sealed: the seal is zero, as it stays in a genesis.
#[must_use]
pub fn extra_data<'a>(vanity: B256, signers: impl IntoIterator<Item = &'a Address>) -> Vec<u8> {
    let mut extra_data = vanity.to_vec();
    extra_data.extend(signers.into_iter().flatten());
    extra_data.resize(extra_data.len() + EXTRA_SEAL, 0);
    extra_data
}

/// What the extra data of a header holds between vanity and seal: addresses of 20 bytes each on a
/// checkpoint block, nothing on others.
///
/// # Errors
///
/// [`InvalidHeader::ExtraDataTooShort`] if there is no room for vanity and seal.
pub fn signers_section(header: &Header) -> Result<&[u8], InvalidHeader> {
    let found = header.extra_data.len();
    found
        .checked_sub(EXTRA_SEAL)
        .and_then(|end| header.extra_data.get(EXTRA_VANITY..end))
        .ok_or(InvalidHeader::ExtraDataTooShort {
            minimum: EXTRA_VANITY + EXTRA_SEAL,
            found,
        })
}

#[cfg(test)]
mod tests;
