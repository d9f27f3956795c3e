//! A transaction as it was signed.

use leptos::prelude::*;
use types::explorer::TransactionHash;

use crate::actions::explorer::read_transaction_raw;
use crate::pages::explorer::bytes::BytesView;
use crate::pages::explorer::part::section_of;
use crate::pages::loading::loaded;
use crate::ui::Card;

#[component]
pub(super) fn RawTab(hash: TransactionHash) -> impl IntoView {
    let raw = Resource::new_blocking(move || hash, read_transaction_raw);
    loaded(raw, |part| {
        section_of(part, "The signed transaction", |bytes| {
            view! {
                <Card title="Signed transaction" description="The bytes that its sender signed and sent (EIP-2718). Any node of the chain takes them.">
                    <BytesView bytes label="Signed bytes" />
                </Card>
            }
        })
    })
}
