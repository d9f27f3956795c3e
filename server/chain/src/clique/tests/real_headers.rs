//! Headers of Goerli, a public Clique network until the merge.

use alloy_primitives::{address, b256};

use super::*;
use crate::{
    chain_spec::genesis_header,
    header_rules::{InvalidHeader, verify_gas_limit},
};

const GOERLI: CliqueConfig = CliqueConfig {
    period_s: 15,
    epoch_blocks: 30_000,
};

#[test]
fn the_first_blocks_of_goerli() {
    let genesis = include_str!("../../../testdata/genesis/goerli.json");
    let mut parent = genesis_header(&serde_json::from_str(genesis).unwrap());
    let mut snapshot = Snapshot::genesis(&parent, GOERLI).unwrap();
    let headers = include_str!("../../../testdata/clique/goerli_1_to_7.json");
    let headers: Vec<Header> = serde_json::from_str(headers).unwrap();
    for header in headers {
        assert_eq!(header.parent_hash, parent.hash_slow());
        let signer = verify_seal(&header, &snapshot).unwrap();
        assert_eq!(signer, address!("e0a2bd4258d2768837baa26a28fe71dc079f84c7"));
        assert_eq!(verify_gas_limit(header.gas_limit, parent.gas_limit), Ok(()));
        // These are from before London, and that is all that is wrong with them.
        let refused = InvalidHeader::BaseFee {
            expected: INITIAL_BASE_FEE,
            found: None,
        };
        assert_eq!(
            verify(&header, &parent, &snapshot, NOW_S),
            Err(refused.into())
        );
        snapshot = snapshot.apply(&header).unwrap();
        parent = header;
    }
    assert_eq!(snapshot.number, 7);
}

/// Two blocks by the same signer, one without and one with a base fee.
#[test]
fn a_base_fee_is_sealed_too() {
    #[track_caller]
    fn check(json: &str, hash: B256) {
        let header: Header = serde_json::from_str(json).unwrap();
        assert_eq!(header.hash_slow(), hash);
        let signer = address!("8b24eb4e6aae906058242d83e51fb077370c4720");
        assert_eq!(recover_signer(&header), Ok(signer));
    }
    check(
        include_str!("../../../testdata/clique/goerli_1000000.json"),
        b256!("c54c5b482baefc20932c8be06db0a7b22ce26283438f51761e5c3e16e5376054"),
    );
    check(
        include_str!("../../../testdata/clique/goerli_5102442_london.json"),
        b256!("ec0b5cf01a11c514e6fecb2577adf82594083a79eda699eeaf7d11ebef226063"),
    );
}
