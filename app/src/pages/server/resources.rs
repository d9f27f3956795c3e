//! Graphs of what a server used over the last hour.

use leptos::prelude::*;
use types::notebook::{ServerView, Usage};

use super::graph::{cpu_series, limit, memory_series};
use super::status::UsageMeters;
use crate::live::merge::merge_sample;
use crate::ui::{AreaChart, Card, ChartUnit, EmptyState, IconName};

/// Memory and processor; each sample that the hub sends is added at the end.
#[component]
pub(super) fn ResourceGraphs(server: Memo<ServerView>, usage: Vec<Usage>) -> impl IntoView {
    let samples = RwSignal::new(usage);
    let newest = Memo::new(move |_| server.with(|server| server.usage));
    Effect::new(move |_| {
        if let Some(sample) = newest.get() {
            samples.update(|samples| merge_sample(samples, sample));
        }
    });
    let memory = Signal::derive(move || samples.with(|samples| memory_series(samples)));
    let cpu = Signal::derive(move || samples.with(|samples| cpu_series(samples)));
    let (memory_limit, cpu_limit) = server.with_untracked(|server| {
        (
            server.profile.memory_bytes,
            u64::from(server.profile.cpu_millis),
        )
    });
    view! {
        <Card title="Resources" description="The last hour">
            <div class="grid gap-4">
                <UsageMeters server />
                <Show
                    when=move || samples.with(|samples| samples.len() > 1)
                    fallback=|| view! { <NoSamples /> }
                >
                    {chart("Memory", memory, ChartUnit::Bytes, limit(memory_limit))}
                    {chart("CPU", cpu, ChartUnit::CpuMillis, limit(cpu_limit))}
                </Show>
            </div>
        </Card>
    }
}

fn chart(
    label: &'static str,
    points: Signal<Vec<crate::ui::ChartPoint>>,
    unit: ChartUnit,
    limit: Option<f64>,
) -> AnyView {
    match limit {
        Some(limit) => view! { <AreaChart label points unit limit /> }.into_any(),
        None => view! { <AreaChart label points unit /> }.into_any(),
    }
}

#[component]
fn NoSamples() -> impl IntoView {
    view! {
        <EmptyState icon=IconName::Chart title="No measurements yet">
            <p>"They begin when the server runs."</p>
        </EmptyState>
    }
}
