//! `/explorer/accounts`: addresses by their balance.

use leptos::prelude::*;
use types::explorer::{AccountRank, Section};

use super::list::{Empty, ListPlace, live_list};
use super::party::PartyLink;
use super::path;
use super::status::SectionNote;
use crate::actions::explorer::read_accounts;
use crate::ui::{Address, Cell, Coins, Column, IconName, PageHeader, Table, count};

const NO_ACCOUNTS: Empty = Empty {
    icon: IconName::Group,
    title: "No accounts yet",
    text: "Addresses appear here, the richest first, once their balances were read from the node.",
};

/// The ranking of accounts.
#[component]
pub fn AccountsPage() -> impl IntoView {
    let place = ListPlace::new(path::ACCOUNTS, "accounts");
    view! {
        <PageHeader title="Accounts" description="By balance of the chain's own coin, the largest first." />
        <SectionNote section=Section::Balances />
        {live_list(place, NO_ACCOUNTS, read_accounts, account_table)}
    }
}

pub(super) fn account_table(accounts: Vec<AccountRank>) -> impl IntoView {
    let columns = vec![
        Column::new("Account"),
        Column::new("Address"),
        Column::numeric("Balance"),
        Column::numeric("Transactions"),
    ];
    view! {
        <Table caption="Accounts" columns>
            {accounts.into_iter().map(|account| view! { <AccountRow account /> }).collect_view()}
        </Table>
    }
}

#[component]
fn AccountRow(account: AccountRank) -> impl IntoView {
    let address = account.party.address;
    view! {
        <tr>
            <Cell label="Account"><PartyLink party=account.party /></Cell>
            <Cell label="Address"><Address address full=true /></Cell>
            <Cell label="Balance" numeric=true><Coins wei=account.balance /></Cell>
            <Cell label="Transactions" numeric=true>{count(account.transactions)}</Cell>
        </tr>
    }
}
