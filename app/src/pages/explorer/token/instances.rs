use leptos::prelude::*;
use types::explorer::{TokenInstance, TokenKind};

use crate::pages::explorer::party::PartyLink;
use crate::ui::{Cell, Column, CopyButton, Table, TokenAmount};

pub(super) fn instance_table(kind: TokenKind, instances: Vec<TokenInstance>) -> impl IntoView {
    let has_amounts = kind == TokenKind::Erc1155;
    let mut columns = vec![Column::new("Instance"), Column::new("Owner")];
    if has_amounts {
        columns.push(Column::numeric("Amount"));
    }
    view! {
        <Table caption="Instances" columns>
            {instances.into_iter().map(|instance| {
                let token_id = instance.token_id.to_string();
                view! {
                    <tr>
                        <Cell label="Instance">
                            <span class="address"><span class="mono break-all">"#"{token_id.clone()}</span><CopyButton text=token_id label="Copy id" /></span>
                        </Cell>
                        <Cell label="Owner"><PartyLink party=instance.owner /></Cell>
                        {has_amounts.then(|| view! {
                            <Cell label="Amount" numeric=true><TokenAmount amount=instance.amount decimals=None /></Cell>
                        })}
                    </tr>
                }
            }).collect_view()}
        </Table>
    }
}
