//! Signed transactions as they arrive from outside: decoding, the sender, and the checks that need
//! no state.

mod check;
mod refusal;

use std::sync::Arc;

use alloy_consensus::transaction::{Recovered, SignerRecoverable};
use alloy_consensus::{Transaction as _, TxEnvelope, Typed2718 as _};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, U256};

pub use self::check::{ChainRules, Unprotected, check_stateless};
pub use self::refusal::Refusal;

/// Largest encoded transaction that is taken, in bytes: what geth takes.
pub const ENCODED_LENGTH_MAX: usize = 128 * 1024;

/// Type byte of blob transactions (EIP-4844).
const BLOB_TYPE: u8 = 3;
/// First byte of an RLP list: from here on it is an untyped transaction (EIP-2718).
const RLP_LIST: u8 = 0xc0;

/// Decodes a transaction of type 0, 1, 2 or 4 (EIP-2718) and recovers its sender.
///
/// Accepted is only the canonical encoding, so that one transaction has one hash.
///
/// # Errors
/// Too long, malformed, of a type that this chain does not carry, or with a signature of nobody.
pub fn decode(raw: &[u8]) -> Result<Transaction, Refusal> {
    Transaction::of(recover(decode_envelope(raw)?)?, raw.len())
}

/// Finds out who signed (EIP-2: with the lower of the two possible signatures).
fn recover(envelope: TxEnvelope) -> Result<Recovered<TxEnvelope>, Refusal> {
    if envelope.signature().s() > alloy_consensus::crypto::SECP256K1N_HALF {
        return Err(Refusal::HighS);
    }
    envelope
        .try_into_recovered()
        .map_err(|_| Refusal::InvalidSignature)
}

/// Decodes a transaction whose sender this node recovered before, as when its own database is
/// read at start: recovery is nine tenths of the cost of [`decode`].
///
/// # Errors
/// As [`decode`], but for the signature, which is not looked at.
pub fn decode_recovered(raw: &[u8], sender: Address) -> Result<Transaction, Refusal> {
    let recovered = Recovered::new_unchecked(decode_envelope(raw)?, sender);
    Transaction::of(recovered, raw.len())
}

/// A decoded transaction with its sender. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Transaction(Arc<Parts>);

/// What is asked again and again is computed once.
#[derive(Debug)]
struct Parts {
    recovered: Recovered<TxEnvelope>,
    hash: B256,
    encoded_length: usize,
    cost_max_wei: U256,
}

impl Transaction {
    fn of(recovered: Recovered<TxEnvelope>, encoded_length: usize) -> Result<Self, Refusal> {
        if recovered.ty() == BLOB_TYPE {
            return Err(Refusal::BlobTransaction);
        }
        // 64 and 128 bits: the product fits.
        let gas_cost_wei =
            U256::from(recovered.gas_limit()) * U256::from(recovered.max_fee_per_gas());
        let cost_max_wei = gas_cost_wei
            .checked_add(recovered.value())
            .ok_or(Refusal::CostOverflow)?;
        Ok(Self(Arc::new(Parts {
            hash: *recovered.tx_hash(),
            encoded_length,
            cost_max_wei,
            recovered,
        })))
    }

    /// Of a block that somebody sends.
    ///
    /// # Errors
    /// A signature of nobody, a blob transaction, or a cost that does not fit in 256 bits.
    pub fn recover(envelope: TxEnvelope) -> Result<Self, Refusal> {
        Self::from_recovered(recover(envelope)?)
    }

    /// Of a block that was executed here: its sender is known to be right.
    ///
    /// # Errors
    /// A blob transaction, or a cost that does not fit in 256 bits.
    pub fn from_recovered(recovered: Recovered<TxEnvelope>) -> Result<Self, Refusal> {
        let encoded_length = recovered.encode_2718_len();
        Self::of(recovered, encoded_length)
    }

    /// Keccak-256 of the encoding.
    #[must_use]
    pub fn hash(&self) -> B256 {
        self.0.hash
    }

    #[must_use]
    pub fn sender(&self) -> Address {
        self.0.recovered.signer()
    }

    #[must_use]
    pub fn nonce(&self) -> u64 {
        self.0.recovered.nonce()
    }

    #[must_use]
    pub fn gas_limit(&self) -> u64 {
        self.0.recovered.gas_limit()
    }

    /// The most that a unit of gas may cost: the gas price of types 0 and 1.
    #[must_use]
    pub fn max_fee_per_gas_wei(&self) -> u128 {
        self.0.recovered.max_fee_per_gas()
    }

    /// The most that the block's maker gets for a unit of gas: the gas price of types 0 and 1.
    #[must_use]
    pub fn max_priority_fee_per_gas_wei(&self) -> u128 {
        self.0.recovered.priority_fee_or_price()
    }

    /// What the sender must own: value, and all gas at the highest price (EIP-1559).
    #[must_use]
    pub fn cost_max_wei(&self) -> U256 {
        self.0.cost_max_wei
    }

    /// What the block's maker gets for a unit of gas; none if the base fee is not covered.
    #[must_use]
    pub fn effective_tip_wei(&self, base_fee_wei: u64) -> Option<u128> {
        self.0.recovered.effective_tip_per_gas(base_fee_wei)
    }

    /// Bytes of the encoding.
    #[must_use]
    pub fn encoded_length(&self) -> usize {
        self.0.encoded_length
    }

    /// The encoding of EIP-2718, of which the hash is.
    #[must_use]
    pub fn encoded(&self) -> Bytes {
        let mut buffer = Vec::with_capacity(self.0.encoded_length);
        self.envelope().encode_2718(&mut buffer);
        buffer.into()
    }

    #[must_use]
    pub fn envelope(&self) -> &TxEnvelope {
        self.0.recovered.inner()
    }

    #[must_use]
    pub fn recovered(&self) -> &Recovered<TxEnvelope> {
        &self.0.recovered
    }
}

/// Transactions are the same when their hashes are.
impl PartialEq for Transaction {
    fn eq(&self, other: &Self) -> bool {
        self.hash() == other.hash()
    }
}

impl Eq for Transaction {}

fn decode_envelope(raw: &[u8]) -> Result<TxEnvelope, Refusal> {
    if raw.len() > ENCODED_LENGTH_MAX {
        return Err(Refusal::Oversized {
            length: raw.len(),
            length_max: ENCODED_LENGTH_MAX,
        });
    }
    match raw.first() {
        None => return Err(Refusal::Malformed("it is empty".to_owned())),
        Some(&BLOB_TYPE) => return Err(Refusal::BlobTransaction),
        Some(1 | 2 | 4 | RLP_LIST..) => {}
        Some(&unknown) => return Err(Refusal::UnsupportedType(unknown)),
    }
    let envelope = TxEnvelope::decode_2718_exact(raw)
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    // A second spelling would be a second hash, and one transaction could be two in the pool.
    let mut canonical = Vec::with_capacity(raw.len());
    envelope.encode_2718(&mut canonical);
    if canonical != raw {
        return Err(Refusal::Malformed(
            "it is not canonically encoded".to_owned(),
        ));
    }
    Ok(envelope)
}

#[cfg(test)]
mod tests;
