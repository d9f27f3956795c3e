//! What can be wrong with a header, and why a signer may not sign.

use alloy_primitives::{Address, B64, B256, Bytes, U256};

use crate::header_rules::InvalidHeader;

/// The rule that a header breaks. All but [`InvalidHeader::TimestampInFuture`] are final.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CliqueError {
    /// A rule that is not about signers.
    #[error(transparent)]
    Header(#[from] InvalidHeader),
    /// The sealer may not seal this block.
    #[error(transparent)]
    Signer(#[from] SigningRefusal),
    /// The header does not follow the block of the snapshot: ask for the snapshot of its parent.
    #[error("block {found} does not follow block {snapshot} of the snapshot")]
    NotNext {
        /// The block of the snapshot.
        snapshot: u64,
        /// The number in the header.
        found: u64,
    },
    /// The header follows another block: ask for the snapshot of its parent.
    #[error("parent hash is {found} and the snapshot's block is {snapshot}")]
    ParentHash {
        /// The hash of the snapshot's block.
        snapshot: B256,
        /// The parent hash in the header.
        found: B256,
    },
    /// Something between vanity and seal on a block that is no checkpoint.
    #[error("extra data has {found} bytes between vanity and seal on a block without a checkpoint")]
    UnexpectedSigners {
        /// Their number.
        found: usize,
    },
    /// A checkpoint with another list of signers than the chain's.
    #[error("the checkpoint lists {found} and the signers are {expected:?}")]
    CheckpointSigners {
        /// The signers in ascending order.
        expected: Vec<Address>,
        /// What is between vanity and seal.
        found: Bytes,
    },
    /// A checkpoint with a vote in its beneficiary.
    #[error("the beneficiary of a checkpoint is {found} and must be zero")]
    CheckpointBeneficiary {
        /// The beneficiary in the header.
        found: Address,
    },
    /// A checkpoint with a vote in its nonce.
    #[error("the nonce of a checkpoint is {found} and must be zero")]
    CheckpointNonce {
        /// The nonce in the header.
        found: B64,
    },
    /// A nonce that is no vote.
    #[error("nonce {found} is neither 0xffffffffffffffff (authorise) nor zero (drop)")]
    VoteNonce {
        /// The nonce in the header.
        found: B64,
    },
    /// The seal is no signature of this header: `r`, `s` or `v` out of range, or no such point.
    #[error("the seal is not a signature")]
    InvalidSeal,
    /// The seal has the high one of the two values of `s` (EIP-2).
    #[error("the seal has a high s")]
    MalleableSeal,
    /// The difficulty claims a turn that the signer has not, or does not claim it.
    #[error("difficulty is {found} and must be {expected} for {signer}")]
    Difficulty {
        /// [`super::DIFF_INTURN`] or [`super::DIFF_NOTURN`].
        expected: U256,
        /// The difficulty in the header.
        found: U256,
        /// Who sealed the block.
        signer: Address,
    },
}

/// Why an address may not sign a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningRefusal {
    /// Not one of the signers.
    #[error("{signer} is not an authorised signer")]
    Unauthorized {
        /// The address.
        signer: Address,
    },
    /// It signed one of the last blocks: others have to sign before it may again.
    #[error("{signer} signed block {last} and may sign again from block {next}")]
    RecentlySigned {
        /// The address.
        signer: Address,
        /// The block that it signed.
        last: u64,
        /// The first block that it may sign, if the signers stay the same.
        next: u64,
    },
}
