//! Rows of blocks, in bulk. Rows are written in the order of their keys, which lets the database
//! append instead of search.

use alloy_primitives::Address;
use sea_orm::Value;

use super::progress::SectionName;
use super::sql::{
    Insert, bytes, flag, insert, number, optional_amount, optional_bytes, short_amount, signed,
    sortable, text,
};
use super::{Result, Writing};
use crate::row::{BlockRow, BlockRows, TransactionRow, TransferRow};
use crate::trace::CallRows;

const BLOCKS: Insert = Insert {
    into: "chain_blocks (number, hash, timestamp, signer, transactions, token_transfers,
        gas_limit, gas_used, base_fee, fees, burnt, details)",
    columns: 12,
    conflict: "",
};
const TRANSACTIONS: Insert = Insert {
    into: "chain_transactions (block_number, place, hash, sender, recipient, created, nonce,
        value, gas_limit, gas_used, fee, gas_price, max_fee, max_tip, kind, succeeded,
        selector, logs)",
    columns: 18,
    conflict: "",
};
const ADDRESS_TRANSACTIONS: Insert = Insert {
    into: "chain_address_transactions (address, block_number, place)",
    columns: 3,
    conflict: "ON CONFLICT DO NOTHING",
};
const TRANSFERS: Insert = Insert {
    into: "chain_token_transfers (block_number, log_index, part, place, token, sender,
        recipient, amount, token_id)",
    columns: 9,
    conflict: "",
};
const ADDRESS_TRANSFERS: Insert = Insert {
    into: "chain_address_transfers (address, block_number, log_index, part)",
    columns: 4,
    conflict: "",
};
const CREATIONS: Insert = Insert {
    into: "chain_creations (address, block_number, place, section, creator)",
    columns: 5,
    conflict: "ON CONFLICT DO NOTHING",
};
const DUE_BALANCES: Insert = Insert {
    into: "chain_balances (address, amount, touched_block, is_due)",
    columns: 4,
    conflict: "ON CONFLICT (address) DO UPDATE
        SET is_due = 1, touched_block = excluded.touched_block
        WHERE chain_balances.touched_block < excluded.touched_block
            OR chain_balances.is_due = 0",
};
const DUE_DETAILS: Insert = Insert {
    into: "chain_token_details (address, name_key, symbol_key, touched_block, is_due)",
    columns: 5,
    conflict: "ON CONFLICT (address) DO UPDATE
        SET is_due = 1, touched_block = excluded.touched_block",
};
const CALLS: Insert = Insert {
    into: "chain_calls (block_number, place, call_index, kind, sender, recipient, value,
        is_effective)",
    columns: 8,
    conflict: "",
};
const ADDRESS_CALLS: Insert = Insert {
    into: "chain_address_calls (address, block_number, place, call_index)",
    columns: 4,
    conflict: "",
};

impl Writing {
    /// All rows of some blocks.
    pub(crate) async fn write_blocks(&self, blocks: &[BlockRows]) -> Result<()> {
        let connection = &self.transaction;
        insert(
            connection,
            &BLOCKS,
            blocks.iter().map(block_values).collect(),
        )
        .await?;
        let transactions = || blocks.iter().flat_map(|rows| &rows.transactions);
        insert(
            connection,
            &TRANSACTIONS,
            transactions().map(transaction_values).collect(),
        )
        .await?;
        let mut listed: Vec<(Address, u64, u64)> = transactions()
            .flat_map(|row| {
                row.addresses()
                    .map(|address| (address, row.block_number, row.place))
            })
            .collect();
        listed.sort_unstable();
        let rows = listed
            .into_iter()
            .map(|(address, block, place)| vec![bytes(address), number(block), number(place)]);
        insert(connection, &ADDRESS_TRANSACTIONS, rows.collect()).await?;
        let created = transactions()
            .filter(|row| row.succeeded)
            .filter_map(|row| {
                Some(vec![
                    bytes(row.created?),
                    number(row.block_number),
                    number(row.place),
                    text(SectionName::Blocks.as_str()),
                    bytes(row.sender),
                ])
            });
        insert(connection, &CREATIONS, created.collect()).await?;
        self.write_transfers(blocks).await
    }

