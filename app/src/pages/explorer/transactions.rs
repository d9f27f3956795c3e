//! `/explorer/transactions` and `/explorer/pending`.

use leptos::prelude::*;

use super::feed::live;
use super::list::{Empty, ListPlace, first_page_follows, list_card, live_list, use_after};
use super::part::section_of;
use super::path;
use super::tables::{pending_table, transaction_table};
use crate::actions::explorer::{read_pending, read_transactions};
use crate::ui::{ControlSize, IconName, LinkButton, PageHeader};

pub(super) const NO_TRANSACTIONS: Empty = Empty {
    icon: IconName::List,
    title: "No transactions yet",
    text: "Mined transactions appear here, newest first.",
};

const NOTHING_PENDING: Empty = Empty {
    icon: IconName::Clock,
    title: "Nothing is waiting",
    text: "Transactions stand here from the moment that the node has them until a block holds them.",
};

/// All mined transactions, newest first.
#[component]
pub fn TransactionsPage() -> impl IntoView {
    let place = ListPlace::new(path::TRANSACTIONS, "transactions");
    view! {
        <PageHeader
            title="Transactions"
            description="Mined, newest first."
            actions=|| view! {
                <LinkButton href=path::PENDING size=ControlSize::Small icon=IconName::Clock>"Pending"</LinkButton>
            }
        />
        {live_list(place, NO_TRANSACTIONS, read_transactions, |rows| transaction_table(rows, None))}
    }
}

/// Transactions that wait to be mined, as the node holds them.
#[component]
pub fn PendingPage() -> impl IntoView {
    let place = ListPlace::new(path::PENDING, "pending transactions");
    view! {
        <PageHeader title="Pending transactions" description="Sent, and not in a block yet. Read from the node itself." />
        {live(use_after(), first_page_follows, read_pending, move |after, part| {
            section_of(part, "Pending transactions", |page| {
                list_card(&place, NOTHING_PENDING, after.is_some(), page, pending_table)
            })
        })}
    }
}
