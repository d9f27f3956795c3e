//! The start page: opened in place of a server that rests. It starts the server, shows how far it
//! is, and goes on to where the visitor wanted to be, in the same tab.

mod circle;
mod destination;
mod phases;
mod visits;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use types::notebook::ServerView;

use circle::{Passage, hand_over};
use destination::{checked_path, open_url};
use phases::{NextStep, Step, StepStatus, next_step, steps, with_event};

use crate::actions::servers::{CommandServer, StartDetail, open_start_page};
use crate::pages::form::PostedFailure;
use crate::pages::loading::loaded;
use crate::pages::server::commands::CommandBar;
use crate::pages::server::history::follow_events;
use crate::pages::server::live_note::LiveNote;
use crate::pages::server::status::FailureWithLog;
use crate::pages::server::title::{page_path, state_sentence, title};
use crate::shell::RequireViewer;
use crate::ui::{
    Alert, ButtonVariant, Card, Icon, IconName, LinkButton, PageHeader, Progress, Spinner, Tone,
};

/// `/start/:host_label?next=`.
#[component]
pub fn StartPage() -> impl IntoView {
    view! {
        <RequireViewer let:_viewer>
            <div class="page page-narrow">
                <LoadedStart />
            </div>
        </RequireViewer>
    }
}

#[component]
fn LoadedStart() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let host_label = Memo::new(move |_| {
        params.with(|params| params.get_str("host_label").unwrap_or_default().to_owned())
    });
    let path = Memo::new(move |_| query.with(|query| checked_path(query.get_str("next"))));
    let detail = Resource::new_blocking(move || host_label.get(), open_start_page);
    // A failure brings its log: read again, which does not start the server again.
    let reread = Callback::new(move |()| detail.refetch());
    loaded(
        detail,
        move |detail| view! { <Start detail path=path.get_untracked() reread /> },
    )
}

#[component]
fn Start(detail: StartDetail, path: String, reread: Callback<()>) -> impl IntoView {
    let StartDetail {
        server,
        events,
        log,
        ..
    } = detail;
    let heading = title(&server);
    let server_id = server.server_id;
    let first_seq = events.last().map_or(0, |event| event.seq);
    let (events, status) = follow_events(server_id, events);
    let shown = RwSignal::new(server);
    let done = Callback::new(move |server: ServerView| shown.set(server));
    follow_state(shown, events, first_seq, reread);
    let open = open_url(server_id, &path);
    let passage = hand_over(shown.into(), open.clone());
    let step = Memo::new(move |_| shown.with(next_step));
    view! {
        <PageHeader title=heading description="Your files and variables are where you left them." />
        <LiveNote status />
        <PostedFailure<CommandServer> />
        <Card>
            <div class="grid gap-5">
                {move || match step.get() {
                    NextStep::HandOver => view! { <Ready passage open=open.clone() /> }.into_any(),
                    NextStep::Wait => view! { <Waiting server=shown /> }.into_any(),
                    NextStep::Decide => view! { <Failed server=shown log=log.clone() /> }.into_any(),
                    NextStep::OfferStart => view! { <Resting server=shown /> }.into_any(),
                }}
                <CommandBar server=shown done />
                <Leave server=shown />
            </div>
        </Card>
    }
}

/// The shown server follows its events; when a start fails or is over, the whole is read again.
fn follow_state(
    shown: RwSignal<ServerView>,
    events: RwSignal<Vec<types::notebook::ServerEvent>>,
    first_seq: i64,
    reread: Callback<()>,
) {
    Effect::new(move |last_seq: Option<i64>| {
        let last_seq = last_seq.unwrap_or(first_seq);
        let Some(newest) = events
            .with(|events| events.last().cloned())
            .filter(|event| event.seq > last_seq)
        else {
            return last_seq;
        };
        let seq = newest.seq;
        shown.update(|server| *server = with_event(server.clone(), &newest));
        if shown.with_untracked(|server| next_step(server) == NextStep::Decide) {
            reread.run(());
        }
        seq
    });
}

