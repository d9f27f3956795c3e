//! What a header must satisfy against its parent, but for what Clique says about signers.
//!
//! The format is London's before the merge: base fee present, nothing that came later. The rules
//! are those of the Yellow Paper (§4.4.4), EIP-1559 and EIP-225.

use alloy_consensus::{Header, constants::EMPTY_OMMER_ROOT_HASH};
use alloy_eips::eip1559::INITIAL_BASE_FEE;
use alloy_primitives::B256;

use crate::clique::signers_section;

/// The part of the gas limit by which it may not quite change from block to block.
pub const GAS_LIMIT_BOUND_DIVISOR: u64 = 1024;
/// The least gas limit of a block (Yellow Paper §4.4.4).
pub const MIN_GAS_LIMIT: u64 = 5000;
/// The greatest gas limit of a block (EIP-1985).
pub const MAX_GAS_LIMIT: u64 = i64::MAX as u64;
/// How much more gas a block may use than it should on average (EIP-1559).
pub const ELASTICITY_MULTIPLIER: u64 = 2;
/// The base fee changes by at most this part of itself (EIP-1559).
pub const BASE_FEE_MAX_CHANGE_DENOMINATOR: u64 = 8;
/// How far the clocks of two nodes may be apart.
pub const ALLOWED_FUTURE_S: u64 = 15;

/// The rule that a header breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// Not the block after its parent.
    #[error("the block after {parent} has number {found}")]
    Number {
        /// The number of the parent.
        parent: u64,
        /// The number in the header.
        found: u64,
    },
    /// Too soon after its parent.
    #[error("timestamp {found} is before {earliest}, the parent's plus the period")]
    TimestampTooEarly {
        /// The first second that is allowed, Unix time.
        earliest: u64,
        /// The timestamp in the header.
        found: u64,
    },
    /// From the future: may be valid later.
    #[error("timestamp {found} is after {latest}: the block is from the future")]
    TimestampInFuture {
        /// The last second that is allowed now, Unix time.
        latest: u64,
        /// The timestamp in the header.
        found: u64,
    },
    /// Below [`MIN_GAS_LIMIT`] or above [`MAX_GAS_LIMIT`].
    #[error("gas limit {found} is not within {MIN_GAS_LIMIT} to {MAX_GAS_LIMIT}")]
    GasLimitOutOfRange {
        /// The gas limit in the header.
        found: u64,
    },
    /// Changed by [`GAS_LIMIT_BOUND_DIVISOR`]'s part of the parent's, or more.
    #[error("gas limit {found} differs from the parent's {parent} by {bound} or more")]
    GasLimitChange {
        /// The gas limit of the parent.
        parent: u64,
        /// The change must be less than this.
        bound: u64,
        /// The gas limit in the header.
        found: u64,
    },
    /// More gas used than the block may use.
    #[error("gas used {found} is more than the gas limit {limit}")]
    GasUsed {
        /// The gas limit in the header.
        limit: u64,
        /// The gas used in the header.
        found: u64,
    },
    /// Not the base fee that follows from the parent, or none.
    #[error("base fee is {found:?} and must be {expected}")]
    BaseFee {
        /// The base fee that EIP-1559 gives, in wei.
        expected: u64,
        /// The base fee in the header, in wei.
        found: Option<u64>,
    },
    /// Ommers, which proof of authority does not have.
    #[error("ommers hash is {found} and must be that of an empty list")]
    OmmersHash {
        /// The hash in the header.
        found: B256,
    },
    /// A mix hash, which is reserved (EIP-225).
    #[error("mix hash is {found} and must be zero")]
    MixHash {
        /// The hash in the header.
        found: B256,
    },
    /// A field of a later header format.
    #[error("{field} belongs to a later header format and must be absent")]
    PostMergeField {
        /// Its name in Ethereum JSON-RPC.
        field: &'static str,
    },
    /// No room for vanity and seal (EIP-225).
    #[error("extra data has {found} bytes and needs {minimum} at least")]
    ExtraDataTooShort {
        /// The length of vanity and seal, in bytes.
        minimum: usize,
        /// The length in the header, in bytes.
        found: usize,
    },
}

