//! Entries of the audit log as a table.

use leptos::prelude::*;
use types::audit::{Actor, ActorKind, AuditEntry, Outcome};

use super::verdict::{outcome_label, short_hash};
use crate::ui::{Badge, Cell, Column, Table, Time, Tone, with_short_addresses};

/// One row an entry, in the order in which they come.
pub(crate) fn entry_rows(caption: &'static str, entries: Vec<AuditEntry>) -> impl IntoView {
    let columns = vec![
        Column::numeric("No."),
        Column::new("When"),
        Column::new("Who"),
        Column::new("Action"),
        Column::new("Target"),
        Column::new("Outcome"),
        Column::new("Hash"),
    ];
    view! {
        <Table caption columns>
            {entries.into_iter().map(|entry| view! { <EntryLine entry /> }).collect_view()}
        </Table>
    }
}

#[component]
fn EntryLine(entry: AuditEntry) -> impl IntoView {
    let hashes = format!("{}\nafter {}", entry.hash, entry.prev_hash);
    view! {
        <tr>
            <Cell label="No." numeric=true>{entry.seq}</Cell>
            <Cell label="When"><Time at=entry.time /></Cell>
            <Cell label="Who"><Who actor=entry.actor /></Cell>
            <Cell label="Action">
                <code>{entry.action}</code>
                {details(entry.reason, entry.change)}
            </Cell>
            <Cell label="Target"><code class="text-sm break-all">{entry.target}</code></Cell>
            <Cell label="Outcome"><Badge tone=tone(entry.outcome)>{outcome_label(entry.outcome)}</Badge></Cell>
            <Cell label="Hash"><code class="text-sm" title=hashes>{short_hash(&entry.hash)}</code></Cell>
        </tr>
    }
}

/// Why, and what changed.
fn details(reason: String, change: String) -> impl IntoView {
    let reason = (!reason.is_empty())
        .then(|| view! { <br /> <span class="text-sm text-muted">{reason}</span> });
    let change = (!change.is_empty())
        .then(|| view! { <br /> <code class="text-sm break-all text-muted">{change}</code> });
    (reason, change)
}

#[component]
fn Who(actor: Actor) -> impl IntoView {
    let kind = match actor.kind {
        ActorKind::User => "",
        ActorKind::Anonymous => " (not signed in)",
        ActorKind::System => " (system)",
    };
    let name = if actor.name.is_empty() {
        "somebody".to_owned()
    } else {
        with_short_addresses(&actor.name)
    };
    view! {
        <span class="break-words" title=actor.id>{name}{kind}</span>
        {actor.ip.map(|ip| view! { <br /> <span class="text-sm text-muted">{ip}</span> })}
    }
}

const fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Ok => Tone::Neutral,
        Outcome::Refused => Tone::Warning,
        Outcome::Failed => Tone::Danger,
    }
}
