//! Maintained numbers: loaded for a batch, written after it, restored in a reorganisation.

use alloy_primitives::Address;
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::sql::{
    Insert, all_of, bytes, execute, insert, keys as sql_keys, number, one, read_address,
    read_amount, read_bytes, read_number, short_amount, sortable,
};
use super::{Result, Writing};
use crate::aggregate::{
    Account, Aggregates, Holding, HoldingKey, Images, Keys, Period, PeriodKey, Token, Totals,
};

const ACCOUNTS: Insert = Insert {
    into: "chain_accounts (address, transactions, sent, token_transfers, signed_blocks,
        first_block, first_at, last_block, last_at)",
    columns: 9,
    conflict: "ON CONFLICT (address) DO UPDATE SET
        transactions = excluded.transactions, sent = excluded.sent,
        token_transfers = excluded.token_transfers, signed_blocks = excluded.signed_blocks,
        first_block = excluded.first_block, first_at = excluded.first_at,
        last_block = excluded.last_block, last_at = excluded.last_at",
};
const TOKENS: Insert = Insert {
    into: "chain_tokens (address, kind, holders, transfers, supply)",
    columns: 5,
    conflict: "ON CONFLICT (address) DO UPDATE SET kind = excluded.kind,
        holders = excluded.holders, transfers = excluded.transfers, supply = excluded.supply",
};
const HOLDINGS: Insert = Insert {
    into: "chain_holdings (token, owner, token_id, is_sum, amount)",
    columns: 5,
    conflict: "ON CONFLICT (token, owner, token_id) DO UPDATE SET amount = excluded.amount",
};
const PERIODS: Insert = Insert {
    into: "chain_periods (length_ms, start, blocks, transactions, gas_used, fees,
        token_transfers, new_addresses, active_addresses)",
    columns: 9,
    conflict: "ON CONFLICT (length_ms, start) DO UPDATE SET
        blocks = excluded.blocks, transactions = excluded.transactions,
        gas_used = excluded.gas_used, fees = excluded.fees,
        token_transfers = excluded.token_transfers, new_addresses = excluded.new_addresses,
        active_addresses = excluded.active_addresses",
};
const TOTALS: Insert = Insert {
    into: "chain_totals (section, transactions, addresses, contracts, tokens, token_transfers)",
    columns: 6,
    conflict: "ON CONFLICT (section) DO UPDATE SET
        transactions = excluded.transactions, addresses = excluded.addresses,
        contracts = excluded.contracts, tokens = excluded.tokens,
        token_transfers = excluded.token_transfers",
};
/// The totals of the section of blocks.
pub(super) const TOTALS_OF_BLOCKS: &str = "blocks";

impl Writing {
    pub(crate) async fn load_aggregates(&self, keys: &Keys) -> Result<Aggregates> {
        let connection = &self.transaction;
        let mut aggregates = Aggregates::default();
        for (key, row) in all_of(
            connection,
            "SELECT * FROM chain_accounts WHERE address IN ",
            sql_keys(&keys.accounts),
            read_account,
        )
        .await?
        {
            aggregates.accounts.load(key, row);
        }
        for (key, row) in all_of(
            connection,
            "SELECT * FROM chain_tokens WHERE address IN ",
            sql_keys(&keys.tokens),
            read_token,
        )
        .await?
        {
            aggregates.tokens.load(key, row);
        }
        for (key, row) in load_holdings(connection, keys).await? {
            aggregates.holdings.load(key, row);
        }
        for key in &keys.periods {
            if let Some(row) = load_period(connection, *key).await? {
                aggregates.periods.load(*key, row);
            }
        }
        if let Some(totals) = load_totals(connection, TOTALS_OF_BLOCKS).await? {
            aggregates.totals.load(0, totals);
        }
        Ok(aggregates)
    }

    pub(crate) async fn write_aggregates(&self, aggregates: Aggregates) -> Result<()> {
        let (written, deleted) = aggregates.accounts.into_changes();
        self.write_accounts(written, deleted).await?;
        let (written, deleted) = aggregates.tokens.into_changes();
        self.write_tokens(written, deleted).await?;
        let (written, deleted) = aggregates.holdings.into_changes();
        self.write_holdings(written, deleted).await?;
        let (written, deleted) = aggregates.periods.into_changes();
        self.write_periods(written, deleted).await?;
        let (written, deleted) = aggregates.totals.into_changes();
        self.write_totals(written, deleted).await
    }

