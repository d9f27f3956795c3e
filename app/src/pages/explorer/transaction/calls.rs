//! The calls of a transaction as a tree.

use leptos::prelude::*;
use types::explorer::{CallFrame, TransactionHash};

use crate::actions::explorer::read_transaction_calls;
use crate::pages::explorer::bytes::BytesView;
use crate::pages::explorer::part::section_of;
use crate::pages::explorer::party::PartyLink;
use crate::pages::loading::loaded;
use crate::ui::{Badge, Card, Coins, DecodedFields, Tone, count};

/// Calls that one page shows.
const SHOWN_MAX: usize = 500;
/// Deeper calls are not indented further.
const INDENT_MAX: u32 = 12;

#[component]
pub(super) fn CallsTab(hash: TransactionHash) -> impl IntoView {
    let calls = Resource::new_blocking(move || hash, read_transaction_calls);
    loaded(calls, |part| {
        section_of(part, "The calls", |frames| view! { <CallTree frames /> })
    })
}

/// Parents before their children, each with its depth.
#[component]
pub(in crate::pages::explorer) fn CallTree(frames: Vec<CallFrame>) -> impl IntoView {
    let total = frames.len();
    view! {
        <Card flush=true>
            <ol class="calls" aria-label="Calls in their order">
                {frames.into_iter().take(SHOWN_MAX).map(|frame| view! { <Frame frame /> }).collect_view()}
            </ol>
            {(total > SHOWN_MAX).then(|| view! {
                <p class="calls-rest">{format!("The first {SHOWN_MAX} of {total} calls.")}</p>
            })}
        </Card>
    }
}

#[component]
fn Frame(frame: CallFrame) -> impl IntoView {
    let class = format!("call depth-{}", frame.depth.min(INDENT_MAX));
    let name = frame
        .decoded
        .as_ref()
        .map(|call| call.name.clone())
        .or_else(|| selector(&frame.input.0));
    let has_details = !frame.input.0.is_empty() || !frame.output.0.is_empty();
    view! {
        <li class=class>
            <p class="call-head">
                <span class="sr-only">"Depth "{frame.depth}": "</span>
                <span class="method">{frame.kind.as_str()}</span>
                <PartyLink party=frame.from.clone() />
                <span aria-label="to" role="img">"→"</span>
                {match frame.to.clone() {
                    Some(party) => view! { <PartyLink party /> }.into_any(),
                    None => view! { <span class="text-muted">"new contract"</span> }.into_any(),
                }}
                {name.map(|name| view! { <span class="mono">{name}</span> })}
                {frame.value.clone().filter(|value| !value.is_zero()).map(|wei| view! { <Coins wei /> })}
                <span class="text-muted">"gas "{count(frame.gas_used)}</span>
                {frame.error.clone().map(|error| view! { <Badge tone=Tone::Danger>{error}</Badge> })}
            </p>
            {has_details.then(|| view! { <FrameDetails frame /> })}
        </li>
    }
}

#[component]
fn FrameDetails(frame: CallFrame) -> impl IntoView {
    view! {
        <details class="disclosure">
            <summary>"Input and output"</summary>
            <div class="grid gap-3">
                {frame.decoded.map(|call| view! {
                    <p class="signature">{call.signature}</p>
                    <DecodedFields fields=call.arguments />
                })}
                {[("Input", frame.input), ("Output", frame.output)]
                    .into_iter()
                    .filter(|(_, bytes)| !bytes.0.is_empty())
                    .map(|(label, bytes)| view! { <BytesView bytes label /> })
                    .collect_view()}
            </div>
        </details>
    }
}

/// The first four bytes of call data name the function.
fn selector(input: &[u8]) -> Option<String> {
    input
        .get(..4)
        .map(|bytes| format!("0x{}", hex::encode(bytes)))
}
