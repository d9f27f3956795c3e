//! What nodes say to one another, byte by byte.
//!
//! Over the WebSocket one binary message is a type byte and its body; over HTTP an answer with
//! blocks is one RLP list of them. Reading refuses whatever is longer than its bound before it
//! looks inside.

use alloy_primitives::{B256, Bytes, U256};
use alloy_rlp::{Decodable, Encodable, Header as RlpHeader, RlpDecodable, RlpEncodable};
use serde::{Deserialize, Serialize};

/// The language of this file. Nodes that speak another one do not talk.
pub const PROTOCOL_VERSION: u32 = 1;

/// Blocks in an answer.
pub const BLOCKS_MAX: usize = 512;
/// Bytes of an answer with blocks; a block that is longer travels alone.
pub const BLOCKS_BYTES_MAX: usize = 16 << 20;
/// Hashes in an answer.
pub const HASHES_MAX: usize = 512;
/// Bytes of a block that is pushed. Of a longer one only the head is announced.
pub const PUSHED_BLOCK_BYTES_MAX: usize = 4 << 20;
/// Transactions in a message.
pub const TRANSACTIONS_MAX: usize = 512;
/// Bytes of encoded transactions after which a message takes no more.
pub const TRANSACTIONS_BYTES_MAX: usize = 256 << 10;
/// Bytes of a message: the longest is one with a block.
pub const MESSAGE_BYTES_MAX: usize = PUSHED_BLOCK_BYTES_MAX + 1;
/// Bytes of a message that carries neither a block nor transactions.
pub const SMALL_MESSAGE_BYTES_MAX: usize = 256;

/// The newest block of a branch in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, RlpEncodable, RlpDecodable)]
pub struct Head {
    pub number: u64,
    pub hash: B256,
    /// Of the whole branch.
    pub total_difficulty: U256,
}

/// What a node says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, RlpEncodable, RlpDecodable)]
pub struct Hello {
    pub version: u32,
    pub chain_id: u64,
    pub genesis_hash: B256,
    /// Drawn at random at each start: tells two ways to one node from two nodes.
    pub node: B256,
    pub head: Head,
}

/// One message over the WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The first one of each side, and only the first.
    Hello(Hello),
    /// The sender's branch ends here now.
    Head(Head),
    /// RLP of a block that is new to the sender; not looked into here.
    Block(Bytes),
    /// EIP-2718 encodings of transactions that wait at the sender.
    Transactions(Vec<Bytes>),
    /// Is to be answered with the same number.
    Ping(u64),
    Pong(u64),
}

const HELLO: u8 = 0;
const HEAD: u8 = 1;
const BLOCK: u8 = 2;
const TRANSACTIONS: u8 = 3;
const PING: u8 = 4;
const PONG: u8 = 5;

/// Why bytes are not what a node says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("the message is empty")]
    Empty,
    #[error("there is no message of type {0}")]
    Type(u8),
    #[error("{found} bytes, {max} are allowed")]
    TooLong { found: usize, max: usize },
    #[error("more than {max} items in a list")]
    TooMany { max: usize },
    #[error("RLP: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    #[error("{0} bytes follow the end")]
    TrailingBytes(usize),
    #[error("{found} bytes are no list of hashes")]
    Hashes { found: usize },
}

