use alloy_consensus::{
    SignableTransaction, Signed, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy,
};
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_primitives::{Signature, TxKind, address};
use proptest::prelude::*;
use revm::context::TxEnv;
use revm::context::result::InvalidTransaction;
use revm::handler::validation::validate_initial_tx_gas;
use revm::primitives::hardfork::SpecId;
use serde::Deserialize;

use super::*;

const KEY: B256 = B256::repeat_byte(0x46);
const SENDER: Address = address!("0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");
const RULES: ChainRules = ChainRules {
    chain_id: 1337,
    spec_id: SpecId::PRAGUE,
    block_gas_limit: 30_000_000,
    unprotected: Unprotected::Refused,
};

fn sign<T>(transaction: T) -> TxEnvelope
where
    T: SignableTransaction<Signature>,
    TxEnvelope: From<Signed<T>>,
{
    let hash = transaction.signature_hash();
    let signature = alloy_consensus::crypto::secp256k1::sign_message(KEY, hash).unwrap();
    transaction.into_signed(signature).into()
}

fn transfer() -> TxEip1559 {
    TxEip1559 {
        chain_id: 1337,
        gas_limit: 21_000,
        max_fee_per_gas: 100,
        max_priority_fee_per_gas: 3,
        to: TxKind::Call(SENDER),
        ..Default::default()
    }
}

fn encode(envelope: &TxEnvelope) -> Vec<u8> {
    envelope.encoded_2718()
}

/// Made by eth-account 0.14.
#[derive(Deserialize)]
struct Vector {
    name: String,
    raw: Bytes,
    hash: B256,
    sender: Address,
    nonce: u64,
    gas_limit: u64,
    max_fee_wei: u128,
    tip_wei: u128,
    value_wei: u64,
}

#[test]
fn transactions_of_another_implementation() {
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../../testdata/transaction/eth_account.json")).unwrap();
    assert_eq!(vectors.len(), 6);
    for vector in vectors {
        let name = vector.name;
        let transaction = decode(&vector.raw).unwrap();
        assert_eq!(transaction.hash(), vector.hash, "{name}");
        assert_eq!(transaction.sender(), vector.sender, "{name}");
        assert_eq!(transaction.nonce(), vector.nonce, "{name}");
        assert_eq!(transaction.gas_limit(), vector.gas_limit, "{name}");
        assert_eq!(
            transaction.max_fee_per_gas_wei(),
            vector.max_fee_wei,
            "{name}"
        );
        assert_eq!(
            transaction.max_priority_fee_per_gas_wei(),
            vector.tip_wei,
            "{name}"
        );
        let cost = U256::from(vector.gas_limit) * U256::from(vector.max_fee_wei)
            + U256::from(vector.value_wei);
        assert_eq!(transaction.cost_max_wei(), cost, "{name}");
        assert_eq!(transaction.encoded(), vector.raw, "{name}");
        assert_eq!(transaction.encoded_length(), vector.raw.len(), "{name}");
        let again = decode_recovered(&vector.raw, vector.sender).unwrap();
        assert_eq!(again, transaction, "{name}");
        assert_eq!(again.sender(), vector.sender, "{name}");
        let of_block = Transaction::from_recovered(transaction.recovered().clone()).unwrap();
        assert_eq!(of_block, transaction, "{name}");
        assert_eq!(of_block.encoded_length(), vector.raw.len(), "{name}");
        let rules = ChainRules {
            chain_id: transaction.envelope().chain_id().unwrap_or(1337),
            ..RULES
        };
        let expected = match name.as_str() {
            "legacy without a chain id" => Err(Refusal::NotReplayProtected),
            _ => Ok(()),
        };
        assert_eq!(check_stateless(&transaction, &rules), expected, "{name}");
        let rules = ChainRules {
            unprotected: Unprotected::Allowed,
            ..rules
        };
        assert_eq!(check_stateless(&transaction, &rules), Ok(()), "{name}");
    }
}

#[track_caller]
fn check_undecodable(raw: &[u8], text: &str, code: i64) {
    let refusal = decode(raw).unwrap_err();
    assert!(refusal.to_string().starts_with(text), "{refusal}");
    assert_eq!(refusal.code(), code);
    assert!(refusal.machine_code().starts_with("chain."));
}

