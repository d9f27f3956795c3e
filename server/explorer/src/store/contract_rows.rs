//! Interfaces and sources that people gave, in the program's database.

use alloy_primitives::{Address, B256};
use sea_orm::{DatabaseConnection, QueryResult, Value};
use types::Timestamp;
use types::explorer::VerifiedSource;

use super::Result;
use super::sql::{
    Insert, all, all_of, bytes, corrupt, insert, keys, number, one, read_address, read_hash,
    read_optional_text, read_signed, read_text, signed, text,
};

/// What people gave.
#[derive(Clone)]
pub(crate) struct ContractStore {
    database: DatabaseConnection,
}

/// What is known of one contract.
#[derive(Debug, Clone)]
pub(crate) struct ContractRow {
    pub address: Address,
    /// The code that it was given for.
    pub code_hash: B256,
    pub name: String,
    /// JSON.
    pub abi: String,
    /// None: nobody proved the interface.
    pub verified: Option<VerifiedSource>,
    pub given_by: String,
    pub given_at: Timestamp,
}

const CONTRACTS: Insert = Insert {
    into: "explorer_contracts (chain_id, address, code_hash, name, name_key, abi, verified,
        given_by, given_at)",
    columns: 9,
    conflict: "ON CONFLICT (chain_id, address) DO UPDATE SET
        code_hash = excluded.code_hash, name = excluded.name, name_key = excluded.name_key,
        abi = excluded.abi, verified = excluded.verified, given_by = excluded.given_by,
        given_at = excluded.given_at",
};

impl ContractStore {
    pub(crate) const fn new(database: DatabaseConnection) -> Self {
        Self { database }
    }

    pub(crate) async fn write(&self, chain_id: u64, row: &ContractRow) -> Result<()> {
        // A structure of numbers and texts always has a JSON form.
        let verified = row
            .verified
            .as_ref()
            .map(|source| serde_json::to_string(source).unwrap_or_default());
        let values = vec![
            number(chain_id),
            bytes(row.address),
            bytes(row.code_hash),
            text(&row.name),
            text(row.name.to_lowercase()),
            text(&row.abi),
            Value::String(verified),
            text(&row.given_by),
            signed(row.given_at.0),
        ];
        insert(&self.database, &CONTRACTS, vec![values]).await
    }

    pub(crate) async fn read(
        &self,
        chain_id: u64,
        address: Address,
    ) -> Result<Option<ContractRow>> {
        one(
            &self.database,
            "SELECT * FROM explorer_contracts WHERE chain_id = ? AND address = ?",
            vec![number(chain_id), bytes(address)],
            read_contract,
        )
        .await
    }

    /// Names of those of the addresses that have one.
    pub(crate) async fn names_among(
        &self,
        chain_id: u64,
        addresses: Vec<Address>,
    ) -> Result<Vec<(Address, String)>> {
        let sql = format!(
            "SELECT address, name FROM explorer_contracts
             WHERE chain_id = {chain_id} AND name <> '' AND address IN "
        );
        all_of(&self.database, &sql, keys(addresses), |row| {
            Ok((read_address(row, "address")?, read_text(row, "name")?))
        })
        .await
    }

    /// Those of the addresses that have an interface.
    pub(crate) async fn rows_among(
        &self,
        chain_id: u64,
        addresses: Vec<Address>,
    ) -> Result<Vec<ContractRow>> {
        let sql =
            format!("SELECT * FROM explorer_contracts WHERE chain_id = {chain_id} AND address IN ");
        all_of(&self.database, &sql, keys(addresses), read_contract).await
    }

    /// Contracts whose name begins with a lower-case text.
    pub(crate) async fn named(
        &self,
        chain_id: u64,
        start: &str,
        limit: usize,
    ) -> Result<Vec<Address>> {
        all(
            &self.database,
            "SELECT address FROM explorer_contracts
             WHERE chain_id = ? AND name_key >= ? AND name_key < ?
             ORDER BY name_key, address LIMIT ?",
            vec![
                number(chain_id),
                text(start),
                text(format!("{start}\u{10FFFF}")),
                number(limit as u64),
            ],
            |row| read_address(row, "address"),
        )
        .await
    }
}

fn read_contract(row: &QueryResult) -> Result<ContractRow> {
    let verified = read_optional_text(row, "verified")?
        .map(|json| serde_json::from_str(&json).map_err(|_| corrupt("verified")))
        .transpose()?;
    Ok(ContractRow {
        address: read_address(row, "address")?,
        code_hash: read_hash(row, "code_hash")?,
        name: read_text(row, "name")?,
        abi: read_text(row, "abi")?,
        verified,
        given_by: read_text(row, "given_by")?,
        given_at: Timestamp(read_signed(row, "given_at")?),
    })
}
