//! Changing what people call a server.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::notebook::ServerView;

use super::title::title;
use crate::actions::servers::RenameServer as RenameAction;
use crate::pages::form::{on_success, outcome, row_action};
use crate::ui::dialog::close_dialog;
use crate::ui::{
    Button, ButtonKind, ButtonVariant, ControlSize, Dialog, DialogButton, DialogClose,
    DialogFooter, IconName, Outcome, TextInput,
};

/// A button that opens the form.
#[component]
pub(crate) fn RenameServer(
    #[prop(into)] server: Signal<ServerView>,
    done: Callback<ServerView>,
) -> impl IntoView {
    let (server_id, name) =
        server.with_untracked(|server| (server.server_id.to_string(), title(server)));
    let dialog = format!("rename-{server_id}");
    let rename = row_action::<RenameAction>();
    let renamed = dialog.clone();
    on_success(rename, move |server| {
        close_dialog(&renamed);
        done.run(server);
    });
    view! {
        <DialogButton dialog=dialog.clone() variant=ButtonVariant::Ghost size=ControlSize::Small icon=IconName::Edit>
            "Rename"
        </DialogButton>
        <Dialog id=dialog.clone() title="Rename server" description="Its address and files stay as they are.">
            <ActionForm action=rename>
                <input type="hidden" name="server_id" value=server_id />
                <TextInput
                    name="display_name"
                    label="Name"
                    id=format!("{dialog}-name")
                    value=name
                    length_max=types::account::DISPLAY_NAME_CHARS_MAX
                    required=true
                />
                <Outcome result=outcome(rename) />
                <DialogFooter>
                    <DialogClose dialog>"Cancel"</DialogClose>
                    <Button kind=ButtonKind::Submit variant=ButtonVariant::Primary loading=rename.pending()>"Rename"</Button>
                </DialogFooter>
            </ActionForm>
        </Dialog>
    }
}
