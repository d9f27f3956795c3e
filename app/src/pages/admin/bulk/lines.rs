//! The verdicts of a list, a few hundred at a time.

use leptos::prelude::*;
use types::bulk::{BulkLine, BulkReport, BulkVerdict};

use super::report::{LINES_SHOWN_MAX, LineFilter, count, page_count, shown_lines, verdict_label};
use crate::ui::{
    Badge, Button, ButtonVariant, Cell, Column, ControlSize, EmptyState, IconName, Table, Tone,
};

/// A table with a filter by verdict. Everything is in the browser: no line is read again.
#[component]
pub(super) fn Lines(report: BulkReport) -> impl IntoView {
    let has_problems = report.count(BulkVerdict::Reject) > 0;
    // Problems first: they are what there is to do.
    let start = if has_problems {
        LineFilter::Only(BulkVerdict::Reject)
    } else {
        LineFilter::All
    };
    let filter = RwSignal::new(start);
    let page = RwSignal::new(0_usize);
    let report = StoredValue::new(report);
    let total = Memo::new(move |_| report.with_value(|report| count(report, filter.get())));
    let lines = Memo::new(move |_| {
        report.with_value(|report| shown_lines(report, filter.get(), page.get()))
    });
    view! {
        <div class="grid gap-3">
            <FilterButtons report filter page />
            <Show
                when=move || total.get() != 0
                fallback=|| view! { <EmptyState icon=IconName::List title="No such lines" /> }
            >
                <LineTable lines />
            </Show>
            <LinePager page total />
        </div>
    }
}

#[component]
fn FilterButtons(
    report: StoredValue<BulkReport>,
    filter: RwSignal<LineFilter>,
    page: RwSignal<usize>,
) -> impl IntoView {
    let buttons = LineFilter::ALL
        .into_iter()
        .map(|choice| (choice, report.with_value(|report| count(report, choice))))
        .filter(|(choice, count)| *choice == LineFilter::All || *count > 0)
        .map(|(choice, count)| {
            view! {
                <Button
                    variant=ButtonVariant::Ghost
                    size=ControlSize::Small
                    attr:aria-pressed=move || if filter.get() == choice { "true" } else { "false" }
                    on:click=move |_| {
                        page.set(0);
                        filter.set(choice);
                    }
                >
                    {choice.label()} " (" {count} ")"
                </Button>
            }
        })
        .collect_view();
    view! { <div class="flex flex-wrap gap-1 p-3" role="group" aria-label="Which lines are shown">{buttons}</div> }
}

#[component]
fn LineTable(lines: Memo<Vec<BulkLine>>) -> impl IntoView {
    let columns = vec![
        Column::numeric("Line"),
        Column::new("Name"),
        Column::new("Verdict"),
        Column::new("What and why"),
    ];
    view! {
        <Table caption="Verdicts by line" columns>
            <For each=move || lines.get() key=|line| line.line let:line>
                <tr>
                    <Cell label="Line" numeric=true>{line.line}</Cell>
                    <Cell label="Name"><span class="break-all">{line.name}</span></Cell>
                    <Cell label="Verdict"><Badge tone=tone(line.verdict)>{verdict_label(line.verdict)}</Badge></Cell>
                    <Cell label="What and why">{line.message}</Cell>
                </tr>
            </For>
        </Table>
    }
}

#[component]
fn LinePager(page: RwSignal<usize>, total: Memo<usize>) -> impl IntoView {
    let pages = Memo::new(move |_| page_count(total.get()));
    let shown = move || {
        let first = page.get() * LINES_SHOWN_MAX;
        format!(
            "{}–{} of {}",
            first + 1,
            (first + LINES_SHOWN_MAX).min(total.get()),
            total.get()
        )
    };
    view! {
        <Show when=move || { pages.get() > 1 }>
            <nav class="pager" aria-label="Pages of lines">
                <span class="pager-shown">{shown}</span>
                <Button
                    size=ControlSize::Small
                    icon=IconName::ChevronLeft
                    disabled=Signal::derive(move || page.get() == 0)
                    on:click=move |_| page.update(|page| *page = page.saturating_sub(1))
                >
                    "Previous"
                </Button>
                <Button
                    size=ControlSize::Small
                    icon=IconName::ChevronRight
                    disabled=Signal::derive(move || page.get() + 1 >= pages.get())
                    on:click=move |_| page.update(|page| *page += 1)
                >
                    "Next"
                </Button>
            </nav>
        </Show>
    }
}

const fn tone(verdict: BulkVerdict) -> Tone {
    match verdict {
        BulkVerdict::Create => Tone::Positive,
        BulkVerdict::Update => Tone::Accent,
        BulkVerdict::Unchanged | BulkVerdict::Blank => Tone::Neutral,
        BulkVerdict::Reject => Tone::Danger,
    }
}
