use leptos::prelude::*;
use types::chain::Network;

use crate::pages::send::{SendNote, Sender};
use crate::shell::use_shell;
use crate::ui::{Button, Card, CopyButton, IconName, KeyValue, KeyValues};

/// What a wallet needs to know of the chain, and a button that tells it.
#[component]
pub(in crate::pages) fn NetworkCard(network: Network, sender: Sender) -> impl IntoView {
    let endpoint = format!("{}/rpc", use_shell().site().hub_origin);
    let attempt = sender.new_attempt();
    let disabled = Signal::derive(move || !sender.has_outside_wallet());
    view! {
        <Card title="Network" description="For your wallet, and for any Ethereum tool.">
            <div class="grid gap-3">
                <KeyValues>
                    <KeyValue label="Name">{network.name}</KeyValue>
                    <KeyValue label="Chain id">{network.chain_id}</KeyValue>
                    <KeyValue label="Coin">{network.coin_symbol}</KeyValue>
                    <KeyValue label="JSON-RPC">
                        <span class="address"><span class="mono break-all">{endpoint.clone()}</span><CopyButton text=endpoint label="Copy the endpoint" /></span>
                    </KeyValue>
                </KeyValues>
                <div class="needs-script">
                    <Button icon=IconName::Plus disabled on:click=move |_| sender.add_network(attempt)>
                        "Add this network to my wallet"
                    </Button>
                </div>
                <SendNote sender attempt />
            </div>
        </Card>
    }
}
