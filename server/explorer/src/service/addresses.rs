//! The pages of addresses, and the ranking.

use alloy_primitives::map::{HashMap, HashSet};
use alloy_primitives::{Address, B256, U64, U256};
use serde_json::json;
use std::sync::Arc;
use types::explorer::{
    AccountRank, AddressCounts, AddressOverview, ContractCreation, InternalCall, Part, Proxy,
    ProxyKind,
};
use types::{Page, PageRequest, WalletAddress};

use super::blocks::moment;
use super::label::token_label;
use super::part::part;
use super::{Explorer, Inner, Result};
use crate::NodeError;
use crate::answer::read;
use crate::convert::{address, amount, transaction_hash};
use crate::proxy;
use crate::store::Cursor;

impl Explorer {
    /// Everything about an address but its lists.
    ///
    /// # Errors
    /// The database does not answer. What only the node knows is a part that may be missing.
    pub async fn address(&self, of: WalletAddress) -> Result<AddressOverview> {
        let inner = &self.inner;
        let of = address(of);
        let (account, calls, creation, token) = tokio::try_join!(
            inner.store.account(of),
            inner.store.account_calls(of),
            inner.store.creation(of),
            inner.store.token(of),
        )?;
        let (balance, nonce, proxy) = tokio::join!(
            inner.newest_balance(of),
            inner.newest_nonce(of),
            inner.proxy(of),
        );
        // What the index knows is better than nothing while the node is away.
        let balance = match part(balance) {
            Part::Known(balance) => Part::Known(balance),
            missing => match inner.store.balance(of).await? {
                Some(balance) => Part::Known(balance),
                None => missing,
            },
        };
        let proxy = proxy.ok().flatten();
        let labels = inner
            .labels(
                [
                    Some(of),
                    creation.map(|row| row.creator),
                    proxy.map(|(_, target)| target),
                ]
                .into_iter()
                .flatten()
                .collect(),
            )
            .await?;
        let mut party = labels.party(of);
        // Contracts of the first block have no creation in any transaction.
        party.is_contract |= inner
            .code(of)
            .await
            .is_ok_and(|code| proxy::is_contract(&code));
        Ok(AddressOverview {
            party,
            balance: balance.map(amount),
            nonce: part(nonce),
            counts: account.map_or_else(AddressCounts::default, |row| AddressCounts {
                transactions: row.transactions,
                sent: row.sent,
                internal_calls: calls,
                token_transfers: row.token_transfers,
                signed_blocks: row.signed_blocks,
            }),
            first_seen: account.map(|row| moment(row.first_block, row.first_at)),
            last_seen: account.map(|row| moment(row.last_block, row.last_at)),
            creation: creation.map(|row| ContractCreation {
                creator: labels.party(row.creator),
                transaction: transaction_hash(row.transaction),
                moment: moment(row.block_number, row.timestamp),
            }),
            proxy: proxy.map(|(kind, target)| Proxy {
                kind,
                implementation: labels.party(target),
            }),
            token: token.as_ref().map(token_label),
        })
    }

    /// Calls between contracts in which an address took part, newest first.
    ///
    /// # Errors
    /// The page's key is not one of ours, or the database does not answer.
    pub async fn address_internal_calls(
        &self,
        of: WalletAddress,
        page: &PageRequest,
    ) -> Result<Page<InternalCall>> {
        let after = Cursor::of(page);
        let slice = self
            .inner
            .store
            .address_calls(address(of), after.as_ref(), page.limit())
            .await?;
        let next =
            slice.next(|row| Cursor::write(&[&row.block_number, &row.place, &row.call_index]));
        let sides = slice
            .rows
            .iter()
            .flat_map(|row| [Some(row.sender), row.recipient]);
        let labels = self.inner.labels(sides.flatten().collect()).await?;
        let items = slice.rows.iter().map(|row| InternalCall {
            transaction: transaction_hash(row.transaction),
            moment: moment(row.block_number, row.timestamp),
            kind: row.kind,
            from: labels.party(row.sender),
            to: row.recipient.map(|to| labels.party(to)),
            value: amount(row.value),
            is_effective: row.is_effective,
        });
        Ok(Page {
            items: items.collect(),
            next,
        })
    }

    /// Addresses with more than nothing, richest first.
    ///
    /// # Errors
    /// The page's key is not one of ours, or the database does not answer.
    pub async fn accounts(&self, page: &PageRequest) -> Result<Page<AccountRank>> {
        let store = &self.inner.store;
        let after = Cursor::of(page);
        let slice = store.richest(after.as_ref(), page.limit()).await?;
        let next =
            slice.next(|(address, balance)| Cursor::write(&[&B256::from(*balance), address]));
        let addresses: Vec<Address> = slice.rows.iter().map(|(address, _)| *address).collect();
        let labels = self.inner.labels(addresses.clone()).await?;
        let counts: HashMap<Address, u64> = store
            .transaction_counts(addresses)
            .await?
            .into_iter()
            .collect();
        let items = slice.rows.iter().map(|(address, balance)| AccountRank {
            party: labels.party(*address),
            balance: amount(*balance),
            transactions: counts.get(address).copied().unwrap_or_default(),
        });
        Ok(Page {
            items: items.collect(),
            next,
        })
    }
}

impl Inner {
    async fn newest_balance(&self, of: Address) -> std::result::Result<U256, NodeError> {
        const METHOD: &str = "eth_getBalance";
        read(
            METHOD,
            self.node.request(METHOD, json!([of, "latest"])).await?,
        )
    }

    async fn newest_nonce(&self, of: Address) -> std::result::Result<u64, NodeError> {
        const METHOD: &str = "eth_getTransactionCount";
        let answer = self.node.request(METHOD, json!([of, "latest"])).await?;
        Ok(read::<U64>(METHOD, answer)?.to())
    }

    /// The contract whose code runs when this one is called.
    pub(super) async fn proxy(
        &self,
        of: Address,
    ) -> std::result::Result<Option<(ProxyKind, Address)>, NodeError> {
        proxy::implementation(&*self.node, of).await
    }

    /// Interfaces of addresses; a proxy without its own has its implementation's.
    pub(super) async fn interfaces_behind_proxies(
        &self,
        addresses: Vec<Address>,
    ) -> Result<HashMap<Address, Arc<alloy_json_abi::JsonAbi>>> {
        /// Addresses of one page that are looked at for a proxy.
        const LOOKED_AT_MAX: usize = 20;
        let addresses: HashSet<Address> = addresses.into_iter().collect();
        let mut found = self.interfaces(addresses.iter().copied().collect()).await?;
        let plain = addresses
            .iter()
            .filter(|address| !found.contains_key(*address));
        let looked_at: Vec<Address> = plain.copied().take(LOOKED_AT_MAX).collect();
        for address in looked_at {
            let Ok(Some((_, target))) = self.proxy(address).await else {
                continue;
            };
            if let Some(abi) = self.interface(target).await? {
                found.insert(address, abi);
            }
        }
        Ok(found)
    }
}