#[test]
fn what_is_no_transaction() {
    let valid = encode(&sign(transfer()));
    let rlp = "rlp: the transaction cannot be decoded: ";
    check_undecodable(&[], rlp, -32602);
    check_undecodable(&[2], rlp, -32602);
    check_undecodable(&[0xc0], rlp, -32602);
    check_undecodable(&valid[..valid.len() - 1], rlp, -32602);
    check_undecodable(&[valid.as_slice(), &[0]].concat(), rlp, -32602);
    let unsupported = "transaction type not supported: ";
    for kind in [0, 3, 5, 0x7e, 0x7f, 0x80, 0xbf] {
        let mut other = valid.clone();
        other[0] = kind;
        check_undecodable(&other, unsupported, -32000);
    }
    check_undecodable(
        &vec![2; ENCODED_LENGTH_MAX + 1],
        "oversized data: transaction size 131073, limit 131072",
        -32000,
    );
}

#[test]
fn signatures_of_nobody() {
    let order = alloy_consensus::crypto::SECP256K1N_HALF * U256::from(2) + U256::from(1);
    let envelope = sign(transfer());
    let signature = envelope.signature();
    let (r, s, parity) = (signature.r(), signature.s(), signature.v());
    for (signature, text) in [
        (
            Signature::new(r, order - s, !parity),
            "invalid transaction v, r, s values: s is in the upper half",
        ),
        (Signature::new(r, U256::ZERO, parity), "invalid sender"),
        (Signature::new(U256::ZERO, s, parity), "invalid sender"),
        (Signature::new(order, s, parity), "invalid sender"),
    ] {
        let raw = encode(&transfer().into_signed(signature).into());
        check_undecodable(&raw, text, -32000);
    }
    let high = TxEnvelope::from(transfer().into_signed(Signature::new(r, order - s, !parity)));
    let of_block = Transaction::from_recovered(Recovered::new_unchecked(high, SENDER)).unwrap();
    assert_eq!(check_stateless(&of_block, &RULES), Err(Refusal::HighS));
}

#[test]
fn blobs_and_endless_costs_are_refused() {
    let blob = TxEip4844 {
        chain_id: 1337,
        blob_versioned_hashes: vec![B256::repeat_byte(1)],
        ..Default::default()
    };
    let hash = blob.signature_hash();
    let signature = alloy_consensus::crypto::secp256k1::sign_message(KEY, hash).unwrap();
    let envelope = TxEnvelope::from(blob.into_signed(signature));
    assert_eq!(decode(&encode(&envelope)), Err(Refusal::BlobTransaction));
    let recovered = Recovered::new_unchecked(envelope, SENDER);
    assert_eq!(
        Transaction::from_recovered(recovered),
        Err(Refusal::BlobTransaction)
    );
    let endless = TxEip1559 {
        value: U256::MAX,
        ..transfer()
    };
    assert_eq!(decode(&encode(&sign(endless))), Err(Refusal::CostOverflow));
}

#[track_caller]
fn check_refused(envelope: &TxEnvelope, rules: ChainRules, text: &str) {
    let transaction = decode(&encode(envelope)).unwrap();
    let refusal = check_stateless(&transaction, &rules).unwrap_err();
    assert_eq!(refusal.to_string(), text);
    assert_eq!(refusal.code(), -32000);
    assert!(refusal.machine_code().starts_with("chain."));
}

fn of_1559(change: impl FnOnce(&mut TxEip1559)) -> TxEnvelope {
    let mut transaction = transfer();
    change(&mut transaction);
    sign(transaction)
}

fn set_code(authorization_list: Vec<SignedAuthorization>) -> TxEip7702 {
    TxEip7702 {
        chain_id: 1337,
        gas_limit: 100_000,
        max_fee_per_gas: 9,
        authorization_list,
        ..Default::default()
    }
}

fn authorization() -> SignedAuthorization {
    let authorization = Authorization {
        chain_id: U256::from(1337),
        address: SENDER,
        nonce: 1,
    };
    authorization.into_signed(Signature::new(U256::from(1), U256::from(1), false))
}

