//! What a server is doing, when it pauses, what it uses and what its owner must know.

use leptos::prelude::*;
use types::notebook::{NoticeKind, ServerFailure, ServerView};

use super::pause::{pause_announcement, pause_sentence};
use super::title::state_sentence;
use super::usage::{Gauge, gauges};
use crate::ui::badge::state_label;
use crate::ui::time::use_now;
use crate::ui::{Alert, Badge, Icon, IconName, LogView, Meter, Progress, Time, Tone};

/// One line on the state; a bar while the server starts. Nothing when a failure is told beside it.
#[component]
pub(crate) fn StateLine(#[prop(into)] server: Signal<ServerView>) -> impl IntoView {
    let line = Memo::new(move |_| server.with(state_line));
    let progress = Memo::new(move |_| server.with(|server| server.progress));
    let sentence = Memo::new(move |_| server.with(state_sentence));
    move || match line.get() {
        Line::Bar => view! {
            <Progress value=progress label="Progress of the start" message=sentence />
        }
        .into_any(),
        Line::Sentence => view! { <p class="text-sm text-muted">{sentence}</p> }.into_any(),
        Line::Nothing => ().into_any(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Bar,
    Sentence,
    Nothing,
}

fn state_line(server: &ServerView) -> Line {
    match server.failure {
        _ if server.state.is_starting() => Line::Bar,
        Some(_) => Line::Nothing,
        None => Line::Sentence,
    }
}

/// Says that a server runs without its owner's own configuration.
#[component]
pub(crate) fn SafeModeBadge(#[prop(into)] server: Signal<ServerView>) -> impl IntoView {
    let is_safe_mode =
        Memo::new(move |_| server.with(|server| server.safe_mode && !server.state.is_startable()));
    move || {
        is_safe_mode
            .get()
            .then(|| view! { <Badge tone=Tone::Warning>"Safe mode"</Badge> })
    }
}

/// `Freezes in 9 min 30 s`; with a spoken warning when it is near.
#[component]
pub(crate) fn PauseLine(#[prop(into)] server: Signal<ServerView>) -> impl IntoView {
    let now = use_now();
    let pause = Memo::new(move |_| {
        server.with(|server| server.next_pause.filter(|_| server.state.is_alive()))
    });
    let sentence = Memo::new(move |_| pause.get().map(|pause| pause_sentence(pause, now.get())));
    let warning = Memo::new(move |_| {
        pause
            .get()
            .filter(|pause| pause.warn)
            .map(pause_announcement)
    });
    let busy = Memo::new(move |_| server.with(|server| server.busy && server.state.is_alive()));
    view! {
        <div class="grid gap-1">
            <p class="flex items-center gap-2 text-sm text-muted tabular-nums">
                {move || busy.get().then(|| view! { <Badge tone=Tone::Accent>"Computing"</Badge> })}
                {move || sentence.get().map(|text| view! { <Icon name=IconName::Clock size=14 />{text} })}
            </p>
            <div class="empty:absolute" aria-live="polite">
                {move || warning.get().map(|text| view! { <Alert tone=Tone::Warning title=text /> })}
            </div>
        </div>
    }
}

/// Meters of what a live server uses.
#[component]
pub(crate) fn UsageMeters(#[prop(into)] server: Signal<ServerView>) -> impl IntoView {
    let shown = Memo::new(move |_| {
        server
            .with(|server| {
                server
                    .usage
                    .filter(|_| server.state.is_alive())
                    .map(|usage| gauges(&usage))
            })
            .unwrap_or_default()
    });
    let labels = Memo::new(move |_| {
        shown.with(|gauges| gauges.iter().map(|gauge| gauge.label).collect::<Vec<_>>())
    });
    view! {
        <Show when=move || labels.with(|labels| !labels.is_empty())>
            <div class="grid gap-3 sm:grid-cols-3">
                <For each=move || labels.get() key=|label| *label let:label>
                    {gauge_meter(shown, label)}
                </For>
            </div>
        </Show>
    }
}

fn gauge_meter(shown: Memo<Vec<Gauge>>, label: &'static str) -> impl IntoView {
    let gauge =
        move || shown.with(|gauges| gauges.iter().find(|gauge| gauge.label == label).cloned());
    // A limit of 0 is none: the bar stays empty and the text has the amount.
    let value = Signal::derive(move || {
        gauge()
            .filter(|gauge| gauge.limit > 0)
            .map_or(0, |gauge| gauge.used)
    });
    let max = Signal::derive(move || gauge().map_or(1, |gauge| gauge.limit.max(1)));
    let text = Signal::derive(move || gauge().map(|gauge| gauge.text).unwrap_or_default());
    view! { <Meter label value max text /> }
}

/// Out of memory, disk full and the like.
#[component]
pub(crate) fn Notices(#[prop(into)] server: Signal<ServerView>) -> impl IntoView {
    let notices = Memo::new(move |_| server.with(|server| server.notices.clone()));
    view! {
        <div class="grid gap-2 empty:absolute" aria-live="polite">
            {move || {
                notices
                    .get()
                    .into_iter()
                    .map(|notice| view! {
                        <Alert tone=notice_tone(notice.kind) title=notice.message>
                            <Time at=notice.time />
                        </Alert>
                    })
                    .collect_view()
            }}
        </div>
    }
}

const fn notice_tone(kind: NoticeKind) -> Tone {
    match kind {
        NoticeKind::IdleWarning => Tone::Warning,
        NoticeKind::OutOfMemory | NoticeKind::ProcessLimit | NoticeKind::DiskFull => Tone::Danger,
    }
}

/// Why the last start failed or the server died, and what to do next.
#[component]
pub(crate) fn Failure(failure: ServerFailure) -> impl IntoView {
    let phase = state_label(failure.phase).to_lowercase();
    view! {
        <Alert tone=Tone::Danger title=failure.cause>
            <p>{failure.hint}</p>
            <p class="text-sm">"In phase “" {phase} "”, " <Time at=failure.at /> "."</p>
        </Alert>
    }
}

/// The same with the end of the log, where there is one.
#[component]
pub(crate) fn FailureWithLog(failure: ServerFailure, log: Vec<String>) -> impl IntoView {
    view! {
        <div class="grid gap-3">
            <Failure failure />
            <LogView lines=log label="Last lines of the log" empty="The start left no log." />
        </div>
    }
}
