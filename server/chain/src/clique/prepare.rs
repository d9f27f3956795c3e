//! The next header, as its signer makes it.

use std::time::Duration;

use alloy_consensus::Header;
use alloy_primitives::{Address, B64, B256};

use super::{SigningRefusal, Snapshot, Vote, extra_data};
use crate::header_rules::{earliest_timestamp, next_base_fee, next_gas_limit};

/// The time that an out-of-turn block may wait for each signer there is (EIP-225).
const DELAY_PER_SIGNER_MS: u64 = 500;

/// What a signer decides about its block.
#[derive(Clone, Copy, Debug)]
pub struct Draft {
    /// Who will seal the block.
    pub signer: Address,
    /// Its vote; left out of a checkpoint block, which may not have one.
    pub vote: Option<Vote>,
    /// The first 32 bytes of the extra data.
    pub vanity: B256,
    /// The wanted time of the block, Unix time; later if the period asks for it.
    pub timestamp: u64,
    /// The gas limit to approach, in gas.
    pub gas_limit_target: u64,
}

/// The header after `parent`, whose snapshot is `snapshot`, with all that is known before its
/// transactions are executed.
///
/// Roots, bloom and gas used are those of a block without transactions and the seal is zero: they
/// are for the caller to fill in before [`super::seal`].
///
/// # Errors
///
/// Why the signer may not sign this block.
pub fn prepare(
    parent: &Header,
    snapshot: &Snapshot,
    draft: &Draft,
) -> Result<Header, SigningRefusal> {
    let number = parent.number.saturating_add(1);
    snapshot.may_sign(draft.signer, number)?;
    let checkpoint = snapshot.config.is_checkpoint(number);
    let vote = draft.vote.filter(|_| !checkpoint);
    let signers = snapshot.signers.iter().filter(|_| checkpoint);
    Ok(Header {
        parent_hash: snapshot.hash,
        beneficiary: vote.map_or(Address::ZERO, |vote| vote.beneficiary),
        state_root: parent.state_root,
        difficulty: snapshot.difficulty(draft.signer, number),
        number,
        gas_limit: next_gas_limit(parent.gas_limit, draft.gas_limit_target),
        timestamp: draft
            .timestamp
            .max(earliest_timestamp(parent, snapshot.config.period_s)),
        extra_data: extra_data(draft.vanity, signers).into(),
        nonce: vote.map_or(B64::ZERO, |vote| vote.proposal.nonce()),
        base_fee_per_gas: Some(next_base_fee(parent)),
        ..Header::default()
    })
}

/// How long a signer waits after a block's timestamp when it is not its turn: any number for
/// `random` gives a time below 500 ms for each signer (EIP-225, authorisation strategies).
#[must_use]
pub fn out_of_turn_delay(signer_count: usize, random: u64) -> Duration {
    let limit_ms = (signer_count as u64).saturating_mul(DELAY_PER_SIGNER_MS);
    Duration::from_millis(random.checked_rem(limit_ms).unwrap_or(0))
}
