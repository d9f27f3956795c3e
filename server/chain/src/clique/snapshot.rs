//! Who the signers are after a block, and what they are voting on.

use std::collections::{BTreeMap, BTreeSet};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

use super::{
    CliqueConfig, CliqueError, DIFF_INTURN, DIFF_NOTURN, Proposal, SigningRefusal, Vote,
    recover_signer, signers_section, snapshot_document::SnapshotDocument,
};

/// The authority over the chain after one block. As JSON it is the answer of `clique_getSnapshot`.
///
/// All votes on an address say the same: a vote for what is already so is not kept, and when a
/// proposal passes its votes go. So a vote is only a block number here, and tallies are derived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SnapshotDocument", into = "SnapshotDocument")]
pub struct Snapshot {
    /// The rules of this chain.
    pub config: CliqueConfig,
    /// The number of the block.
    pub number: u64,
    /// The hash of the block.
    pub hash: B256,
    /// Who may sign, in the order of their turns.
    pub signers: BTreeSet<Address>,
    /// Who signed the last blocks and may not sign the next, by block number.
    pub recents: BTreeMap<u64, Address>,
    /// The block of each pending vote, by beneficiary and then signer.
    pub(super) votes: BTreeMap<(Address, Address), u64>,
}

impl Snapshot {
    /// The snapshot of a genesis block or of another checkpoint that is trusted.
    ///
    /// A checkpoint does not say who signed the blocks before it, so after another than the
    /// genesis block it takes half the number of signers in blocks until all refusals are known.
    ///
    /// # Errors
    ///
    /// [`CliqueError::Header`], and [`CliqueError::CheckpointSigners`] if the list is
    /// not whole addresses in ascending order.
    pub fn genesis(header: &Header, config: CliqueConfig) -> Result<Self, CliqueError> {
        let section = signers_section(header)?;
        let (addresses, rest) = section.as_chunks::<{ Address::len_bytes() }>();
        let signers: BTreeSet<Address> = addresses.iter().copied().map(Address::new).collect();
        if !rest.is_empty() || !signers.iter().flatten().eq(section) {
            let (expected, found) = (Vec::from_iter(signers), section.to_vec().into());
            return Err(CliqueError::CheckpointSigners { expected, found });
        }
        Ok(Self {
            config,
            number: header.number,
            hash: header.hash_slow(),
            signers,
            recents: BTreeMap::new(),
            votes: BTreeMap::new(),
        })
    }

    /// The snapshot after the next block.
    ///
    /// Checks what the votes depend on (order, signer, nonce); [`super::verify`] checks the rest.
    ///
    /// # Errors
    ///
    /// The first rule that the header breaks.
    pub fn apply(&self, header: &Header) -> Result<Self, CliqueError> {
        self.apply_all([header])
    }

