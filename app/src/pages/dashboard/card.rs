//! One server on the dashboard.

use leptos::prelude::*;
use types::notebook::ServerView;

use crate::pages::server::commands::CommandBar;
use crate::pages::server::delete::DeleteServer;
use crate::pages::server::offer::{Opening, opening};
use crate::pages::server::rename::RenameServer;
use crate::pages::server::status::{
    Failure, Notices, PauseLine, SafeModeBadge, StateLine, UsageMeters,
};
use crate::pages::server::title::{page_path, start_path, title};
use crate::pages::server::usage::limits_sentence;
use crate::ui::{ButtonVariant, Card, ControlSize, IconName, LinkButton, StateBadge};

/// State, what it uses, when it pauses, and what can be done.
#[component]
pub(crate) fn ServerCard(
    #[prop(into)] server: Signal<ServerView>,
    done: Callback<ServerView>,
) -> impl IntoView {
    let failure = Memo::new(move |_| server.with(|server| server.failure.clone()));
    view! {
        <Card>
            <div class="grid gap-4">
                <Head server />
                <Notices server />
                {move || failure.get().map(|failure| view! {
                    <Failure failure />
                    <p><a class="link" href=server.with_untracked(log_path)>"Show the log"</a></p>
                })}
                <StateLine server />
                <UsageMeters server />
                <PauseLine server />
                <div class="flex flex-wrap items-start justify-between gap-2">
                    <CommandBar server done />
                    <Housekeeping server done />
                </div>
            </div>
        </Card>
    }
}

/// Name, state, size, and the way in.
#[component]
fn Head(#[prop(into)] server: Signal<ServerView>) -> impl IntoView {
    let name = Memo::new(move |_| server.with(title));
    let state = Memo::new(move |_| server.with(|server| server.state));
    let size = Memo::new(move |_| server.with(|server| server.profile.display_name.clone()));
    let limits = Memo::new(move |_| server.with(|server| limits_sentence(&server.profile)));
    view! {
        <div class="flex flex-wrap items-start justify-between gap-3">
            <div class="grid min-w-0 gap-1">
                <div class="flex flex-wrap items-center gap-2">
                    <h2 class="card-title break-words">
                        <a href=server.with_untracked(page_path)>{name}</a>
                    </h2>
                    <StateBadge state />
                    <SafeModeBadge server />
                </div>
                <p class="text-sm text-muted">{size} " · " {limits}</p>
            </div>
            <OpenButton server />
        </div>
    }
}

/// Opens the server in its own tab; over the start page when it does not run.
#[component]
pub(crate) fn OpenButton(#[prop(into)] server: Signal<ServerView>) -> impl IntoView {
    let way = Memo::new(move |_| server.with(|server| opening(server.state)));
    move || {
        let (open_path, start_path) =
            server.with_untracked(|server| (server.open_path.clone(), start_path(server)));
        match way.get() {
            Opening::Now => view! {
                <LinkButton
                    href=open_path
                    target="_blank"
                    variant=ButtonVariant::Primary
                    size=ControlSize::Small
                    icon=IconName::External
                >
                    "Open"
                </LinkButton>
            }
            .into_any(),
            Opening::OverStartPage => view! {
                <LinkButton href=start_path size=ControlSize::Small icon=IconName::ArrowRight>"Open"</LinkButton>
            }
            .into_any(),
            Opening::No => ().into_any(),
        }
    }
}

#[component]
fn Housekeeping(
    #[prop(into)] server: Signal<ServerView>,
    done: Callback<ServerView>,
) -> impl IntoView {
    view! {
        <div class="flex flex-wrap gap-1">
            <LinkButton
                href=server.with_untracked(page_path)
                variant=ButtonVariant::Ghost
                size=ControlSize::Small
                icon=IconName::Chart
            >
                "Details"
            </LinkButton>
            <RenameServer server done />
            <DeleteServer server done />
        </div>
    }
}

fn log_path(server: &ServerView) -> String {
    format!("{}#log", page_path(server))
}
