use leptos::prelude::*;
use types::explorer::TokenSummary;

use crate::pages::explorer::party::token_title;
use crate::pages::explorer::path;
use crate::ui::{
    Address, Badge, Card, ControlSize, IconName, KeyValue, KeyValues, LinkButton, PageHeader,
    TokenAmount, Tone, count,
};

/// The head of a token's page.
#[component]
pub(super) fn TokenFacts(token: TokenSummary) -> impl IntoView {
    let TokenSummary {
        token,
        total_supply,
        holders,
        transfers,
    } = token;
    let address = token.address;
    let standard = token.kind.as_str();
    let symbol = token.symbol.clone().unwrap_or_default();
    view! {
        <PageHeader
            title=token_title(&token)
            beside=move || view! { <Badge tone=Tone::Accent>{standard}</Badge> }
            actions=move || view! {
                <LinkButton href=path::contract(address) size=ControlSize::Small icon=IconName::File>"Contract"</LinkButton>
            }
        />
        <Card>
            <KeyValues>
                <KeyValue label="Contract"><Address address full=true /></KeyValue>
                {total_supply.map(|amount| view! {
                    <KeyValue label="Supply"><TokenAmount amount decimals=token.decimals symbol /></KeyValue>
                })}
                {token.decimals.map(|decimals| view! { <KeyValue label="Decimals">{decimals}</KeyValue> })}
                <KeyValue label="Holders">{count(holders)}</KeyValue>
                <KeyValue label="Transfers">{count(transfers)}</KeyValue>
            </KeyValues>
        </Card>
    }
}