    /// The snapshot after the next blocks, in ascending order.
    ///
    /// # Errors
    ///
    /// The first rule that one of the headers breaks.
    pub fn apply_all<'a>(
        &self,
        headers: impl IntoIterator<Item = &'a Header>,
    ) -> Result<Self, CliqueError> {
        let mut next = self.clone();
        for header in headers {
            next.advance(header, header.hash_slow(), recover_signer(header)?)?;
        }
        Ok(next)
    }

    /// Moves on to the next block, whose hash and signer are known already.
    ///
    /// # Errors
    ///
    /// The first rule that the header breaks; the snapshot is then unchanged.
    pub fn advance(
        &mut self,
        header: &Header,
        hash: B256,
        signer: Address,
    ) -> Result<(), CliqueError> {
        self.expect_next(header)?;
        let proposal = Proposal::from_nonce(header.nonce).ok_or(CliqueError::VoteNonce {
            found: header.nonce,
        })?;
        self.may_sign(signer, header.number)?;

        self.number = header.number;
        self.hash = hash;
        if self.config.is_checkpoint(header.number) {
            self.votes.clear();
        }
        self.forget_expired_signer();
        self.recents.insert(header.number, signer);
        self.cast(
            signer,
            Vote {
                beneficiary: header.beneficiary,
                proposal,
            },
        );
        if self.passes(header.beneficiary) {
            self.carry_out(header.beneficiary);
        }
        Ok(())
    }

    /// Whose turn a block is; nobody's if no signer is left.
    #[must_use]
    pub fn signer_in_turn(&self, number: u64) -> Option<Address> {
        let turn = number.checked_rem(self.signers.len() as u64)?;
        self.signers
            .iter()
            .nth(usize::try_from(turn).ok()?)
            .copied()
    }

    /// Whether a block is the turn of this signer.
    #[must_use]
    pub fn in_turn(&self, signer: Address, number: u64) -> bool {
        self.signer_in_turn(number) == Some(signer)
    }

    /// The difficulty of a block by this signer.
    #[must_use]
    pub fn difficulty(&self, signer: Address, number: u64) -> U256 {
        if self.in_turn(signer, number) {
            DIFF_INTURN
        } else {
            DIFF_NOTURN
        }
    }

    /// Out of how many blocks in a row a signer may sign one (`SIGNER_LIMIT`).
    #[must_use]
    pub fn signer_limit(&self) -> u64 {
        self.signers.len() as u64 / 2 + 1
    }

    /// Whether an address may sign a block that comes after this snapshot's.
    ///
    /// # Errors
    ///
    /// The reason why not.
    pub fn may_sign(&self, signer: Address, number: u64) -> Result<(), SigningRefusal> {
        if !self.signers.contains(&signer) {
            return Err(SigningRefusal::Unauthorized { signer });
        }
        let last = self
            .recents
            .iter()
            .rev()
            .find(|(_, recent)| **recent == signer);
        match last.map(|(last, _)| (*last, last.saturating_add(self.signer_limit()))) {
            Some((last, next)) if number < next => {
                Err(SigningRefusal::RecentlySigned { signer, last, next })
            }
            _ => Ok(()),
        }
    }

    /// The proposal about an address that would change something.
    #[must_use]
    pub fn open_proposal(&self, beneficiary: Address) -> Proposal {
        if self.signers.contains(&beneficiary) {
            Proposal::Drop
        } else {
            Proposal::Authorize
        }
    }

    /// How many signers' votes are pending on an address.
    #[must_use]
    pub fn votes_on(&self, beneficiary: Address) -> usize {
        let all = (beneficiary, Address::ZERO)..=(beneficiary, Address::repeat_byte(0xff));
        self.votes.range(all).count()
    }

    /// That this header is the one after the snapshot's block.
    pub(super) fn expect_next(&self, header: &Header) -> Result<(), CliqueError> {
        let (snapshot, found) = (self.number, header.number);
        if snapshot.checked_add(1) != Some(found) {
            return Err(CliqueError::NotNext { snapshot, found });
        }
        let (snapshot, found) = (self.hash, header.parent_hash);
        if snapshot != found {
            return Err(CliqueError::ParentHash { snapshot, found });
        }
        Ok(())
    }

    /// Whether a signer's vote on an address is pending.
    pub(super) fn has_voted(&self, signer: Address, beneficiary: Address) -> bool {
        self.votes.contains_key(&(beneficiary, signer))
    }

    /// Whether the votes on an address are a majority.
    pub(super) fn passes(&self, beneficiary: Address) -> bool {
        self.votes_on(beneficiary) > self.signers.len() / 2
    }

    /// The signer of a block that is [`Self::signer_limit`] blocks ago may sign again.
    fn forget_expired_signer(&mut self) {
        if let Some(expired) = self.number.checked_sub(self.signer_limit()) {
            self.recents.remove(&expired);
        }
    }

    /// A signer has one vote on an address: the last, or none if that would change nothing.
    fn cast(&mut self, signer: Address, vote: Vote) {
        let key = (vote.beneficiary, signer);
        if vote.proposal == self.open_proposal(vote.beneficiary) {
            self.votes.insert(key, self.number);
        } else {
            self.votes.remove(&key);
        }
    }

    /// Changes only this address, whatever else passes by that: EIP-225 forbids cascades.
    fn carry_out(&mut self, beneficiary: Address) {
        if self.signers.remove(&beneficiary) {
            // With fewer signers the window may have become one block shorter.
            self.forget_expired_signer();
        } else {
            self.signers.insert(beneficiary);
        }
        self.votes
            .retain(|(about, by), _| *about != beneficiary && *by != beneficiary);
    }
}
