//! Merkle proofs of keys.

use alloy_primitives::{B256, Bytes};
use alloy_trie::Nibbles;

use super::{
    Child, NodeReference, TrieSource, keys_under, named_leaf, named_stem,
    node::leaf_rlp,
    path::{child_path, nibble_at},
};

/// The nodes from the root to the key's leaf, or to where the key is missing: the proof that
/// `eth_getProof` answers (EIP-1186). Empty for an empty trie. A node shorter than 32 bytes is
/// inside its parent's RLP and not listed by itself, but for the root.
pub fn prove<S: TrieSource>(source: &S, key: &B256) -> Result<Vec<Bytes>, S::Error> {
    let mut path = Nibbles::new();
    let mut nodes = Vec::new();
    let Some(mut stem) = source.stem(&path)? else {
        let only_leaf = source.first_value(keys_under(&path))?;
        return Ok(only_leaf.iter().map(|leaf| leaf_node(leaf, 0)).collect());
    };
    loop {
        nodes.push(stem.node_rlp().into());
        let branch = path.join(&stem.extension);
        if !Nibbles::unpack_array(&key.0).starts_with(&branch) {
            return Ok(nodes);
        }
        if !stem.extension.is_empty() {
            let branch_rlp = stem.branch_rlp();
            if NodeReference::to_node(&branch_rlp).is_inlined() {
                return Ok(nodes);
            }
            nodes.push(branch_rlp.into());
        }
        let nibble = nibble_at(key, branch.len());
        path = child_path(&branch, nibble);
        match &stem.children[usize::from(nibble)] {
            // What is below an inlined node is inlined too.
            Child::Leaf(reference) | Child::Stem(reference) if reference.is_inlined() => {
                return Ok(nodes);
            }
            Child::Empty => return Ok(nodes),
            Child::Leaf(_) => {
                nodes.push(leaf_node(&named_leaf(source, &path)?, path.len()));
                return Ok(nodes);
            }
            Child::Stem(_) => stem = named_stem(source, &path)?,
        }
    }
}

fn leaf_node((key, value): &(B256, Vec<u8>), depth: usize) -> Bytes {
    let mut rlp = Vec::new();
    leaf_rlp(key, depth, value, &mut rlp);
    rlp.into()
}
