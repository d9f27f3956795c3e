//! Made-up data of a chain, for tests and nothing else.

use types::chain::{NodeStatus, NodeSync, Nodes, SignerStatus, SignerVote, Signers, VoteProposal};
use types::explorer::*;
use types::{Timestamp, WalletAddress};

/// The clock of a component without a shell above it stands at 0.
pub(crate) const AT: Timestamp = Timestamp(-60_000);

pub(crate) fn address(byte: u8) -> WalletAddress {
    WalletAddress([byte; 20])
}

pub(crate) fn hash(byte: u8) -> TransactionHash {
    TransactionHash([byte; 32])
}

pub(crate) fn party(byte: u8) -> Party {
    Party {
        address: address(byte),
        name: None,
        is_contract: false,
    }
}

pub(crate) fn contract_party() -> Party {
    Party {
        address: address(0xcc),
        name: Some("Vault".into()),
        is_contract: true,
    }
}

pub(crate) fn moment() -> Moment {
    Moment {
        block: 1_024,
        at: AT,
    }
}

pub(crate) fn status() -> IndexStatus {
    let current = |section| SectionStatus {
        section,
        indexed: Some(1_024),
        freshness: Freshness::Current,
    };
    IndexStatus {
        chain_id: Some(31_337),
        node: NodeState::Connected,
        tip: Some(1_024),
        indexed: Some(1_024),
        indexed_at: Some(AT),
        lag_blocks: 0,
        sections: vec![
            current(Section::Blocks),
            current(Section::InternalCalls),
            current(Section::Balances),
            current(Section::TokenDetails),
        ],
    }
}

pub(crate) fn block() -> BlockSummary {
    BlockSummary {
        number: 1_024,
        hash: BlockHash([0xb1; 32]),
        timestamp: AT,
        signer: party(0x51),
        transactions: 2,
        gas_used: 3_750_000,
        gas_limit: 30_000_000,
        base_fee_per_gas: Some(Amount::from(1_500_000_000_u64)),
        fees: Amount::from(42_000_000_000_000_u64),
        burnt: Amount::from(31_500_000_000_000_u64),
    }
}

pub(crate) fn block_view() -> BlockView {
    BlockView {
        summary: block(),
        confirmations: 7,
        previous: Some(1_023),
        next: Some(1_025),
        details: BlockDetails {
            parent_hash: BlockHash([0xb0; 32]),
            state_root: Word([1; 32]),
            transactions_root: Word([2; 32]),
            receipts_root: Word([3; 32]),
            difficulty: Amount::from(2_u64),
            size_bytes: 1_536,
            nonce: HexBytes(vec![0; 8]),
            mix_hash: Some(Word([0; 32])),
            extra_data: HexBytes(vec![0xab; 4]),
            token_transfers: 3,
        },
    }
}

pub(crate) fn transaction() -> TransactionSummary {
    TransactionSummary {
        hash: hash(0x7a),
        moment: moment(),
        index: 0,
        status: TransactionStatus::Succeeded,
        from: party(0xaa),
        to: Some(contract_party()),
        created: None,
        nonce: 5,
        value: Amount::from(1_500_000_000_000_000_001_u64),
        fee: Amount::from(21_000_000_000_000_u64),
        gas_used: 52_310,
        method: Some(MethodName {
            selector: "0xd0e30db0".into(),
            name: Some("deposit".into()),
        }),
    }
}

pub(crate) fn field(name: &str, type_name: &str, value: DecodedValue) -> DecodedField {
    DecodedField {
        name: name.into(),
        type_name: type_name.into(),
        is_indexed: false,
        value,
    }
}

pub(crate) fn call() -> DecodedCall {
    DecodedCall {
        name: "deposit".into(),
        signature: "deposit(uint256)".into(),
        arguments: vec![field(
            "amount",
            "uint256",
            DecodedValue::Number("1500000".into()),
        )],
    }
}

pub(crate) fn transaction_view() -> TransactionView {
    TransactionView {
        summary: transaction(),
        block_hash: BlockHash([0xb1; 32]),
        confirmations: 8,
        transaction_type: 2,
        gas_limit: 60_000,
        fee: FeeSplit {
            paid: Amount::from(21_000_000_000_000_u64),
            burnt: Amount::from(14_000_000_000_000_u64),
            tip: Amount::from(7_000_000_000_000_u64),
            saved: Some(Amount::from(9_000_000_000_000_u64)),
            effective_gas_price: Amount::from(1_500_000_000_u64),
            base_fee_per_gas: Some(Amount::from(1_000_000_000_u64)),
            max_fee_per_gas: Some(Amount::from(2_000_000_000_u64)),
            max_priority_fee_per_gas: Some(Amount::from(500_000_000_u64)),
        },
        input: Part::Known(HexBytes(vec![0xd0, 0xe3, 0x0d, 0xb0])),
        decoded_input: Some(call()),
        access_list: Vec::new(),
        failure: None,
        token_transfers: vec![transfer()],
        logs: 2,
        neighbours: TransactionNeighbours {
            previous: Some(hash(0x79)),
            next: None,
        },
    }
}

pub(crate) fn token() -> TokenLabel {
    TokenLabel {
        address: address(0x70),
        kind: TokenKind::Erc20,
        name: Some("Test Dollar".into()),
        symbol: Some("TUSD".into()),
        decimals: Some(6),
    }
}

