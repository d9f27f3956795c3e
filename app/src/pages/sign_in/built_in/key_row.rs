//! One key: use it, save it, delete it.

use leptos::prelude::*;
use types::WalletAddress;
use types::sign_in::ProofPurpose;

use super::key_ring::KeyRing;
use crate::ui::dialog::close_dialog;
use crate::ui::{
    Address, Button, ButtonKind, ButtonVariant, ConfirmPhrase, ControlSize, Dialog, DialogButton,
    DialogClose, DialogFooter, IconName,
};

#[component]
pub(super) fn KeyRow(
    ring: KeyRing,
    address: WalletAddress,
    purpose: ProofPurpose,
    on_choose: Callback<WalletAddress>,
) -> impl IntoView {
    let use_label = match purpose {
        ProofPurpose::SignIn => "Sign in",
        ProofPurpose::Link => "Link",
    };
    let dialog = format!("delete-key-{}", address.to_lower_hex());
    view! {
        <li class="key-row">
            <span><Address address /></span>
            <Button
                variant=ButtonVariant::Primary
                size=ControlSize::Small
                disabled=ring.is_busy()
                on:click=move |_| on_choose.run(address)
            >
                {use_label}
                <span class="sr-only">{format!(" with {}", address.to_short())}</span>
            </Button>
            <Button
                size=ControlSize::Small
                icon=IconName::Download
                disabled=ring.is_busy()
                on:click=move |_| ring.export(address)
            >
                "Save to a file"
            </Button>
            <DialogButton
                dialog=dialog.clone()
                size=ControlSize::Small
                variant=ButtonVariant::Ghost
                icon=IconName::Trash
                disabled=ring.is_busy()
            >
                "Delete"
            </DialogButton>
            <DeleteKey ring address dialog />
        </li>
    }
}

#[component]
fn DeleteKey(ring: KeyRing, address: WalletAddress, dialog: String) -> impl IntoView {
    let phrase = address
        .to_short()
        .chars()
        .rev()
        .take(4)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect::<String>();
    let field = format!("{dialog}-confirm");
    let closing = dialog.clone();
    let delete = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        close_dialog(&closing);
        ring.remove(address);
    };
    view! {
        <Dialog
            id=dialog.clone()
            title="Delete this key?"
            description="The key exists only in this browser. Without a saved file and its passphrase, nobody can bring it back: an account that it alone opens is lost."
        >
            <p class="mono">{address.to_checksum()}</p>
            <Button icon=IconName::Download on:click=move |_| ring.export(address)>"Save to a file first"</Button>
            <form on:submit=delete>
                <ConfirmPhrase phrase=phrase id=field />
                <DialogFooter>
                    <DialogClose dialog=dialog.clone()>"Keep it"</DialogClose>
                    <Button kind=ButtonKind::Submit variant=ButtonVariant::Danger icon=IconName::Trash>"Delete the key"</Button>
                </DialogFooter>
            </form>
        </Dialog>
    }
}
