//! A snapshot as JSON: go-ethereum's answer to `clique_getSnapshot`, and the configuration.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

use super::{CliqueConfig, Proposal, Snapshot};

/// A vote that is pending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CastVote {
    /// Who voted.
    pub signer: Address,
    /// The block with the vote.
    pub block: u64,
    /// Whom it is about.
    pub address: Address,
    /// What is to become of it.
    pub authorize: Proposal,
}

/// The votes that are pending on an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// What is to become of it.
    pub authorize: Proposal,
    /// The number of votes.
    pub votes: usize,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SnapshotDocument {
    config: CliqueConfig,
    number: u64,
    hash: B256,
    signers: BTreeMap<Address, Empty>,
    recents: BTreeMap<u64, Address>,
    votes: Vec<CastVote>,
    /// Follows from the votes: for readers only.
    #[serde(skip_deserializing)]
    tally: BTreeMap<Address, Tally>,
}

/// `{}`: go-ethereum writes a set of signers as a map to nothing.
#[derive(Serialize, Deserialize)]
struct Empty {}

impl Snapshot {
    /// The pending votes in the order in which they were cast.
    #[must_use]
    pub fn votes(&self) -> Vec<CastVote> {
        let mut votes: Vec<CastVote> = self
            .votes
            .iter()
            .map(|(&(address, signer), &block)| CastVote {
                signer,
                block,
                address,
                authorize: self.open_proposal(address),
            })
            .collect();
        votes.sort_unstable_by_key(|vote| vote.block);
        votes
    }

    /// The number of pending votes on each address that has some.
    #[must_use]
    pub fn tally(&self) -> BTreeMap<Address, Tally> {
        let beneficiaries: BTreeSet<Address> = self
            .votes
            .keys()
            .map(|(beneficiary, _)| *beneficiary)
            .collect();
        let tally = |address| Tally {
            authorize: self.open_proposal(address),
            votes: self.votes_on(address),
        };
        beneficiaries
            .into_iter()
            .map(|address| (address, tally(address)))
            .collect()
    }
}

impl From<Snapshot> for SnapshotDocument {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            config: snapshot.config,
            number: snapshot.number,
            hash: snapshot.hash,
            votes: snapshot.votes(),
            tally: snapshot.tally(),
            signers: snapshot
                .signers
                .into_iter()
                .map(|signer| (signer, Empty {}))
                .collect(),
            recents: snapshot.recents,
        }
    }
}

impl From<SnapshotDocument> for Snapshot {
    fn from(document: SnapshotDocument) -> Self {
        let key = |vote: CastVote| ((vote.address, vote.signer), vote.block);
        Self {
            config: document.config,
            number: document.number,
            hash: document.hash,
            signers: document.signers.into_keys().collect(),
            recents: document.recents,
            votes: document.votes.into_iter().map(key).collect(),
        }
    }
}
