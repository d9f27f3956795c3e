use leptos::prelude::*;

use super::Specimen;
use crate::ui::{Button, ButtonVariant, Card, ControlSize, IconButton, IconName, LinkButton};

#[component]
pub(super) fn Buttons() -> impl IntoView {
    view! {
        <Card title="Buttons">
            {ButtonVariant::ALL.into_iter().map(|variant| view! { <Variant variant /> }).collect_view()}
            <Sizes />
            <Others />
        </Card>
    }
}

#[component]
fn Variant(variant: ButtonVariant) -> impl IntoView {
    view! {
        <Specimen name=format!("{variant:?}: resting, with icon, loading, disabled")>
            <Button variant>"Start server"</Button>
            <Button variant icon=IconName::Play>"Start server"</Button>
            <Button variant loading=true>"Start server"</Button>
            <Button variant disabled=true>"Start server"</Button>
        </Specimen>
    }
}

#[component]
fn Sizes() -> impl IntoView {
    view! {
        <Specimen name="Sizes">
            {ControlSize::ALL.into_iter().map(|size| view! {
                <Button size icon=IconName::Plus>{format!("{size:?}")}</Button>
            }).collect_view()}
        </Specimen>
    }
}

#[component]
fn Others() -> impl IntoView {
    view! {
        <Specimen name="Link and icon buttons">
            <LinkButton href="/ui" icon=IconName::External>"A link"</LinkButton>
            <IconButton label="Freeze" icon=IconName::Snowflake />
            <IconButton label="Stop" icon=IconName::Stop variant=ButtonVariant::Secondary />
            <IconButton label="Deleting" icon=IconName::Trash variant=ButtonVariant::Danger loading=true />
            <IconButton label="Account" icon=IconName::User href="/account" />
        </Specimen>
    }
}
