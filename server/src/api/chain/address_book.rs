//! What only an index knows of addresses: their order by balance and their history.

use alloy_primitives::{Address, U256};
use async_trait::async_trait;
use explorer::Explorer;
use serde_json::{Value, json};
use types::explorer::TransactionStatus;
use types::{PageRequest, WalletAddress};

use super::input::Rows;
use super::view::time_text;

/// Rows that are passed over at most: the index pages by key, AITBC's interface by number.
const OFFSET_MAX: u64 = 10_000;

/// An index of addresses.
#[async_trait]
pub trait AddressBook: Send + Sync {
    /// Addresses by balance, the richest first.
    ///
    /// # Errors
    /// Why there is no answer.
    async fn ranking(&self, rows: Rows, min_balance: U256) -> Result<Ranking, AddressBookError>;

    /// Transactions of an address, newest first.
    ///
    /// # Errors
    /// Why there is no answer.
    async fn history(&self, of: Address, rows: Rows) -> Result<History, AddressBookError>;
}

/// Some rows of the ranking, and how many there are.
#[derive(Debug, Default)]
pub struct Ranking {
    pub rows: Vec<Ranked>,
    pub total: u64,
}

/// One address; its balance in wei.
#[derive(Debug, Clone)]
pub struct Ranked {
    pub address: Address,
    pub balance: U256,
    pub transactions: u64,
}

/// Some transactions of an address, and how many there are.
#[derive(Debug, Default)]
pub struct History {
    pub sent_total: u64,
    pub received_total: u64,
    pub entries: Vec<Entry>,
}

/// One of them, as `address/{address}` shows it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub is_sent: bool,
    pub view: Value,
}

/// Why an index does not answer.
#[derive(Debug, thiserror::Error)]
pub enum AddressBookError {
    #[error("offset must not exceed {OFFSET_MAX}; the explorer's pages go further")]
    TooFar,
    #[error("the index does not answer")]
    Index(#[from] explorer::ExplorerError),
}

#[async_trait]
impl AddressBook for Explorer {
    async fn ranking(&self, rows: Rows, min_balance: U256) -> Result<Ranking, AddressBookError> {
        let mut found = Vec::new();
        let mut page = first_page(rows)?;
        'pages: loop {
            let answer = self.accounts(&page).await?;
            for rank in answer.items {
                let balance = wei(rank.balance.as_str());
                if balance < min_balance || found.len() as u64 >= rows.offset + rows.limit {
                    break 'pages;
                }
                found.push(Ranked {
                    address: address(rank.party.address),
                    balance,
                    transactions: rank.transactions,
                });
            }
            page.after = answer.next;
            if page.after.is_none() {
                break;
            }
        }
        let total = self.home().await?.totals.addresses;
        Ok(Ranking {
            rows: found.into_iter().skip(skipped(rows)).collect(),
            total,
        })
    }

    async fn history(&self, of: Address, rows: Rows) -> Result<History, AddressBookError> {
        let name = WalletAddress(of.into_array());
        let counts = self.address(name).await?.counts;
        let mut entries = Vec::new();
        let mut page = first_page(rows)?;
        loop {
            let answer = self.address_transactions(name, &page).await?;
            for summary in answer.items {
                let is_sent = address(summary.from.address) == of;
                let to = summary.to.map(|party| address(party.address));
                let other = if is_sent {
                    to
                } else {
                    Some(address(summary.from.address))
                };
                entries.push(Entry {
                    is_sent,
                    view: json!({
                        "tx_hash": summary.hash.to_string(),
                        "block_height": summary.moment.block,
                        "direction": if is_sent { "sent" } else { "received" },
                        "counterparty": other,
                        "payload": {
                            "recipient": to,
                            "amount": summary.value.as_str(),
                            "status": matches!(summary.status, TransactionStatus::Succeeded),
                        },
                        "created_at": time_text(seconds(summary.moment.at)),
                    }),
                });
            }
            page.after = answer.next;
            if page.after.is_none() || entries.len() as u64 >= rows.offset + rows.limit {
                break;
            }
        }
        Ok(History {
            sent_total: counts.sent,
            received_total: counts.transactions.saturating_sub(counts.sent),
            entries: entries
                .into_iter()
                .skip(skipped(rows))
                .take(usize::try_from(rows.limit).unwrap_or(usize::MAX))
                .collect(),
        })
    }
}

fn first_page(rows: Rows) -> Result<PageRequest, AddressBookError> {
    if rows.offset > OFFSET_MAX {
        return Err(AddressBookError::TooFar);
    }
    let wanted = rows.offset + rows.limit;
    Ok(PageRequest {
        after: None,
        limit: Some(u32::try_from(wanted).unwrap_or(u32::MAX)),
    })
}

fn skipped(rows: Rows) -> usize {
    usize::try_from(rows.offset).unwrap_or(usize::MAX)
}

fn wei(text: &str) -> U256 {
    U256::from_str_radix(text, 10).unwrap_or_default()
}

fn address(of: WalletAddress) -> Address {
    Address::from(of.0)
}

fn seconds(at: types::Timestamp) -> u64 {
    u64::try_from(at.0 / 1_000).unwrap_or_default()
}
