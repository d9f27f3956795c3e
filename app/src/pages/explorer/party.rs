//! Links to addresses, blocks, transactions and tokens, as they stand in tables and sentences.

use leptos::prelude::*;
use types::WalletAddress;
use types::explorer::{Party, TokenLabel, TransactionHash};

use super::path;
use crate::ui::{Icon, IconName, Reference, count};

/// What stands for every coin and token before it exists and after it is gone.
const ZERO: WalletAddress = WalletAddress([0; 20]);

/// An address with its name, if it has one.
#[component]
pub(crate) fn PartyLink(party: Party) -> impl IntoView {
    let Party {
        address,
        name,
        is_contract,
    } = party;
    let is_named = name.is_some();
    let short = name.unwrap_or_else(|| short_address(address));
    view! {
        <span class="party">
            {is_contract.then(|| view! {
                <span class="party-mark" title="Contract"><Icon name=IconName::File size=13 /></span>
                <span class="sr-only">"Contract "</span>
            })}
            <Reference
                href=path::address(address)
                short
                whole=address.to_checksum()
                copy_label="Copy address"
                named=is_named
            />
        </span>
    }
}

/// The same where it is the very address that the page is about: no link to where one is.
#[component]
pub(super) fn PartyOf(party: Party, subject: Option<WalletAddress>) -> impl IntoView {
    if subject == Some(party.address) {
        let title = party.address.to_checksum();
        let short = party.name.unwrap_or_else(|| short_address(party.address));
        return view! { <span class="mono party-self" title=title>{short}</span> }.into_any();
    }
    view! { <PartyLink party /> }.into_any()
}

fn short_address(address: WalletAddress) -> String {
    match address == ZERO {
        true => "Zero address".to_owned(),
        false => address.to_short(),
    }
}

#[component]
pub(crate) fn TransactionLink(hash: TransactionHash) -> impl IntoView {
    view! {
        <Reference
            href=path::transaction(hash)
            short=hash.to_short()
            whole=hash.to_string()
            copy_label="Copy transaction hash"
        />
    }
}

#[component]
pub(crate) fn BlockLink(number: u64) -> impl IntoView {
    view! { <a class="reference-link tabular-nums" href=path::block(number)>{count(number)}</a> }
}

/// A token by its symbol.
#[component]
pub(super) fn TokenLink(token: TokenLabel) -> impl IntoView {
    let symbol = token_symbol(&token);
    let title = format!(
        "{} {}",
        token.name.as_deref().unwrap_or("Unnamed token"),
        token.address
    );
    view! {
        <a class="reference-link" href=path::token(token.address) title=title>{symbol}</a>
    }
}

/// What to call a token in a table.
pub(super) fn token_symbol(token: &TokenLabel) -> String {
    token
        .symbol
        .clone()
        .or_else(|| token.name.clone())
        .filter(|text| !text.trim().is_empty())
        .unwrap_or_else(|| token.address.to_short())
}

/// What to call a token where there is room.
pub(super) fn token_title(token: &TokenLabel) -> String {
    match (&token.name, &token.symbol) {
        (Some(name), Some(symbol)) if name != symbol => format!("{name} ({symbol})"),
        (Some(name), _) => name.clone(),
        (None, Some(symbol)) => symbol.clone(),
        (None, None) => format!("Token {}", token.address.to_short()),
    }
}
