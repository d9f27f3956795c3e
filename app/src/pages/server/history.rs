//! What happened to a server, newest first, as it happens.

use leptos::prelude::*;
use types::ServerId;
use types::notebook::ServerEvent;

use crate::live::merge::merge_event;
use crate::live::{LiveStatus, PROGRESS_EVENT, follow, server_events_url};
use crate::ui::{Card, EmptyState, IconName, StateBadge, Time, with_short_addresses};

/// Events shown at once; the older ones follow on demand.
const EVENTS_SHOWN: usize = 25;

/// The events of one server.
#[component]
pub(super) fn History(server_id: ServerId, events: Vec<ServerEvent>) -> impl IntoView {
    let (events, _) = follow_events(server_id, events);
    let shown = RwSignal::new(EVENTS_SHOWN);
    let newest = Memo::new(move |_| events.with(|events| newest_first(events, shown.get())));
    let has_more = Memo::new(move |_| events.with(Vec::len) > shown.get());
    view! {
        <Card title="Events" description="Who or what did what, and why">
            <Show
                when=move || !newest.with(Vec::is_empty)
                fallback=|| view! { <EmptyState icon=IconName::List title="Nothing has happened yet" /> }
            >
                <ol class="grid gap-3">
                    <For each=move || newest.get() key=|line| line.event.seq let:line>
                        <EventLine line />
                    </For>
                </ol>
            </Show>
            <Show when=move || has_more.get()>
                <p class="mt-3">
                    <button
                        type="button"
                        class="link"
                        on:click=move |_| shown.update(|shown| *shown += EVENTS_SHOWN)
                    >
                        "Show older events"
                    </button>
                </p>
            </Show>
        </Card>
    }
}

/// An event, and whether its cause is another than that of the event before it: one wish has many
/// events, and its cause is said once.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    event: ServerEvent,
    has_new_cause: bool,
}

fn newest_first(events: &[ServerEvent], count: usize) -> Vec<Line> {
    let causes_before = std::iter::once("").chain(events.iter().map(|event| event.cause.as_str()));
    let mut lines: Vec<Line> = events
        .iter()
        .zip(causes_before)
        .map(|(event, before)| Line {
            event: event.clone(),
            has_new_cause: event.cause != before,
        })
        .collect();
    lines.reverse();
    lines.truncate(count);
    lines
}

#[component]
fn EventLine(line: Line) -> impl IntoView {
    let event = line.event;
    let cause = line
        .has_new_cause
        .then(|| format!(" · {}", with_short_addresses(&event.cause)));
    view! {
        <li class="grid gap-1 text-sm sm:grid-cols-[7rem_1fr_auto] sm:items-baseline sm:gap-3">
            <StateBadge state=event.state />
            <span class="min-w-0 break-words">{event.message}<span class="text-muted">{cause}</span></span>
            <span class="text-muted"><Time at=event.time /></span>
        </li>
    }
}

/// A server's events, kept up to date, and how the connection is. The stream begins with those
/// that it has kept, so that nothing is lost over an interruption.
pub(crate) fn follow_events(
    server_id: ServerId,
    first: Vec<ServerEvent>,
) -> (RwSignal<Vec<ServerEvent>>, ReadSignal<LiveStatus>) {
    let events = RwSignal::new(first);
    let on_message = move |_: &str, data: &str| {
        if let Ok(event) = serde_json::from_str::<ServerEvent>(data) {
            events.try_update(|events| merge_event(events, event));
        }
    };
    let status = follow(
        server_events_url(server_id),
        &[PROGRESS_EVENT],
        on_message,
        || {},
    );
    (events, status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::event;

    #[test]
    fn a_cause_is_said_once() {
        let events: Vec<ServerEvent> = ["made", "asked for", "asked for", "idle"]
            .into_iter()
            .zip(1..)
            .map(|(cause, seq)| ServerEvent {
                cause: cause.to_owned(),
                ..event(seq)
            })
            .collect();
        let said: Vec<bool> = newest_first(&events, 3)
            .iter()
            .map(|line| line.has_new_cause)
            .collect();
        assert_eq!(said, [true, false, true]);
    }
}
