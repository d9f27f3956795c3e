//! Beginnings of hashes, addresses and names.

use alloy_primitives::{Address, B256};

use super::sql::{all, bytes, number, read_address, read_hash, read_number, text};
use super::token_rows::{StoredToken, read_token};
use super::{Result, Store};

/// All byte strings that begin with some hexadecimal digits, as a range with both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BytesRange {
    from: Vec<u8>,
    to: Vec<u8>,
}

impl BytesRange {
    /// None when a character is not a hexadecimal digit, or there are more than fill `length`.
    pub(crate) fn of(digits: &str, length: usize) -> Option<Self> {
        if digits.len() > length * 2 {
            return None;
        }
        let filled = |fill: char| {
            let mut digits = digits.to_owned();
            digits.extend(std::iter::repeat_n(fill, length * 2 - digits.len()));
            alloy_primitives::hex::decode(digits).ok()
        };
        Some(Self {
            from: filled('0')?,
            to: filled('f')?,
        })
    }
}

impl Store {
    pub(crate) async fn blocks_in(
        &self,
        range: &BytesRange,
        limit: usize,
    ) -> Result<Vec<(u64, B256)>> {
        all(
            &self.database,
            "SELECT number, hash FROM chain_blocks WHERE hash BETWEEN ? AND ?
             ORDER BY hash LIMIT ?",
            vec![bytes(&range.from), bytes(&range.to), number(limit as u64)],
            |row| Ok((read_number(row, "number")?, read_hash(row, "hash")?)),
        )
        .await
    }

    pub(crate) async fn transactions_in(
        &self,
        range: &BytesRange,
        limit: usize,
    ) -> Result<Vec<(u64, B256)>> {
        all(
            &self.database,
            "SELECT block_number, hash FROM chain_transactions WHERE hash BETWEEN ? AND ?
             ORDER BY hash LIMIT ?",
            vec![bytes(&range.from), bytes(&range.to), number(limit as u64)],
            |row| Ok((read_number(row, "block_number")?, read_hash(row, "hash")?)),
        )
        .await
    }

    pub(crate) async fn accounts_in(
        &self,
        range: &BytesRange,
        limit: usize,
    ) -> Result<Vec<Address>> {
        all(
            &self.database,
            "SELECT address FROM chain_accounts WHERE address BETWEEN ? AND ?
             ORDER BY address LIMIT ?",
            vec![bytes(&range.from), bytes(&range.to), number(limit as u64)],
            |row| read_address(row, "address"),
        )
        .await
    }

    /// Tokens whose symbol or name begins with a lower-case text, those with most holders first
    /// among the first `limit` of each.
    pub(crate) async fn tokens_named(&self, start: &str, limit: usize) -> Result<Vec<StoredToken>> {
        let mut tokens: Vec<StoredToken> = Vec::new();
        for column in ["symbol_key", "name_key"] {
            // No text begins with `start` and sorts after `start` with the last character.
            let sql = format!(
                "SELECT t.*, d.name, d.symbol, d.decimals, d.total_supply
                 FROM chain_token_details d JOIN chain_tokens t ON t.address = d.address
                 WHERE d.{column} >= ? AND d.{column} < ? ORDER BY d.{column}, d.address LIMIT ?"
            );
            let values = vec![
                text(start),
                text(format!("{start}\u{10FFFF}")),
                number(limit as u64),
            ];
            for token in all(&self.database, &sql, values, read_token).await? {
                if tokens.iter().all(|known| known.address != token.address) {
                    tokens.push(token);
                }
            }
        }
        tokens.sort_by_key(|token| std::cmp::Reverse(token.holders));
        tokens.truncate(limit);
        Ok(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_are_ranges() {
        for (digits, from, to) in [
            ("", [0x00, 0x00], [0xff, 0xff]),
            ("a", [0xa0, 0x00], [0xaf, 0xff]),
            ("A1b", [0xa1, 0xb0], [0xa1, 0xbf]),
            ("1234", [0x12, 0x34], [0x12, 0x34]),
        ] {
            let range = BytesRange::of(digits, 2).unwrap();
            assert_eq!(
                (range.from, range.to),
                (from.to_vec(), to.to_vec()),
                "{digits}"
            );
        }
        assert_eq!(BytesRange::of("12345", 2), None);
        assert_eq!(BytesRange::of("xy", 2), None);
    }
}
