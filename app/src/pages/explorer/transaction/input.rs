//! What a transaction gave to the contract.

use leptos::prelude::*;
use types::explorer::{DecodedCall, HexBytes, Part};

use crate::pages::explorer::bytes::BytesView;
use crate::pages::explorer::part::section_of;
use crate::ui::{Card, DecodedFields};

/// Nothing for a plain transfer.
#[component]
pub(in crate::pages::explorer) fn InputCard(
    input: Part<HexBytes>,
    decoded: Option<DecodedCall>,
) -> impl IntoView {
    if input.known().is_some_and(|input| input.0.is_empty()) {
        return None;
    }
    let call = decoded.map(|call| {
        view! {
            <p class="signature">{call.signature}</p>
            <DecodedFields fields=call.arguments />
        }
    });
    Some(view! {
        <Card title="Input">
            <div class="grid gap-4">
                {call}
                {section_of(input, "The input", |bytes| view! { <BytesView bytes label="Input bytes" /> })}
            </div>
        </Card>
    })
}
