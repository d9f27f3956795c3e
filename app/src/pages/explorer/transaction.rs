//! `/explorer/tx/:hash`: one transaction, waiting or mined, in tabs.

mod calls;
mod fee;
mod input;
mod logs;
mod overview;
mod pending;
mod raw;
mod state;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use types::explorer::{TransactionHash, TransactionLookup, TransactionView};

use calls::CallsTab;
use logs::LogsTab;
use overview::OverviewTab;
use pending::PendingView;
use raw::RawTab;
use state::StateTab;

#[cfg(all(test, feature = "ssr"))]
pub(super) use {calls::CallTree, logs::Logs, state::StateChanges};

use super::feed::{Follows, live_but_same};
use super::list::{Empty, empty_list};
use super::missing::NotThere;
use super::party::BlockLink;
use super::path;
use super::tables::transfer_table;
use crate::actions::explorer::read_transaction;
use crate::ui::{
    Card, ControlSize, IconName, KeyValue, KeyValues, LinkButton, PageHeader, TabLink, Tabs,
};

const NO_TRANSFERS: Empty = Empty {
    icon: IconName::List,
    title: "No tokens moved",
    text: "Transfers, mints and burns of ERC-20, ERC-721 and ERC-1155 tokens would be listed here.",
};

/// A part of a transaction's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Overview,
    Logs,
    Transfers,
    Calls,
    State,
    Raw,
}

impl Tab {
    const ALL: [Self; 6] = [
        Self::Overview,
        Self::Transfers,
        Self::Calls,
        Self::Logs,
        Self::State,
        Self::Raw,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Logs => "logs",
            Self::Transfers => "transfers",
            Self::Calls => "calls",
            Self::State => "state",
            Self::Raw => "raw",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Logs => "Logs",
            Self::Transfers => "Token transfers",
            Self::Calls => "Internal calls",
            Self::State => "State changes",
            Self::Raw => "Raw",
        }
    }

    fn parse(text: Option<&str>) -> Self {
        Self::ALL
            .into_iter()
            .find(|tab| text == Some(tab.as_str()))
            .unwrap_or(Self::Overview)
    }

    fn address(self, hash: TransactionHash) -> String {
        match self {
            Self::Overview => path::transaction(hash),
            tab => path::with_query(&path::transaction(hash), &[("tab", tab.as_str())]),
        }
    }
}

/// One transaction.
#[component]
pub fn TransactionPage() -> impl IntoView {
    let parameters = use_params_map();
    let hash = Memo::new(move |_| {
        parameters.with(|parameters| {
            parameters
                .get_str("hash")
                .and_then(|text| text.parse().ok())
        })
    });
    move || {
        match hash.get() {
        Some(hash) => view! { <TransactionOf hash /> }.into_any(),
        None => view! {
            <NotThere title="This is not a transaction hash">
                <p>"A transaction is named by its hash: 0x and 64 hexadecimal digits. The beginning of one is enough for the search."</p>
            </NotThere>
        }
        .into_any(),
    }
    }
}

#[component]
fn TransactionOf(hash: TransactionHash) -> impl IntoView {
    let parameters = use_query_map();
    let tab =
        Memo::new(move |_| parameters.with(|parameters| Tab::parse(parameters.get_str("tab"))));
    // A mined transaction is read again too: a reorganisation may take its block away.
    live_but_same(
        Memo::new(move |_| hash),
        |_| Follows::EachBlock,
        is_same,
        read_transaction,
        move |hash, lookup| lookup_view(*hash, lookup, tab),
    )
}

/// The count of blocks on top grows by itself.
fn is_same(shown: &TransactionLookup, newer: &TransactionLookup) -> bool {
    match (shown, newer) {
        (TransactionLookup::Mined(shown), TransactionLookup::Mined(newer)) => {
            shown.block_hash == newer.block_hash && shown.neighbours == newer.neighbours
        }
        _ => shown == newer,
    }
}

