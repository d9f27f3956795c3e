//! `/explorer/address/:address`: what an address has, did and is.

mod by_nonce;
mod overview;
mod tabs;
mod tokens;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use types::WalletAddress;
use types::explorer::{ExportKind, Section};

use by_nonce::NonceTab;
pub(super) use overview::Overview;
use tabs::{Tab, address_tabs};
use tokens::TokensTab;

use super::contract::ContractTab;
use super::export::ExportMenu;
use super::feed::{Follows, live};
use super::list::{Empty, ListPlace, live_list};
use super::missing::NoAddress;
use super::path;
use super::status::SectionNote;
use super::tables::{internal_call_table, transaction_table, transfer_table};
use crate::actions::explorer::{
    read_address, read_address_internal_calls, read_address_token_transfers,
    read_address_transactions,
};
use crate::ui::IconName;

const NO_TRANSACTIONS: Empty = Empty {
    icon: IconName::List,
    title: "No transactions yet",
    text: "What this address sends or receives appears here once it is mined.",
};
const NO_CALLS: Empty = Empty {
    icon: IconName::List,
    title: "No internal calls",
    text: "Calls between contracts that move coins from or to this address would be listed here.",
};
const NO_TRANSFERS: Empty = Empty {
    icon: IconName::List,
    title: "No token transfers",
    text: "Tokens that this address sends or receives appear here.",
};

/// One address.
#[component]
pub fn AddressPage() -> impl IntoView {
    let parameters = use_params_map();
    let address = Memo::new(move |_| {
        parameters.with(|parameters| {
            parameters
                .get_str("address")
                .and_then(|text| text.parse::<WalletAddress>().ok())
        })
    });
    move || match address.get() {
        Some(address) => view! { <AddressOf address /> }.into_any(),
        None => view! { <NoAddress /> }.into_any(),
    }
}

#[component]
fn AddressOf(address: WalletAddress) -> impl IntoView {
    let parameters = use_query_map();
    let tab =
        Memo::new(move |_| parameters.with(|parameters| Tab::parse(parameters.get_str("tab"))));
    view! {
        {live(
            Memo::new(move |_| address),
            |_| Follows::EachBlock,
            read_address,
            move |_, overview| view! {
                <Overview overview=overview.clone() />
                {address_tabs(&overview, tab)}
            },
        )}
        {move || tab_view(tab.get(), address)}
    }
}

fn tab_view(tab: Tab, address: WalletAddress) -> AnyView {
    let place = |noun| ListPlace::new(path::address(address), noun).in_tab(tab.as_str());
    match tab {
        Tab::Transactions => view! {
            <ListHead address kind=ExportKind::Transactions />
            {live_list(
                place("transactions"),
                NO_TRANSACTIONS,
                move |after| read_address_transactions(address, after),
                move |rows| transaction_table(rows, Some(address)),
            )}
        }
        .into_any(),
        Tab::Internal => view! {
            <SectionNote section=Section::InternalCalls />
            <ListHead address kind=ExportKind::InternalCalls />
            {live_list(
                place("calls"),
                NO_CALLS,
                move |after| read_address_internal_calls(address, after),
                move |rows| internal_call_table(rows, Some(address)),
            )}
        }
        .into_any(),
        Tab::Transfers => view! {
            <ListHead address kind=ExportKind::TokenTransfers />
            {live_list(
                place("transfers"),
                NO_TRANSFERS,
                move |after| read_address_token_transfers(address, after),
                move |rows| transfer_table(rows, Some(address)),
            )}
        }
        .into_any(),
        Tab::Tokens => view! { <TokensTab address place=place("tokens") /> }.into_any(),
        Tab::Contract => view! { <ContractTab address /> }.into_any(),
        Tab::ByNonce => view! { <NonceTab address /> }.into_any(),
    }
}

#[component]
fn ListHead(address: WalletAddress, kind: ExportKind) -> impl IntoView {
    view! { <div class="list-head"><ExportMenu address kind /></div> }
}