#[test]
fn each_rule_refuses() {
    check_refused(
        &of_1559(|transaction| transaction.chain_id = 1),
        RULES,
        "invalid chain id for signer: have 1 want 1337",
    );
    check_refused(
        &of_1559(|transaction| transaction.nonce = u64::MAX),
        RULES,
        "nonce has max value: no nonce could follow it (EIP-2681)",
    );
    check_refused(
        &of_1559(|transaction| transaction.max_priority_fee_per_gas = 101),
        RULES,
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: 101, maxFeePerGas: 100",
    );
    check_refused(
        &of_1559(|transaction| transaction.gas_limit = 20_999),
        RULES,
        "intrinsic gas too low: gas 20999, minimum needed 21000",
    );
    check_refused(
        &of_1559(|transaction| transaction.gas_limit = 30_000_001),
        RULES,
        "exceeds block gas limit: gas 30000001, limit 30000000",
    );
    check_refused(
        &of_1559(|transaction| transaction.gas_limit = (1 << 24) + 1),
        ChainRules {
            spec_id: SpecId::OSAKA,
            ..RULES
        },
        "transaction gas limit too high (cap: 16777216, tx: 16777217) (EIP-7825)",
    );
    // 1,000 bytes of 40 gas each at the floor, and 16 each before it.
    check_refused(
        &of_1559(|transaction| {
            transaction.input = vec![1; 1_000].into();
            transaction.gas_limit = 60_999;
        }),
        RULES,
        "insufficient gas for floor data gas cost: gas 60999, minimum needed 61000 (EIP-7623)",
    );
    check_refused(
        &of_1559(|transaction| {
            transaction.input = vec![0; 49_153].into();
            transaction.to = TxKind::Create;
            transaction.gas_limit = 30_000_000;
        }),
        RULES,
        "max initcode size exceeded: code size 49153, limit 49152",
    );
    check_refused(
        &sign(set_code(vec![])),
        RULES,
        "set code tx must have at least one authorization tuple: the EIP-7702 authorization list is empty",
    );
    let large = of_1559(|transaction| transaction.input = vec![0; ENCODED_LENGTH_MAX].into());
    let large = Transaction::from_recovered(Recovered::new_unchecked(large, SENDER)).unwrap();
    let refusal = check_stateless(&large, &RULES).unwrap_err();
    assert!(refusal.to_string().starts_with("oversized data: "));
}

#[test]
fn types_begin_with_their_hard_forks() {
    let access_list = sign(TxEip2930 {
        chain_id: 1337,
        gas_limit: 21_000,
        gas_price: 1,
        to: TxKind::Call(SENDER),
        ..Default::default()
    });
    for (envelope, spec_id, before) in [
        (access_list, SpecId::BERLIN, SpecId::ISTANBUL),
        (sign(transfer()), SpecId::LONDON, SpecId::BERLIN),
        (
            sign(set_code(vec![authorization()])),
            SpecId::PRAGUE,
            SpecId::CANCUN,
        ),
    ] {
        let transaction = decode(&encode(&envelope)).unwrap();
        let at = |spec_id| check_stateless(&transaction, &ChainRules { spec_id, ..RULES });
        assert_eq!(at(spec_id), Ok(()));
        let kind = encode(&envelope)[0];
        assert_eq!(at(before), Err(Refusal::UnsupportedType(kind)));
    }
}

#[test]
fn the_tip_depends_on_the_base_fee() {
    let dynamic = decode(&encode(&sign(transfer()))).unwrap();
    let legacy = decode(&encode(&sign(TxLegacy {
        chain_id: Some(1337),
        gas_price: 100,
        ..Default::default()
    })))
    .unwrap();
    for (base_fee_wei, tip, price) in [
        (0, Some(3), Some(100)),
        (97, Some(3), Some(3)),
        (98, Some(2), Some(2)),
        (100, Some(0), Some(0)),
        (101, None, None),
    ] {
        assert_eq!(dynamic.effective_tip_wei(base_fee_wei), tip);
        assert_eq!(legacy.effective_tip_wei(base_fee_wei), price);
    }
}

fn access_list() -> impl Strategy<Value = AccessList> {
    let item = (
        any::<[u8; 20]>(),
        prop::collection::vec(any::<[u8; 32]>(), 0..3),
    )
        .prop_map(|(address, keys)| AccessListItem {
            address: address.into(),
            storage_keys: keys.into_iter().map(B256::from).collect(),
        });
    prop::collection::vec(item, 0..4).prop_map(AccessList)
}

