use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use proptest::prelude::*;
use types::WalletAddress;
use types::chain::TransactionRequest;
use types::explorer::{Amount, HexBytes};

use super::*;

fn prepared() -> impl Strategy<Value = PreparedTransaction> {
    let request = (
        prop::option::of(any::<[u8; 20]>()),
        any::<u128>(),
        prop::collection::vec(any::<u8>(), 0..400),
    );
    let numbers = any::<(u64, u64, u64, u128, u128)>();
    (request, numbers).prop_map(
        |((to, value, data), (chain_id, nonce, gas_limit, fee, tip))| PreparedTransaction {
            request: TransactionRequest {
                from: WalletAddress([0; 20]),
                to: to.map(WalletAddress),
                value: Amount::from(value),
                data: HexBytes(data),
            },
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: Amount::from(fee),
            max_priority_fee_per_gas: Amount::from(tip),
        },
    )
}

#[test]
fn amounts_beyond_the_evm_are_refused() {
    let key = SecretKey::from_bytes(&[7; 32]).unwrap();
    let mut transaction = PreparedTransaction {
        request: TransactionRequest {
            from: key.address(),
            to: None,
            value: "9".repeat(78).parse().unwrap(),
            data: HexBytes::default(),
        },
        chain_id: 1,
        nonce: 0,
        gas_limit: 21_000,
        max_fee_per_gas: Amount::from(1_u64),
        max_priority_fee_per_gas: Amount::zero(),
    };
    assert_eq!(
        sign_transaction(&key, &transaction),
        Err(SigningError::TooLarge)
    );
    transaction.request.value = Amount::zero();
    assert!(sign_transaction(&key, &transaction).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Another implementation (alloy) reads the same fields and the same signer.
    #[test]
    fn others_read_what_was_signed(secret in prop::array::uniform32(1_u8..255), transaction in prepared()) {
        let key = SecretKey::from_bytes(&secret).unwrap();
        let raw = hex::decode(&sign_transaction(&key, &transaction).unwrap()[2..]).unwrap();
        let mut rest = raw.as_slice();
        let read = TxEnvelope::decode_2718(&mut rest).unwrap();
        prop_assert!(rest.is_empty());
        prop_assert_eq!(read.recover_signer().unwrap().into_array(), key.address().0);
        prop_assert_eq!(read.chain_id(), Some(transaction.chain_id));
        prop_assert_eq!(read.nonce(), transaction.nonce);
        prop_assert_eq!(read.gas_limit(), transaction.gas_limit);
        prop_assert_eq!(read.max_fee_per_gas().to_string(), transaction.max_fee_per_gas.to_string());
        prop_assert_eq!(
            read.max_priority_fee_per_gas().map(|tip| tip.to_string()),
            Some(transaction.max_priority_fee_per_gas.to_string())
        );
        prop_assert_eq!(read.to().map(|to| to.into_array()), transaction.request.to.map(|to| to.0));
        prop_assert_eq!(read.value().to_string(), transaction.request.value.to_string());
        prop_assert_eq!(read.input().to_vec(), transaction.request.data.0);
    }
}
