use alloy_primitives::{address, b256};
use serde_json::{Value, json};

use super::*;

const SIGNER: Address = address!("e0a2bd4258d2768837baa26a28fe71dc079f84c7");
const OTHER: Address = address!("42eb768f2244c8811c63729a21a3569731535f06");

fn development() -> ChainSpec {
    let funded = BTreeMap::from([(SIGNER, U256::from(10).pow(U256::from(24)))]);
    ChainSpec::development(1337, &BTreeSet::from([SIGNER, OTHER]), &funded).unwrap()
}

#[test]
fn genesis_hashes_of_public_clique_networks() {
    #[track_caller]
    fn check(json: &str, state_root: Option<B256>, hash: B256, signers: usize) {
        let genesis: Genesis = serde_json::from_str(json).unwrap();
        let header = genesis_header(&genesis);
        assert_eq!(header.hash_slow(), hash);
        assert!(state_root.is_none_or(|root| root == header.state_root));
        let config = clique_config(&genesis).unwrap();
        assert_eq!(
            config,
            CliqueConfig {
                period_s: 15,
                epoch_blocks: 30_000
            }
        );
        let snapshot = genesis_snapshot(&header, config).unwrap();
        assert_eq!((snapshot.signers.len(), snapshot.hash), (signers, hash));
        // They began before London.
        assert!(matches!(
            ChainSpec::new(genesis),
            Err(ChainSpecError::ForkNotAtGenesis { .. })
        ));
    }
    check(
        include_str!("../../testdata/genesis/goerli.json"),
        Some(b256!(
            "5d6cded585e73c4e322c30c2f782a336316f17dd85a4863b9d838d2d4b8b3008"
        )),
        b256!("bf7e331f7f7c1dd2e05159666b3bf8bc7a8a3a9eb1d518969eab529dd9b88c1a"),
        1,
    );
    check(
        include_str!("../../testdata/genesis/rinkeby.json"),
        None,
        b256!("6341fd3daf94b748c72ced5a5b26028f2474f5f00d824504e4fa37a75767e177"),
        3,
    );
}

#[test]
fn development_chain() {
    let spec = development();
    assert_eq!(spec.chain_id(), 1337);
    assert_eq!(
        spec.clique(),
        CliqueConfig {
            period_s: 2,
            epoch_blocks: 30_000
        }
    );
    assert_eq!(
        Vec::from_iter(&spec.genesis_snapshot().signers),
        [&OTHER, &SIGNER]
    );
    assert_eq!(spec.genesis_accounts().len(), 1);
    assert_eq!(spec.spec_id(0), SpecId::PRAGUE);
    let header = spec.genesis_header();
    assert_eq!(
        (header.gas_limit, header.difficulty),
        (30_000_000, U256::ONE)
    );
    assert_eq!(header.base_fee_per_gas, Some(1_000_000_000));
    assert_eq!(
        header.ommers_hash,
        alloy_consensus::constants::EMPTY_OMMER_ROOT_HASH
    );
    let later = (
        header.withdrawals_root,
        header.blob_gas_used,
        header.requests_hash,
    );
    assert_eq!(later, (None, None, None));
    assert_eq!(spec.genesis_hash(), header.hash_slow());
}

#[test]
fn a_genesis_survives_its_file() {
    let spec = development();
    let json = serde_json::to_string(spec.genesis()).unwrap();
    let read = ChainSpec::from_json(&json).unwrap();
    assert_eq!(read.genesis(), spec.genesis());
    assert_eq!(read.genesis_hash(), spec.genesis_hash());
}

