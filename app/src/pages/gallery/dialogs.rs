use leptos::prelude::*;

use super::Specimen;
use crate::ui::{
    Button, ButtonKind, ButtonVariant, Card, ConfirmPhrase, Dialog, DialogButton, DialogClose,
    DialogFooter, IconName, Menu, MenuButton, MenuLink, MenuSeparator, TextInput,
};

#[component]
pub(super) fn Overlays() -> impl IntoView {
    view! {
        <Card title="Menus and dialogs">
            <Specimen name="Menu"><ServerMenu /></Specimen>
            <Specimen name="Dialogs">
                <DialogButton dialog="specimen-rename" icon=IconName::Edit>"Rename"</DialogButton>
                <DialogButton dialog="specimen-delete" icon=IconName::Trash variant=ButtonVariant::Danger>
                    "Delete"
                </DialogButton>
            </Specimen>
            <RenameDialog />
            <DeleteDialog />
        </Card>
    }
}

#[component]
fn ServerMenu() -> impl IntoView {
    view! {
        <Menu label="More actions">
            <MenuLink href="/ui" icon=IconName::Terminal>"Log"</MenuLink>
            <MenuButton icon=IconName::Snowflake>"Freeze"</MenuButton>
            <MenuButton icon=IconName::Power disabled=true>"Stop"</MenuButton>
            <MenuSeparator />
            <MenuButton icon=IconName::Trash danger=true>"Delete"</MenuButton>
        </Menu>
    }
}

#[component]
fn RenameDialog() -> impl IntoView {
    view! {
        <Dialog id="specimen-rename" title="Rename server" description="Its address stays the same.">
            <form method="dialog">
                <TextInput name="specimen-display-name" label="Name" value="Research" />
                <DialogFooter>
                    <DialogClose dialog="specimen-rename">"Cancel"</DialogClose>
                    <Button kind=ButtonKind::Submit variant=ButtonVariant::Primary>"Rename"</Button>
                </DialogFooter>
            </form>
        </Dialog>
    }
}

#[component]
fn DeleteDialog() -> impl IntoView {
    view! {
        <Dialog
            id="specimen-delete"
            title="Delete research?"
            description="The server stops and its settings are gone. Your home directory stays."
        >
            <form method="dialog">
                <ConfirmPhrase phrase="research" id="specimen-delete-phrase" />
                <DialogFooter>
                    <DialogClose dialog="specimen-delete">"Keep it"</DialogClose>
                    <Button kind=ButtonKind::Submit variant=ButtonVariant::Danger>"Delete"</Button>
                </DialogFooter>
            </form>
        </Dialog>
    }
}
