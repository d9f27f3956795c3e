//! What a transaction has done, as it is kept.

use alloy_consensus::{Eip658Value, Receipt, ReceiptEnvelope, TxType};
use alloy_primitives::{Log, logs_bloom};
use alloy_rlp::{RlpDecodable, RlpEncodable};

/// The outcome of one transaction. What follows from the transaction itself (type, hash, address
/// of a created contract, effective gas price) is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct StoredReceipt {
    /// Whether it did what it wanted (EIP-658).
    pub succeeded: bool,
    /// Gas of this transaction alone.
    pub gas_used: u64,
    /// Gas of the block up to and with this transaction.
    pub cumulative_gas_used: u64,
    /// Place of the first log in its block.
    pub first_log_index: u64,
    pub logs: Vec<Log>,
}

impl StoredReceipt {
    /// The receipt whose root the header commits to.
    #[must_use]
    pub fn to_consensus(&self, transaction_type: TxType) -> ReceiptEnvelope {
        let receipt = Receipt {
            status: Eip658Value::Eip658(self.succeeded),
            cumulative_gas_used: self.cumulative_gas_used,
            logs: self.logs.clone(),
        };
        let bloom = logs_bloom(&self.logs);
        let receipt = alloy_consensus::ReceiptWithBloom {
            receipt,
            logs_bloom: bloom,
        };
        match transaction_type {
            TxType::Eip2930 => ReceiptEnvelope::Eip2930(receipt),
            TxType::Eip1559 => ReceiptEnvelope::Eip1559(receipt),
            TxType::Eip4844 => ReceiptEnvelope::Eip4844(receipt),
            TxType::Eip7702 => ReceiptEnvelope::Eip7702(receipt),
            _ => ReceiptEnvelope::Legacy(receipt),
        }
    }
}