    /// Puts the rows back to what they were.
    pub(super) async fn restore(&self, images: Images) -> Result<()> {
        let (written, deleted) = split(images.accounts);
        self.write_accounts(written, deleted).await?;
        let (written, deleted) = split(images.tokens);
        self.write_tokens(written, deleted).await?;
        let (written, deleted) = split(images.holdings);
        self.write_holdings(written, deleted).await?;
        let (written, deleted) = split(images.periods);
        self.write_periods(written, deleted).await?;
        let (written, deleted) = split(images.totals);
        self.write_totals(written, deleted).await
    }

    async fn write_accounts(
        &self,
        written: Vec<(Address, Account)>,
        deleted: Vec<Address>,
    ) -> Result<()> {
        let rows = written.into_iter().map(|(address, account)| {
            vec![
                bytes(address),
                number(account.transactions),
                number(account.sent),
                number(account.token_transfers),
                number(account.signed_blocks),
                number(account.first_block),
                number(account.first_at_ms),
                number(account.last_block),
                number(account.last_at_ms),
            ]
        });
        insert(&self.transaction, &ACCOUNTS, rows.collect()).await?;
        for address in deleted {
            let sql = "DELETE FROM chain_accounts WHERE address = ?";
            execute(&self.transaction, sql, vec![bytes(address)]).await?;
        }
        Ok(())
    }

    async fn write_tokens(
        &self,
        written: Vec<(Address, Token)>,
        deleted: Vec<Address>,
    ) -> Result<()> {
        let rows = written.into_iter().map(|(address, token)| {
            vec![
                bytes(address),
                number(token.kind),
                number(token.holders),
                number(token.transfers),
                sortable(token.supply),
            ]
        });
        insert(&self.transaction, &TOKENS, rows.collect()).await?;
        for address in deleted {
            let sql = "DELETE FROM chain_tokens WHERE address = ?";
            execute(&self.transaction, sql, vec![bytes(address)]).await?;
        }
        Ok(())
    }

    async fn write_holdings(
        &self,
        written: Vec<(HoldingKey, Holding)>,
        deleted: Vec<HoldingKey>,
    ) -> Result<()> {
        let rows = written.into_iter().map(|(key, holding)| {
            let mut row = holding_key(key);
            row.push(number(u64::from(1 - key.is_instance)));
            row.push(sortable(holding.amount));
            row
        });
        insert(&self.transaction, &HOLDINGS, rows.collect()).await?;
        for key in deleted {
            let sql = "DELETE FROM chain_holdings WHERE token = ? AND owner = ? AND token_id = ?";
            execute(&self.transaction, sql, holding_key(key)).await?;
        }
        Ok(())
    }

    async fn write_periods(
        &self,
        written: Vec<(PeriodKey, Period)>,
        deleted: Vec<PeriodKey>,
    ) -> Result<()> {
        let rows = written.into_iter().map(|(key, period)| {
            vec![
                number(key.length_ms),
                number(key.start_ms),
                number(period.blocks),
                number(period.transactions),
                number(period.gas_used),
                short_amount(period.fees),
                number(period.token_transfers),
                number(period.new_addresses),
                number(period.active_addresses),
            ]
        });
        insert(&self.transaction, &PERIODS, rows.collect()).await?;
        for key in deleted {
            let sql = "DELETE FROM chain_periods WHERE length_ms = ? AND start = ?";
            let key = vec![number(key.length_ms), number(key.start_ms)];
            execute(&self.transaction, sql, key).await?;
        }
        Ok(())
    }

    async fn write_totals(&self, written: Vec<(u8, Totals)>, deleted: Vec<u8>) -> Result<()> {
        for (_, totals) in written {
            self.write_totals_of(TOTALS_OF_BLOCKS, &totals).await?;
        }
        for _ in deleted {
            let sql = "DELETE FROM chain_totals WHERE section = ?";
            let section = vec![super::sql::text(TOTALS_OF_BLOCKS)];
            execute(&self.transaction, sql, section).await?;
        }
        Ok(())
    }

    pub(super) async fn write_totals_of(&self, section: &str, totals: &Totals) -> Result<()> {
        let row = vec![
            super::sql::text(section),
            number(totals.transactions),
            number(totals.addresses),
            number(totals.contracts),
            number(totals.tokens),
            number(totals.token_transfers),
        ];
        insert(&self.transaction, &TOTALS, vec![row]).await
    }
}

