//! What a transaction did, in words and numbers.

use leptos::prelude::*;
use types::explorer::{
    AccessListEntry, Part, TransactionFailure, TransactionStatus, TransactionSummary,
    TransactionView,
};

use super::fee::FeeFacts;
use super::input::InputCard;
use crate::pages::explorer::block::Confirmations;
use crate::pages::explorer::party::{BlockLink, PartyLink};
use crate::pages::explorer::tables::{method_badge, percent};
use crate::ui::{
    Address, Alert, Badge, Card, Coins, CopyButton, DecodedFields, KeyValue, KeyValues, Time, Tone,
    count,
};

#[component]
pub(super) fn OverviewTab(transaction: TransactionView) -> impl IntoView {
    let TransactionView {
        summary,
        confirmations,
        transaction_type,
        gas_limit,
        fee,
        input,
        decoded_input,
        access_list,
        failure,
        ..
    } = transaction;
    let (nonce, index, gas_used) = (summary.nonce, summary.index, summary.gas_used);
    view! {
        {failure.map(|failure| view! { <FailureNotice failure /> })}
        <Card>
            <KeyValues>
                <Everyday summary confirmations />
                <FeeFacts fee />
                <KeyValue label="Gas used">
                    {count(gas_used)} " of " {count(gas_limit)}
                    <span class="text-muted">" · " {percent(gas_used, gas_limit)}</span>
                </KeyValue>
                <KeyValue label="Nonce">{count(nonce)}</KeyValue>
                <KeyValue label="Place in the block">{count(index)}</KeyValue>
                <KeyValue label="Type">{type_name(transaction_type)}</KeyValue>
            </KeyValues>
        </Card>
        <InputCard input decoded=decoded_input />
        {(!access_list.is_empty()).then(|| view! { <AccessList entries=access_list /> })}
    }
}

#[component]
fn Everyday(summary: TransactionSummary, confirmations: u64) -> impl IntoView {
    let hash = summary.hash.to_string();
    let block = summary.moment.block;
    view! {
        <KeyValue label="Hash">
            <span class="address"><span class="mono">{hash.clone()}</span><CopyButton text=hash label="Copy transaction hash" /></span>
        </KeyValue>
        <KeyValue label="Status">{status_badge(summary.status)}</KeyValue>
        <KeyValue label="Block">
            <BlockLink number=block />
            // The index counts the block itself too.
            <span class="text-muted">" · " <Confirmations block first=confirmations.saturating_sub(1) in_words=true /></span>
        </KeyValue>
        <KeyValue label="Time"><Time at=summary.moment.at /> " · " {summary.moment.at.to_readable()}</KeyValue>
        <KeyValue label="From"><PartyLink party=summary.from /></KeyValue>
        {match (summary.to, summary.created) {
            (Some(party), _) => view! { <KeyValue label="To"><PartyLink party /></KeyValue> }.into_any(),
            (None, Some(party)) => view! { <KeyValue label="Created contract"><PartyLink party /></KeyValue> }.into_any(),
            (None, None) => view! { <KeyValue label="To">"creates a contract"</KeyValue> }.into_any(),
        }}
        <KeyValue label="Value"><Coins wei=summary.value /></KeyValue>
        <KeyValue label="Method">{method_badge(summary.method)}</KeyValue>
    }
}

fn status_badge(status: TransactionStatus) -> AnyView {
    match status {
        TransactionStatus::Succeeded => {
            view! { <Badge tone=Tone::Positive>"Succeeded"</Badge> }.into_any()
        }
        TransactionStatus::Failed => view! { <Badge tone=Tone::Danger>"Failed"</Badge> }.into_any(),
    }
}

/// EIP-2718's type bytes.
fn type_name(transaction_type: u8) -> String {
    match transaction_type {
        0 => "0 · legacy".to_owned(),
        1 => "1 · access list (EIP-2930)".to_owned(),
        2 => "2 · dynamic fee (EIP-1559)".to_owned(),
        3 => "3 · blobs (EIP-4844)".to_owned(),
        4 => "4 · set code (EIP-7702)".to_owned(),
        other => other.to_string(),
    }
}

#[component]
fn FailureNotice(failure: Part<TransactionFailure>) -> impl IntoView {
    let TransactionFailure {
        message, decoded, ..
    } = match failure {
        Part::Known(failure) => failure,
        _ => {
            return view! {
                <Alert tone=Tone::Danger title="The transaction failed">
                    <p>"The node cannot tell why any more. Its fee was paid, and nothing else was changed."</p>
                </Alert>
            }
            .into_any();
        }
    };
    view! {
        <Alert tone=Tone::Danger title="The transaction failed">
            <p class="failure-reason">{message}</p>
            {decoded.map(|error| view! {
                <p class="mono">{error.signature}</p>
                <DecodedFields fields=error.arguments />
            })}
            <p>"Its fee was paid, and nothing else was changed."</p>
        </Alert>
    }
    .into_any()
}

#[component]
fn AccessList(entries: Vec<AccessListEntry>) -> impl IntoView {
    view! {
        <Card title="Access list" description="Addresses and slots that the sender announced (EIP-2930)">
            <ul class="access-list">
                {entries.into_iter().map(|entry| view! {
                    <li>
                        <Address address=entry.address full=true />
                        <ul class="access-slots">
                            {entry.slots.into_iter()
                                .map(|slot| view! { <li class="mono break-all">{slot.to_string()}</li> })
                                .collect_view()}
                        </ul>
                    </li>
                }).collect_view()}
            </ul>
        </Card>
    }
}