prop_compose! {
    fn envelope()(
        kind in 0_u8..4,
        nonce: u64,
        gas_limit in 0_u64..200_000,
        fee in 0_u128..1 << 90,
        tip in 0_u128..1 << 90,
        to in prop::option::of(any::<[u8; 20]>()),
        value: u128,
        input in prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..300),
        access_list in access_list(),
        authorizations in 0_usize..3,
    ) -> TxEnvelope {
        let (chain_id, value, input) = (1337, U256::from(value), Bytes::from(input));
        let kind_to = to.map_or(TxKind::Create, |to| TxKind::Call(to.into()));
        match kind {
            0 => sign(TxLegacy { chain_id: Some(chain_id), nonce, gas_price: fee, gas_limit, to: kind_to, value, input }),
            1 => sign(TxEip2930 { chain_id, nonce, gas_price: fee, gas_limit, to: kind_to, value, access_list, input }),
            2 => sign(TxEip1559 {
                chain_id, nonce, gas_limit, max_fee_per_gas: fee, max_priority_fee_per_gas: tip,
                to: kind_to, value, access_list, input,
            }),
            _ => sign(TxEip7702 {
                chain_id, nonce, gas_limit, max_fee_per_gas: fee, max_priority_fee_per_gas: tip,
                to: to.unwrap_or_default().into(), value, access_list,
                authorization_list: vec![authorization(); authorizations], input,
            }),
        }
    }
}

fn environment_of(envelope: &TxEnvelope) -> TxEnv {
    let authorizations = envelope.authorization_list().unwrap_or_default();
    TxEnv {
        tx_type: envelope.ty(),
        caller: SENDER,
        gas_limit: envelope.gas_limit(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        access_list: envelope.access_list().cloned().unwrap_or_default(),
        authorization_list: authorizations
            .iter()
            .map(|signed| revm::context::either::Either::Left(signed.clone()))
            .collect(),
        ..Default::default()
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(envelope in envelope()) {
        let raw = encode(&envelope);
        let transaction = decode(&raw).unwrap();
        prop_assert_eq!(transaction.sender(), SENDER);
        prop_assert_eq!(transaction.hash(), alloy_primitives::keccak256(&raw));
        prop_assert_eq!(transaction.envelope(), &envelope);
        prop_assert_eq!(transaction.encoded(), raw);
    }

    /// A changed byte is refused, or it is another transaction in its own canonical form.
    #[test]
    fn one_transaction_has_one_encoding(envelope in envelope(), position: prop::sample::Index, flip in 1_u8..) {
        let mut raw = encode(&envelope);
        raw[position.index(envelope.encode_2718_len())] ^= flip;
        if let Ok(transaction) = decode(&raw) {
            prop_assert_ne!(transaction.hash(), *envelope.tx_hash());
            prop_assert_eq!(transaction.encoded(), raw);
        }
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(kind in prop_oneof![Just(1_u8), Just(2), Just(4), Just(0xf8)], rest: Vec<u8>) {
        let raw = [vec![kind], rest].concat();
        prop_assert!(decode(&raw).is_err());
    }

    /// The EVM's own check has the last word.
    #[test]
    fn gas_is_counted_as_the_evm_counts_it(envelope in envelope(), is_cancun: bool) {
        let spec_id = if is_cancun { SpecId::CANCUN } else { SpecId::PRAGUE };
        let rules = ChainRules { spec_id, ..RULES };
        let transaction = decode(&encode(&envelope)).unwrap();
        let expected = validate_initial_tx_gas(environment_of(&envelope), spec_id, false, false, u64::MAX, None);
        match (check_stateless(&transaction, &rules), expected) {
            (Ok(()), Ok(_)) => {}
            (
                Err(Refusal::IntrinsicGas { gas_needed, .. }),
                Err(InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas: evm, .. }),
            )
            | (
                Err(Refusal::FloorGas { gas_needed, .. }),
                Err(InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor: evm, .. }),
            ) => prop_assert_eq!(gas_needed, evm),
            (
                Err(
                    Refusal::TipAboveFee { .. } | Refusal::EmptyAuthorizationList | Refusal::NonceMax
                    | Refusal::UnsupportedType(4),
                ),
                _,
            ) => {}
            (ours, evm) => prop_assert!(false, "{:?} against {:?}", ours, evm),
        }
    }
}