pub(crate) fn transfer() -> TokenTransfer {
    TokenTransfer {
        transaction: hash(0x7a),
        moment: moment(),
        log_index: 3,
        token: token(),
        from: party(0xaa),
        to: party(0xbb),
        amount: Amount::from(2_500_000_u64),
        token_id: None,
    }
}

pub(crate) fn overview() -> AddressOverview {
    AddressOverview {
        party: party(0xaa),
        balance: Part::Known(Amount::from(2_000_000_000_000_000_000_u64)),
        nonce: Part::Known(6),
        counts: AddressCounts {
            transactions: 12,
            sent: 6,
            internal_calls: 1,
            token_transfers: 3,
            signed_blocks: 0,
        },
        first_seen: Some(moment()),
        last_seen: Some(moment()),
        creation: None,
        proxy: None,
        token: None,
    }
}

pub(crate) fn frames() -> Vec<CallFrame> {
    let frame = |depth, kind, to: Option<Party>, error: Option<&str>| CallFrame {
        depth,
        kind,
        from: party(0xaa),
        to,
        value: Some(Amount::from(1_000_000_000_000_000_000_u64)),
        gas: 100_000,
        gas_used: 21_000,
        input: HexBytes(vec![0xd0, 0xe3, 0x0d, 0xb0]),
        output: HexBytes::default(),
        decoded: None,
        error: error.map(str::to_owned),
    };
    vec![
        frame(0, CallKind::Call, Some(contract_party()), None),
        frame(1, CallKind::DelegateCall, Some(party(0xdd)), None),
        frame(2, CallKind::Create2, None, Some("out of gas")),
    ]
}

pub(crate) fn contract() -> ContractView {
    ContractView {
        address: address(0xcc),
        code: HexBytes(vec![0x60, 0x80, 0x60, 0x40]),
        code_hash: Word([0xc0; 32]),
        verification: Verification::Unverified,
        proxy: None,
        interface: Some(ContractInterface {
            abi: "[]".into(),
            reads: vec![
                ContractCall {
                    signature: "owner()".into(),
                    name: "owner".into(),
                    inputs: Vec::new(),
                    outputs: vec![(String::new(), "address".into())],
                    is_payable: false,
                    answer: Some(vec![field(
                        "",
                        "address",
                        DecodedValue::Address(address(0xaa).to_checksum()),
                    )]),
                },
                ContractCall {
                    signature: "balanceOf(address)".into(),
                    name: "balanceOf".into(),
                    inputs: vec![("account".into(), "address".into())],
                    outputs: vec![(String::new(), "uint256".into())],
                    is_payable: false,
                    answer: None,
                },
            ],
            writes: vec![ContractCall {
                signature: "deposit(uint256,bool)".into(),
                name: "deposit".into(),
                inputs: vec![
                    ("amount".into(), "uint256".into()),
                    ("".into(), "bool".into()),
                ],
                outputs: Vec::new(),
                is_payable: true,
                answer: None,
            }],
        }),
    }
}

pub(crate) fn signers() -> Signers {
    let signer = |byte, is_next, is_resting| SignerStatus {
        party: party(byte),
        is_next,
        is_resting,
        signed_blocks: 341,
        last_signed: Some(moment()),
    };
    Signers {
        head: 1_024,
        period_ms: 2_000,
        epoch_blocks: 30_000,
        signers: vec![
            signer(0x51, false, true),
            signer(0x52, true, false),
            signer(0x53, false, false),
        ],
        votes: vec![SignerVote {
            voter: party(0x51),
            candidate: party(0x54),
            proposal: VoteProposal::Authorize,
            block: 1_000,
        }],
    }
}

pub(crate) fn nodes() -> Nodes {
    let node = |name: &str, state| NodeStatus {
        name: name.into(),
        endpoint: format!("http://{name}:3000/rpc"),
        is_own: name == "here",
        state,
        head: Some(1_024),
        lag_blocks: Some(0),
        client_version: Some("ledgercloud/0.1".into()),
        last_answer_at: Some(AT),
        last_error: None,
    };
    let other = NodeSync::Incompatible {
        reason: "its genesis block is another one".into(),
    };
    Nodes {
        compared_at: Some(AT),
        nodes: vec![
            node("here", NodeSync::InStep),
            node("there", NodeSync::Failing { retry_at: None }),
            node("elsewhere", other),
        ],
    }
}

pub(crate) fn home() -> Home {
    Home {
        status: status(),
        totals: ChainTotals {
            blocks: 1_025,
            transactions: 2_048,
            addresses: 77,
            contracts: 12,
            tokens: 3,
            token_transfers: 512,
        },
        blocks: vec![block()],
        transactions: vec![transaction()],
        chart: chart(),
        gas: Part::Known(GasPrices {
            base_fee_per_gas: Amount::from(1_000_000_000_u64),
            slow_tip: Amount::from(100_000_000_u64),
            usual_tip: Amount::from(1_000_000_000_u64),
            fast_tip: Amount::from(2_000_000_000_u64),
            used_percent: 12,
        }),
        block_time_ms: Some(2_010),
        transactions_per_1000_s: Some(4_500),
    }
}

pub(crate) fn chart() -> Chart {
    let points = (0..5_i64).map(|day| ChartPoint {
        start: Timestamp(day * 86_400_000),
        transactions: u64::try_from(day).unwrap() * 100,
        ..ChartPoint::default()
    });
    Chart {
        period: ChartPeriod::Day,
        points: points.collect(),
    }
}
