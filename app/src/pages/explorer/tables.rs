//! The rows of the explorer's lists.

mod blocks;
mod calls;
mod pending;
mod transactions;
mod transfers;

pub(super) use blocks::{block_table, percent};
pub(super) use calls::internal_call_table;
pub(super) use pending::pending_table;
pub(crate) use transactions::{method_badge, transaction_table};
pub(super) use transfers::{token_amount, transfer_table};
