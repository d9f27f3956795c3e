use leptos::prelude::*;
use types::WalletAddress;
use types::explorer::InternalCall;

use crate::pages::explorer::party::{BlockLink, PartyOf, TransactionLink};
use crate::ui::{Badge, Cell, Coins, Column, Table, Time, Tone};

/// Calls between contracts as rows. `subject`: the address that the list is about.
pub(in crate::pages::explorer) fn internal_call_table(
    calls: Vec<InternalCall>,
    subject: Option<WalletAddress>,
) -> impl IntoView {
    let columns = vec![
        Column::new("Transaction"),
        Column::new("Block"),
        Column::new("Age"),
        Column::new("Kind"),
        Column::new("From"),
        Column::new("To"),
        Column::numeric("Value"),
    ];
    view! {
        <Table caption="Internal calls" columns>
            {calls.into_iter().map(|call| view! { <CallRow call subject /> }).collect_view()}
        </Table>
    }
}

#[component]
fn CallRow(call: InternalCall, subject: Option<WalletAddress>) -> impl IntoView {
    view! {
        <tr>
            <Cell label="Transaction"><TransactionLink hash=call.transaction /></Cell>
            <Cell label="Block"><BlockLink number=call.moment.block /></Cell>
            <Cell label="Age"><Time at=call.moment.at /></Cell>
            <Cell label="Kind">
                <span class="cell-stack">
                    <span class="method">{call.kind.as_str()}</span>
                    {(!call.is_effective).then(|| view! { <Badge tone=Tone::Danger>"Undone"</Badge> })}
                </span>
            </Cell>
            <Cell label="From"><PartyOf party=call.from subject /></Cell>
            <Cell label="To">
                {match call.to {
                    Some(party) => view! { <PartyOf party subject /> }.into_any(),
                    None => "–".into_any(),
                }}
            </Cell>
            <Cell label="Value" numeric=true><Coins wei=call.value /></Cell>
        </tr>
    }
}
