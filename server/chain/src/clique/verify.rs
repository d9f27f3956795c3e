//! The rules for a header that a peer sent.

use alloy_consensus::Header;
use alloy_primitives::{Address, B64};

use super::{CliqueError, Proposal, Snapshot, recover_signer, signers_section};
use crate::header_rules;

/// Checks a header against its parent and the snapshot of its parent, and says who sealed it.
///
/// `now_s` is the clock as Unix time. The seal is checked last: it costs the most.
///
/// # Errors
///
/// The first rule that is broken.
pub fn verify(
    header: &Header,
    parent: &Header,
    snapshot: &Snapshot,
    now_s: u64,
) -> Result<Address, CliqueError> {
    snapshot.expect_next(header)?;
    header_rules::verify(header, parent, snapshot.config.period_s, now_s)?;
    if snapshot.config.is_checkpoint(header.number) {
        verify_checkpoint(header, snapshot)?;
    } else {
        verify_vote(header)?;
    }
    verify_seal(header, snapshot)
}

/// Checks only who sealed a header that follows the snapshot's block, and says who it was.
///
/// # Errors
///
/// The errors of [`recover_signer`], [`CliqueError::Signer`] and [`CliqueError::Difficulty`].
pub fn verify_seal(header: &Header, snapshot: &Snapshot) -> Result<Address, CliqueError> {
    let signer = recover_signer(header)?;
    snapshot.may_sign(signer, header.number)?;
    let expected = snapshot.difficulty(signer, header.number);
    if header.difficulty != expected {
        return Err(CliqueError::Difficulty {
            expected,
            found: header.difficulty,
            signer,
        });
    }
    Ok(signer)
}

fn verify_checkpoint(header: &Header, snapshot: &Snapshot) -> Result<(), CliqueError> {
    if !header.beneficiary.is_zero() {
        return Err(CliqueError::CheckpointBeneficiary {
            found: header.beneficiary,
        });
    }
    if header.nonce != B64::ZERO {
        return Err(CliqueError::CheckpointNonce {
            found: header.nonce,
        });
    }
    let found = signers_section(header)?;
    if !snapshot.signers.iter().flatten().eq(found) {
        let expected = snapshot.signers.iter().copied().collect();
        return Err(CliqueError::CheckpointSigners {
            expected,
            found: found.to_vec().into(),
        });
    }
    Ok(())
}

fn verify_vote(header: &Header) -> Result<(), CliqueError> {
    if Proposal::from_nonce(header.nonce).is_none() {
        return Err(CliqueError::VoteNonce {
            found: header.nonce,
        });
    }
    let found = signers_section(header)?.len();
    if found > 0 {
        return Err(CliqueError::UnexpectedSigners { found });
    }
    Ok(())
}
