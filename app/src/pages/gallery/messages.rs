use leptos::prelude::*;
use types::notebook::ServerState;
use types::{ApiError, ErrorCode};

use super::Specimen;
use crate::actions::error::ActionError;
use crate::ui::toast::use_toasts;
use crate::ui::{
    Alert, Badge, Banner, Button, ButtonVariant, Card, EmptyState, ErrorView, IconName, Meter,
    Outcome, Progress, Skeleton, Spinner, Tone,
};

#[component]
pub(super) fn Labels() -> impl IntoView {
    view! {
        <Card title="Badges">
            <Specimen name="Tones">
                {Tone::ALL.into_iter().map(|tone| view! { <Badge tone>{format!("{tone:?}")}</Badge> }).collect_view()}
            </Specimen>
            <Specimen name="Server states">
                {ServerState::ALL.into_iter().map(|state| view! { <crate::ui::StateBadge state /> }).collect_view()}
            </Specimen>
        </Card>
    }
}

#[component]
pub(super) fn Messages() -> impl IntoView {
    let refused = || {
        ApiError::new(
            ErrorCode::ServerLimit,
            "You have 5 servers, which is the limit.",
        )
        .with_hint("Delete one that you no longer need.")
    };
    let alert = |tone| {
        view! { <Alert tone title=format!("{tone:?} alert")>"What happened, and what to do about it."</Alert> }
    };
    view! {
        <Card title="Messages">
            <div class="grid gap-3">
                {Tone::ALL.into_iter().map(alert).collect_view()}
                <ErrorView error=refused() retry=Callback::new(|()| ()) />
                <ErrorView error=ApiError::new(ErrorCode::SignInRequired, "Your session has ended.") />
                <Outcome result=Some(Ok(())) success="Saved" />
                <Outcome result=Some(Err(ActionError(refused()))) />
                <Banner tone=Tone::Warning>"A banner across the site."</Banner>
            </div>
            <Specimen name="Toasts"><ToastButtons /></Specimen>
        </Card>
    }
}

#[component]
fn ToastButtons() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <Button on:click=move |_| toasts.show(Tone::Positive, "Server started")>"Good news"</Button>
        <Button on:click=move |_| toasts.show(Tone::Danger, "The server did not stop")>"Bad news"</Button>
    }
}

#[component]
pub(super) fn Waiting() -> impl IntoView {
    view! {
        <Card title="Waiting and measuring">
            <Specimen name="Spinner, skeleton"><Spinner /><Spinner size=24 /><Skeleton /></Specimen>
            <Specimen name="Progress">
                <Progress value=0 label="Start" message="Waiting for a place" />
                <Progress value=62 label="Start" message="JupyterLab is loading" />
                <Progress value=100 label="Start" message="Ready" />
            </Specimen>
            <Specimen name="Meters"><Meters /></Specimen>
            <EmptyState
                icon=IconName::Server
                title="No servers yet"
                actions=|| view! { <Button variant=ButtonVariant::Primary icon=IconName::Plus>"New server"</Button> }
            >
                "A server is a JupyterLab with files of its own."
            </EmptyState>
        </Card>
    }
}

#[component]
fn Meters() -> impl IntoView {
    view! {
        <Meter label="Memory" value=671_088_640_u64 max=2_147_483_648_u64 text="640 MiB of 2 GiB" />
        <Meter label="Disk" value=88_u64 max=100_u64 text="8.8 of 10 GiB" />
        <Meter label="Processes" value=199_u64 max=200_u64 text="199 of 200" />
        <Meter label="Processor" value=0_u64 max=2_000_u64 text="0 of 2 cores" />
    }
}