impl Message {
    /// The bytes of the message.
    #[must_use]
    pub fn encode(&self) -> bytes::Bytes {
        let mut out = Vec::new();
        match self {
            Self::Hello(hello) => put(&mut out, HELLO, hello),
            Self::Head(head) => put(&mut out, HEAD, head),
            Self::Block(rlp) => {
                out.reserve_exact(1 + rlp.len());
                out.push(BLOCK);
                out.extend_from_slice(rlp);
            }
            Self::Transactions(encoded) => put(&mut out, TRANSACTIONS, encoded),
            Self::Ping(number) => put(&mut out, PING, number),
            Self::Pong(number) => put(&mut out, PONG, number),
        }
        out.into()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// It is too long, of an unknown type, or not what its type says.
    pub fn decode(bytes: &bytes::Bytes) -> Result<Self, Malformed> {
        let (&kind, body) = bytes.split_first().ok_or(Malformed::Empty)?;
        bound(bytes.len(), length_max(kind)?)?;
        match kind {
            HELLO => whole(body).map(Self::Hello),
            HEAD => whole(body).map(Self::Head),
            BLOCK => Ok(Self::Block(bytes.slice(1..).into())),
            TRANSACTIONS => {
                let items = list_items(body, TRANSACTIONS_MAX)?;
                let encoded = items.into_iter().map(whole).collect::<Result<_, _>>()?;
                Ok(Self::Transactions(encoded))
            }
            PING => whole(body).map(Self::Ping),
            _ => whole(body).map(Self::Pong),
        }
    }
}

/// The RLP list of blocks that are encoded already.
#[must_use]
pub fn encode_blocks(blocks: &[Vec<u8>]) -> Vec<u8> {
    let header = RlpHeader {
        list: true,
        payload_length: blocks.iter().map(Vec::len).sum(),
    };
    let mut out = Vec::with_capacity(header.length() + header.payload_length);
    header.encode(&mut out);
    for block in blocks {
        out.extend_from_slice(block);
    }
    out
}

/// The encoded blocks of such a list; what is in them is not looked at.
///
/// # Errors
/// It is not one list, or one of more than [`BLOCKS_MAX`].
pub fn split_blocks(answer: &bytes::Bytes) -> Result<Vec<bytes::Bytes>, Malformed> {
    let items = list_items(answer, BLOCKS_MAX)?;
    Ok(items
        .into_iter()
        .map(|item| answer.slice_ref(item))
        .collect())
}

/// Hashes, one after the other.
#[must_use]
pub fn encode_hashes(hashes: &[B256]) -> Vec<u8> {
    hashes.iter().flatten().copied().collect()
}

/// Reads hashes.
///
/// # Errors
/// Not a multiple of 32 bytes, or more than [`HASHES_MAX`].
pub fn decode_hashes(answer: &[u8]) -> Result<Vec<B256>, Malformed> {
    bound(answer.len(), HASHES_MAX * B256::len_bytes())?;
    let (hashes, rest) = answer.as_chunks();
    if !rest.is_empty() {
        let found = answer.len();
        return Err(Malformed::Hashes { found });
    }
    Ok(hashes
        .iter()
        .map(|hash: &[u8; 32]| B256::new(*hash))
        .collect())
}

fn put(out: &mut Vec<u8>, kind: u8, body: &impl Encodable) {
    out.reserve_exact(1 + body.length());
    out.push(kind);
    body.encode(out);
}

fn length_max(kind: u8) -> Result<usize, Malformed> {
    match kind {
        BLOCK => Ok(MESSAGE_BYTES_MAX),
        // The last one may go over by itself; every item has a prefix.
        TRANSACTIONS => Ok(TRANSACTIONS_BYTES_MAX
            + crate::transaction::ENCODED_LENGTH_MAX
            + TRANSACTIONS_MAX * 8),
        HELLO | HEAD | PING | PONG => Ok(SMALL_MESSAGE_BYTES_MAX),
        unknown => Err(Malformed::Type(unknown)),
    }
}

fn bound(found: usize, max: usize) -> Result<(), Malformed> {
    if found > max {
        return Err(Malformed::TooLong { found, max });
    }
    Ok(())
}

/// One value and nothing after it.
fn whole<T: Decodable>(mut bytes: &[u8]) -> Result<T, Malformed> {
    let value = T::decode(&mut bytes)?;
    if !bytes.is_empty() {
        return Err(Malformed::TrailingBytes(bytes.len()));
    }
    Ok(value)
}

/// The items of one list, each with its prefix.
fn list_items(mut bytes: &[u8], max: usize) -> Result<Vec<&[u8]>, Malformed> {
    let mut rest = RlpHeader::decode_bytes(&mut bytes, true)?;
    if !bytes.is_empty() {
        return Err(Malformed::TrailingBytes(bytes.len()));
    }
    let mut items = Vec::new();
    while !rest.is_empty() {
        if items.len() == max {
            return Err(Malformed::TooMany { max });
        }
        let mut after = rest;
        let payload_length = RlpHeader::decode(&mut after)?.payload_length;
        // Decoding has checked that the payload is there.
        let (item, others) = rest.split_at(rest.len() - after.len() + payload_length);
        items.push(item);
        rest = others;
    }
    Ok(items)
}

#[cfg(test)]
mod tests;