/// Checks a header against its parent; the seal and the signer are [`crate::clique`]'s to check.
///
/// `period_s` is Clique's block period, `now_s` the clock as Unix time. That `parent` is the block
/// that `header.parent_hash` names is the caller's to know.
///
/// # Errors
///
/// The first rule that is broken. Of these only [`InvalidHeader::TimestampInFuture`] may pass.
pub fn verify(
    header: &Header,
    parent: &Header,
    period_s: u64,
    now_s: u64,
) -> Result<(), InvalidHeader> {
    if parent.number.checked_add(1) != Some(header.number) {
        return Err(InvalidHeader::Number {
            parent: parent.number,
            found: header.number,
        });
    }
    verify_format(header)?;
    verify_timestamp(
        header.timestamp,
        earliest_timestamp(parent, period_s),
        now_s,
    )?;
    verify_gas_limit(header.gas_limit, parent.gas_limit)?;
    if header.gas_used > header.gas_limit {
        return Err(InvalidHeader::GasUsed {
            limit: header.gas_limit,
            found: header.gas_used,
        });
    }
    let expected = next_base_fee(parent);
    if header.base_fee_per_gas != Some(expected) {
        return Err(InvalidHeader::BaseFee {
            expected,
            found: header.base_fee_per_gas,
        });
    }
    Ok(())
}

/// The first second, Unix time, at which a block may follow `parent` (EIP-225).
#[must_use]
pub fn earliest_timestamp(parent: &Header, period_s: u64) -> u64 {
    parent.timestamp.saturating_add(period_s)
}

/// The base fee of the block after `parent`, in wei (EIP-1559).
///
/// It stops at `u64::MAX`, the greatest that a header can carry.
#[must_use]
pub fn next_base_fee(parent: &Header) -> u64 {
    let Some(base_fee) = parent.base_fee_per_gas else {
        return INITIAL_BASE_FEE;
    };
    let target = parent.gas_limit / ELASTICITY_MULTIPLIER;
    if target == 0 || parent.gas_used == target {
        return base_fee;
    }
    let distance = parent.gas_used.abs_diff(target);
    let change = u128::from(base_fee) * u128::from(distance)
        / u128::from(target)
        / u128::from(BASE_FEE_MAX_CHANGE_DENOMINATOR);
    let change = u64::try_from(change).unwrap_or(u64::MAX);
    if parent.gas_used > target {
        base_fee.saturating_add(change.max(1))
    } else {
        base_fee.saturating_sub(change)
    }
}

/// The gas limit nearest to `target` that may follow `parent`, both in gas.
#[must_use]
pub fn next_gas_limit(parent: u64, target: u64) -> u64 {
    let step = (parent / GAS_LIMIT_BOUND_DIVISOR).saturating_sub(1);
    target
        .clamp(parent.saturating_sub(step), parent.saturating_add(step))
        .clamp(MIN_GAS_LIMIT, MAX_GAS_LIMIT)
}

fn verify_timestamp(found: u64, earliest: u64, now_s: u64) -> Result<(), InvalidHeader> {
    if found < earliest {
        return Err(InvalidHeader::TimestampTooEarly { earliest, found });
    }
    let latest = now_s.saturating_add(ALLOWED_FUTURE_S);
    if found > latest {
        return Err(InvalidHeader::TimestampInFuture { latest, found });
    }
    Ok(())
}

pub(crate) fn verify_gas_limit(found: u64, parent: u64) -> Result<(), InvalidHeader> {
    if !(MIN_GAS_LIMIT..=MAX_GAS_LIMIT).contains(&found) {
        return Err(InvalidHeader::GasLimitOutOfRange { found });
    }
    let bound = parent / GAS_LIMIT_BOUND_DIVISOR;
    if found.abs_diff(parent) >= bound {
        return Err(InvalidHeader::GasLimitChange {
            parent,
            bound,
            found,
        });
    }
    Ok(())
}

/// What is true of a header without its parent.
fn verify_format(header: &Header) -> Result<(), InvalidHeader> {
    if header.ommers_hash != EMPTY_OMMER_ROOT_HASH {
        return Err(InvalidHeader::OmmersHash {
            found: header.ommers_hash,
        });
    }
    if header.mix_hash != B256::ZERO {
        return Err(InvalidHeader::MixHash {
            found: header.mix_hash,
        });
    }
    if let Some(field) = post_merge_field(header) {
        return Err(InvalidHeader::PostMergeField { field });
    }
    signers_section(header).map(drop)
}

fn post_merge_field(header: &Header) -> Option<&'static str> {
    [
        ("withdrawalsRoot", header.withdrawals_root.is_some()),
        ("blobGasUsed", header.blob_gas_used.is_some()),
        ("excessBlobGas", header.excess_blob_gas.is_some()),
        (
            "parentBeaconBlockRoot",
            header.parent_beacon_block_root.is_some(),
        ),
        ("requestsHash", header.requests_hash.is_some()),
        (
            "blockAccessListHash",
            header.block_access_list_hash.is_some(),
        ),
        ("slotNumber", header.slot_number.is_some()),
    ]
    .into_iter()
    .find_map(|(field, present)| present.then_some(field))
}

#[cfg(test)]
mod tests;
