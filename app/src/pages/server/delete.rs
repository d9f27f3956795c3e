//! Deleting a server, after a question.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::notebook::ServerView;

use super::offer::is_deletable;
use super::title::title;
use crate::actions::servers::CommandServer;
use crate::pages::form::{on_success, outcome, row_action};
use crate::ui::dialog::close_dialog;
use crate::ui::{
    Button, ButtonKind, ButtonVariant, ControlSize, Dialog, DialogButton, DialogClose,
    DialogFooter, IconName, Outcome,
};

/// A button that opens the question. Servers that run must be stopped first.
#[component]
pub(crate) fn DeleteServer(
    #[prop(into)] server: Signal<ServerView>,
    done: Callback<ServerView>,
) -> impl IntoView {
    let (server_id, name) =
        server.with_untracked(|server| (server.server_id.to_string(), title(server)));
    let dialog = format!("delete-{server_id}");
    let is_refused = Memo::new(move |_| !server.with(|server| is_deletable(server.state)));
    let delete = row_action::<CommandServer>();
    let deleted = dialog.clone();
    on_success(delete, move |server| {
        close_dialog(&deleted);
        done.run(server);
    });
    view! {
        <DialogButton
            dialog=dialog.clone()
            variant=ButtonVariant::Ghost
            size=ControlSize::Small
            icon=IconName::Trash
            disabled=is_refused
        >
            "Delete"
        </DialogButton>
        <Dialog
            id=dialog.clone()
            title=format!("Delete {name}?")
            description="Its settings, events and log are deleted. The files in your home directory stay."
        >
            <ActionForm action=delete>
                <input type="hidden" name="server_id" value=server_id />
                <input type="hidden" name="command" value="delete" />
                <Outcome result=outcome(delete) />
                <DialogFooter>
                    <DialogClose dialog>"Keep it"</DialogClose>
                    <Button kind=ButtonKind::Submit variant=ButtonVariant::Danger loading=delete.pending()>
                        "Delete server"
                    </Button>
                </DialogFooter>
            </ActionForm>
        </Dialog>
    }
}
