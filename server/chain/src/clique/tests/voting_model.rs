//! Random votes against a plain reading of EIP-225 that keeps the whole history.

use proptest::prelude::*;

use super::*;

const NAMES: &str = "ABCDEFG";

/// All blocks so far; everything else is worked out from them each time.
struct Model {
    epoch_blocks: u64,
    signers: Vec<Address>,
    sealers: Vec<Address>,
    votes: Vec<(Address, Address, bool)>,
}

impl Model {
    /// A signer may sign one block out of each `floor(SIGNER_COUNT / 2) + 1` in a row.
    fn may_sign(&self, signer: Address) -> bool {
        let others = self.signers.len() / 2;
        let recent = self.sealers.iter().rev().take(others);
        self.signers.contains(&signer) && !recent.copied().any(|sealer| sealer == signer)
    }

    fn seal(&mut self, signer: Address, beneficiary: Address, authorize: bool) {
        self.sealers.push(signer);
        if (self.sealers.len() as u64).is_multiple_of(self.epoch_blocks) {
            self.votes.clear();
        }
        // Only the latest proposal per beneficiary is kept from a single signer.
        self.votes
            .retain(|&(by, about, _)| (by, about) != (signer, beneficiary));
        if self.signers.contains(&beneficiary) != authorize {
            self.votes.push((signer, beneficiary, authorize));
        }
        let count = self
            .votes
            .iter()
            .filter(|(_, about, _)| *about == beneficiary)
            .count();
        if count < self.signers.len() / 2 + 1 {
            return;
        }
        self.votes.retain(|(_, about, _)| *about != beneficiary);
        match self
            .signers
            .iter()
            .position(|signer| *signer == beneficiary)
        {
            Some(index) => {
                self.signers.remove(index);
                self.votes.retain(|(by, _, _)| *by != beneficiary);
            }
            None => self.signers.push(beneficiary),
        }
    }
}

fn name() -> impl Strategy<Value = char> {
    proptest::sample::select(Vec::from_iter(NAMES.chars()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn snapshots_agree_with_the_model(
        epoch_blocks in 1..40_u64,
        first_signers in 1..=NAMES.len(),
        blocks in proptest::collection::vec((name(), name(), any::<bool>()), 0..200),
    ) {
        let (_, mut snapshot) = genesis(&NAMES[..first_signers], epoch_blocks);
        let mut model = Model {
            epoch_blocks,
            signers: snapshot.signers.iter().copied().collect(),
            sealers: vec![],
            votes: vec![],
        };
        for (signer, beneficiary, authorize) in blocks {
            let (signer, mut beneficiary) = (address(signer), address(beneficiary));
            let number = snapshot.number + 1;
            let mut nonce = Proposal::from(authorize).nonce();
            if snapshot.config.is_checkpoint(number) {
                (beneficiary, nonce) = (Address::ZERO, B64::ZERO);
            }
            let parent_hash = snapshot.hash;
            let header = Header { parent_hash, number, beneficiary, nonce, ..Header::default() };
            let before = snapshot.clone();
            let outcome = snapshot.advance(&header, header.hash_slow(), signer);
            prop_assert_eq!(outcome.is_ok(), model.may_sign(signer));
            if outcome.is_err() {
                prop_assert_eq!(&snapshot, &before);
                continue;
            }
            model.seal(signer, beneficiary, nonce != B64::ZERO);

            prop_assert_eq!(&snapshot.signers, &BTreeSet::from_iter(model.signers.clone()));
            let votes: Vec<_> = snapshot.votes().into_iter()
                .map(|vote| (vote.signer, vote.address, bool::from(vote.authorize)))
                .collect();
            prop_assert_eq!(votes, model.votes.clone());
            prop_assert!(snapshot.recents.len() as u64 <= snapshot.signer_limit());
            let json = serde_json::to_string(&snapshot).unwrap();
            prop_assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), snapshot.clone());
        }
    }

    #[test]
    fn a_sealed_header_names_its_signer(
        secret in proptest::array::uniform32(1..0xfe_u8),
        signers in proptest::collection::vec(any::<[u8; 20]>(), 0..5),
        vanity in any::<[u8; 32]>(),
        number: u64,
        base_fee_per_gas: Option<u64>,
    ) {
        let signers: Vec<Address> = signers.into_iter().map(Address::new).collect();
        let extra_data = extra_data(vanity.into(), &signers).into();
        let mut header = Header { number, base_fee_per_gas, extra_data, ..Header::default() };
        let hash = seal_hash(&header);
        let key = SecretKey::from_byte_array(&secret).unwrap();
        seal(&mut header, &key).unwrap();
        prop_assert_eq!(seal_hash(&header), hash);
        prop_assert_eq!(recover_signer(&header), Ok(signer_address(&key)));
        prop_assert_eq!(signers_section(&header).unwrap(), signers.into_iter().flatten().collect::<Vec<u8>>());
    }
}
