use leptos::prelude::*;
use types::explorer::PendingTransaction;

use super::method_badge;
use crate::pages::explorer::party::{PartyLink, TransactionLink};
use crate::ui::{Badge, Cell, Coins, Column, GasPrice, Table, Tone, count};

/// Transactions that wait, as rows.
pub(in crate::pages::explorer) fn pending_table(
    transactions: Vec<PendingTransaction>,
) -> impl IntoView {
    let columns = vec![
        Column::new("Transaction"),
        Column::new("Method"),
        Column::new("From"),
        Column::new("To"),
        Column::numeric("Nonce"),
        Column::numeric("Value"),
        Column::numeric("Highest gas price"),
    ];
    view! {
        <Table caption="Pending transactions" columns>
            {transactions.into_iter()
                .map(|transaction| view! { <PendingRow transaction /> })
                .collect_view()}
        </Table>
    }
}

#[component]
fn PendingRow(transaction: PendingTransaction) -> impl IntoView {
    let to = match transaction.to {
        Some(party) => view! { <PartyLink party /> }.into_any(),
        None => view! { <span class="text-muted">"creates a contract"</span> }.into_any(),
    };
    view! {
        <tr>
            <Cell label="Transaction">
                <span class="cell-stack">
                    <TransactionLink hash=transaction.hash />
                    {transaction.is_queued.then(|| view! {
                        <span title="Waits for earlier transactions of its sender">
                            <Badge tone=Tone::Warning>"Queued"</Badge>
                        </span>
                    })}
                </span>
            </Cell>
            <Cell label="Method">{method_badge(transaction.method)}</Cell>
            <Cell label="From"><PartyLink party=transaction.from /></Cell>
            <Cell label="To">{to}</Cell>
            <Cell label="Nonce" numeric=true>{count(transaction.nonce)}</Cell>
            <Cell label="Value" numeric=true><Coins wei=transaction.value /></Cell>
            <Cell label="Highest gas price" numeric=true><GasPrice wei=transaction.max_fee_per_gas /></Cell>
        </tr>
    }
}
