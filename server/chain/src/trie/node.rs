//! The RLP of the trie's three kinds of node, and the reference by which a parent names a child.

use std::fmt;

use alloy_primitives::{B256, hex, keccak256};
use alloy_rlp::{EMPTY_STRING_CODE, Encodable, Header};
use alloy_trie::Nibbles;

use super::{path::KEY_NIBBLES, stem::Child};

/// The first byte of a hash in RLP: a string of 32 bytes.
const HASH_CODE: u8 = EMPTY_STRING_CODE + 32;
const HASH_REFERENCE_BYTES: usize = 33;
/// The first bytes of nodes that are inlined: lists of two short strings at least, and of 31
/// bytes in all at most.
const INLINED_CODES: std::ops::RangeInclusive<u8> = 0xc2..=0xde;
/// Marks a leaf in the hex-prefix encoding (yellow paper, appendix C).
const LEAF_FLAG: u8 = 0x20;
const EXTENSION_FLAG: u8 = 0x00;
const ODD_FLAG: u8 = 0x10;

/// How a parent names a child (yellow paper, appendix D): the child's RLP itself where that is
/// shorter than 32 bytes, and the RLP of its keccak hash otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeReference([u8; HASH_REFERENCE_BYTES]);

impl NodeReference {
    /// The reference to the node that has this RLP.
    pub fn to_node(rlp: &[u8]) -> Self {
        let mut bytes = [0; HASH_REFERENCE_BYTES];
        if rlp.len() < 32 {
            bytes[..rlp.len()].copy_from_slice(rlp);
        } else {
            bytes[0] = HASH_CODE;
            bytes[1..].copy_from_slice(keccak256(rlp).as_slice());
        }
        Self(bytes)
    }

    /// The item that stands for the child in its parent's RLP, at most 33 bytes.
    pub fn as_rlp(&self) -> &[u8] {
        &self.0[..rlp_length(self.0[0])]
    }

    /// Whether the child is inside its parent, and so no node of its own in a proof.
    pub fn is_inlined(&self) -> bool {
        self.0[0] != HASH_CODE
    }

    /// Takes a reference off the front of the bytes; `None` when they begin with none.
    pub(super) fn split_from(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let code = *bytes.first()?;
        if code != HASH_CODE && !INLINED_CODES.contains(&code) {
            return None;
        }
        let (rlp, rest) = bytes.split_at_checked(rlp_length(code))?;
        let mut reference = [0; HASH_REFERENCE_BYTES];
        reference[..rlp.len()].copy_from_slice(rlp);
        Some((Self(reference), rest))
    }
}

impl fmt::Debug for NodeReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode_prefixed(self.as_rlp()))
    }
}

/// The length of a reference in bytes, which its first byte tells.
fn rlp_length(code: u8) -> usize {
    if code == HASH_CODE {
        return HASH_REFERENCE_BYTES;
    }
    1 + usize::from(code.saturating_sub(alloy_rlp::EMPTY_LIST_CODE))
}

/// Puts the RLP of a leaf into the buffer in place of what is there. The leaf hangs `depth`
/// nibbles below the root, and its path is what is left of the key there.
pub(super) fn leaf_rlp(key: &B256, depth: usize, value: &[u8], buffer: &mut Vec<u8>) {
    let path = Nibbles::unpack_array(&key.0).slice(depth..);
    let path = HexPrefix::new(&path, LEAF_FLAG);
    buffer.clear();
    let payload_length = path.as_bytes().length() + value.length();
    Header {
        list: true,
        payload_length,
    }
    .encode(buffer);
    path.as_bytes().encode(buffer);
    value.encode(buffer);
}

