//! The facts about a server.

use leptos::prelude::*;
use types::notebook::{ProfileSummary, ServerView};

use super::size::ChangeSize;
use super::usage::limits_sentence;
use crate::ui::{Card, Hash, KeyValue, KeyValues, Time, with_short_addresses};

/// Size, address and times.
#[component]
pub(super) fn Overview(
    server: Memo<ServerView>,
    profiles: Vec<ProfileSummary>,
    done: Callback<ServerView>,
) -> impl IntoView {
    let first = server.get_untracked();
    let name = name(&first);
    let size = Memo::new(move |_| server.with(|server| server.profile.display_name.clone()));
    let limits = Memo::new(move |_| server.with(|server| limits_sentence(&server.profile)));
    let started_at = Memo::new(move |_| server.with(|server| server.started_at));
    let last_activity_at = Memo::new(move |_| server.with(|server| server.last_activity_at));
    view! {
        <Card title="Overview">
            <KeyValues>
                <KeyValue label="Size">{size} <br /> <span class="text-muted">{limits}</span></KeyValue>
                <KeyValue label="Name">{name}</KeyValue>
                <KeyValue label="Address"><code>{first.host_label}</code></KeyValue>
                <KeyValue label="Owner">{with_short_addresses(&first.owner)}</KeyValue>
                <KeyValue label="Made"><Time at=first.created_at /></KeyValue>
                <KeyValue label="Started">{optional_time(started_at)}</KeyValue>
                <KeyValue label="Last activity">{optional_time(last_activity_at)}</KeyValue>
                <KeyValue label="Id"><Hash text=first.server_id.to_string() /></KeyValue>
            </KeyValues>
            <ChangeSize server profiles done />
        </Card>
    }
}

fn name(server: &ServerView) -> String {
    if server.name.is_empty() {
        "default".to_owned()
    } else {
        server.name.clone()
    }
}

fn optional_time(time: Memo<Option<types::Timestamp>>) -> impl IntoView {
    move || match time.get() {
        Some(at) => view! { <Time at /> }.into_any(),
        None => view! { <span class="text-muted">"never"</span> }.into_any(),
    }
}