/// The fields that go-ethereum demands and the forms in which it reads them.
#[test]
fn a_genesis_is_written_as_geth_reads_it() {
    let written = serde_json::to_value(development().genesis()).unwrap();
    let config = &written["config"];
    assert_eq!(config["chainId"], 1337);
    assert_eq!(config["clique"], json!({ "period": 2, "epoch": 30_000 }));
    assert_eq!(
        (&config["londonBlock"], &config["pragueTime"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(config.get("terminalTotalDifficulty"), None);
    assert_eq!(
        config["blobSchedule"]["prague"],
        json!({ "target": 6, "max": 9, "baseFeeUpdateFraction": 5_007_716 })
    );
    assert_eq!(
        (&written["gasLimit"], &written["difficulty"]),
        (&json!("0x1c9c380"), &json!("0x1"))
    );
    let signers =
        "42eb768f2244c8811c63729a21a3569731535f06e0a2bd4258d2768837baa26a28fe71dc079f84c7";
    let (vanity, seal) = ("0".repeat(64), "0".repeat(130));
    assert_eq!(written["extraData"], format!("0x{vanity}{signers}{seal}"));
    assert_eq!(
        written["alloc"],
        json!({ "0xe0a2bd4258d2768837baa26a28fe71dc079f84c7": { "balance": "0xd3c21bcecceda1000000" } })
    );
}

#[test]
fn the_state_root_counts_code_storage_and_nonce() {
    let mut genesis = development().genesis().clone();
    let mut roots = BTreeSet::from([genesis_header(&genesis).state_root]);
    let accounts: [Value; 4] = [
        json!({ "balance": "0x1" }),
        json!({ "balance": "0x1", "nonce": "0x1" }),
        json!({ "balance": "0x1", "code": "0x6001" }),
        json!({ "balance": "0x1", "storage": { "0x01": "0x02" } }),
    ];
    for account in accounts {
        genesis
            .alloc
            .insert(OTHER, serde_json::from_value(account).unwrap());
        assert!(roots.insert(genesis_header(&genesis).state_root));
    }
    // A slot of zero is no slot.
    let account = json!({ "balance": "0x1", "storage": { "0x01": "0x00" } });
    genesis
        .alloc
        .insert(OTHER, serde_json::from_value(account).unwrap());
    assert!(!roots.insert(genesis_header(&genesis).state_root));
}

#[test]
fn each_problem_has_its_error() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut Genesis), expected: &str) {
        let mut genesis = development().genesis().clone();
        change(&mut genesis);
        let error = ChainSpec::new(genesis).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    check(|g| g.config.chain_id = 0, "config.chainId is 0");
    check(|g| g.config.chain_id = u64::MAX, "EIP-2294");
    check(|g| g.config.clique = None, "config.clique is missing");
    check(
        |g| g.config.london_block = None,
        "config.londonBlock must be 0",
    );
    check(|g| g.config.berlin_block = Some(5), "(it is 5)");
    check(
        |g| g.config.cancun_time = None,
        "config.pragueTime is 0 but config.cancunTime",
    );
    check(
        |g| g.config.shanghai_time = Some(9),
        "config.cancunTime is 0 but config.shanghaiTime",
    );
    check(
        |g| g.config.amsterdam_time = Some(9),
        "config.amsterdamTime is set",
    );
    check(
        |g| g.config.terminal_total_difficulty = Some(U256::ZERO),
        "config.terminalTotalDifficulty is 0",
    );
    check(
        |g| g.config.terminal_total_difficulty_passed = true,
        "config.terminalTotalDifficultyPassed is true",
    );
    check(|g| g.number = Some(1), "number is 1");
    check(|g| g.gas_limit = 0, "gasLimit is 0");
    check(
        |g| g.base_fee_per_gas = Some(1 << 64),
        "baseFeePerGas is 18446744073709551616",
    );
    check(|g| g.excess_blob_gas = Some(0), "excessBlobGas is set");
    check(
        |g| g.extra_data = vec![0; 96].into(),
        "extraData has 96 bytes",
    );
    check(
        |g| g.extra_data = vec![0; 98].into(),
        "extraData has 98 bytes",
    );
    check(|g| g.extra_data = extra_data([]), "names no signers");
    check(
        |g| g.extra_data = extra_data([Address::ZERO]),
        "names the zero address",
    );
    check(
        |g| g.extra_data = extra_data([SIGNER, OTHER]),
        "ascending order",
    );
    check(
        |g| g.extra_data = extra_data([OTHER, OTHER]),
        "ascending order",
    );
    check(
        |g| g.extra_data = vec![1; 117].into(),
        "last 65 bytes of extraData",
    );
}

#[test]
fn files_that_say_too_little() {
    assert!(matches!(
        ChainSpec::from_json("{"),
        Err(ChainSpecError::Json(_))
    ));
    assert!(matches!(
        ChainSpec::from_json("{}"),
        Err(ChainSpecError::ChainId { found: 0 })
    ));
    let json = r#"{ "config": { "chainId": 5 } }"#;
    assert!(matches!(
        ChainSpec::from_json(json),
        Err(ChainSpecError::CliqueMissing)
    ));
}

#[test]
fn what_geth_leaves_out_or_writes_for_never_is_understood() {
    let mut genesis = development().genesis().clone();
    genesis.config.clique = Some(alloy_genesis::CliqueConfig {
        period: None,
        epoch: Some(0),
    });
    genesis.config.petersburg_block = None;
    genesis.config.terminal_total_difficulty = Some(U256::from(i64::MAX));
    let spec = ChainSpec::new(genesis).unwrap();
    assert_eq!(
        spec.clique(),
        CliqueConfig {
            period_s: 0,
            epoch_blocks: 30_000
        }
    );
}

#[test]
fn forks_begin_at_their_times() {
    let mut genesis = development().genesis().clone();
    genesis.config.shanghai_time = Some(10);
    genesis.config.cancun_time = Some(20);
    genesis.config.prague_time = Some(30);
    genesis.config.osaka_time = Some(30);
    let spec = ChainSpec::new(genesis).unwrap();
    for (timestamp, expected) in [
        (0, SpecId::LONDON),
        (9, SpecId::LONDON),
        (10, SpecId::SHANGHAI),
        (20, SpecId::CANCUN),
        (29, SpecId::CANCUN),
        (30, SpecId::OSAKA),
        (u64::MAX, SpecId::OSAKA),
    ] {
        assert_eq!(spec.spec_id(timestamp), expected, "at {timestamp}");
    }
}

fn extra_data<const N: usize>(signers: [Address; N]) -> alloy_primitives::Bytes {
    crate::clique::extra_data(B256::ZERO, &signers).into()
}
