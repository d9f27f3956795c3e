//! Buttons for what a server can be asked to do now.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::notebook::{ServerCommand, ServerView};

use super::offer::{Offer, offers};
use crate::actions::servers::CommandServer;
use crate::pages::form::{on_success, outcome, row_action};
use crate::ui::{Button, ButtonKind, ButtonVariant, ControlSize, IconName, Outcome};

/// One form, one button a command. `done` gets the server as it is after the command.
#[component]
pub(crate) fn CommandBar(
    #[prop(into)] server: Signal<ServerView>,
    done: Callback<ServerView>,
) -> impl IntoView {
    let command = row_action::<CommandServer>();
    on_success(command, move |server| done.run(server));
    // A memo: usage changes each few seconds, the offers seldom, and buttons keep their focus.
    let offered = Memo::new(move |_| server.with(offers));
    let server_id = server.with_untracked(|server| server.server_id.to_string());
    view! {
        <div class="grid gap-2">
            <ActionForm action=command attr:class="flex flex-wrap gap-2">
                <input type="hidden" name="server_id" value=server_id />
                {move || offered.get().into_iter().map(|offer| command_button(offer, command)).collect_view()}
            </ActionForm>
            <Outcome result=outcome(command) />
        </div>
    }
}

fn command_button(offer: Offer, action: ServerAction<CommandServer>) -> impl IntoView {
    let is_asked = move || {
        action.input().with(|input| {
            input
                .as_ref()
                .is_some_and(|input| input.command == offer.command)
        })
    };
    let loading = Signal::derive(move || action.pending().get() && is_asked());
    view! {
        <Button
            kind=ButtonKind::Submit
            variant=variant(offer.command)
            size=ControlSize::Small
            icon=icon(offer.command)
            name="command"
            value=offer.value()
            loading
            disabled=action.pending()
            attr:title=offer.explanation
        >
            {offer.label}
        </Button>
    }
}

const fn variant(command: ServerCommand) -> ButtonVariant {
    match command {
        ServerCommand::Start | ServerCommand::Thaw => ButtonVariant::Primary,
        ServerCommand::Delete => ButtonVariant::Danger,
        ServerCommand::StartSafeMode
        | ServerCommand::Stop
        | ServerCommand::Freeze
        | ServerCommand::KeepActive => ButtonVariant::Secondary,
    }
}

const fn icon(command: ServerCommand) -> IconName {
    match command {
        ServerCommand::Start | ServerCommand::Thaw => IconName::Play,
        ServerCommand::StartSafeMode => IconName::Shield,
        ServerCommand::Stop => IconName::Stop,
        ServerCommand::Freeze => IconName::Snowflake,
        ServerCommand::KeepActive => IconName::Clock,
        ServerCommand::Delete => IconName::Trash,
    }
}
