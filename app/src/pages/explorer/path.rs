//! The addresses of the explorer's pages: every link is made here.

use types::WalletAddress;
use types::explorer::{BlockHash, BlockId, ExportKind, SearchHit, TransactionHash};

use crate::shell::percent::encode_query_value;

pub(crate) const HOME: &str = "/explorer";
pub(crate) const BLOCKS: &str = "/explorer/blocks";
pub(crate) const TRANSACTIONS: &str = "/explorer/transactions";
pub(crate) const PENDING: &str = "/explorer/pending";
pub(crate) const ACCOUNTS: &str = "/explorer/accounts";
pub(crate) const TOKENS: &str = "/explorer/tokens";
pub(crate) const SIGNERS: &str = "/explorer/signers";
pub(crate) const NODES: &str = "/explorer/nodes";
pub(crate) const CHARTS: &str = "/explorer/charts";
pub(crate) const BROADCAST: &str = "/explorer/broadcast";
pub(crate) const SEARCH: &str = "/explorer/search";

/// A block's page.
pub(crate) fn block(number: u64) -> String {
    format!("/explorer/block/{number}")
}

/// The page of the block with this hash: it stays the same block when the chain reorganises.
pub(crate) fn block_by_hash(hash: BlockHash) -> String {
    format!("/explorer/block/{hash}")
}

pub(crate) fn transaction(hash: TransactionHash) -> String {
    format!("/explorer/tx/{hash}")
}

pub(crate) fn address(address: WalletAddress) -> String {
    format!("/explorer/address/{address}")
}

pub(crate) fn contract(address: WalletAddress) -> String {
    format!("/explorer/address/{address}?tab=contract")
}

pub(crate) fn verify(address: WalletAddress) -> String {
    format!("/explorer/contract/{address}/verify")
}

pub(crate) fn token(address: WalletAddress) -> String {
    format!("/explorer/token/{address}")
}

/// A list of an address as a CSV file; served by the program's routes, not by a page.
pub(crate) fn export(kind: ExportKind, address: WalletAddress) -> String {
    format!("/explorer/export/address/{address}/{}.csv", kind.as_str())
}

/// Where a thing that was found is shown.
pub(crate) fn found(hit: &SearchHit) -> String {
    match hit {
        SearchHit::Block { number, .. } => block(*number),
        SearchHit::Transaction { hash, .. } | SearchHit::PendingTransaction { hash } => {
            transaction(*hash)
        }
        SearchHit::Address { party } => address(party.address),
        SearchHit::Token { token: found } => token(found.address),
    }
}

/// `path?key=value&…` of the parameters, in their order.
pub(crate) fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    for (index, (key, value)) in parameters.iter().enumerate() {
        address.push(if index == 0 { '?' } else { '&' });
        address.push_str(key);
        address.push('=');
        address.push_str(&encode_query_value(value));
    }
    address
}

/// The block that the last part of an address names: a number in decimal digits, or a hash.
pub(crate) fn parse_block_id(text: &str) -> Option<BlockId> {
    match text.strip_prefix("0x") {
        Some(_) => text.parse().ok().map(BlockId::Hash),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().ok().map(BlockId::Number)
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_numbers_and_whole_hashes_name_blocks() {
        for text in [
            "",
            "-1",
            "+1",
            "1.5",
            "0x1",
            "latest",
            "18446744073709551616",
        ] {
            assert_eq!(parse_block_id(text), None, "{text}");
        }
    }

    #[test]
    fn queries_are_encoded() {
        assert_eq!(
            with_query(HOME, &[("tab", "logs"), ("after", "a b&c")]),
            "/explorer?tab=logs&after=a%20b%26c"
        );
        assert_eq!(with_query(HOME, &[]), HOME);
    }

    proptest! {
        #[test]
        fn the_address_of_a_block_names_it(number: u64, hash: [u8; 32]) {
            let last = |path: String| path.rsplit('/').next().map(str::to_owned).unwrap();
            prop_assert_eq!(parse_block_id(&last(block(number))), Some(BlockId::Number(number)));
            let hash = BlockHash(hash);
            prop_assert_eq!(parse_block_id(&last(block_by_hash(hash))), Some(BlockId::Hash(hash)));
        }
    }
}
