use leptos::form::ActionForm;
use leptos::prelude::*;
use types::WalletAddress;
use types::chain::Faucet;

use crate::actions::explorer::machinery::AskFaucet;
use crate::pages::explorer::TransactionLink;
use crate::pages::form::outcome;
use crate::ui::{Button, ButtonKind, Card, Coins, IconName, Outcome};

/// Coins for trying things out, on development instances.
#[component]
pub(in crate::pages) fn FaucetCard(address: WalletAddress, faucet: Faucet) -> impl IntoView {
    let ask = ServerAction::<AskFaucet>::new();
    let sent = move || {
        ask.value().with(|value| match value {
            Some(Ok(gift)) => Some(gift.transaction),
            _ => None,
        })
    };
    view! {
        <Card title="Faucet" description="Coins for trying things out. They are worth nothing.">
            <ActionForm action=ask>
                <div class="grid gap-3">
                    <input type="hidden" name="to" value=address.to_checksum() />
                    <p class="text-muted">
                        <Coins wei=faucet.amount />" at a time, at most "<Coins wei=faucet.daily_limit />" a day."
                    </p>
                    <Outcome result=outcome(ask) success="On its way." />
                    {move || sent().map(|hash| view! { <p><TransactionLink hash /></p> })}
                    <div><Button kind=ButtonKind::Submit icon=IconName::Download loading=ask.pending()>"Get coins"</Button></div>
                </div>
            </ActionForm>
        </Card>
    }
}
