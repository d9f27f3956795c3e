use leptos::prelude::*;
use types::explorer::BlockSummary;

use crate::pages::explorer::party::{BlockLink, PartyLink};
use crate::ui::{Cell, Coins, Column, GasPrice, Table, Time, count};

/// Blocks as rows.
pub(in crate::pages::explorer) fn block_table(blocks: Vec<BlockSummary>) -> impl IntoView {
    let columns = vec![
        Column::new("Block"),
        Column::new("Age"),
        Column::new("Signer"),
        Column::numeric("Transactions"),
        Column::numeric("Gas used"),
        Column::numeric("Base fee"),
        Column::numeric("Fees"),
    ];
    view! {
        <Table caption="Blocks" columns>
            {blocks.into_iter().map(|block| view! { <BlockRow block /> }).collect_view()}
        </Table>
    }
}

#[component]
fn BlockRow(block: BlockSummary) -> impl IntoView {
    view! {
        <tr>
            <Cell label="Block"><BlockLink number=block.number /></Cell>
            <Cell label="Age"><Time at=block.timestamp /></Cell>
            <Cell label="Signer"><PartyLink party=block.signer /></Cell>
            <Cell label="Transactions" numeric=true>{count(block.transactions)}</Cell>
            <Cell label="Gas used" numeric=true>
                <span title=format!("{} of {}", count(block.gas_used), count(block.gas_limit))>
                    {count(block.gas_used)}
                    <span class="text-muted">" "{percent(block.gas_used, block.gas_limit)}</span>
                </span>
            </Cell>
            <Cell label="Base fee" numeric=true>
                {match block.base_fee_per_gas {
                    Some(wei) => view! { <GasPrice wei /> }.into_any(),
                    None => "–".into_any(),
                }}
            </Cell>
            <Cell label="Fees" numeric=true><Coins wei=block.fees /></Cell>
        </tr>
    }
}

/// `12.5 %`; a block without room for gas is empty.
pub(in crate::pages::explorer) fn percent(part: u64, whole: u64) -> String {
    let permille = u128::from(part) * 1_000 / u128::from(whole.max(1));
    match (permille / 10, permille % 10) {
        (percent, 0) => format!("{percent} %"),
        (percent, tenth) => format!("{percent}.{tenth} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn shares_of_gas() {
        for (part, whole, text) in [
            (0, 30_000_000, "0 %"),
            (3_750_000, 30_000_000, "12.5 %"),
            (30_000_000, 30_000_000, "100 %"),
            (u64::MAX, u64::MAX, "100 %"),
            (0, 0, "0 %"),
        ] {
            assert_eq!(percent(part, whole), text);
        }
    }
}