    async fn write_transfers(&self, blocks: &[BlockRows]) -> Result<()> {
        let transfers = || blocks.iter().flat_map(|rows| &rows.transfers);
        insert(
            &self.transaction,
            &TRANSFERS,
            transfers().map(transfer_values).collect(),
        )
        .await?;
        let mut listed: Vec<(Address, u64, u64, u64)> = transfers()
            .flat_map(|row| {
                row.addresses()
                    .map(|address| (address, row.block_number, row.log_index, row.part))
            })
            .collect();
        listed.sort_unstable();
        let rows = listed.into_iter().map(|(address, block, log, part)| {
            vec![bytes(address), number(block), number(log), number(part)]
        });
        insert(&self.transaction, &ADDRESS_TRANSFERS, rows.collect()).await
    }

    /// Balances that a block may have changed, to be asked for. Addresses come once each.
    pub(crate) async fn mark_balances(
        &self,
        mut addresses: Vec<Address>,
        touched_block: u64,
    ) -> Result<()> {
        addresses.sort_unstable();
        let rows = addresses.into_iter().map(|address| {
            vec![
                bytes(address),
                sortable(alloy_primitives::U256::ZERO),
                number(touched_block),
                flag(true),
            ]
        });
        insert(&self.transaction, &DUE_BALANCES, rows.collect()).await
    }

    /// Tokens whose contract is to be asked what it says of itself. Each comes once.
    pub(crate) async fn mark_tokens(&self, tokens: Vec<Address>, touched_block: u64) -> Result<()> {
        let rows = tokens.into_iter().map(|token| {
            vec![
                bytes(token),
                text(""),
                text(""),
                number(touched_block),
                flag(true),
            ]
        });
        insert(&self.transaction, &DUE_DETAILS, rows.collect()).await
    }

    /// Calls between contracts, and the contracts that they created.
    pub(crate) async fn write_calls(&self, calls: &[CallRows]) -> Result<()> {
        let connection = &self.transaction;
        let calls = || calls.iter().flat_map(|rows| &rows.calls);
        let rows = calls().map(|call| {
            vec![
                number(call.block_number),
                number(call.place),
                number(call.call_index),
                number(call.kind as u64),
                bytes(call.sender),
                optional_bytes(call.recipient),
                short_amount(call.value),
                flag(call.is_effective),
            ]
        });
        insert(connection, &CALLS, rows.collect()).await?;
        let mut listed: Vec<_> = calls()
            .flat_map(|call| {
                call.addresses()
                    .map(|address| (address, call.block_number, call.place, call.call_index))
            })
            .collect();
        listed.sort_unstable();
        let rows = listed.into_iter().map(|(address, block, place, index)| {
            vec![bytes(address), number(block), number(place), number(index)]
        });
        insert(connection, &ADDRESS_CALLS, rows.collect()).await?;
        let created = calls().filter_map(|call| {
            Some(vec![
                bytes(call.created()?),
                number(call.block_number),
                number(call.place),
                text(SectionName::Calls.as_str()),
                bytes(call.sender),
            ])
        });
        insert(connection, &CREATIONS, created.collect()).await
    }
}

fn block_values(rows: &BlockRows) -> Vec<Value> {
    let BlockRow {
        number: block_number,
        hash,
        timestamp,
        signer,
        gas_limit,
        gas_used,
        base_fee,
        fees,
        burnt,
        details,
    } = &rows.block;
    vec![
        number(*block_number),
        bytes(hash),
        signed(timestamp.0),
        bytes(signer),
        number(rows.transactions.len() as u64),
        number(rows.transfers.len() as u64),
        number(*gas_limit),
        number(*gas_used),
        optional_amount(*base_fee),
        short_amount(*fees),
        short_amount(*burnt),
        // A structure of numbers and texts always has a JSON form.
        text(serde_json::to_string(details).unwrap_or_default()),
    ]
}

fn transaction_values(row: &TransactionRow) -> Vec<Value> {
    vec![
        number(row.block_number),
        number(row.place),
        bytes(row.hash),
        bytes(row.sender),
        optional_bytes(row.recipient),
        optional_bytes(row.created),
        number(row.nonce),
        short_amount(row.value),
        number(row.gas_limit),
        number(row.gas_used),
        short_amount(row.fee),
        short_amount(row.gas_price),
        optional_amount(row.max_fee),
        optional_amount(row.max_tip),
        number(row.kind),
        flag(row.succeeded),
        optional_bytes(row.selector),
        number(row.logs),
    ]
}

fn transfer_values(row: &TransferRow) -> Vec<Value> {
    let movement = &row.movement;
    vec![
        number(row.block_number),
        number(row.log_index),
        number(row.part),
        number(row.place),
        bytes(movement.token),
        bytes(movement.from),
        bytes(movement.to),
        short_amount(movement.amount),
        optional_amount(movement.token_id),
    ]
}
