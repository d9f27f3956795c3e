//! What rows were before a block, as bytes (RLP) in the index.

use alloy_primitives::Address;
use alloy_primitives::map::HashMap;
use alloy_rlp::{Decodable, Encodable, Header};

use super::{Account, Holding, HoldingKey, Period, PeriodKey, Token, Totals};

/// Rows before a block; none: the row was not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Images {
    pub accounts: Vec<(Address, Option<Account>)>,
    pub tokens: Vec<(Address, Option<Token>)>,
    pub holdings: Vec<(HoldingKey, Option<Holding>)>,
    pub periods: Vec<(PeriodKey, Option<Period>)>,
    pub totals: Vec<(u8, Option<Totals>)>,
}

impl Images {
    /// The images of a block and of the one before it as one: where both know a row, the older
    /// state counts.
    pub(crate) fn and_before(self, older: Self) -> Self {
        Self {
            accounts: merge(self.accounts, older.accounts),
            tokens: merge(self.tokens, older.tokens),
            holdings: merge(self.holdings, older.holdings),
            periods: merge(self.periods, older.periods),
            totals: merge(self.totals, older.totals),
        }
    }

    /// As bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_rows(&self.accounts, &mut bytes);
        encode_rows(&self.tokens, &mut bytes);
        encode_rows(&self.holdings, &mut bytes);
        encode_rows(&self.periods, &mut bytes);
        encode_rows(&self.totals, &mut bytes);
        bytes
    }

    /// From bytes.
    ///
    /// # Errors
    /// They are not what [`Self::encode`] makes.
    pub(crate) fn decode(mut bytes: &[u8]) -> alloy_rlp::Result<Self> {
        let images = Self {
            accounts: decode_rows(&mut bytes)?,
            tokens: decode_rows(&mut bytes)?,
            holdings: decode_rows(&mut bytes)?,
            periods: decode_rows(&mut bytes)?,
            totals: decode_rows(&mut bytes)?,
        };
        if bytes.is_empty() {
            Ok(images)
        } else {
            Err(alloy_rlp::Error::UnexpectedLength)
        }
    }
}

fn merge<K: Eq + std::hash::Hash, V>(
    newer: Vec<(K, Option<V>)>,
    older: Vec<(K, Option<V>)>,
) -> Vec<(K, Option<V>)> {
    newer
        .into_iter()
        .chain(older)
        .collect::<HashMap<_, _>>()
        .into_iter()
        .collect()
}

/// A list of key, 1 or 0, and the row when it is 1.
fn encode_rows<K: Encodable, V: Encodable>(rows: &[(K, Option<V>)], bytes: &mut Vec<u8>) {
    let mut payload = Vec::new();
    for (key, row) in rows {
        key.encode(&mut payload);
        row.is_some().encode(&mut payload);
        if let Some(row) = row {
            row.encode(&mut payload);
        }
    }
    Header {
        list: true,
        payload_length: payload.len(),
    }
    .encode(bytes);
    bytes.extend_from_slice(&payload);
}

fn decode_rows<K: Decodable, V: Decodable>(
    bytes: &mut &[u8],
) -> alloy_rlp::Result<Vec<(K, Option<V>)>> {
    let mut payload = Header::decode_bytes(bytes, true)?;
    let mut rows = Vec::new();
    while !payload.is_empty() {
        let key = K::decode(&mut payload)?;
        let row = match bool::decode(&mut payload)? {
            true => Some(V::decode(&mut payload)?),
            false => None,
        };
        rows.push((key, row));
    }
    Ok(rows)
}
