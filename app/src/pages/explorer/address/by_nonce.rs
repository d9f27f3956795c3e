//! The transaction that an address sent with a nonce.

use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use types::WalletAddress;
use types::explorer::TransactionSummary;

use super::tabs::Tab;
use crate::actions::explorer::read_transaction_by_nonce;
use crate::pages::explorer::path;
use crate::pages::explorer::tables::transaction_table;
use crate::pages::loading::loaded;
use crate::ui::{Alert, Button, ButtonKind, Card, IconName, TextInput, Tone};

#[component]
pub(super) fn NonceTab(address: WalletAddress) -> impl IntoView {
    let parameters = use_query_map();
    let asked = Memo::new(move |_| {
        parameters.with(|parameters| {
            parameters
                .get_str("nonce")
                .unwrap_or_default()
                .trim()
                .to_owned()
        })
    });
    view! {
        <Card title="Find by nonce" description="Each transaction of an address has the next number, beginning with 0.">
            <Form method="GET" action=path::address(address) attr:class="inline-form">
                <input type="hidden" name="tab" value=Tab::ByNonce.as_str() />
                <TextInput name="nonce" label="Nonce" value=asked.get_untracked() pattern="[0-9]+" length_max=20 required=true />
                <Button kind=ButtonKind::Submit icon=IconName::Search>"Find"</Button>
            </Form>
        </Card>
        {move || match asked.get().parse::<u64>() {
            Ok(nonce) => view! { <Found address nonce /> }.into_any(),
            Err(_) if asked.with(String::is_empty) => ().into_any(),
            Err(_) => view! {
                <Alert tone=Tone::Warning title="A nonce is a whole number">
                    <p>"The first transaction of an address has nonce 0."</p>
                </Alert>
            }
            .into_any(),
        }}
    }
}

#[component]
fn Found(address: WalletAddress, nonce: u64) -> impl IntoView {
    let found = Resource::new_blocking(
        move || (address, nonce),
        |(address, nonce)| read_transaction_by_nonce(address, nonce),
    );
    loaded(found, move |found: Option<TransactionSummary>| {
        match found {
        Some(transaction) => view! {
            <Card flush=true>{transaction_table(vec![transaction], Some(address))}</Card>
        }
        .into_any(),
        None => view! {
            <Alert tone=Tone::Info title=format!("No mined transaction with nonce {nonce}")>
                <p>"The address has not sent so many, or the transaction still waits to be mined."</p>
            </Alert>
        }
        .into_any(),
    }
    })
}
