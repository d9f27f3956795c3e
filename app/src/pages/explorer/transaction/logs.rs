//! What contracts wrote to the log.

use leptos::prelude::*;
use types::explorer::{LogView, TransactionHash};

use crate::actions::explorer::read_transaction_logs;
use crate::pages::explorer::bytes::BytesView;
use crate::pages::explorer::list::{Empty, empty_list};
use crate::pages::explorer::part::section_of;
use crate::pages::explorer::party::PartyLink;
use crate::pages::loading::loaded;
use crate::ui::{Card, DecodedFields, IconName};

/// Logs that one page shows; the others are in the receipt.
const SHOWN_MAX: usize = 300;

const NO_LOGS: Empty = Empty {
    icon: IconName::List,
    title: "Nothing was logged",
    text: "Events that contracts emit would be listed here.",
};

#[component]
pub(super) fn LogsTab(hash: TransactionHash) -> impl IntoView {
    let logs = Resource::new_blocking(move || hash, read_transaction_logs);
    loaded(logs, |part| {
        section_of(part, "The logs", |logs| view! { <Logs logs /> })
    })
}

#[component]
pub(in crate::pages::explorer) fn Logs(logs: Vec<LogView>) -> impl IntoView {
    if logs.is_empty() {
        return view! { <Card>{empty_list(NO_LOGS)}</Card> }.into_any();
    }
    let hidden = logs.len().saturating_sub(SHOWN_MAX);
    view! {
        <div class="grid gap-4">
            {logs.into_iter().take(SHOWN_MAX).map(|log| view! { <Log log /> }).collect_view()}
            {(hidden > 0).then(|| view! { <p class="text-muted">{hidden}" more logs are in the transaction's receipt."</p> })}
        </div>
    }
    .into_any()
}

#[component]
fn Log(log: LogView) -> impl IntoView {
    let LogView {
        index,
        address,
        topics,
        data,
        decoded,
    } = log;
    let is_decoded = decoded.is_some();
    view! {
        <Card>
            <div class="log">
                <p class="log-head">
                    <span class="log-index" title="Place in the block">{index}</span>
                    <PartyLink party=address />
                </p>
                {decoded.map(|event| view! {
                    <p class="signature">{event.signature}</p>
                    <DecodedFields fields=event.parameters />
                })}
                <details class="disclosure" open=!is_decoded>
                    <summary>"Topics and data"</summary>
                    <ol class="topics" start="0">
                        {topics.into_iter()
                            .map(|topic| view! { <li class="mono break-all">{topic.to_string()}</li> })
                            .collect_view()}
                    </ol>
                    {(!data.0.is_empty()).then(|| view! { <BytesView bytes=data label="Data" /> })}
                </details>
            </div>
        </Card>
    }
}
