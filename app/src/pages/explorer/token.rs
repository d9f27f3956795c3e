//! `/explorer/token/:address`: one token, its movements, holders and instances.

mod facts;
mod holders;
mod instances;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use types::WalletAddress;
use types::explorer::{ExportKind, TokenKind, TokenSummary};

use facts::TokenFacts;
use holders::holder_table;
use instances::instance_table;

use super::export::ExportMenu;
use super::feed::{Follows, live_but_same};
use super::list::{Empty, ListPlace, live_list};
use super::missing::{NoAddress, NotThere};
use super::path;
use super::tables::transfer_table;
use crate::actions::explorer::{
    read_token, read_token_holders, read_token_instances, read_token_transfers,
};
use crate::ui::{IconName, TabLink, Tabs};

const NO_TRANSFERS: Empty = Empty {
    icon: IconName::List,
    title: "This token has not moved yet",
    text: "Transfers, mints and burns appear here.",
};
const NO_HOLDERS: Empty = Empty {
    icon: IconName::Group,
    title: "Nobody holds this token",
    text: "Addresses with more than nothing of it appear here, the largest first.",
};
const NO_INSTANCES: Empty = Empty {
    icon: IconName::List,
    title: "There are no instances",
    text: "Instances appear here with their owners once they are minted.",
};

/// A part of a token's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Transfers,
    Holders,
    Instances,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Transfers, Self::Holders, Self::Instances];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Transfers => "transfers",
            Self::Holders => "holders",
            Self::Instances => "instances",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Transfers => "Transfers",
            Self::Holders => "Holders",
            Self::Instances => "Instances",
        }
    }

    fn parse(text: Option<&str>) -> Self {
        Self::ALL
            .into_iter()
            .find(|tab| text == Some(tab.as_str()))
            .unwrap_or(Self::Transfers)
    }

    fn address(self, token: WalletAddress) -> String {
        match self {
            Self::Transfers => path::token(token),
            tab => path::with_query(&path::token(token), &[("tab", tab.as_str())]),
        }
    }
}

/// One token.
#[component]
pub fn TokenPage() -> impl IntoView {
    let parameters = use_params_map();
    let address = Memo::new(move |_| {
        parameters.with(|parameters| {
            parameters
                .get_str("address")
                .and_then(|text| text.parse::<WalletAddress>().ok())
        })
    });
    move || match address.get() {
        Some(address) => view! { <TokenOf address /> }.into_any(),
        None => view! { <NoAddress /> }.into_any(),
    }
}

#[component]
fn TokenOf(address: WalletAddress) -> impl IntoView {
    live_but_same(
        Memo::new(move |_| address),
        |_| Follows::EachBlock,
        is_same,
        read_token,
        |address, token| match token {
            Some(token) => view! { <Token token /> }.into_any(),
            None => view! { <NoToken address=*address /> }.into_any(),
        },
    )
}

/// Counts of the head are brought up to date when the page is read again; its lists follow the
/// chain by themselves and keep their place meanwhile.
fn is_same(shown: &Option<TokenSummary>, newer: &Option<TokenSummary>) -> bool {
    let label = |token: &Option<TokenSummary>| token.as_ref().map(|token| token.token.clone());
    label(shown) == label(newer)
}

#[component]
fn NoToken(address: WalletAddress) -> impl IntoView {
    view! {
        <NotThere title="This address is no token">
            <p>"A contract counts as a token with its first ERC-20, ERC-721 or ERC-1155 event."</p>
            <p><a class="link" href=path::address(address)>"Look at the address itself"</a></p>
        </NotThere>
    }
}

#[component]
fn Token(token: TokenSummary) -> impl IntoView {
    let (address, kind) = (token.token.address, token.token.kind);
    let parameters = use_query_map();
    let tab =
        Memo::new(move |_| parameters.with(|parameters| Tab::parse(parameters.get_str("tab"))));
    let current = Memo::new(move |_| tab.get().address(address));
    let tabs = tabs_of(&token);
    let label = token.token.clone();
    view! {
        <TokenFacts token />
        <Tabs label="Parts of the token" tabs current />
        {move || {
            let place = |noun| ListPlace::new(path::token(address), noun).in_tab(tab.get().as_str());
            let label = label.clone();
            match tab.get() {
                Tab::Transfers => view! {
                    <div class="list-head"><ExportMenu address kind=ExportKind::TokenTransfers /></div>
                    {live_list(
                        place("transfers"),
                        NO_TRANSFERS,
                        move |after| read_token_transfers(address, after),
                        |rows| transfer_table(rows, None),
                    )}
                }
                .into_any(),
                Tab::Holders => view! {
                    <div class="list-head"><ExportMenu address kind=ExportKind::TokenHolders /></div>
                    {live_list(
                        place("holders"),
                        NO_HOLDERS,
                        move |after| read_token_holders(address, after),
                        move |rows| holder_table(&label, rows),
                    )}
                }
                .into_any(),
                Tab::Instances => live_list(
                    place("instances"),
                    NO_INSTANCES,
                    move |after| read_token_instances(address, after),
                    move |rows| instance_table(kind, rows),
                )
                .into_any(),
            }
        }}
    }
}

/// Only tokens with instances have a list of them.
fn tabs_of(token: &TokenSummary) -> Vec<TabLink> {
    let address = token.token.address;
    Tab::ALL
        .into_iter()
        .filter(|tab| *tab != Tab::Instances || token.token.kind != TokenKind::Erc20)
        .map(|tab| {
            let link = TabLink::new(tab.address(address), tab.label());
            match tab {
                Tab::Transfers => link.with_count(token.transfers),
                Tab::Holders => link.with_count(token.holders),
                Tab::Instances => link,
            }
        })
        .collect()
}
