//! `/explorer/broadcast`: hands a signed transaction to the node.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::path;
use crate::actions::explorer::machinery::BroadcastTransaction;
use crate::pages::form::{on_success, outcome};
use crate::ui::{Button, ButtonKind, ButtonVariant, Card, IconName, Outcome, PageHeader, TextArea};

/// Characters of a signed transaction in hexadecimal: 128 KiB, what nodes take, and its prefix.
const RAW_LENGTH_MAX: u32 = 2 * (128 << 10) + 2;

/// The form.
#[component]
pub fn BroadcastPage() -> impl IntoView {
    let broadcast = ServerAction::<BroadcastTransaction>::new();
    let navigate = use_navigate();
    on_success(broadcast, move |hash| {
        navigate(&path::transaction(hash), Default::default());
    });
    view! {
        <PageHeader title="Broadcast" description="Sends a transaction that was signed elsewhere: by a hardware wallet, cast, web3.py, or a machine without a network." />
        <Card>
            <ActionForm action=broadcast>
                <div class="grid gap-4">
                    <TextArea
                        name="raw"
                        label="Signed transaction"
                        hint="0x and hexadecimal digits, as eth_sendRawTransaction takes it (EIP-2718). Nothing is kept if the chain refuses it."
                        placeholder="0x02f8…"
                        length_max=RAW_LENGTH_MAX
                        required=true
                        monospaced=true
                    />
                    <Outcome result=outcome(broadcast) success="Sent." />
                    <div>
                        <Button kind=ButtonKind::Submit variant=ButtonVariant::Primary icon=IconName::Upload loading=broadcast.pending()>
                            "Send"
                        </Button>
                    </div>
                </div>
            </ActionForm>
        </Card>
    }
}
