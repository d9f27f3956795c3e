//! A transaction that no block holds yet.

use leptos::prelude::*;
use types::explorer::{Part, PendingTransaction};

use super::input::InputCard;
use crate::pages::explorer::party::PartyLink;
use crate::pages::explorer::tables::method_badge;
use crate::ui::{
    Badge, Card, Coins, CopyButton, GasPrice, KeyValue, KeyValues, PageHeader, Time, Tone, count,
};

#[component]
pub(in crate::pages::explorer) fn PendingView(transaction: PendingTransaction) -> impl IntoView {
    let PendingTransaction {
        hash,
        from,
        to,
        nonce,
        value,
        gas_limit,
        max_fee_per_gas,
        method,
        input,
        is_queued,
        seen_at,
    } = transaction;
    let explanation = match is_queued {
        true => "It waits until earlier transactions of its sender arrive.",
        false => "The node has it, and one of the next blocks will hold it. This page follows it.",
    };
    let hash = hash.to_string();
    view! {
        <PageHeader title="Transaction" description=explanation />
        <Card>
            <KeyValues>
                <KeyValue label="Hash">
                    <span class="address"><span class="mono">{hash.clone()}</span><CopyButton text=hash label="Copy transaction hash" /></span>
                </KeyValue>
                <KeyValue label="Status">
                    <Badge tone=Tone::Warning>{if is_queued { "Queued" } else { "Pending" }}</Badge>
                    <span class="text-muted">" as of "<Time at=seen_at /></span>
                </KeyValue>
                <KeyValue label="From"><PartyLink party=from /></KeyValue>
                <KeyValue label="To">
                    {match to {
                        Some(party) => view! { <PartyLink party /> }.into_any(),
                        None => "creates a contract".into_any(),
                    }}
                </KeyValue>
                <KeyValue label="Value"><Coins wei=value /></KeyValue>
                <KeyValue label="Method">{method_badge(method)}</KeyValue>
                <KeyValue label="Nonce">{count(nonce)}</KeyValue>
                <KeyValue label="Gas limit">{count(gas_limit)}</KeyValue>
                <KeyValue label="Gas price at most"><GasPrice wei=max_fee_per_gas /></KeyValue>
            </KeyValues>
        </Card>
        <InputCard input=Part::Known(input) decoded=None />
    }
}