#[component]
fn Waiting(server: RwSignal<ServerView>) -> impl IntoView {
    let steps = Memo::new(move |_| server.with(steps));
    let progress = Memo::new(move |_| server.with(|server| server.progress));
    let sentence = Memo::new(move |_| server.with(state_sentence));
    view! {
        <Progress value=progress label="Progress of the start" message=sentence />
        <ol class="grid gap-2" aria-label="Phases of the start">
            {move || steps.get().into_iter().map(step_line).collect_view()}
        </ol>
        // Read by the browser only without JavaScript: then the page loads itself anew.
        <noscript inner_html="<meta http-equiv=\"refresh\" content=\"2\">"></noscript>
    }
}

fn step_line(step: Step) -> impl IntoView {
    let (mark, word) = match step.status {
        StepStatus::Done => (
            view! { <Icon name=IconName::CheckCircle /> }.into_any(),
            "done",
        ),
        StepStatus::Current => (view! { <Spinner label="In progress" /> }.into_any(), "now"),
        StepStatus::Failed => (view! { <Icon name=IconName::Alert /> }.into_any(), "failed"),
        StepStatus::Waiting => (
            view! { <Icon name=IconName::Clock /> }.into_any(),
            "waiting",
        ),
    };
    let class = match step.status {
        StepStatus::Waiting => "flex items-center gap-2 text-sm text-muted",
        StepStatus::Done | StepStatus::Current | StepStatus::Failed => {
            "flex items-center gap-2 text-sm"
        }
    };
    view! { <li class=class>{mark}{step.label}<span class="sr-only">": "{word}</span></li> }
}

#[component]
fn Ready(passage: Signal<Passage>, open: String) -> impl IntoView {
    let refresh = format!("<meta http-equiv=\"refresh\" content=\"0;url={open}\">");
    view! {
        <div aria-live="polite">
            {move || match passage.get() {
                Passage::Open => view! {
                    <p class="flex items-center gap-2"><Spinner label="Opening" />"It runs. Opening JupyterLab…"</p>
                }.into_any(),
                Passage::Circle => view! { <Circle /> }.into_any(),
            }}
        </div>
        <p>
            <LinkButton href=open target="_self" variant=ButtonVariant::Primary icon=IconName::External>
                "Open JupyterLab"
            </LinkButton>
        </p>
        <noscript inner_html=refresh></noscript>
    }
}

#[component]
fn Circle() -> impl IntoView {
    view! {
        <Alert tone=Tone::Warning title="It runs, but opening it led back here">
            <p>
                "This happened three times within a minute, so it is no longer tried by itself. "
                "Open it with the button; if that leads back here, stop it and start it in safe mode, and look at its log."
            </p>
        </Alert>
    }
}

#[component]
fn Failed(server: RwSignal<ServerView>, log: Vec<String>) -> impl IntoView {
    let failure = Memo::new(move |_| server.with(|server| server.failure.clone()));
    let sentence = Memo::new(move |_| server.with(state_sentence));
    move || {
        let log = log.clone();
        match failure.get() {
            Some(failure) => view! { <FailureWithLog failure log /> }.into_any(),
            None => view! { <p>{sentence}</p> }.into_any(),
        }
    }
}

#[component]
fn Resting(server: RwSignal<ServerView>) -> impl IntoView {
    let sentence = Memo::new(move |_| server.with(state_sentence));
    view! { <p>{sentence} "."</p> }
}

/// Every state has a way out.
#[component]
fn Leave(server: RwSignal<ServerView>) -> impl IntoView {
    view! {
        <p class="flex flex-wrap gap-4 text-sm">
            <a class="link" href="/dashboard">"Back to the dashboard"</a>
            <a class="link" href=server.with_untracked(page_path)>"Details and log"</a>
        </p>
    }
}