fn lookup_view(hash: TransactionHash, lookup: TransactionLookup, tab: Memo<Tab>) -> AnyView {
    match lookup {
        TransactionLookup::Mined(transaction) => {
            view! { <Mined transaction=*transaction tab /> }.into_any()
        }
        TransactionLookup::Pending(transaction) => {
            view! { <PendingView transaction=*transaction /> }.into_any()
        }
        TransactionLookup::NotIndexed { block } => {
            view! { <NotIndexedYet hash block /> }.into_any()
        }
        TransactionLookup::Unknown => view! { <UnknownTransaction hash /> }.into_any(),
    }
}

/// The node has it, and the index does not; a moment later this page shows it.
#[component]
fn NotIndexedYet(hash: TransactionHash, block: u64) -> impl IntoView {
    view! {
        <PageHeader title="Transaction" description="It is mined, and the index will have it shortly." />
        <Card>
            <KeyValues>
                <KeyValue label="Hash"><span class="mono break-all">{hash.to_string()}</span></KeyValue>
                <KeyValue label="Block"><BlockLink number=block /></KeyValue>
            </KeyValues>
        </Card>
    }
}

#[component]
fn UnknownTransaction(hash: TransactionHash) -> impl IntoView {
    view! {
        <NotThere title="The chain does not know this transaction">
            <p class="mono break-all">{hash.to_string()}</p>
            <p>"If it was sent a moment ago, leave this page open: it shows the transaction as soon as it arrives. Otherwise it was replaced, refused, or sent on another chain."</p>
        </NotThere>
    }
}

#[component]
fn Mined(transaction: TransactionView, tab: Memo<Tab>) -> impl IntoView {
    let hash = transaction.summary.hash;
    let current = Memo::new(move |_| tab.get().address(hash));
    let tabs = tabs_of(&transaction);
    let neighbours = transaction.neighbours;
    view! {
        <PageHeader
            title="Transaction"
            actions=move || view! {
                {neighbours.previous.map(|hash| neighbour(hash, IconName::ChevronLeft, "Sender's previous"))}
                {neighbours.next.map(|hash| neighbour(hash, IconName::ChevronRight, "Sender's next"))}
            }
        />
        <Tabs label="Parts of the transaction" tabs current />
        {move || tab_view(tab.get(), &transaction)}
    }
}

fn neighbour(hash: TransactionHash, icon: IconName, label: &'static str) -> impl IntoView {
    view! { <LinkButton href=path::transaction(hash) size=ControlSize::Small icon>{label}</LinkButton> }
}

fn tabs_of(transaction: &TransactionView) -> Vec<TabLink> {
    let hash = transaction.summary.hash;
    Tab::ALL
        .into_iter()
        .map(|tab| {
            let link = TabLink::new(tab.address(hash), tab.label());
            match tab {
                Tab::Logs => link.with_count(transaction.logs),
                Tab::Transfers => {
                    link.with_count(u64::try_from(transaction.token_transfers.len()).unwrap_or(0))
                }
                _ => link,
            }
        })
        .collect()
}

fn tab_view(tab: Tab, transaction: &TransactionView) -> AnyView {
    let hash = transaction.summary.hash;
    match tab {
        Tab::Overview => view! { <OverviewTab transaction=transaction.clone() /> }.into_any(),
        Tab::Logs => view! { <LogsTab hash /> }.into_any(),
        Tab::Calls => view! { <CallsTab hash /> }.into_any(),
        Tab::State => view! { <StateTab hash /> }.into_any(),
        Tab::Raw => view! { <RawTab hash /> }.into_any(),
        Tab::Transfers => {
            let transfers = transaction.token_transfers.clone();
            let rows = match transfers.is_empty() {
                true => empty_list(NO_TRANSFERS).into_any(),
                false => transfer_table(transfers, None).into_any(),
            };
            view! { <Card flush=true>{rows}</Card> }.into_any()
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
pub(super) fn mined_overview(transaction: TransactionView) -> AnyView {
    view! { <OverviewTab transaction /> }.into_any()
}
