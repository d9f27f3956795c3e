use super::*;
use crate::rendered::html;

#[test]
fn buttons_in_every_state() {
    insta::assert_snapshot!(html(|| view! {
        <Button>"Plain"</Button>
        <Button variant=ButtonVariant::Primary icon=IconName::Play size=ControlSize::Large>"Start"</Button>
        <Button variant=ButtonVariant::Danger kind=ButtonKind::Submit name="intent" value="delete">"Delete"</Button>
        <Button loading=true>"Loading"</Button>
        <Button disabled=true>"Disabled"</Button>
    }));
}

#[test]
fn links_and_icons() {
    insta::assert_snapshot!(html(|| view! {
        <LinkButton href="/dashboard">"Page"</LinkButton>
        <LinkButton href="/open/1" target="_self">"Not a page"</LinkButton>
        <IconButton label="Stop" icon=IconName::Stop />
        <IconButton label="Account" icon=IconName::User href="/account" />
    }));
}
