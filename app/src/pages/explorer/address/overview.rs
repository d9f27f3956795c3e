use leptos::prelude::*;
use types::explorer::{AddressOverview, Moment, Proxy, ProxyKind, TokenLabel};

use crate::pages::explorer::part::word_of;
use crate::pages::explorer::party::{BlockLink, PartyLink, TransactionLink, token_title};
use crate::pages::explorer::path;
use crate::ui::{
    Badge, Card, Coins, CopyButton, KeyValue, KeyValues, PageHeader, Time, Tone, count,
};

/// What an address has and is.
#[component]
pub(in crate::pages::explorer) fn Overview(overview: AddressOverview) -> impl IntoView {
    let AddressOverview {
        party,
        balance,
        nonce,
        counts,
        first_seen,
        last_seen,
        creation,
        proxy,
        token,
    } = overview;
    let address = party.address.to_checksum();
    let title = party.name.clone().unwrap_or_else(|| {
        match party.is_contract {
            true => "Contract",
            false => "Account",
        }
        .to_owned()
    });
    let badge = match (party.is_contract, &token) {
        (_, Some(token)) => Some(token.kind.as_str()),
        (true, None) => Some("Contract"),
        (false, None) => None,
    };
    view! {
        <PageHeader
            title
            beside=move || badge.map(|label| view! { <Badge tone=Tone::Accent>{label}</Badge> })
        />
        <Card>
            <KeyValues>
                <KeyValue label="Address">
                    <span class="address"><span class="mono">{address.clone()}</span><CopyButton text=address label="Copy address" /></span>
                </KeyValue>
                <KeyValue label="Balance">{word_of(balance, |wei| view! { <Coins wei /> })}</KeyValue>
                <KeyValue label="Next nonce">{word_of(nonce, count)}</KeyValue>
                <KeyValue label="Sent">{transactions(counts.sent)}</KeyValue>
                {(counts.signed_blocks > 0).then(|| view! {
                    <KeyValue label="Signed blocks">{count(counts.signed_blocks)}</KeyValue>
                })}
                {token.map(|token| view! { <KeyValue label="Token">{token_line(&token)}</KeyValue> })}
                {proxy.map(|proxy| view! { <KeyValue label="Runs the code of">{proxy_line(proxy)}</KeyValue> })}
                {creation.map(|creation| view! {
                    <KeyValue label="Created">
                        <span class="inline-parts">
                            "by "<PartyLink party=creation.creator />
                            " in "<TransactionLink hash=creation.transaction />
                            <Time at=creation.moment.at />
                        </span>
                    </KeyValue>
                })}
                <KeyValue label="First seen">{seen(first_seen)}</KeyValue>
                <KeyValue label="Last seen">{seen(last_seen)}</KeyValue>
            </KeyValues>
        </Card>
    }
}

fn transactions(number: u64) -> String {
    match number {
        1 => "1 transaction".to_owned(),
        number => format!("{} transactions", count(number)),
    }
}

fn seen(moment: Option<Moment>) -> AnyView {
    match moment {
        Some(Moment { block, at }) => view! {
            <Time at /> <span class="text-muted">" · block "</span><BlockLink number=block />
        }
        .into_any(),
        None => view! { <span class="text-muted">"in no block so far"</span> }.into_any(),
    }
}

fn token_line(token: &TokenLabel) -> impl IntoView + use<> {
    view! { <a class="reference-link" href=path::token(token.address)>{token_title(token)}</a> }
}

fn proxy_line(proxy: Proxy) -> impl IntoView {
    let how = match proxy.kind {
        ProxyKind::Erc1967 => "upgradeable proxy (ERC-1967)",
        ProxyKind::Beacon => "beacon proxy (ERC-1967)",
        ProxyKind::Minimal => "minimal proxy (ERC-1167)",
        ProxyKind::Delegation => "delegated account (EIP-7702)",
    };
    view! {
        <PartyLink party=proxy.implementation />
        <span class="text-muted">" · "{how}</span>
    }
}
