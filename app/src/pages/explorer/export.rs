//! Lists as CSV files, all of them or between two blocks.

use leptos::prelude::*;
use types::WalletAddress;
use types::explorer::ExportKind;

use super::path;
use crate::ui::{Button, ButtonKind, ControlSize, IconName, TextInput};

/// A small form that opens below its word; the browser saves what it answers.
#[component]
pub(super) fn ExportMenu(address: WalletAddress, kind: ExportKind) -> impl IntoView {
    let id = |end: &str| format!("export-{}-{end}", kind.as_str());
    view! {
        <details class="disclosure export">
            <summary>"Save as CSV"</summary>
            // Not a page of this application: the browser itself sends the form.
            <form method="get" action=path::export(kind, address) class="inline-form">
                <TextInput name="from_block" id=id("from") label="From block" placeholder="the first" pattern="[0-9]*" length_max=20 />
                <TextInput name="to_block" id=id("to") label="To block" placeholder="the newest" pattern="[0-9]*" length_max=20 />
                <Button kind=ButtonKind::Submit size=ControlSize::Medium icon=IconName::Download>"Save"</Button>
            </form>
        </details>
    }
}
