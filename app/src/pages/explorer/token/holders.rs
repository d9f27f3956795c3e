use leptos::prelude::*;
use types::explorer::{TokenHolder, TokenLabel};

use crate::pages::explorer::party::PartyLink;
use crate::ui::{Address, Cell, Column, Table, TokenAmount};

pub(super) fn holder_table(token: &TokenLabel, holders: Vec<TokenHolder>) -> impl IntoView + use<> {
    let decimals = token.decimals;
    let columns = vec![
        Column::new("Holder"),
        Column::new("Address"),
        Column::numeric("Amount"),
        Column::numeric("Share"),
    ];
    view! {
        <Table caption="Holders" columns>
            {holders.into_iter().map(|holder| view! { <HolderRow holder decimals /> }).collect_view()}
        </Table>
    }
}

#[component]
fn HolderRow(holder: TokenHolder, decimals: Option<u8>) -> impl IntoView {
    let address = holder.party.address;
    view! {
        <tr>
            <Cell label="Holder"><PartyLink party=holder.party /></Cell>
            <Cell label="Address"><Address address full=true /></Cell>
            <Cell label="Amount" numeric=true><TokenAmount amount=holder.amount decimals /></Cell>
            <Cell label="Share" numeric=true>{share(holder.share_millionths)}</Cell>
        </tr>
    }
}

/// Millionths as percent with two digits, cut: `12.34 %`, `<0.01 %`.
fn share(millionths: u32) -> String {
    match millionths {
        0 => "0 %".to_owned(),
        1..100 => "<0.01 %".to_owned(),
        _ => format!("{}.{:02} %", millionths / 10_000, millionths % 10_000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_percent() {
        for (millionths, text) in [
            (0, "0 %"),
            (99, "<0.01 %"),
            (123_456, "12.34 %"),
            (1_000_000, "100.00 %"),
        ] {
            assert_eq!(share(millionths), text);
        }
    }
}
