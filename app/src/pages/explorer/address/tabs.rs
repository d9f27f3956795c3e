use leptos::prelude::*;
use types::WalletAddress;
use types::explorer::AddressOverview;

use crate::pages::explorer::path;
use crate::ui::{TabLink, Tabs};

/// A part of an address's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Transactions,
    Internal,
    Transfers,
    Tokens,
    Contract,
    ByNonce,
}

impl Tab {
    pub(super) const ALL: [Self; 6] = [
        Self::Transactions,
        Self::Internal,
        Self::Transfers,
        Self::Tokens,
        Self::Contract,
        Self::ByNonce,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Internal => "internal",
            Self::Transfers => "transfers",
            Self::Tokens => "tokens",
            Self::Contract => "contract",
            Self::ByNonce => "nonce",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Transactions => "Transactions",
            Self::Internal => "Internal calls",
            Self::Transfers => "Token transfers",
            Self::Tokens => "Tokens",
            Self::Contract => "Contract",
            Self::ByNonce => "By nonce",
        }
    }

    /// The part that the address asks for; the transactions when it asks for none that we know.
    pub(super) fn parse(text: Option<&str>) -> Self {
        Self::ALL
            .into_iter()
            .find(|tab| text == Some(tab.as_str()))
            .unwrap_or(Self::Transactions)
    }

    pub(super) fn address(self, address: WalletAddress) -> String {
        match self {
            Self::Transactions => path::address(address),
            tab => path::with_query(&path::address(address), &[("tab", tab.as_str())]),
        }
    }
}

/// The parts that this address has: accounts have no contract.
pub(super) fn address_tabs(overview: &AddressOverview, tab: Memo<Tab>) -> impl IntoView + use<> {
    let address = overview.party.address;
    let counts = overview.counts;
    let has_code = overview.party.is_contract || overview.proxy.is_some();
    let tabs = Tab::ALL
        .into_iter()
        .filter(|tab| has_code || *tab != Tab::Contract)
        .map(|tab| {
            let link = TabLink::new(tab.address(address), tab.label());
            match tab {
                Tab::Transactions => link.with_count(counts.transactions),
                Tab::Internal => link.with_count(counts.internal_calls),
                Tab::Transfers => link.with_count(counts.token_transfers),
                _ => link,
            }
        })
        .collect();
    let current = Memo::new(move |_| tab.get().address(address));
    view! { <Tabs label="Parts of the address" tabs current /> }
}