fn split<K, V>(images: Vec<(K, Option<V>)>) -> (Vec<(K, V)>, Vec<K>) {
    let mut written = Vec::new();
    let mut deleted = Vec::new();
    for (key, row) in images {
        match row {
            Some(row) => written.push((key, row)),
            None => deleted.push(key),
        }
    }
    (written, deleted)
}

fn read_account(row: &QueryResult) -> Result<(Address, Account)> {
    let account = Account {
        transactions: read_number(row, "transactions")?,
        sent: read_number(row, "sent")?,
        token_transfers: read_number(row, "token_transfers")?,
        signed_blocks: read_number(row, "signed_blocks")?,
        first_block: read_number(row, "first_block")?,
        first_at_ms: read_number(row, "first_at")?,
        last_block: read_number(row, "last_block")?,
        last_at_ms: read_number(row, "last_at")?,
    };
    Ok((read_address(row, "address")?, account))
}

fn read_token(row: &QueryResult) -> Result<(Address, Token)> {
    let token = Token {
        kind: read_number(row, "kind")?,
        holders: read_number(row, "holders")?,
        transfers: read_number(row, "transfers")?,
        supply: read_amount(row, "supply")?,
    };
    Ok((read_address(row, "address")?, token))
}

/// The sum's key is shorter than any instance's, so that it comes first.
fn holding_key(key: HoldingKey) -> Vec<Value> {
    let token_id = match key.is_instance {
        0 => Vec::new(),
        _ => key.token_id.to_be_bytes_vec(),
    };
    vec![bytes(key.token), bytes(key.owner), bytes(token_id)]
}

async fn load_holdings(
    connection: &impl ConnectionTrait,
    keys: &Keys,
) -> Result<Vec<(HoldingKey, Holding)>> {
    use alloy_primitives::U256;
    /// Three values each: within what both databases bind.
    const KEYS_MAX: usize = 300;
    let mut rows = Vec::new();
    let mut wanted = keys.holdings.iter().peekable();
    while wanted.peek().is_some() {
        let values: Vec<Value> = wanted
            .by_ref()
            .take(KEYS_MAX)
            .flat_map(|key| holding_key(*key))
            .collect();
        let mut places = "(?,?,?),".repeat(values.len() / 3);
        places.pop();
        let sql = format!(
            "SELECT token, owner, token_id, amount FROM chain_holdings
             WHERE (token, owner, token_id) IN (VALUES {places})"
        );
        let read = |row: &QueryResult| {
            let token_id = read_bytes(row, "token_id")?;
            let key = HoldingKey {
                token: read_address(row, "token")?,
                owner: read_address(row, "owner")?,
                is_instance: u8::from(!token_id.is_empty()),
                token_id: U256::from_be_slice(&token_id),
            };
            let amount = read_amount(row, "amount")?;
            Ok((key, Holding { amount }))
        };
        rows.extend(super::sql::all(connection, &sql, values, read).await?);
    }
    Ok(rows)
}

async fn load_period(connection: &impl ConnectionTrait, key: PeriodKey) -> Result<Option<Period>> {
    one(
        connection,
        "SELECT * FROM chain_periods WHERE length_ms = ? AND start = ?",
        vec![number(key.length_ms), number(key.start_ms)],
        read_period,
    )
    .await
}

pub(super) fn read_period(row: &QueryResult) -> Result<Period> {
    Ok(Period {
        blocks: read_number(row, "blocks")?,
        transactions: read_number(row, "transactions")?,
        gas_used: read_number(row, "gas_used")?,
        fees: read_amount(row, "fees")?,
        token_transfers: read_number(row, "token_transfers")?,
        new_addresses: read_number(row, "new_addresses")?,
        active_addresses: read_number(row, "active_addresses")?,
    })
}

pub(super) async fn load_totals(
    connection: &impl ConnectionTrait,
    section: &str,
) -> Result<Option<Totals>> {
    one(
        connection,
        "SELECT * FROM chain_totals WHERE section = ?",
        vec![super::sql::text(section)],
        |row| {
            Ok(Totals {
                transactions: read_number(row, "transactions")?,
                addresses: read_number(row, "addresses")?,
                contracts: read_number(row, "contracts")?,
                tokens: read_number(row, "tokens")?,
                token_transfers: read_number(row, "token_transfers")?,
            })
        },
    )
    .await
}
