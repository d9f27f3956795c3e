use leptos::prelude::*;
use types::WalletAddress;
use types::explorer::TokenBalance;

use crate::actions::explorer::read_address_tokens;
use crate::pages::explorer::list::{Empty, ListPlace, live_list};
use crate::pages::explorer::party::{TokenLink, token_title};
use crate::pages::explorer::tables::token_amount;
use crate::ui::{Address, Cell, Column, IconName, Table};

const NO_TOKENS: Empty = Empty {
    icon: IconName::List,
    title: "No tokens",
    text: "Tokens of ERC-20, ERC-721 and ERC-1155 contracts that this address holds appear here.",
};

#[component]
pub(super) fn TokensTab(address: WalletAddress, place: ListPlace) -> impl IntoView {
    live_list(
        place,
        NO_TOKENS,
        move |after| read_address_tokens(address, after),
        token_balances,
    )
}

fn token_balances(balances: Vec<TokenBalance>) -> impl IntoView {
    let columns = vec![
        Column::new("Token"),
        Column::new("Name"),
        Column::new("Standard"),
        Column::new("Contract"),
        Column::numeric("Amount"),
    ];
    view! {
        <Table caption="Tokens" columns>
            {balances.into_iter().map(|balance| view! { <BalanceRow balance /> }).collect_view()}
        </Table>
    }
}

#[component]
fn BalanceRow(balance: TokenBalance) -> impl IntoView {
    let TokenBalance {
        token,
        token_id,
        amount,
    } = balance;
    let shown = token_amount(&token, amount, token_id);
    let (title, standard, address) = (token_title(&token), token.kind.as_str(), token.address);
    view! {
        <tr>
            <Cell label="Token"><TokenLink token /></Cell>
            <Cell label="Name">{title}</Cell>
            <Cell label="Standard">{standard}</Cell>
            <Cell label="Contract"><Address address /></Cell>
            <Cell label="Amount" numeric=true>{shown}</Cell>
        </tr>
    }
}
