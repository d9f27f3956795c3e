//! `/explorer/tokens`: the tokens of the chain, and their newest movements.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use types::explorer::{Section, TokenSummary};

use super::list::{Empty, ListPlace, live_list};
use super::party::{TokenLink, token_title};
use super::path;
use super::status::SectionNote;
use super::tables::transfer_table;
use crate::actions::explorer::{read_latest_token_transfers, read_tokens};
use crate::ui::{
    Address, Cell, Column, IconName, PageHeader, TabLink, Table, Tabs, TokenAmount, count,
};

const NO_TOKENS: Empty = Empty {
    icon: IconName::List,
    title: "No tokens yet",
    text: "A contract appears here with its first ERC-20, ERC-721 or ERC-1155 event.",
};
const NO_TRANSFERS: Empty = Empty {
    icon: IconName::List,
    title: "No token has moved yet",
    text: "Transfers, mints and burns of all tokens appear here.",
};

const TRANSFERS_TAB: &str = "transfers";

/// All tokens.
#[component]
pub fn TokensPage() -> impl IntoView {
    let parameters = use_query_map();
    let shows_transfers = Memo::new(move |_| {
        parameters.with(|parameters| parameters.get_str("tab") == Some(TRANSFERS_TAB))
    });
    let transfers = path::with_query(path::TOKENS, &[("tab", TRANSFERS_TAB)]);
    let address = transfers.clone();
    let current = Memo::new(move |_| match shows_transfers.get() {
        true => address.clone(),
        false => path::TOKENS.to_owned(),
    });
    let tabs = vec![
        TabLink::new(path::TOKENS, "Tokens"),
        TabLink::new(transfers, "Latest transfers"),
    ];
    view! {
        <PageHeader title="Tokens" description="Names and symbols are what the contracts say: anyone may call a token anything." />
        <Tabs label="Tokens" tabs current />
        <SectionNote section=Section::TokenDetails />
        {move || match shows_transfers.get() {
            true => live_list(
                ListPlace::new(path::TOKENS, "transfers").in_tab(TRANSFERS_TAB),
                NO_TRANSFERS,
                read_latest_token_transfers,
                |rows| transfer_table(rows, None),
            )
            .into_any(),
            false => live_list(
                ListPlace::new(path::TOKENS, "tokens"),
                NO_TOKENS,
                read_tokens,
                token_table,
            )
            .into_any(),
        }}
    }
}

fn token_table(tokens: Vec<TokenSummary>) -> impl IntoView {
    let columns = vec![
        Column::new("Token"),
        Column::new("Name"),
        Column::new("Standard"),
        Column::new("Contract"),
        Column::numeric("Supply"),
        Column::numeric("Holders"),
        Column::numeric("Transfers"),
    ];
    view! {
        <Table caption="Tokens" columns>
            {tokens.into_iter().map(|token| view! { <TokenRow token /> }).collect_view()}
        </Table>
    }
}

#[component]
fn TokenRow(token: TokenSummary) -> impl IntoView {
    let TokenSummary {
        token,
        total_supply,
        holders,
        transfers,
    } = token;
    let decimals = token.decimals;
    let (title, standard, address) = (token_title(&token), token.kind.as_str(), token.address);
    view! {
        <tr>
            <Cell label="Token"><TokenLink token /></Cell>
            <Cell label="Name">{title}</Cell>
            <Cell label="Standard">{standard}</Cell>
            <Cell label="Contract"><Address address /></Cell>
            <Cell label="Supply" numeric=true>
                {match total_supply {
                    Some(amount) => view! { <TokenAmount amount decimals /> }.into_any(),
                    None => "–".into_any(),
                }}
            </Cell>
            <Cell label="Holders" numeric=true>{count(holders)}</Cell>
            <Cell label="Transfers" numeric=true>{count(transfers)}</Cell>
        </tr>
    }
}
