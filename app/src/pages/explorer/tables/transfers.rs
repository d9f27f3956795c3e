use leptos::prelude::*;
use types::WalletAddress;
use types::explorer::{Amount, TokenKind, TokenLabel, TokenTransfer};

use crate::pages::explorer::party::{BlockLink, PartyOf, TokenLink, TransactionLink};
use crate::ui::{Cell, Column, Table, Time, TokenAmount};

/// Token movements as rows. `subject`: the address that the list is about.
pub(in crate::pages::explorer) fn transfer_table(
    transfers: Vec<TokenTransfer>,
    subject: Option<WalletAddress>,
) -> impl IntoView {
    let columns = vec![
        Column::new("Transaction"),
        Column::new("Block"),
        Column::new("Age"),
        Column::new("From"),
        Column::new("To"),
        Column::numeric("Amount"),
        Column::new("Token"),
    ];
    view! {
        <Table caption="Token transfers" columns>
            {transfers.into_iter()
                .map(|transfer| view! { <TransferRow transfer subject /> })
                .collect_view()}
        </Table>
    }
}

#[component]
fn TransferRow(transfer: TokenTransfer, subject: Option<WalletAddress>) -> impl IntoView {
    let token = transfer.token.clone();
    view! {
        <tr>
            <Cell label="Transaction"><TransactionLink hash=transfer.transaction /></Cell>
            <Cell label="Block"><BlockLink number=transfer.moment.block /></Cell>
            <Cell label="Age"><Time at=transfer.moment.at /></Cell>
            <Cell label="From"><PartyOf party=transfer.from subject /></Cell>
            <Cell label="To"><PartyOf party=transfer.to subject /></Cell>
            <Cell label="Amount" numeric=true>
                {token_amount(&transfer.token, transfer.amount, transfer.token_id)}
            </Cell>
            <Cell label="Token"><TokenLink token /></Cell>
        </tr>
    }
}

/// `12.5`, `#7`, or `3 × #7`: coins of a token, one instance, several of one instance.
pub(in crate::pages::explorer) fn token_amount(
    token: &TokenLabel,
    amount: Amount,
    token_id: Option<Amount>,
) -> AnyView {
    let Some(token_id) = token_id else {
        return view! { <TokenAmount amount decimals=token.decimals /> }.into_any();
    };
    let instance = view! { <span class="mono token-id" title=token_id.to_string()>"#"{shortened(&token_id)}</span> };
    match token.kind {
        TokenKind::Erc721 => instance.into_any(),
        _ => view! { <TokenAmount amount decimals=token.decimals /> " × " {instance} }.into_any(),
    }
}

/// Ids are often hashes: 77 digits.
fn shortened(token_id: &Amount) -> String {
    let digits = token_id.as_str();
    match digits.len() {
        0..=12 => digits.to_owned(),
        length => format!("{}…{}", &digits[..6], &digits[length - 4..]),
    }
}
