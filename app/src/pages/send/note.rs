use leptos::prelude::*;
use types::explorer::{TransactionHash, TransactionLookup, TransactionStatus};

use super::{Attempt, Sender, Sending};
use crate::actions::explorer::read_transaction;
use crate::pages::explorer::feed::{Follows, live_but_same};
use crate::pages::explorer::{BlockLink, TransactionLink};
use crate::ui::{Alert, Progress, Spinner, Tone};

/// How the attempt goes, until its transaction is in a block.
#[component]
pub(crate) fn SendNote(sender: Sender, attempt: Attempt) -> impl IntoView {
    let percent = Signal::derive(move || match sender.state_of(attempt) {
        Sending::Unlocking(permille) => u8::try_from(permille / 10).unwrap_or(100),
        _ => 0,
    });
    // The bar moves by itself; what is around it stays.
    let state = Memo::new(move |_| match sender.state_of(attempt) {
        Sending::Unlocking(_) => Sending::Unlocking(0),
        state => state,
    });
    view! {
        <div class="send-note" aria-live="polite">
            {move || match state.get() {
                Sending::Idle => ().into_any(),
                Sending::Working(what) => view! {
                    <p class="send-working"><Spinner size=18 label="Working" /><span>{what}</span></p>
                }
                .into_any(),
                Sending::Unlocking(_) => view! {
                    <p>"Opening the key…"</p>
                    <Progress value=percent label="Opening the key" />
                }
                .into_any(),
                Sending::Sent(hash) => view! { <Sent hash /> }.into_any(),
                Sending::Done(what) => view! { <Alert tone=Tone::Positive title=what /> }.into_any(),
                Sending::Failed { message, hint } => view! {
                    <Alert tone=Tone::Danger title=message><p>{hint}</p></Alert>
                }
                .into_any(),
            }}
        </div>
    }
}

/// Follows a transaction that was just sent.
#[component]
fn Sent(hash: TransactionHash) -> impl IntoView {
    live_but_same(
        Memo::new(move |_| hash),
        |_| Follows::EachBlock,
        is_same,
        read_transaction,
        |hash, lookup| sent_view(*hash, lookup),
    )
}

fn is_same(shown: &TransactionLookup, newer: &TransactionLookup) -> bool {
    mined(shown) == mined(newer)
}

fn mined(lookup: &TransactionLookup) -> Option<(u64, TransactionStatus)> {
    match lookup {
        TransactionLookup::Mined(transaction) => {
            let summary = &transaction.summary;
            Some((summary.moment.block, summary.status))
        }
        _ => None,
    }
}

pub(crate) fn sent_view(hash: TransactionHash, lookup: TransactionLookup) -> AnyView {
    let (tone, title) = match mined(&lookup) {
        None => (Tone::Info, "Sent; waiting to be mined"),
        Some((_, TransactionStatus::Succeeded)) => (Tone::Positive, "Mined"),
        Some((_, TransactionStatus::Failed)) => (Tone::Danger, "Mined, and failed"),
    };
    let block = mined(&lookup).map(|(number, _)| number);
    view! {
        <Alert tone title>
            <p>
                <TransactionLink hash />
                {block.map(|number| view! { " in block " <BlockLink number /> })}
            </p>
        </Alert>
    }
    .into_any()
}
