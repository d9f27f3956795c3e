//! Tokens, their movements and their holders.

use alloy_primitives::{Address, B256, U256};
use sea_orm::{QueryResult, Value};
use types::Timestamp;
use types::explorer::TokenKind;

use super::sql::{
    Cursor, Insert, Slice, all, all_of, bytes, corrupt, flag, insert, keys, number, one,
    optional_amount, read_address, read_amount, read_bytes, read_hash, read_number,
    read_optional_amount, read_optional_text, read_signed, text,
};
use super::{Result, Store, Writing};

/// The kind of a fungible token, as it is stored.
const ERC_20: u64 = 20;

/// A token with what its contract says of itself.
#[derive(Debug, Clone)]
pub(crate) struct StoredToken {
    pub address: Address,
    pub kind: TokenKind,
    pub holders: u64,
    pub transfers: u64,
    /// The sum of all holdings.
    pub supply: U256,
    pub name: Option<String>,
    pub symbol: Option<String>,
    pub decimals: Option<u8>,
    pub total_supply: Option<U256>,
}

/// What a token's contract says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DetailsRow {
    pub name: Option<String>,
    pub symbol: Option<String>,
    pub decimals: Option<u8>,
    pub total_supply: Option<U256>,
}

/// A movement with its transaction.
#[derive(Debug, Clone)]
pub(crate) struct StoredTransfer {
    pub block_number: u64,
    pub log_index: u64,
    pub part: u64,
    pub timestamp: Timestamp,
    pub transaction: B256,
    pub token: Address,
    pub sender: Address,
    pub recipient: Address,
    pub amount: U256,
    pub token_id: Option<U256>,
}

/// What an owner has of a token.
#[derive(Debug, Clone)]
pub(crate) struct HoldingRow {
    pub token: Address,
    pub owner: Address,
    /// Empty for a sum, else 32 bytes.
    pub id_bytes: Vec<u8>,
    pub amount: U256,
}

impl HoldingRow {
    pub(crate) fn token_id(&self) -> Option<U256> {
        (!self.id_bytes.is_empty()).then(|| U256::from_be_slice(&self.id_bytes))
    }
}

/// An owner and how much of the token.
#[derive(Debug, Clone)]
pub(crate) struct HolderRow {
    pub owner: Address,
    pub amount: U256,
}

const SELECT_TOKEN: &str = "SELECT t.*, d.name, d.symbol, d.decimals, d.total_supply
    FROM chain_tokens t LEFT JOIN chain_token_details d ON d.address = t.address";
const SELECT_TRANSFER: &str = "SELECT x.*, t.hash, b.timestamp FROM chain_token_transfers x
    JOIN chain_transactions t ON t.block_number = x.block_number AND t.place = x.place
    JOIN chain_blocks b ON b.number = x.block_number";
const NEWEST_FIRST: &str = "ORDER BY x.block_number DESC, x.log_index DESC, x.part DESC";

/// A token that changed while it was asked stays due.
const DETAILS: Insert = Insert {
    into: "chain_token_details (address, name, symbol, name_key, symbol_key, decimals,
        total_supply, touched_block, is_due)",
    columns: 9,
    conflict: "ON CONFLICT (address) DO UPDATE SET name = excluded.name,
        symbol = excluded.symbol, name_key = excluded.name_key,
        symbol_key = excluded.symbol_key, decimals = excluded.decimals,
        total_supply = excluded.total_supply,
        is_due = CASE WHEN chain_token_details.touched_block <= excluded.touched_block
            THEN 0 ELSE 1 END",
};

