use leptos::prelude::*;
use types::WalletAddress;
use types::explorer::{MethodName, TransactionStatus, TransactionSummary};

use crate::pages::explorer::party::{BlockLink, PartyOf, TransactionLink};
use crate::ui::{Badge, Cell, Coins, Column, Table, Time, Tone};

/// Mined transactions as rows. `subject`: the address that the list is about.
pub(crate) fn transaction_table(
    transactions: Vec<TransactionSummary>,
    subject: Option<WalletAddress>,
) -> impl IntoView {
    let columns = vec![
        Column::new("Transaction"),
        Column::new("Method"),
        Column::new("Block"),
        Column::new("Age"),
        Column::new("From"),
        Column::new("To"),
        Column::numeric("Value"),
        Column::numeric("Fee"),
    ];
    view! {
        <Table caption="Transactions" columns>
            {transactions.into_iter()
                .map(|transaction| view! { <TransactionRow transaction subject /> })
                .collect_view()}
        </Table>
    }
}

#[component]
fn TransactionRow(
    transaction: TransactionSummary,
    subject: Option<WalletAddress>,
) -> impl IntoView {
    let has_failed = transaction.status == TransactionStatus::Failed;
    let to = match (transaction.to, transaction.created) {
        (Some(party), _) => view! { <PartyOf party subject /> }.into_any(),
        (None, Some(party)) => view! {
            <span class="cell-stack">
                <span class="text-muted">"creates"</span>
                <PartyOf party subject />
            </span>
        }
        .into_any(),
        (None, None) => view! { <span class="text-muted">"creates a contract"</span> }.into_any(),
    };
    view! {
        <tr>
            <Cell label="Transaction">
                <span class="cell-stack">
                    <TransactionLink hash=transaction.hash />
                    {has_failed.then(|| view! { <Badge tone=Tone::Danger>"Failed"</Badge> })}
                </span>
            </Cell>
            <Cell label="Method">{method_badge(transaction.method)}</Cell>
            <Cell label="Block"><BlockLink number=transaction.moment.block /></Cell>
            <Cell label="Age"><Time at=transaction.moment.at /></Cell>
            <Cell label="From"><PartyOf party=transaction.from subject /></Cell>
            <Cell label="To">{to}</Cell>
            <Cell label="Value" numeric=true><Coins wei=transaction.value /></Cell>
            <Cell label="Fee" numeric=true><Coins wei=transaction.fee /></Cell>
        </tr>
    }
}

/// The function that is called: its name, or its selector when nobody knows it.
pub(crate) fn method_badge(method: Option<MethodName>) -> AnyView {
    let Some(MethodName { selector, name }) = method else {
        return view! { <span class="text-muted">"transfer"</span> }.into_any();
    };
    let shown = name.unwrap_or_else(|| selector.clone());
    view! { <span class="method" title=selector>{shown}</span> }.into_any()
}
