//! Blocks as they are checked, executed and handed on.

use alloy_consensus::{BlockBody, Header, TxEnvelope};
use alloy_primitives::{B256, BlockNumber};
use alloy_rlp::{Decodable, Encodable};
use rayon::prelude::*;

use crate::transaction::{Refusal, Transaction};

/// A block as it travels: header, transactions, and no ommers (EIP-225 has none).
pub type WireBlock = alloy_consensus::Block<TxEnvelope>;

/// A block whose senders are known.
#[derive(Debug, Clone)]
pub struct Block {
    pub header: Header,
    /// Keccak-256 of the header with its seal.
    pub hash: B256,
    pub transactions: Vec<Transaction>,
}

/// Why bytes are not a block.
#[derive(Debug, thiserror::Error)]
pub enum MalformedBlock {
    #[error("not the RLP of a block: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    #[error("{0} bytes follow the block")]
    TrailingBytes(usize),
    #[error("transaction {index}: {refusal}")]
    Transaction { index: usize, refusal: Refusal },
}

impl Block {
    /// A block of transactions that were decoded already.
    #[must_use]
    pub fn new(header: Header, transactions: Vec<Transaction>) -> Self {
        let hash = header.hash_slow();
        Self {
            header,
            hash,
            transactions,
        }
    }

    /// Number of the block.
    #[must_use]
    pub const fn number(&self) -> BlockNumber {
        self.header.number
    }

    /// The block's RLP: `[header, transactions, ommers]`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let block = WireBlock {
            header: self.header.clone(),
            body: BlockBody {
                transactions: self
                    .transactions
                    .iter()
                    .map(|transaction| transaction.envelope().clone())
                    .collect(),
                ommers: Vec::new(),
                withdrawals: None,
            },
        };
        let mut bytes = Vec::with_capacity(block.length());
        block.encode(&mut bytes);
        bytes
    }

    /// Reads a block and recovers its senders, on several threads when there are many.
    ///
    /// # Errors
    /// The bytes are not one block, or a transaction's signature is not one.
    pub fn decode(mut bytes: &[u8]) -> Result<Self, MalformedBlock> {
        let block = WireBlock::decode(&mut bytes)?;
        if !bytes.is_empty() {
            return Err(MalformedBlock::TrailingBytes(bytes.len()));
        }
        Ok(Self::new(
            block.header,
            recover_all(block.body.transactions)?,
        ))
    }
}

/// Fewer signatures than this are recovered sooner than they are shared out.
const RECOVERED_AT_ONCE_MIN: usize = 32;

fn recover_all(envelopes: Vec<TxEnvelope>) -> Result<Vec<Transaction>, MalformedBlock> {
    envelopes
        .into_par_iter()
        .with_min_len(RECOVERED_AT_ONCE_MIN)
        .enumerate()
        .map(|(index, envelope)| {
            Transaction::recover(envelope)
                .map_err(|refusal| MalformedBlock::Transaction { index, refusal })
        })
        .collect()
}
