//! Votes: who is to become a signer, and who to be one no longer.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B64};
use serde::{Deserialize, Serialize};

use super::Snapshot;

/// The nonce of a vote to authorise the beneficiary.
const NONCE_AUTH: B64 = B64::repeat_byte(0xff);
/// The nonce of a vote to drop the beneficiary, and of a block without a vote.
const NONCE_DROP: B64 = B64::ZERO;

/// What is to become of an address. In JSON it is go-ethereum's `authorize`, a boolean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "bool", into = "bool")]
pub enum Proposal {
    /// A signer.
    Authorize,
    /// Not a signer.
    Drop,
}

/// What a signer says in a block that it seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Whom it is about.
    pub beneficiary: Address,
    /// What is to become of it.
    pub proposal: Proposal,
}

/// Chooses a vote for the next block among the proposals that the operator of `signer` made.
///
/// EIP-225 suggests a random one, so that all get onto the chain in spite of reorganisations:
/// `random` is any number. Left out are proposals that would change nothing, those on which the
/// signer's vote is counted already, and the removal of the last signer, which would end the chain.
/// A vote that is counted is repeated where it passes by that: a proposal with enough votes waits
/// for a block that names its beneficiary.
#[must_use]
pub fn next_vote(
    proposals: &BTreeMap<Address, Proposal>,
    snapshot: &Snapshot,
    signer: Address,
    random: u64,
) -> Option<Vote> {
    let votes: Vec<Vote> = proposals
        .iter()
        .map(|(&beneficiary, &proposal)| Vote {
            beneficiary,
            proposal,
        })
        .filter(|vote| is_useful(*vote, snapshot, signer))
        .collect();
    let index = random.checked_rem(votes.len() as u64)?;
    votes.get(usize::try_from(index).ok()?).copied()
}

impl Proposal {
    /// The nonce of a header with this vote.
    #[must_use]
    pub const fn nonce(self) -> B64 {
        match self {
            Self::Authorize => NONCE_AUTH,
            Self::Drop => NONCE_DROP,
        }
    }

    /// The vote of a header with this nonce, if it is one.
    #[must_use]
    pub fn from_nonce(nonce: B64) -> Option<Self> {
        [Self::Authorize, Self::Drop]
            .into_iter()
            .find(|proposal| proposal.nonce() == nonce)
    }
}

impl From<bool> for Proposal {
    fn from(authorize: bool) -> Self {
        if authorize {
            Self::Authorize
        } else {
            Self::Drop
        }
    }
}

impl From<Proposal> for bool {
    fn from(proposal: Proposal) -> Self {
        proposal == Proposal::Authorize
    }
}

fn is_useful(vote: Vote, snapshot: &Snapshot, signer: Address) -> bool {
    let beneficiary = vote.beneficiary;
    if beneficiary.is_zero() || vote.proposal != snapshot.open_proposal(beneficiary) {
        return false;
    }
    if vote.proposal == Proposal::Drop && snapshot.signers.len() == 1 {
        return false;
    }
    !snapshot.has_voted(signer, beneficiary) || snapshot.passes(beneficiary)
}