/// Puts the RLP of an extension node into the buffer in place of what is there.
pub(super) fn extension_rlp(path: &Nibbles, branch: &NodeReference, buffer: &mut Vec<u8>) {
    let path = HexPrefix::new(path, EXTENSION_FLAG);
    buffer.clear();
    let payload_length = path.as_bytes().length() + branch.as_rlp().len();
    Header {
        list: true,
        payload_length,
    }
    .encode(buffer);
    path.as_bytes().encode(buffer);
    buffer.extend_from_slice(branch.as_rlp());
}

/// Puts the RLP of a branch into the buffer in place of what is there. Its seventeenth item, the
/// value of a key that ends here, is always empty: all keys have the same length.
pub(super) fn branch_rlp(children: &[Child; 16], buffer: &mut Vec<u8>) {
    const EMPTY: &[u8] = &[EMPTY_STRING_CODE];
    let items = || {
        children
            .iter()
            .map(|child| child.reference().map_or(EMPTY, |it| it.as_rlp()))
    };
    buffer.clear();
    let payload_length = items().map(<[u8]>::len).sum::<usize>() + EMPTY.len();
    Header {
        list: true,
        payload_length,
    }
    .encode(buffer);
    for item in items() {
        buffer.extend_from_slice(item);
    }
    buffer.extend_from_slice(EMPTY);
}

/// A path inside a node: nibbles two to a byte, after a flag for the kind of node and for an odd
/// count (yellow paper, appendix C).
struct HexPrefix {
    bytes: [u8; 1 + KEY_NIBBLES / 2],
    length: usize,
}

impl HexPrefix {
    fn new(path: &Nibbles, kind_flag: u8) -> Self {
        let mut bytes = [0; 1 + KEY_NIBBLES / 2];
        let (first, rest) = match path.first() {
            Some(nibble) if path.len() % 2 == 1 => (kind_flag | ODD_FLAG | nibble, path.slice(1..)),
            _ => (kind_flag, *path),
        };
        bytes[0] = first;
        rest.pack_to(&mut bytes[1..]);
        Self {
            bytes,
            length: 1 + rest.byte_len(),
        }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_hex_prefix(nibbles: &[u8], kind_flag: u8, encoded: &[u8]) {
        let path = Nibbles::from_nibbles(nibbles);
        assert_eq!(HexPrefix::new(&path, kind_flag).as_bytes(), encoded);
    }

    #[test]
    fn paths_are_packed_as_in_the_ethereum_wiki() {
        check_hex_prefix(&[1, 2, 3, 4, 5], EXTENSION_FLAG, &[0x11, 0x23, 0x45]);
        check_hex_prefix(&[0, 1, 2, 3, 4, 5], EXTENSION_FLAG, &[0, 0x01, 0x23, 0x45]);
        check_hex_prefix(
            &[0, 0xf, 1, 0xc, 0xb, 8],
            LEAF_FLAG,
            &[0x20, 0x0f, 0x1c, 0xb8],
        );
        check_hex_prefix(&[0xf, 1, 0xc, 0xb, 8], LEAF_FLAG, &[0x3f, 0x1c, 0xb8]);
        check_hex_prefix(&[], LEAF_FLAG, &[0x20]);
    }

    #[test]
    fn a_node_is_inlined_below_32_bytes_and_hashed_from_there() {
        // A leaf of an empty path is three bytes and its value, from a value of two bytes on.
        let mut rlp = Vec::new();
        leaf_rlp(&B256::ZERO, KEY_NIBBLES, &[0x5a; 28], &mut rlp);
        let inlined = NodeReference::to_node(&rlp);
        assert_eq!((rlp.len(), inlined.as_rlp()), (31, &rlp[..]));
        assert!(inlined.is_inlined());

        leaf_rlp(&B256::ZERO, KEY_NIBBLES, &[0x5a; 29], &mut rlp);
        let hashed = NodeReference::to_node(&rlp);
        assert_eq!(
            (rlp.len(), &hashed.as_rlp()[1..]),
            (32, keccak256(&rlp).as_slice())
        );
        assert!(!hashed.is_inlined());
    }
}