impl Store {
    /// Tokens, those with most holders first.
    pub(crate) async fn tokens(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<StoredToken>> {
        let (filter, mut values) = match after {
            Some(after) => (
                "WHERE (t.holders, t.address) < (?, ?)",
                vec![number(after.number(0)?), bytes(after.bytes(1)?)],
            ),
            None => ("", Vec::new()),
        };
        values.push(number(u64::from(limit) + 1));
        let sql =
            format!("{SELECT_TOKEN} {filter} ORDER BY t.holders DESC, t.address DESC LIMIT ?");
        let rows = all(&self.database, &sql, values, read_token).await?;
        Ok(Slice::of(rows, limit))
    }

    /// Those of the addresses that are tokens.
    pub(crate) async fn tokens_among(&self, addresses: Vec<Address>) -> Result<Vec<StoredToken>> {
        all_of(
            &self.database,
            &format!("{SELECT_TOKEN} WHERE t.address IN "),
            keys(addresses),
            read_token,
        )
        .await
    }

    /// Movements of all tokens, newest first.
    pub(crate) async fn transfers(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<StoredTransfer>> {
        let (filter, values) = after_transfer("WHERE", after)?;
        let sql = format!("{SELECT_TRANSFER} {filter} {NEWEST_FIRST} LIMIT ?");
        self.transfer_slice(&sql, values, limit).await
    }

    /// Movements of a token, newest first.
    pub(crate) async fn token_transfers(
        &self,
        token: Address,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<StoredTransfer>> {
        let (filter, mut values) = after_transfer("AND", after)?;
        values.insert(0, bytes(token));
        let sql = format!("{SELECT_TRANSFER} WHERE x.token = ? {filter} {NEWEST_FIRST} LIMIT ?");
        self.transfer_slice(&sql, values, limit).await
    }

    /// Movements of tokens from or to an address, newest first.
    pub(crate) async fn address_transfers(
        &self,
        address: Address,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<StoredTransfer>> {
        let (filter, mut values) = after_transfer("AND", after)?;
        values.insert(0, bytes(address));
        let sql = format!(
            "SELECT x.*, t.hash, b.timestamp FROM (
                SELECT x.block_number, x.log_index, x.part FROM chain_address_transfers x
                WHERE x.address = ? {filter} {NEWEST_FIRST} LIMIT ?) l
             JOIN chain_token_transfers x ON x.block_number = l.block_number
                AND x.log_index = l.log_index AND x.part = l.part
             JOIN chain_transactions t ON t.block_number = x.block_number AND t.place = x.place
             JOIN chain_blocks b ON b.number = x.block_number {NEWEST_FIRST}"
        );
        self.transfer_slice(&sql, values, limit).await
    }

    /// Movements in one transaction in the order of their logs.
    pub(crate) async fn transaction_transfers(
        &self,
        block_number: u64,
        place: u64,
        limit: u32,
    ) -> Result<Slice<StoredTransfer>> {
        let sql = format!(
            "{SELECT_TRANSFER} WHERE x.block_number = ? AND x.place = ?
             ORDER BY x.log_index, x.part LIMIT ?"
        );
        let values = vec![number(block_number), number(place)];
        self.transfer_slice(&sql, values, limit).await
    }

    async fn transfer_slice(
        &self,
        sql: &str,
        mut values: Vec<Value>,
        limit: u32,
    ) -> Result<Slice<StoredTransfer>> {
        values.push(number(u64::from(limit) + 1));
        let rows = all(&self.database, sql, values, read_transfer).await?;
        Ok(Slice::of(rows, limit))
    }

    /// Owners of a token, those with most first.
    pub(crate) async fn holders(
        &self,
        token: Address,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<HolderRow>> {
        let (filter, mut values) = match after {
            Some(after) => (
                "AND (amount, owner) < (?, ?)",
                vec![bytes(after.bytes(0)?), bytes(after.bytes(1)?)],
            ),
            None => ("", Vec::new()),
        };
        values.insert(0, bytes(token));
        values.push(number(u64::from(limit) + 1));
        let sql = format!(
            "SELECT owner, amount FROM chain_holdings WHERE token = ? AND is_sum = 1 {filter}
             ORDER BY amount DESC, owner DESC LIMIT ?"
        );
        let rows = all(&self.database, &sql, values, |row| {
            Ok(HolderRow {
                owner: read_address(row, "owner")?,
                amount: read_amount(row, "amount")?,
            })
        })
        .await?;
        Ok(Slice::of(rows, limit))
    }

    /// Instances of a token with their owners, by number.
    pub(crate) async fn instances(
        &self,
        token: Address,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<HoldingRow>> {
        let (filter, mut values) = match after {
            Some(after) => (
                "AND (token_id, owner) > (?, ?)",
                vec![bytes(after.bytes(0)?), bytes(after.bytes(1)?)],
            ),
            None => ("", Vec::new()),
        };
        values.insert(0, bytes(token));
        values.push(number(u64::from(limit) + 1));
        let sql = format!(
            "SELECT token, owner, token_id, amount FROM chain_holdings
             WHERE token = ? AND is_sum = 0 {filter} ORDER BY token_id, owner LIMIT ?"
        );
        let rows = all(&self.database, &sql, values, read_holding).await?;
        Ok(Slice::of(rows, limit))
    }

    /// What an address holds: for each token the sum, then its instances.
    pub(crate) async fn holdings(
        &self,
        owner: Address,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Slice<HoldingRow>> {
        let (filter, mut values) = match after {
            Some(after) => (
                "AND (token, token_id) > (?, ?)",
                vec![bytes(after.bytes(0)?), bytes(after.bytes(1)?)],
            ),
            None => ("", Vec::new()),
        };
        values.insert(0, bytes(owner));
        // Of collections each item is told, and not their number beside them.
        values.insert(1, number(ERC_20));
        values.push(number(u64::from(limit) + 1));
        let sql = format!(
            "SELECT token, owner, token_id, amount FROM chain_holdings
             WHERE owner = ? AND (is_sum = 0 OR (SELECT kind FROM chain_tokens
                WHERE address = chain_holdings.token) = ?)
             {filter} ORDER BY token, token_id LIMIT ?"
        );
        let rows = all(&self.database, &sql, values, read_holding).await?;
        Ok(Slice::of(rows, limit))
    }

    /// Tokens that are to be asked what they say of themselves, with the block that made them due.
    pub(crate) async fn due_tokens(&self, limit: u64) -> Result<Vec<(Address, u64)>> {
        all(
            &self.database,
            "SELECT address, touched_block FROM chain_token_details
             WHERE is_due = 1 ORDER BY address LIMIT ?",
            vec![number(limit)],
            |row| {
                Ok((
                    read_address(row, "address")?,
                    read_number(row, "touched_block")?,
                ))
            },
        )
        .await
    }
}

impl Writing {
    /// What tokens said of themselves when everything up to that block was known.
    pub(crate) async fn write_details(
        &self,
        details: Vec<(Address, u64, DetailsRow)>,
    ) -> Result<()> {
        let rows = details.into_iter().map(|(address, touched_block, row)| {
            vec![
                bytes(address),
                Value::String(row.name.clone()),
                Value::String(row.symbol.clone()),
                text(row.name.unwrap_or_default().to_lowercase()),
                text(row.symbol.unwrap_or_default().to_lowercase()),
                Value::BigInt(row.decimals.map(i64::from)),
                optional_amount(row.total_supply),
                number(touched_block),
                flag(false),
            ]
        });
        insert(&self.transaction, &DETAILS, rows.collect()).await
    }
}

impl Store {
    /// One token.
    pub(crate) async fn token(&self, address: Address) -> Result<Option<StoredToken>> {
        one(
            &self.database,
            &format!("{SELECT_TOKEN} WHERE t.address = ?"),
            vec![bytes(address)],
            read_token,
        )
        .await
    }
}

fn after_transfer(word: &str, after: Option<&Cursor>) -> Result<(String, Vec<Value>)> {
    Ok(match after {
        Some(after) => (
            format!("{word} (x.block_number, x.log_index, x.part) < (?, ?, ?)"),
            after.numbers::<3>()?.map(number).to_vec(),
        ),
        None => (String::new(), Vec::new()),
    })
}

pub(super) fn read_token(row: &QueryResult) -> Result<StoredToken> {
    let kind = match read_number(row, "kind")? {
        ERC_20 => TokenKind::Erc20,
        721 => TokenKind::Erc721,
        1155 => TokenKind::Erc1155,
        _ => return Err(corrupt("kind")),
    };
    let decimals: Option<i64> = row.try_get("", "decimals")?;
    Ok(StoredToken {
        address: read_address(row, "address")?,
        kind,
        holders: read_number(row, "holders")?,
        transfers: read_number(row, "transfers")?,
        supply: read_amount(row, "supply")?,
        name: read_optional_text(row, "name")?,
        symbol: read_optional_text(row, "symbol")?,
        decimals: decimals.and_then(|decimals| u8::try_from(decimals).ok()),
        total_supply: read_optional_amount(row, "total_supply")?,
    })
}

fn read_transfer(row: &QueryResult) -> Result<StoredTransfer> {
    Ok(StoredTransfer {
        block_number: read_number(row, "block_number")?,
        log_index: read_number(row, "log_index")?,
        part: read_number(row, "part")?,
        timestamp: Timestamp(read_signed(row, "timestamp")?),
        transaction: read_hash(row, "hash")?,
        token: read_address(row, "token")?,
        sender: read_address(row, "sender")?,
        recipient: read_address(row, "recipient")?,
        amount: read_amount(row, "amount")?,
        token_id: read_optional_amount(row, "token_id")?,
    })
}

fn read_holding(row: &QueryResult) -> Result<HoldingRow> {
    Ok(HoldingRow {
        token: read_address(row, "token")?,
        owner: read_address(row, "owner")?,
        id_bytes: read_bytes(row, "token_id")?,
        amount: read_amount(row, "amount")?,
    })
}
