use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_eips::eip2930::AccessList;
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
use secp256k1::{Message, SECP256K1, SecretKey};

use super::CHAIN_ID;

/// A key whose number tells it from others.
#[derive(Clone)]
pub struct Wallet {
    pub key: SecretKey,
    pub address: Address,
}

impl Wallet {
    pub fn new(number: u8) -> Self {
        let key = SecretKey::from_slice(keccak256([number; 7]).as_slice()).unwrap();
        let address = chain::clique::signer_address(&key);
        Self { key, address }
    }

    pub fn sign_hash(&self, hash: B256) -> Signature {
        let message = Message::from_digest(hash.0);
        let (id, bytes) = SECP256K1
            .sign_ecdsa_recoverable(&message, &self.key)
            .serialize_compact();
        Signature::from_bytes_and_parity(&bytes, i32::from(id) == 1)
    }

    pub fn sign<T>(&self, transaction: T) -> Bytes
    where
        T: SignableTransaction<Signature>,
        TxEnvelope: From<alloy_consensus::Signed<T>>,
    {
        let signature = self.sign_hash(transaction.signature_hash());
        TxEnvelope::from(transaction.into_signed(signature))
            .encoded_2718()
            .into()
    }

    /// With fees of EIP-1559.
    pub fn send(
        &self,
        nonce: u64,
        kind: TxKind,
        value: U256,
        gas_limit: u64,
        input: Bytes,
    ) -> Bytes {
        self.sign(TxEip1559 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit,
            max_fee_per_gas: MAX_FEE_WEI,
            max_priority_fee_per_gas: TIP_WEI,
            to: kind,
            value,
            access_list: AccessList::default(),
            input,
        })
    }

    pub fn transfer(&self, nonce: u64, to: Address, value: u64) -> Bytes {
        self.send(
            nonce,
            TxKind::Call(to),
            U256::from(value),
            21_000,
            Bytes::new(),
        )
    }

    pub fn create(&self, nonce: u64, init_code: impl Into<Bytes>) -> Bytes {
        self.send(
            nonce,
            TxKind::Create,
            U256::ZERO,
            3_000_000,
            init_code.into(),
        )
    }

    pub fn call(&self, nonce: u64, to: Address, input: impl Into<Bytes>) -> Bytes {
        self.send(nonce, TxKind::Call(to), U256::ZERO, 1_000_000, input.into())
    }

    pub fn legacy(&self, nonce: u64, to: Address, value: u64) -> Bytes {
        self.sign(TxLegacy {
            chain_id: Some(CHAIN_ID),
            nonce,
            gas_price: MAX_FEE_WEI,
            gas_limit: 21_000,
            to: TxKind::Call(to),
            value: U256::from(value),
            input: Bytes::new(),
        })
    }

    pub fn with_access_list(
        &self,
        nonce: u64,
        to: Address,
        input: Bytes,
        list: AccessList,
    ) -> Bytes {
        self.sign(TxEip2930 {
            chain_id: CHAIN_ID,
            nonce,
            gas_price: MAX_FEE_WEI,
            gas_limit: 1_000_000 + 40 * input.len() as u64,
            to: TxKind::Call(to),
            value: U256::ZERO,
            access_list: list,
            input,
        })
    }

    pub fn with_authorizations(
        &self,
        nonce: u64,
        to: Address,
        input: Bytes,
        authorization_list: Vec<SignedAuthorization>,
    ) -> Bytes {
        self.sign(TxEip7702 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit: 1_000_000 + 40 * input.len() as u64,
            max_fee_per_gas: MAX_FEE_WEI,
            max_priority_fee_per_gas: TIP_WEI,
            to,
            value: U256::ZERO,
            access_list: AccessList::default(),
            authorization_list,
            input,
        })
    }

    /// Lets a contract act in this account's place (EIP-7702). Chain id 0 means every chain.
    pub fn authorize(&self, chain_id: u64, contract: Address, nonce: u64) -> SignedAuthorization {
        let authorization = Authorization {
            chain_id: U256::from(chain_id),
            address: contract,
            nonce,
        };
        let hash = authorization.signature_hash();
        authorization.into_signed(self.sign_hash(hash))
    }
}

pub const MAX_FEE_WEI: u128 = 100_000_000_000;
pub const TIP_WEI: u128 = 1_000_000_000;

pub fn transfer_of(wallet: &Wallet, nonce: u64) -> Bytes {
    wallet.transfer(nonce, Address::repeat_byte(0xaa), 1)
}

pub fn creation_of(wallet: &Wallet, nonce: u64, runtime: &[u8]) -> (Bytes, Address) {
    let init_code = super::contracts::init_code(runtime);
    (
        wallet.create(nonce, init_code),
        wallet.address.create(nonce),
    )
}

pub fn call_of(wallet: &Wallet, nonce: u64, to: Address, words: &[U256]) -> Bytes {
    let input: Vec<u8> = words
        .iter()
        .flat_map(|word| word.to_be_bytes::<32>())
        .collect();
    wallet.call(nonce, to, input)
}
